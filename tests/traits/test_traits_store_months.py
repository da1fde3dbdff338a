"""Revenue of stores by month, and what may be compared with the year before."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from tasks.traits.store_months import COLUMNS, store_months

AS_OF = date(2021, 3, 15)
MONEY, FACTOR = pa.decimal128(18, 4), pa.decimal128(19, 12)
LINES = pa.schema(
    [
        ("order_id", pa.string()), ("store_id", pa.string()), ("currency", pa.string()), ("local_date", pa.date32()),
        ("rate_date", pa.date32()), ("net", MONEY),
    ]
)  # fmt: skip
STORES = pa.schema([("store_id", pa.string()), ("opened", pa.date32()), ("closed", pa.date32())])
FACTORS = pa.schema([("currency", pa.string()), ("date", pa.date32()), ("to_local", FACTOR), ("to_reference", FACTOR)])
RATES = {"EUR": (Decimal(1), Decimal("1.2")), "CHF": (Decimal("0.9"), Decimal("1.1")), "XTS": (Decimal("0.5"), None)}


@pytest.fixture
def months(engine):
    """A function from (store, date, net, ...) and stores to the rows by (store, month)."""

    def compute(sales, stores=(), as_of=AS_OF):
        rows = [
            {"order_id": f"o{n}", "store_id": store, "currency": "EUR", "local_date": day, "rate_date": day,
             "net": Decimal(net), **dict(more)}
            for n, (store, day, net, *more) in enumerate(sales)
        ]  # fmt: skip
        keys = sorted({(row["currency"], row["rate_date"]) for row in rows})
        rates = [dict(zip(FACTORS.names, (code, day, *RATES[code]), strict=True)) for code, day in keys]
        table = store_months(
            engine,
            engine.from_arrow(pa.Table.from_pylist(rows, LINES), "lines"),
            engine.from_arrow(pa.Table.from_pylist([dict.fromkeys(STORES.names) | one for one in stores], STORES), "s"),
            engine.from_arrow(pa.Table.from_pylist(rates, FACTORS), "factors"),
            as_of,
        )
        assert tuple(table.columns) == COLUMNS
        return {(row["store_id"], row["month"]): row for row in engine.to_arrow(table).to_pylist()}

    return compute


def month(year, number):
    return date(year, number, 1)


def every_month(store, start, count, net="10"):
    first = start.year * 12 + start.month - 1
    return [(store, date((first + n) // 12, (first + n) % 12 + 1, 1), net) for n in range(count)]


def test_money_is_that_of_the_lines_at_their_own_rates_and_adds_up(months):
    found = months(
        [
            ("S1", date(2021, 1, 5), "100.00"),
            ("S1", date(2021, 1, 31), "-30.00"),
            ("S1", date(2021, 2, 1), "10", ("currency", "CHF")),
            (None, date(2021, 2, 2), "7.77"),
        ]
    )
    assert found["S1", month(2021, 1)]["net_local"] == Decimal("70.000000")
    assert found["S1", month(2021, 1)]["net_reference"] == Decimal("84.000000")
    assert found["S1", month(2021, 2)]["net_local"] == Decimal("9.000000")
    assert found[None, month(2021, 2)]["net_local"] == Decimal("7.770000")
    assert sum(row["net_local"] for row in found.values()) == Decimal("86.77")


def test_a_line_without_a_rate_is_counted_and_not_converted(months):
    row = months([("S1", date(2021, 1, 5), "100", ("currency", "XTS")), ("S1", date(2021, 1, 6), "1")])
    one = row["S1", month(2021, 1)]
    assert (one["unconverted"], one["net_reference"], one["net_local"]) == (1, Decimal("1.2"), Decimal(51))


def test_orders_are_those_that_come_to_more_than_zero(months):
    same = ("order_id", "A")
    found = months(
        [("S1", date(2021, 1, 5), "5", same), ("S1", date(2021, 1, 5), "5", same), ("S1", date(2021, 1, 6), "-3")]
    )
    assert found["S1", month(2021, 1)]["orders"] == 1


def test_a_month_without_a_sale_of_an_open_store_is_a_row_of_nothing(months):
    found = months([*every_month("S1", month(2020, 1), 15), ("S2", month(2020, 1), "1"), ("S2", month(2021, 2), "1")])
    assert found["S2", month(2020, 7)]["net_local"] == 0
    assert len([key for key in found if key[0] == "S2"]) == 15


def test_like_for_like_asks_for_two_whole_months_and_history(months):
    """Of three years of sales to 15 March 2021: the market's first year has nothing to compare with."""
    found = months(every_month("S1", month(2018, 3), 37))
    alike = [one for (_, one), row in found.items() if row["like_for_like"]]
    assert (min(alike), max(alike)) == (month(2019, 3), month(2021, 2)), "March 2021 is not over"


def test_a_store_opened_or_closed_within_either_month_is_not_like_for_like(months):
    stores = [
        {"store_id": "new", "opened": date(2020, 1, 2)},
        {"store_id": "gone", "opened": date(2010, 1, 1), "closed": date(2021, 1, 30)},
        {"store_id": "last_day", "opened": date(2010, 1, 1), "closed": date(2021, 1, 31)},
    ]
    sales = [one for name in ("old", "new", "gone", "last_day") for one in every_month(name, month(2019, 1), 25)]
    sales = [one for one in sales if one[0] != "new" or one[1] >= date(2020, 1, 2)]
    found = months(sales, stores)
    alike = {name: found[name, month(2021, 1)]["like_for_like"] for name in ("old", "new", "gone", "last_day")}
    assert alike == {"old": True, "new": False, "gone": False, "last_day": True}
    assert ("gone", month(2021, 2)) not in found


def test_sales_from_a_distance_are_no_store(months):
    found = months(every_month(None, month(2018, 3), 36))
    assert not any(row["like_for_like"] for row in found.values())
