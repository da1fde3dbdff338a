"""`strata overlap`: how audiences, or segments, intersect."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.run import terminal
from flows.telling.publications import Json, Profiles, Publish, reader
from tasks.errors import Terminal

if TYPE_CHECKING:
    from rich.table import Table

    from tasks.segment.overlap import Combined, Intersection

AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="A published date; default: the current one.")
]
_BAR = 30


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be shown: sets with their sizes (None: withheld), the largest intersections, and how many are not there.

    `withheld` intersections are too small, or would tell of one that is; `further` come after the first.
    """

    market: str
    as_of: str
    currency: str
    customers: int
    minimum: int
    sets: dict[str, int | None]
    intersections: tuple[Intersection, ...]
    withheld: int
    further: int


def overlap(
    market: Annotated[str, typer.Argument(help="ISO country code.")],
    dimension: Annotated[tuple[str, str] | None, typer.Option(help="Two dimensions, instead of the audiences.")] = None,
    top: Annotated[int, typer.Option(min=1, help="So many of the largest intersections.")] = 20,
    publish: Publish = None,
    as_of: AsOf = None,
    profiles: Profiles = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with an UpSet plot.")] = None,
    *,
    audiences: Annotated[bool, typer.Option("--audiences", help="How audiences intersect; the default.")] = False,
    as_json: Json = False,
) -> None:
    """Show how audiences intersect: each customer counts in exactly one combination.

    Counts under the profile's privacy.minimum_count are withheld, and with them what would give them away.

    For example:

    strata overlap DE --publish published --html overlap.html

    strata overlap DE --dimension lifecycle value --publish published
    """
    import duckdb

    from tasks.segment.overlap import of_audiences, of_dimensions

    if audiences and dimension is not None:
        raise Terminal("either --audiences or --dimension")
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        found = reader(market, publish, profiles, as_of.date() if as_of else None, Path(folder))
        customers = found.table("customers")
        if dimension is None:
            combined = of_audiences(con, customers, found.table("audiences"))
        else:
            _require(con, customers, dimension)
            combined = of_dimensions(con, customers, dimension)
    minimum = found.profile.privacy.minimum_count
    shown = _shown(combined, found.manifest.country, str(found.manifest.as_of), minimum, top)
    if html is not None:
        html.write_text(_page(shown), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(_as_dict(shown), ensure_ascii=False, indent=2))
        return
    console = terminal()
    for part in told(shown):
        console.print(part, highlight=False, soft_wrap=isinstance(part, str))


def _require(con: Any, customers: Path, dimensions: Sequence[str]) -> None:
    from tasks.files import parquet

    there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {parquet(customers)}").fetchall()}
    known = {one.removeprefix("segment_") for one in there if one.startswith("segment_")} | {"stratum"}
    if unknown := [one for one in dimensions if one not in known]:
        raise Terminal(
            "the publication has no such dimension", value=unknown[0], expected=f"one of {', '.join(sorted(known))}"
        )


def _shown(combined: Combined, market: str, as_of: str, minimum: int, top: int) -> Shown:
    """Less what is too small, and what would tell of it by subtraction from the sizes of sets."""
    from tasks.export.suppress import links, withheld

    counts = combined.counts()
    hidden = withheld(counts, minimum, links(combined.combinations()))
    kept = [one for place, one in enumerate(combined.intersections) if ("", str(place)) not in hidden]
    sets = {each: size if combined.shown(each, hidden) else None for each, size in combined.sets.items()}
    total = combined.customers if len(hidden) < len(counts) or combined.customers >= minimum else 0
    gone = len(combined.intersections) - len(kept)
    return Shown(
        market, as_of, combined.currency, total, minimum, sets, tuple(kept[:top]), gone, len(kept) - len(kept[:top])
    )


def told(shown: Shown) -> Iterator[str | Table]:
    """Lines and tables for the terminal."""
    from rich.table import Table

    yield f"{shown.market}, {shown.as_of}: {shown.customers:,} customers"
    sets = Table(box=None, header_style="bold")
    sets.add_column("set")
    sets.add_column("customers", justify="right")
    for each, size in shown.sets.items():
        sets.add_row(each, "withheld" if size is None else f"{size:,}")
    yield sets
    most = max((one.customers for one in shown.intersections), default=1)
    rows = Table(box=None, header_style="bold")
    for column in ("exactly in", "customers", f"revenue {shown.currency}", ""):
        rows.add_column(column, justify="right" if column.startswith(("customers", "revenue")) else "left")
    for one in shown.intersections:
        bar = "█" * max(1, round(_BAR * one.customers / most))
        rows.add_row(_named(one), f"{one.customers:,}", f"{one.revenue:,.2f}", bar)
    yield rows
    if shown.further:
        yield f"{shown.further:,} smaller intersections are not shown: --top"
    if shown.withheld:
        yield f"{shown.withheld:,} intersections are withheld: under {shown.minimum} customers, or telling of one"


