"""comparisons.parquet and flows.parquet: segments at earlier dates by today's rules, and who went where since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb

from tasks.files import PUBLISHED, parquet
from tasks.sql import literal, name
from tasks.traits.windows import months_before

Name = Literal["previous", "month_end", "last_year"]
_SUMS = ("customers", "orders", "monetary_local", "monetary_reference", "monetary_ppp")


@dataclass(frozen=True, slots=True)
class Anchor:
    """An earlier date, segmented by today's rules and references from the canonical data as it is known today."""

    name: Name
    as_of: date
    folder: Path
    """Holds customers.parquet and segments.parquet."""


def anchor_date(anchor: Name, as_of: date, previous: date | None) -> date | None:
    """The local date that an anchor means: of the publication before, the previous month's end, the day last year.

    >>> [str(anchor_date(one, date(2024, 2, 29), date(2024, 2, 15))) for one in ("previous", "month_end", "last_year")]
    ['2024-02-15', '2024-01-31', '2023-02-28']
    """
    match anchor:
        case "previous":
            return previous
        case "month_end":
            return date.fromordinal(as_of.replace(day=1).toordinal() - 1)
        case "last_year":
            return months_before(as_of, 12)


def write_comparisons(
    con: duckdb.DuckDBPyConnection, now: Path, anchors: Iterable[Anchor], dimensions: Iterable[str], out: Path
) -> dict[str, int]:
    """Write both files into `out`; rows by file.

    comparisons: anchor, as_of, dimension, segment and its sums at that date (money as in segments.parquet). flows:
    anchor, dimension, from_segment, to_segment, customers; null is outside: not yet or no longer a customer. Contacts
    are not counted.
    """
    found = list(anchors)
    sums = ", ".join(_SUMS)
    compared = [
        f"SELECT {literal(one.name)} AS anchor, DATE {literal(one.as_of.isoformat())} AS as_of, dimension, segment, "
        f"{sums} FROM {parquet(one.folder / 'segments.parquet')}"
        for one in found
    ]
    like = parquet(now.parent / "segments.parquet")
    empty = f"SELECT '' AS anchor, DATE '2000-01-01' AS as_of, dimension, segment, {sums} FROM {like} WHERE false"
    rows = {"comparisons": _write(con, " UNION ALL ".join(compared) or empty, out / "comparisons.parquet")}
    flows = [select for one in found for select in _flows(con, now, one, tuple(dimensions))]
    none = (
        "SELECT '' AS anchor, '' AS dimension, '' AS from_segment, '' AS to_segment, 0::BIGINT AS customers WHERE false"
    )
    rows["flows"] = _write(con, " UNION ALL ".join(flows) or none, out / "flows.parquet")
    return rows


def _flows(con: duckdb.DuckDBPyConnection, now: Path, anchor: Anchor, dimensions: tuple[str, ...]) -> list[str]:
    then = anchor.folder / "customers.parquet"
    there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {parquet(then)}").fetchall()}
    counted = "WHERE population <> 'contact'"
    return [
        f"SELECT {literal(anchor.name)} AS anchor, {literal(dimension)} AS dimension, a.s AS from_segment, "
        f"b.s AS to_segment, count(*) AS customers FROM "
        f"(SELECT customer_id, {name(f'segment_{dimension}')} AS s FROM {parquet(then)} {counted}) a FULL JOIN "
        f"(SELECT customer_id, {name(f'segment_{dimension}')} AS s FROM {parquet(now)} {counted}) b "
        "USING (customer_id) GROUP BY ALL"
        for dimension in dimensions
        if f"segment_{dimension}" in there
    ]


def _write(con: duckdb.DuckDBPyConnection, query: str, to: Path) -> int:
    found = con.execute(f"COPY (SELECT * FROM ({query}) ORDER BY ALL) TO {literal(str(to))} ({PUBLISHED})").fetchall()
    return int(found[0][0])
