"""What only the run's own work has of a customer: member numbers, and the purchases with the rates of their days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from tasks.files import parquet
from tasks.sql import literal

#: Columns of a line that an explanation shows, with the place it came from.
_LINE = (
    "local_date", "order_id", "line_id", "kind", "net", "gross", "currency", "rate_date", "returned_order_id", "file",
    "record",
)  # fmt: skip
_FACTORS = ("to_local", "to_reference", "to_ppp", "to_usd", "rate_quality")


@dataclass(frozen=True, slots=True)
class Own:
    """What only the run's own work folder has, and no publication: personal traits, purchases, rates.

    `traits` is its file of traits; `transactions` the canonical lines as a relation for DuckDB's FROM; `rates` the
    rates by currency and date; `inputs` the files of the drop by their number in the lines.
    """

    traits: Path
    transactions: str
    rates: Mapping[tuple[str, date], Mapping[str, Any]]
    inputs: Sequence[str] = ()


def numbers_of(own: Own, row: Mapping[str, Any]) -> tuple[str, ...]:
    """Member numbers whose purchases count here: of an account and its contacts all of them."""
    counted = row.get("counted_as")
    if counted is None:
        return () if row["member_number"] is None else (row["member_number"],)
    rows = rows_of(parquet(own.traits), "counted_as", counted, "member_number")
    return tuple(sorted(row["member_number"] for row in rows))


def lines_of(own: Own, numbers: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    """The purchases of these member numbers, newest first, with the file's name and the rates of the day."""
    listed = ", ".join(map(literal, numbers)) or "NULL"
    with duckdb.connect() as con:
        query = f"SELECT {', '.join(_LINE)} FROM {own.transactions} WHERE member_number IN ({listed})"
        rows = con.execute(query).fetchall()
    found = [dict(zip(_LINE, row, strict=True)) for row in rows]
    found.sort(key=lambda line: (line["local_date"], line["file"], line["record"]), reverse=True)
    return tuple({**line, **_source(own, line), **_rate(own.rates, line)} for line in found)


def _source(own: Own, line: Mapping[str, Any]) -> dict[str, Any]:
    """The file's name beside its number, where it is known."""
    number = line["file"]
    return {"source": own.inputs[number]} if isinstance(number, int) and 0 <= number < len(own.inputs) else {}


def _rate(rates: Mapping[tuple[str, date], Mapping[str, Any]], line: Mapping[str, Any]) -> dict[str, Any]:
    rate = rates.get((line["currency"], line["rate_date"]))
    return {} if rate is None else {name: rate[name] for name in _FACTORS}


def rows_of(relation: str, column: str, value: str, columns: str = "*") -> list[dict[str, Any]]:
    """Rows of a file by one value: of an ordered file DuckDB reads but the one group of rows that may hold it."""
    with duckdb.connect() as con:
        found = con.execute(f"SELECT {columns} FROM {relation} WHERE {column} = $1", [value])
        names = [one[0] for one in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
