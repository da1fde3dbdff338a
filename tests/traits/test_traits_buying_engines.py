"""How customers buy and what they like: DuckDB and Spark make the same of 4,000 untidy lines, to the last bit."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from tasks.traits.blocks.affinity import AFFINITY
from tasks.traits.blocks.behaviour import BEHAVIOUR

pytestmark = [pytest.mark.xdist_group("engines"), pytest.mark.slow]
D = Decimal
AS_OF = date(2021, 2, 20)
LEAST = {"privacy": {"minimum_count": 1}}


def untidy(seed):
    """Returns, guests, foreign money without a rate, no channel, no time, no product, stores in three zones."""
    random = Random(seed)  # noqa: S311 - no secret
    for n in range(4000):
        day = AS_OF - timedelta(days=random.randrange(1200))
        net = D(random.randrange(-2000, 9000)).scaleb(-2) * (n % 29 > 0)
        at = datetime(day.year, day.month, day.day, random.randrange(24), 59, 59, 999_999)  # noqa: DTZ001 - UTC
        yield {
            "member_number": f"M{random.randrange(300)}" if n % 17 else None,
            "order_id": f"A{n // 3}",
            "returned_order_id": f"A{random.randrange(1300)}" if net < 0 else None,
            "net": net,
            "gross": net * D("1.19"),
            "discount": D(random.randrange(500)).scaleb(-2) if n % 4 else None,
            "local_date": day,
            "sold_at": at if n % 5 else None,
            "currency": random.choice(["EUR", "EUR", "USD", "VES"]),
            "store_id": random.choice(["S1", "S2", "S3", None]),
            "channel": random.choice(["store", "web", "app", "Ünbekannt", None]),
            # Orders take their products from one half of the categories or the other: those go together.
            "product_id": f"P{n // 3 % 2 * 6 + random.randrange(6) + 12 * random.randrange(6)}" if n % 7 else None,
            "returned": n % 31 == 0,
        }


STORES = [{"store_id": "S1"}, {"store_id": "S2", "time_zone": "Asia/Kolkata"}]
STORES += [{"store_id": "S3", "time_zone": "America/St_Johns"}]
PRODUCTS = [
    {
        "product_id": f"P{n}",
        "category": ["Tea", "Cups", "Bücher", "茶", None, "Apotheke", "a", "B", "ä", "Z", "z", "É"][n % 12],
        "brand": f"B{n % 11}" if n % 3 else None,
        "lasts_days": 10 + n if n % 4 else None,
    }
    for n in range(66)
]


def rates(currency, day):
    factor = {"EUR": D(1), "USD": D("0.9") + D(day.day) * D("0.000123456789"), "VES": None}[currency]
    one = dict.fromkeys(("to_reference", "to_ppp", "to_usd"), D(1))
    return {**one, "to_local": factor, "rate_quality": "ecb"}


@pytest.mark.parametrize("block", [BEHAVIOUR, AFFINITY], ids=["behaviour", "affinity"])
def test_both_engines_agree(engine, spark, block_of, block):
    lines = list(untidy(12))  # with a customer all of whose lines have no discount
    tables = {"stores": STORES, "products": PRODUCTS}
    here, there = (block_of(one, block, lines, tables, AS_OF, rates, **LEAST) for one in (engine, spark))
    assert len(here) > 250
    assert here.keys() == there.keys()
    unequal = {
        (name, value, there[who][name])
        for who, row in here.items()
        for name, value in row.items()
        if value != there[who][name]
    }
    assert unequal == set()
    known = {name for row in here.values() for name, value in row.items() if value is not None}
    assert known == set(next(iter(here.values()))), "a trait that nobody has would prove nothing"


@pytest.mark.parametrize("block", [BEHAVIOUR, AFFINITY], ids=["behaviour", "affinity"])
def test_the_order_of_rows_changes_nothing(engine, block_of, block):
    lines = list(untidy(2))
    tables = {"stores": STORES, "products": PRODUCTS}
    backwards = {name: rows[::-1] for name, rows in tables.items()}
    assert block_of(engine, block, lines, tables, AS_OF, rates) == block_of(
        engine, block, lines[::-1], backwards, AS_OF, rates
    )
