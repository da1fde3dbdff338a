"""`strata diff`: what changed in a market between two publications."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from flows.commands.run import terminal
from flows.planning.zones import publish_root
from flows.settings import Settings
from flows.telling.comparison import WITHHELD, Diff, Side, compare, selected_manifest

if TYPE_CHECKING:
    from tasks.export.suppress import Row

AsOf = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="AS_OF", help="As-of date of a publication.")]


def diff(
    market: Annotated[str, typer.Argument(help="ISO country code.")],
    before: AsOf,
    after: AsOf,
    publish: Annotated[str | None, typer.Option(help="Publish root; STRATA_PUBLISH if not given.")] = None,
    profiles: Annotated[Path | None, typer.Option(help="Folder of profiles, as given to `strata run`.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Compare two publications of a market: sizes and revenue of segments, who moved where, new and gone customers.

    Counts under the profile's privacy.minimum_count are withheld, and with them what would give them away by
    subtraction. Exit code 0: compared; 2: an option is wrong, or nothing is published for a date.

    Example: strata diff DE 2026-05-31 2026-06-30 --publish published
    """
    from flows.planning.runs import checked_profile
    from tasks.objects import open_store

    settings = Settings()
    profile = checked_profile(market.upper(), profiles or settings.profiles)
    store = open_store(publish_root(settings, publish, profile.market.zone))
    manifests = [selected_manifest(store, market.upper(), moment.date()) for moment in (before, after)]
    found = compare(store, manifests[0], manifests[1], profile.privacy.minimum_count)
    if as_json:
        typer.echo(json.dumps(_as_dict(found), ensure_ascii=False, indent=2))
        return
    console = terminal()
    for part in told(found):
        console.print(part, highlight=False, soft_wrap=isinstance(part, str))


def told(found: Diff) -> Iterator[str | Table]:
    """Lines and tables for the terminal."""
    before, after = found.before, found.after
    yield f"{found.market}: {before.as_of} -> {after.as_of}"
    sizes = Table(box=None, header_style="bold")
    names = (f"revenue {before.currency} before", f"revenue {after.currency} after")
    for name in ("dimension", "segment", "before", "after", "change", *names):
        sizes.add_column(name, justify="left" if name in {"dimension", "segment"} else "right")
    for row in found.rows():
        known = row not in before.hidden | after.hidden
        change = f"{after.customers.get(row, 0) - before.customers.get(row, 0):+,}" if known else ""
        sizes.add_row(*row, before.size(row), after.size(row), change, before.money(row), after.money(row))
    yield sizes
    moves: dict[str, list[str]] = defaultdict(list)
    for name, old, new, count in found.moves:
        moves[name].append(f"  {old} -> {new}: {count:,}")
    for name, lines in moves.items():
        yield "\n".join([f"moves in {name}", *lines])
    smaller = "" if found.minimum == 1 else f" of {found.minimum} customers or more"
    yield "" if moves else f"no moves{smaller}"
    for side, label in ((before, "before"), (after, "after")):
        if side.total is None:
            yield f"{label}: under {found.minimum} customers"
        else:
            amounts = f"{side.local:,.2f} {side.currency} gross, {side.reference:,.2f} {side.reference_currency} net"
            yield f"{label}: {side.total:,} customers, revenue {amounts}, guests not counted"
    new, gone = (f"{number:,}" if found.turnover_known else WITHHELD for number in (found.new, found.gone))
    yield f"new customers: {new}; gone: {gone}"
    yield from found.notes


def _as_dict(found: Diff) -> dict[str, Any]:
    """For programs: a withheld count is null."""

    def side(one: Side) -> dict[str, Any]:
        return {
            "as_of": str(one.as_of),
            "customers": one.total,
            "revenue_local": None if one.total is None else str(one.local),
            "currency": one.currency,
            "revenue_reference": None if one.total is None else str(one.reference),
            "reference_currency": one.reference_currency,
        }

    def sizes(one: Side, row: Row) -> dict[str, Any]:
        shown = row not in one.hidden
        revenue = str(one.revenue.get(row, Decimal(0))) if shown else None
        return {"customers": one.customers.get(row, 0) if shown else None, "revenue_local": revenue}

    return {
        "market": found.market,
        "minimum_count": found.minimum,
        "before": side(found.before),
        "after": side(found.after),
        "segments": [
            {
                "dimension": row[0],
                "segment": row[1],
                "before": sizes(found.before, row),
                "after": sizes(found.after, row),
            }
            for row in found.rows()
        ],
        "moves": [dict(zip(("dimension", "from", "to", "customers"), move, strict=True)) for move in found.moves],
        "new": found.new if found.turnover_known else None,
        "gone": found.gone if found.turnover_known else None,
        "notes": list(found.notes),
    }
