"""`strata members`: who is, or was, in a published segment or audience."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.telling.publications import Json, Profiles, Publish, Reader, reader
from tasks.errors import Terminal

if TYPE_CHECKING:
    import duckdb

AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="A published date; default: the current one.")
]
#: What a list of members says of each, where the publication has it.
COLUMNS = (
    "customer_id", "population", "language", "home_store", "last_order_date", "orders", "monetary_local", "currency",
    "holdout",
)  # fmt: skip


def members(
    market: Annotated[str, typer.Argument(help="ISO country code.")],
    dimension: Annotated[str | None, typer.Argument(help="Such as lifecycle, or stratum.")] = None,
    segment: Annotated[str | None, typer.Argument(help="Such as champions.")] = None,
    audience: Annotated[str | None, typer.Option(help="Instead of a segment the customers of an audience.")] = None,
    publish: Publish = None,
    as_of: AsOf = None,
    profiles: Profiles = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write a file instead of the terminal.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """List the customers of a published segment or audience on a date, as they were published.

    For example:

    strata members DE lifecycle champions --as-of 2021-01-31 --publish published --csv champions.csv

    strata members DE --audience win_back --publish published
    """
    import duckdb

    if (audience is None) == (dimension is None or segment is None):
        raise Terminal("name a dimension and a segment, or an audience with --audience")
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        found = reader(market, publish, profiles, as_of.date() if as_of else None, Path(folder))
        rows = _select(con, found, dimension, segment, audience)
        n = int(con.execute(f"SELECT count(*) FROM ({rows})").fetchall()[0][0])
        if not n:
            _nobody(con, found, dimension, audience)
        if csv is not None:
            from tasks.sql import literal

            con.execute(f"COPY ({rows}) TO {literal(str(csv))} (FORMAT csv, HEADER)").fetchall()
            typer.echo(f"{csv}: {n:,} customers as of {found.manifest.as_of}")
            return
        cursor = con.execute(rows)
        names = [one[0] for one in cursor.description or ()]
        listed = cursor.fetchall()
    if as_json:
        told = [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in listed]
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    typer.echo("\t".join(names))
    for row in listed:
        typer.echo("\t".join("" if value is None else str(value) for value in row))


def _select(
    con: duckdb.DuckDBPyConnection, found: Reader, dimension: str | None, segment: str | None, audience: str | None
) -> str:
    """The members in the order of customer_id: of an audience with their rank among the customer's audiences."""
    from tasks.files import parquet
    from tasks.sql import literal, name

    customers = parquet(found.table("customers"))
    there = _columns(con, customers)
    kept = [one for one in COLUMNS if one in there]
    columns = ", ".join(f"c.{name(one)}" for one in kept)
    if audience is not None:
        rank = ", a.priority, a.holdout AS held" if "holdout" in there else ", a.priority, a.holdout"
        joined = f"{parquet(found.table('audiences'))} a JOIN {customers} c USING (customer_id)"
        return f"SELECT {columns}{rank} FROM {joined} WHERE a.audience = {literal(audience)} ORDER BY c.customer_id"
    column = "stratum" if dimension == "stratum" else f"segment_{dimension}"
    if column not in there:
        known = sorted(one.removeprefix("segment_") for one in there if one.startswith("segment_"))
        raise Terminal(
            "the publication has no such dimension", value=dimension, expected=f"one of {', '.join(known)}, stratum"
        )
    return f"SELECT {columns} FROM {customers} c WHERE {name(column)} = {literal(str(segment))} ORDER BY c.customer_id"


def _columns(con: duckdb.DuckDBPyConnection, relation: str) -> frozenset[str]:
    return frozenset(row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall())


def _nobody(con: duckdb.DuckDBPyConnection, found: Reader, dimension: str | None, audience: str | None) -> None:
    """Say which segments or audiences have anybody; an audience that is declared may be empty."""
    from tasks.files import parquet
    from tasks.sql import name

    table, column = ("audiences", "audience") if audience is not None else ("customers", f"segment_{dimension}")
    column = "stratum" if dimension == "stratum" else column
    listed = con.execute(f"SELECT DISTINCT {name(column)} FROM {parquet(found.table(table))} ORDER BY 1").fetchall()
    raise Terminal(
        "nobody is in it",
        market=found.manifest.country,
        value=audience or dimension,
        expected="one of " + ", ".join(str(row[0]) for row in listed),
    )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float | str) else str(value)
