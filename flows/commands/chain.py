"""`strata chain`: aggregates across the markets, as Parquet, workbook and report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from flows.commands.run import Profiles, terminal

if TYPE_CHECKING:
    from flows.publishing.chain import ChainOutcome
    from tasks.chain.view import View


def chain(
    publish: Annotated[
        str | None, typer.Option(help="Publish root of the markets; STRATA_PUBLISH or all zones' roots if not given.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="The chain's date; default: the latest of any market."),
    ] = None,
    profiles: Profiles = None,
    locale: Annotated[list[str] | None, typer.Option(help="Language of workbook and report; may be repeated.")] = None,
    into: Annotated[
        str | None, typer.Option(help="Root for the chain's own publication; STRATA_CHAIN, else the publish root.")
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be published, and write nothing.")
    ] = False,
) -> None:
    """Publish aggregates across markets: segments, languages, movements and stores of all that mean the same.

    Of each market counts its publication of the greatest date not after --as-of (the latest that any market has, if it
    is not given). Missing and late markets are named. A dimension is added up over markets that share its definition;
    the others stand for themselves, with what differs. Small counts are withheld as in each market's own report.

    Exit code 0: published or unchanged; 1: no market has a publication, or some market's is damaged; 2: an option or a
    profile is wrong.

    For example:

    strata chain --publish published

    strata chain --publish s3://published --as-of 2026-06-30 --locale en-GB --locale ja-JP

    strata chain --profiles region_profiles/examples/global_electronics_retailer --publish published --dry-run
    """
    from flows.publishing.chain import publish_aggregates

    console = terminal()
    with console.status("reading the markets' publications") as status:
        outcome = publish_aggregates(
            publish=publish,
            into=into,
            as_of=as_of.date() if as_of else None,
            profiles=profiles,
            locales=tuple(dict.fromkeys(locale or ["en"])),
            dry_run=dry_run,
            tell=status.update,
        )
    tell(console, outcome)
    raise typer.Exit(1 if outcome.state in {"broken", "nothing"} else 0)


def tell(console: Console, outcome: ChainOutcome) -> None:
    """The outcome for the terminal: markets, what is missing, what is not compared, and where it lies."""
    from tasks.chain.publication import prefix

    for error in outcome.broken:
        console.print(f"[red]broken[/]: {error}", highlight=False, soft_wrap=True)
    if outcome.broken:
        console.print("nothing is published until every market's publication is whole", highlight=False)
        return
    if outcome.view is None:
        console.print(
            f"no market has a publication at {outcome.root}: `strata run` publishes", highlight=False, soft_wrap=True
        )
        return
    view = outcome.view
    console.print(_table(view))
    for line in _notes(view):
        console.print(line, highlight=False, soft_wrap=True)
    place = f"{outcome.root}/{prefix(outcome.as_of, view.manifest.publication)}"
    done = {"planned": "would be published (--dry-run)"}.get(outcome.state, outcome.state)
    console.print(f"chain as of {outcome.as_of}: {done}", highlight=False)
    console.print(f"  {place}", highlight=False, soft_wrap=True)


def _table(view: View) -> Table:
    """A row for each market, and the chain's total where there is one."""
    from tasks.chain.rows_of_segments import ALL
    from tasks.segment.definitions import MARKET

    table = Table(box=None, header_style="bold")
    for name in ("market", "as of", "income", "customers", "orders", "revenue", "", "publication"):
        table.add_column(name, justify="right" if name in {"customers", "orders", "revenue"} else "left")
    rows = [(one, view.of_market(one.country, MARKET)[ALL]) for one in view.manifest.markets]
    for entry, row in rows:
        revenue = "" if row["monetary_reference"] is None else f"{row['monetary_reference']:,.2f}"
        table.add_row(
            entry.country, f"{entry.as_of}{' (stale)' if entry.stale else ''}", entry.development,
            f"{row['customers']:,}", f"{row['orders']:,}", revenue, entry.reference_currency, entry.publication,
        )  # fmt: skip
    total = view.total
    if total is not None:
        revenue = "" if total["monetary_reference"] is None else f"{total['monetary_reference']:,.2f}"
        numbers = (f"{total['customers']:,}", f"{total['orders']:,}", revenue, view.currency)
        table.add_row("chain", f"{total['markets']} markets", "", *numbers, "")
    return table


def _notes(view: View) -> Iterator[str]:
    """Missing and late markets, and dimensions that some do not share."""
    reasons = {
        "nothing": "nothing is published",
        "small": "too few customers to show any figure",
        "profile": "published, but these profiles have no such market",
    }
    for gone in view.manifest.absent:
        why = f"the first publication is of {gone.first}" if gone.first else reasons[gone.reason]
        yield f"[yellow]missing[/] {gone.country}: {why}"
    for entry in view.manifest.markets:
        if entry.stale:
            yield f"[yellow]stale[/] {entry.country}: {entry.days} days older than the chain's date"
    for name, one in view.comparisons.items():
        apart: dict[tuple[str, ...], list[str]] = {}
        for market, parts in one.apart.items():
            apart.setdefault(parts, []).append(market)
        for differing, markets in apart.items():
            yield f"[yellow]apart[/] {name}: {', '.join(markets)} ({', '.join(differing)})"