def _named(one: Intersection) -> str:
    return " + ".join(one.sets) or "none of them"


def _as_dict(shown: Shown) -> dict[str, Any]:
    """For programs: the size of a set that is withheld is null."""
    return {
        "market": shown.market,
        "as_of": shown.as_of,
        "currency": shown.currency,
        "customers": shown.customers,
        "minimum_count": shown.minimum,
        "sets": shown.sets,
        "intersections": [
            {"sets": list(one.sets), "customers": one.customers, "revenue": str(one.revenue)}
            for one in shown.intersections
        ],
        "withheld": shown.withheld,
        "further": shown.further,
    }


# --- the plot (Lex et al., UpSet: Visualization of Intersecting Sets, 2014, doi:10.1109/TVCG.2014.2346248) ------------

_COLUMN, _ROW, _TOP, _LEFT, _DOT = 34, 24, 200, 330, 7


def _page(shown: Shown) -> str:
    from flows.telling import pages

    rows = [(_named(one), f"{one.customers:,}", f"{one.revenue:,.2f}") for one in shown.intersections]
    notes = [f"{shown.customers:,} customers as of {shown.as_of}; each is in exactly one column."]
    if shown.withheld:
        notes.append(
            f"{shown.withheld:,} intersections are withheld: under {shown.minimum} customers, or telling of one."
        )
    head = ("exactly in", "customers", f"revenue, {shown.currency}")
    parts = [upset(shown), *map(pages.note, notes), pages.table(head, rows, 2)]
    return pages.page(f"{shown.market}: who is in several", parts)


def upset(shown: Shown) -> str:
    """The plot as SVG: a column for each intersection, its bar above, dots for its sets below; sizes of sets left."""
    from html import escape

    from flows.telling import pages

    sets = list(shown.sets)
    width = _LEFT + _COLUMN * max(1, len(shown.intersections)) + 20
    height = _TOP + 20 + _ROW * len(sets)
    most = max((one.customers for one in shown.intersections), default=1)
    largest = max((size or 0 for size in shown.sets.values()), default=1) or 1
    body = []
    for place, each in enumerate(sets):
        y = _TOP + 20 + place * _ROW
        size = shown.sets[each]
        length = 90 * (size or 0) / largest
        text = "withheld" if size is None else f"{size:,}"
        body.append(
            f'<rect x="{_LEFT - 20 - length:.1f}" y="{y + 4}" width="{length:.1f}" height="14" fill="#c3ccd6"/>'
        )
        body.append(f'<text x="{_LEFT - 24}" y="{y + 15}" text-anchor="end" font-size="11">{text}</text>')
        body.append(f'<text x="4" y="{y + 15}">{escape(each)}</text>')
    for number, one in enumerate(shown.intersections):
        x = _LEFT + number * _COLUMN + _COLUMN / 2
        tall = (_TOP - 30) * one.customers / most
        title = f"<title>{escape(_named(one))}: {one.customers:,}</title>"
        body.append(
            f'<g>{title}<rect x="{x - 10:.1f}" y="{_TOP - tall:.1f}" width="20" height="{tall:.1f}" '
            f'fill="{pages.AFTER}"/><text x="{x:.1f}" y="{_TOP - tall - 5:.1f}" text-anchor="middle" '
            f'font-size="11">{one.customers:,}</text></g>'
        )
        rows = [_TOP + 20 + place * _ROW + 11 for place, each in enumerate(sets) if each in one.sets]
        body += [
            f'<circle cx="{x:.1f}" cy="{_TOP + 20 + place * _ROW + 11}" r="{_DOT}" fill="#e6eaef"/>'
            for place in range(len(sets))
        ]
        if len(rows) > 1:
            body.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{rows[0]}" y2="{rows[-1]}" stroke="#1c2430" stroke-width="3"/>'
            )
        body += [f'<circle cx="{x:.1f}" cy="{y}" r="{_DOT}" fill="#1c2430"/>' for y in rows]
    return pages.svg("UpSet plot of intersections", width, height, "".join(body))
