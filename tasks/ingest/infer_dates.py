"""The order of day, month and year in a text column."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

import duckdb

from tasks.ingest.evidence import BOUND, LATIN, NATIVE, Evidence, Form, examples, total, undecided, weigh
from tasks.sql import literal, name

Order = Literal["dmy", "mdy", "ymd"]
Calendar = Literal["gregorian", "buddhist", "japanese", "roc", "persian", "hijri"]
ORDERS: tuple[Order, ...] = ("dmy", "mdy", "ymd")
#: The longest each month can be: a day beyond it makes a date impossible. 29 February is left to the parser.
GREGORIAN_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MONTHS = {"persian": (31,) * 6 + (30,) * 6, "hijri": (30,) * 12}
#: Years that eight digits in a row may begin or end with, Buddhist and Hijri ones too.
YEARS = "BETWEEN 1300 AND 2699"
YEAR_FIRST = "year first"
PACKED = "eight digits in a row"
DECLARE = "formats.date_order"
FOUR = 4


def infer_dates(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    column: str,
    *,
    calendar: Calendar = "gregorian",
    bound: Decimal = BOUND,
    personal: bool = False,
) -> Evidence:
    """The order of a text column's dates: dmy, mdy or ymd.

    Dates that begin with a four-digit year may stand beside any order. Dates with another separator need a proof of
    their own: a spreadsheet that turns round what it takes for dates leaves two forms behind.

    Raises DropError where a form proves no order, or two orders are proven.
    """
    forms = [form for form in _forms(con, relation, column, calendar) if form.readings]
    others = [form for form in forms if form.family != YEAR_FIRST]
    if not others:
        return weigh("ymd", forms, personal=personal)
    orders = {
        family: _order([f for f in others if f.family == family], column, bound, personal=personal)
        for family in sorted({form.family for form in others})
    }
    if len(set(orders.values())) > 1:
        found = ", ".join(f"{family}: {order}" for family, order in orders.items())
        firsts = [next(f for f in others if f.family == family) for family in orders]
        raise undecided(f"two orders of dates ({found})", column, firsts, "formats.dates", personal=personal)
    return weigh(next(iter(orders.values())), others, personal=personal)


def contradictions(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    column: str,
    declared: Order,
    *,
    calendar: Calendar = "gregorian",
    personal: bool = False,
) -> Evidence:
    """How many values are dates in another order and not in the declared one, with records.

    Impossible dates (32/13/2024, 31/02/2023) prove nothing, and dates that begin with a four-digit year contradict
    no order.
    """
    forms = _forms(con, relation, column, calendar)
    return weigh(declared, [f for f in forms if f.family != YEAR_FIRST or declared == "ymd"], personal=personal)


def order_of(pattern: str) -> Order | None:
    """The order of a strptime pattern; None where it spells the month out, or lacks a part.

    >>> order_of("%d.%m.%Y"), order_of("%Y-%m-%d %H:%M"), order_of("%d %b %Y")
    ('dmy', 'ymd', None)
    """
    found = "".join(re.findall(r"%-?([dmyY])", pattern)).lower()
    return next((order for order in ORDERS if order == found), None)


def _order(forms: list[Form], column: str, bound: Decimal, *, personal: bool) -> Order:
    against = {order: total(f for f in forms if order not in f.readings) for order in ORDERS}
    possible = [order for order in ORDERS if against[order] <= bound * total(forms)]
    if len(possible) == 1:
        return possible[0]
    if not possible:
        best = min(ORDERS, key=lambda order: against[order])
        proofs = [next(f for f in forms if best in f.readings), next(f for f in forms if best not in f.readings)]
        problem = (
            f"two orders of dates: {against[best]} values contradict {best}, {sorted(against.values())[1]} another"
        )
        raise undecided(problem, column, proofs, DECLARE, personal=personal)
    shown = examples(forms, personal=True)[0][1]
    raise undecided(f"dates like {shown} may be {' or '.join(possible)}", column, forms, DECLARE, personal=personal)


def _forms(con: duckdb.DuckDBPyConnection, relation: str, column: str, calendar: Calendar) -> list[Form]:
    """Dates grouped by separator and by day and month in either place (capped, so that the groups are few)."""
    latin = f"translate({name(column)}, {literal(NATIVE)}, {literal(LATIN)})"
    parts = r"^[^0-9]*([0-9]{1,4})([^0-9:a-zA-Z]{1,3})([0-9]{1,2})[^0-9:a-zA-Z]{1,3}([0-9]{1,4})([^0-9]|$)"
    eight = r"^[^0-9]*([0-9]{8})([^0-9]|$)"
    rows = con.execute(
        f"""
        WITH text AS (SELECT record, {name(column)} AS v, {latin} AS t FROM {relation} WHERE {name(column)} <> ''),
        split AS (SELECT record, v, regexp_extract(t, {literal(parts)}, ['a', 's', 'b', 'c']) AS p,
                         regexp_extract(t, {literal(eight)}, 1) AS k FROM text),
        parts AS (
            SELECT record, v, trim(p.s) AS family, length(p.a) AS first, length(p.c) AS last,
                   p.a AS a, p.b AS b, p.c AS c
            FROM split WHERE p.s <> ''
            UNION ALL
            SELECT record, v, {literal(PACKED)}, 4, 2, '', k[5:6], k[7:8]
            FROM split WHERE k <> '' AND TRY_CAST(k[1:4] AS INTEGER) {YEARS}
            UNION ALL
            SELECT record, v, {literal(PACKED)}, 2, 4, k[1:2], k[3:4], ''
            FROM split WHERE k <> '' AND TRY_CAST(k[5:8] AS INTEGER) {YEARS}),
        dates AS (
            SELECT record, v, family, first, last, {_capped("a")}, {_capped("b")}, {_capped("c")} FROM parts)
        SELECT family, first, last, a, b, c, count(*), min(record), arg_min(v, record)
        FROM dates GROUP BY ALL ORDER BY 8, 1, 2
        """
    ).fetchall()
    months = MONTHS.get(calendar, GREGORIAN_MONTHS)
    found = []
    for family, first, last, a, b, c, count, record, text in rows:
        readings = date_orders((first, last), (a, b, c), months)
        where = YEAR_FIRST if first == FOUR and family != PACKED else f"the separator {family!r}"
        found.append(Form(PACKED if family == PACKED else where, readings, count, record, text))
    return found


def _capped(part: str) -> str:
    # A number beyond 31 is no day and no month whatever it is: capping it keeps the groups few.
    return f"least(coalesce(TRY_CAST({part} AS INTEGER), 32), 32) AS {part}"


def date_orders(
    lengths: tuple[int, int], numbers: tuple[int, int, int], months: tuple[int, ...] = GREGORIAN_MONTHS
) -> frozenset[str]:
    """The orders in which three numbers are a date; `lengths` are the digits of the first and the last.

    Where day and month are equal, both orders say the same: that is no evidence, and the set is empty.

    >>> sorted(date_orders((1, 4), (7, 3, 1939))), sorted(date_orders((1, 4), (9, 27, 1979)))
    (['dmy', 'mdy'], ['mdy'])
    >>> date_orders((2, 4), (31, 2, 2023)), date_orders((2, 4), (5, 5, 2023))
    (frozenset(), frozenset())
    """
    first, last = lengths
    a, b, c = numbers
    found = set()
    if first <= 2 and last in {2, FOUR}:  # noqa: PLR2004 - digits of a day
        found |= {order for order, day, month in (("dmy", a, b), ("mdy", b, a)) if _is_day(day, month, months)}
    if last <= 2 and first >= 2 and _is_day(c, b, months):  # noqa: PLR2004 - digits of a day and of a short year
        found.add("ymd")
    return frozenset() if a == b and {"dmy", "mdy"} == found else frozenset(found)


def _is_day(day: int, month: int, months: tuple[int, ...]) -> bool:
    return 1 <= month <= len(months) and 1 <= day <= months[month - 1]
