"""Who was known at an earlier date, and how far they live from their store: DuckDB and Spark say the same."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from tasks.traits.blocks import Setting, filled
from tasks.traits.blocks.people import place, with_distance
from tasks.traits.customer import Tables
from tasks.traits.past import known_at

pytestmark = [pytest.mark.xdist_group("engines"), pytest.mark.slow]
D = Decimal
DAY = date(2020, 6, 30)
SIZE = 120
PEOPLE = [
    {
        "member_number": f"M{n}",
        "customer_id": f"c{n}",
        "type": ["person", "account", "contact"][n % 3],
        "account": f"M{n - 1}" if n % 3 == 2 else None,
        "registered": None if n % 4 else DAY + timedelta(days=n - 60),
        "city": ["Berlin", "berlin ", "Rom", None][n % 4],
        "home_store": ["M1", "X9", None][n % 3],
    }
    for n in range(SIZE)
]
LINES = [
    {"member_number": f"M{n}" if n % 7 else None, "local_date": DAY + timedelta(days=n % 11 - 6), "net": D(1)}
    for n in range(0, SIZE, 2)
]
PLACES = [{"city": "Berlin", "latitude": D("52.52"), "longitude": D("13.405")}]
STORES = [{"store_id": "M1", "latitude": D("48.1351"), "longitude": D("11.582")}, {"store_id": "X9"}]


def test_both_engines_know_the_same_customers_at_an_earlier_date(engine, spark, canonical_rows):
    found = []
    for one in (engine, spark):
        tables = Tables(
            one.from_arrow(canonical_rows("customers", PEOPLE), "customers"),
            one.from_arrow(canonical_rows("transactions", LINES), "transactions"),
        )
        published = one.from_arrow(pa.table({"customer_id": [f"c{n}" for n in range(0, SIZE, 5)]}), "published")
        for listed in (published, None):
            rows = one.to_arrow(known_at(tables, DAY, listed).customers).to_pylist()
            found.append(sorted(row["member_number"] for row in rows))
    assert found[:2] == found[2:]
    assert SIZE > len(found[0]) > len(found[1]) > SIZE // 4


def test_both_engines_measure_the_same_distances(engine, spark, canonical_rows, make_profile):
    rows = {"customers": PEOPLE, "transactions": LINES, "places": PLACES, "stores": STORES}
    found = []
    for one in (engine, spark):
        tables = {name: one.from_arrow(canonical_rows(name, some), name) for name, some in rows.items()}
        setting = Setting(one, make_profile(), tables, tables["stores"], DAY, None, filled(one, tables))
        people = tables["customers"].select("member_number", "home_store")
        told = one.to_arrow(with_distance(setting, people.left_join(place(setting), "member_number")))
        found.append({row["member_number"]: row["home_store_km"] for row in told.to_pylist()})
    assert found[0] == found[1]
    assert {*found[0].values()} == {None, 504.4}
