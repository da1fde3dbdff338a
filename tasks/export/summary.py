"""The segments of a market as a small table to read: counts, money in three lenses, shares, small counts withheld."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import duckdb
import pyarrow as pa

from region_profiles.models import Profile
from tasks.errors import Terminal
from tasks.export import cells
from tasks.export.base import BASE, Base, decimals
from tasks.export.customers import heading
from tasks.export.dialect import Dialect
from tasks.export.labels import Labels, part_codes, segment_codes
from tasks.export.shown import shown
from tasks.export.suppress import Link, Row, links, withheld
from tasks.files import parquet
from tasks.segment.dimensions import OUTSIDE
from tasks.sql import literal
from tasks.sql import name as quoted

#: What is shown of a segment, with the type that rounds it (half away from zero).
MEASURES = {
    "customers": "BIGINT",
    "share_customers": "DECIMAL(9, 6)",
    "orders": "BIGINT",
    "monetary_local": "DECIMAL(38, 2)",
    "monetary_reference": "DECIMAL(38, 2)",
    "monetary_ppp": "DECIMAL(38, 2)",
    "share_revenue": "DECIMAL(9, 6)",
}
#: In place of a withheld figure: neither a number nor a text that a spreadsheet adds up.
MARK = "*"
MARKET = "market"
#: Temporary: the combinations of segments that customers have.
_TOGETHER = "export_together"
_PAIRED = {"monetary_local": "currency", "monetary_reference": "reference_currency"}


@dataclass(frozen=True, slots=True)
class Summary:
    """Rows in the order of the file, each by (dimension, segment); `hidden` are withheld."""

    rows: Mapping[Row, Mapping[str, Any]]
    hidden: frozenset[Row]
    currencies: Mapping[str, str]
    """currency and reference_currency of the market."""


def load_summary(con: duckdb.DuckDBPyConnection, profile: Profile, segments: str, base: Base) -> Summary:
    """Read segments.parquet, add the market's total, order it as the profile does, and decide what is withheld.

    Dimensions are those that teams see. In each, persons or accounts whom it is not about have a row of their own.
    The total is that of the first dimension, guests included; money is summed before it is rounded, half away from
    zero. Shares are fractions with six digits.
    """
    currencies, source = _currencies(con, profile), parquet(segments)
    kinds = {**MEASURES, **{name: f"DECIMAL(38, {decimals(currencies[code])})" for name, code in _PAIRED.items()}}
    measures = ", ".join(f"CAST({name} AS {kind})" for name, kind in kinds.items())
    found = con.execute(f"SELECT dimension, segment, {measures} FROM {source}").fetchall()
    rows = {(row[0], row[1]): dict(zip(MEASURES, row[2:], strict=True)) for row in found}
    names = [name for name in (*shown(profile), "stratum") if any(row[0] == name for row in rows)]
    if not names:
        raise Terminal("no segments", file="segments.parquet", expected="a row for each dimension and segment")
    sums = ", ".join(f"CAST(sum({name}) AS {kind})" for name, kind in kinds.items())
    market = con.execute(f"SELECT {sums} FROM {source} WHERE dimension = {literal(names[0])}").fetchall()[0]
    total = dict(zip(MEASURES, market, strict=True))
    ordered = [row for name in names for row in _ordered(profile, name, rows)]
    counts = {row: int(rows[row]["customers"] or 0) for row in ordered if row[1] != "guest"}
    hidden = withheld(counts, profile.privacy.minimum_count, _links(con, base, names))
    if len(hidden) == len([row for row in counts if counts[row]]) and hidden:
        hidden |= {(MARKET, "all")}
    return Summary({(MARKET, "all"): total, **{row: rows[row] for row in ordered}}, hidden, currencies)


def header(profile: Profile, labels: Labels, dialect: Dialect) -> str:
    """The translated header line."""
    code = [labels.text("template", "code", label=labels.text("column", one)) for one in ("dimension", "segment")]
    names = [labels.text("column", "dimension"), code[0], labels.text("column", "segment"), code[1]]
    for measure in MEASURES:
        names.append(heading(profile, measure, labels))
        names.extend([labels.text("column", _PAIRED[measure])] if measure in _PAIRED else [])
    names.append(labels.text("column", "note"))
    return cells.line([cells.cell(name, dialect) for name in names], dialect)


def lines(profile: Profile, summary: Summary, labels: Labels, dialect: Dialect) -> Iterator[pa.RecordBatch]:
    """The table as one record batch of lines."""
    minimum = profile.privacy.minimum_count
    note = labels.text("template", "withheld", minimum=labels.number(minimum)) if summary.hidden else ""
    codes: dict[str, list[str]] = {}
    for dimension, segment in summary.rows:
        codes.setdefault(dimension, []).append(segment)
    names = {dimension: labels.segments(profile, dimension, found) for dimension, found in codes.items()}
    written = []
    for row, figures in summary.rows.items():
        dimension, segment = row
        values: list[Any] = [labels.text("dimension", dimension), dimension, names[dimension][segment], segment]
        for measure in MEASURES:
            values.append(MARK if row in summary.hidden else figures[measure])
            values.extend([summary.currencies[_PAIRED[measure]]] if measure in _PAIRED else [])
        values.append(note if row in summary.hidden else None)
        written.append(cells.line([cells.cell(value, dialect) for value in values], dialect))
    yield pa.record_batch({"line": pa.array(written, pa.string())})


def _ordered(profile: Profile, dimension: str, rows: Iterable[Row]) -> list[Row]:
    """The profile's order, then codes by name; then the other population, guests last."""
    codes: Iterable[str] = segment_codes(profile.dimensions.get(dimension))
    if dimension == "stratum":
        parts = [part_codes(profile, name) for name in profile.stratum.dimensions]
        codes = ["_".join(cell) for cell in product(*parts)]
    rank = {code: place for place, code in enumerate(codes)}
    kind = profile.dimensions.get(dimension if dimension != "stratum" else profile.stratum.dimensions[0])
    last = (OUTSIDE[kind.population if kind else "person"], "guest")
    own = [row for row in rows if row[0] == dimension]
    return sorted(own, key=lambda row: (row[1] in last and last.index(row[1]) + 1, rank.get(row[1], len(rank)), row[1]))


def _links(con: duckdb.DuckDBPyConnection, base: Base, names: list[str]) -> tuple[tuple[Link, ...], ...]:
    """Which segments of two dimensions hold the same customers: of each two dimensions, from what occurs together."""
    if not base.rows:
        return ()
    columns = [quoted(name if name == "stratum" else f"segment_{name}") for name in names]
    con.execute(f"CREATE OR REPLACE TEMP TABLE {_TOGETHER} AS SELECT DISTINCT {', '.join(columns)} FROM {BASE}")
    found: list[list[Row]] = []
    for (one, first), (two, second) in combinations(zip(names, columns, strict=True), 2):
        pairs = con.execute(f"SELECT DISTINCT {first}, {second} FROM {_TOGETHER}").fetchall()
        found += [[(one, left), (two, right)] for left, right in pairs]
    con.execute(f"DROP TABLE {_TOGETHER}")
    return links(found)


def _currencies(con: duckdb.DuckDBPyConnection, profile: Profile) -> dict[str, str]:
    """The market's own currency is that of its customers; without any, its latest tender."""
    found = con.execute(f"SELECT max(currency) FROM {BASE}").fetchall()[0][0]
    return {
        "currency": found or profile.market.currencies[-1].code,
        "reference_currency": profile.money.reporting_currency,
    }
