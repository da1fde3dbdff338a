"""`strata explain`: why a customer, or everyone of a segment, is where they are."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.telling.publications import Json, Profiles, Publish, Reader, customer_id, reader, work_of
from tasks.errors import Terminal

if TYPE_CHECKING:
    from tasks.segment.explain import Explanation, Published
    from tasks.segment.own import Own

Landing = Annotated[
    str | None,
    typer.Option(help="The run's landing: shows source rows and rates too, and lets rules read personal traits."),
]
AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Default: the current one.")]
Locale = Annotated[str | None, typer.Option(help="Language and forms of the answer, such as de or fr-CA.")]
Segment = Annotated[
    tuple[str, str] | None,
    typer.Option(help="Instead of one customer everyone of a segment, as columns of a file: see --out."),
]
Out = Annotated[Path | None, typer.Option(help="File of --segment: .csv or .parquet.")]


def explain(
    market: Annotated[str, typer.Argument(help="ISO country code.")],
    customer: Annotated[
        str | None, typer.Argument(help="Member number as the store writes it, or customer_id.")
    ] = None,
    publish: Publish = None,
    landing: Landing = None,
    as_of: AsOf = None,
    profiles: Profiles = None,
    locale: Locale = None,
    segment: Segment = None,
    out: Out = None,
    *,
    as_json: Json = False,
) -> None:
    """Say why a customer is in each segment: rules with values, what nearly held, money, scores, source rows.

    For example:

    strata explain DE 0012345 --publish published --landing drops

    strata explain DE --segment lifecycle at_risk --out why.csv --publish published
    """
    if (customer is None) == (segment is None):
        raise Terminal("name one customer, or a segment with --segment DIMENSION SEGMENT")
    with tempfile.TemporaryDirectory() as folder:
        found = reader(market, publish, profiles, as_of.date() if as_of else None, Path(folder))
        if segment is not None:
            typer.echo(_segment(found, segment, out, locale))
            return
        why = _one(found, str(customer), landing)
    if as_json:
        typer.echo(json.dumps(why.as_dict(), ensure_ascii=False, indent=2))
        return
    from flows.telling.wording import wording
    from tasks.segment.telling import told

    typer.echo(told(why, wording(found.profile, locale), untaxed=found.profile.tax.amounts == "untaxed"))


def _one(found: Reader, customer: str, landing: str | None) -> Explanation:
    from tasks.segment.explain import explain as why

    who = customer_id(found, customer)
    if landing is None:
        return why(_published(found), found.profile, who)
    own, survivors = _own(found, landing)
    into = survivors.get(who)
    return why(_published(found), found.profile, into or who, own=own, merged_from=customer if into else None)


def _published(found: Reader) -> Published:
    from tasks.segment.explain import Published

    manifest = found.manifest
    return Published(
        manifest.as_of,
        found.table("customers"),
        manifest.notes,
        found.table("membership") if found.has("membership") else None,
        found.table("audiences") if found.has("audiences") else None,
        first=manifest.previous is None,
        changed=found.changed,
        publication=manifest.publication,
    )


def _own(found: Reader, landing: str) -> tuple[Own, dict[str, str]]:
    """The run's own work, and customer_id of the survivor by that of each merged customer."""
    import pyarrow.parquet as pq

    from tasks.segment.own import Own

    work = work_of(found, landing)
    departed = work.normalized.file("departed")
    rows: list[dict[str, Any]] = [] if departed is None else pq.read_table(departed).to_pylist()
    survivors = {row["customer_id"]: row["into"] for row in rows if row["kind"] == "merge" and row["into"]}
    inputs = tuple(one.uri for one in found.manifest.inputs)
    rates = {(row["currency"], row["date"]): row for row in work.factors.table.to_pylist()}
    return Own(work.traits, work.normalized.transactions.relation, rates, inputs), survivors


def _segment(found: Reader, segment: tuple[str, str], out: Path | None, locale: str | None) -> str:
    from flows.telling.wording import wording
    from tasks.engine import DuckDB, open_duckdb
    from tasks.segment.columns import explain_segment, write

    if out is None or out.suffix not in {".csv", ".parquet"}:
        raise Terminal("say where to write the columns", expected="--out FILE.csv or --out FILE.parquet")
    from flows.settings import Settings

    engine = DuckDB(open_duckdb(Settings().memory, Settings().threads, found.folder / "spill"))
    made = explain_segment(engine, _published(found), found.profile, *segment, wording(found.profile, locale))
    write(made, out)
    return f"{out}: {made.num_rows:,} customers"
