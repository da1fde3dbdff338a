"""`strata preview`: what a changed profile would do to the current publication; nothing is published."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.run import terminal
from flows.settings import Settings
from flows.telling.publications import Json, Profiles, Publish, Reader, reader, work_of
from region_profiles.setting import with_settings
from tasks.errors import ProfileErrors, Terminal

if TYPE_CHECKING:
    from rich.table import Table

    from region_profiles.models import Profile
    from tasks.segment.preview import Preview, Size

Changed = Annotated[Path | None, typer.Option("--profile", help="The changed market file.")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="A value to change; repeatable.")]
Landing = Annotated[
    str | None,
    typer.Option(help="The run's landing: shows changes of windows, money and sources, and of personal traits, too."),
]
Html = Annotated[Path | None, typer.Option("--html", help="Write a page with charts.")]
#: Characters of the longest bar in the terminal.
_BAR = 30


def preview(
    market: Annotated[str, typer.Argument(help="ISO country code.")],
    changed: Changed = None,
    settings: Set = None,
    publish: Publish = None,
    landing: Landing = None,
    profiles: Profiles = None,
    html: Html = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what a changed profile would do: sizes, revenue, who moves where, audiences; publish nothing.

    For example:

    strata preview DE --set 'dimensions.value.borders=[150, 900]' --publish published

    strata preview DE --profile changed.yaml --publish published --html preview.html
    """
    if changed is None and not settings:
        raise Terminal("nothing is changed", expected="--profile FILE, or --set PATH=VALUE")
    with tempfile.TemporaryDirectory() as folder:
        found = reader(market, publish, profiles, None, Path(folder))
        after = _changed(found, changed, settings or ())
        made, doubts = _preview(found, after, landing)
    notes = [*doubts, *(["the profile has changed since the publication: that shows, too"] if found.changed else [])]
    if html is not None:
        html.write_text(_page(made, notes), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps({**made.as_dict(), "notes": notes}, ensure_ascii=False, indent=2))
        return
    console = terminal()
    for part in told(made, notes):
        console.print(part, highlight=False, soft_wrap=isinstance(part, str))


def _changed(found: Reader, file: Path | None, settings: Sequence[str]) -> Profile:
    from tasks.segment.rules import check_rules

    after = with_settings(found.manifest.country, settings, found.profiles, file=file).profile
    if (currency := Settings().reporting_currency) is not None:
        after = after.model_copy(update={"money": after.money.model_copy(update={"reporting_currency": currency})})
    if errors := check_rules(after):
        raise ProfileErrors(tuple(errors))
    return after


def _preview(found: Reader, after: Profile, landing: str | None) -> tuple[Preview, list[str]]:
    from tasks.engine import DuckDB, open_duckdb
    from tasks.segment.preview import needs_run
    from tasks.segment.preview import preview as look
    from tasks.segment.rules import doubtful_rules
    from tasks.segment.sides import Current, Described

    engine = DuckDB(open_duckdb(Settings().memory, Settings().threads, found.folder / "spill"))
    notes, off = found.section("traits"), frozenset(found.section("segments").get("audiences_off", ()))
    customers, as_of, described, personal = found.table("customers"), found.manifest.as_of, None, None
    landing = landing or (Settings().landing if needs_run(found.profile, after) else None)
    if landing is not None and needs_run(found.profile, after):
        again = work_of(found, landing, after).customers(engine)
        described = Described(again.customers, again.notes)
    elif landing is not None:
        personal = work_of(found, landing).traits
    predicted = found.section("predicted").get("prediction", {})
    current = Current(customers, as_of, notes, off, personal, predicted)
    return look(engine, current, found.profile, after, described), [str(one) for one in doubtful_rules(after)]


# --- the terminal -----------------------------------------------------------------------------------------------------


def told(found: Preview, notes: Sequence[str] = ()) -> Iterator[str | Table]:
    """Lines and tables for the terminal: what changes, with bars."""
    from rich.table import Table

    yield f"{found.market}, {found.as_of}: {found.customers:,} customers; nothing is published"
    rows = changed_sizes(found)
    if rows:
        most = max(size.before or 0 for size in rows) or 1
        most = max(most, *(size.after or 0 for size in rows))
        sizes = Table(box=None, header_style="bold")
        for name in ("dimension", "segment", "before", "after", "change", f"revenue {found.currency} change", ""):
            sizes.add_column(name, justify="left" if name in {"dimension", "segment", ""} else "right")
        for size in rows:
            bar = "█" * round(_BAR * (size.after or 0) / most)
            sizes.add_row(
                size.dimension, size.segment, _n(size.before), _n(size.after), _change(size), _money(size), bar
            )
        yield sizes
    moves: dict[str, list[str]] = defaultdict(list)
    for move in found.moves:
        named = ", ".join(move.examples)
        many = f"{move.customers:,}, {move.revenue:,.2f} {found.currency}"
        moves[move.dimension].append(f"  {move.before} -> {move.after}: {many} (such as {named})")
    for name, lines in moves.items():
        yield "\n".join([f"moves in {name}", *lines])
    yield "" if moves else "nobody moves"
    for one in found.audiences:
        if (one.listed_before, one.contacted_before) != (one.listed_after, one.contacted_after):
            yield (
                f"audience {one.audience}: {_n(one.listed_before)} -> {_n(one.listed_after)}, "
                f"to be contacted {_n(one.contacted_before)} -> {_n(one.contacted_after)}"
            )
    yield from (f"warning: {text}" for text in [*warned(found), *notes])


def changed_sizes(found: Preview) -> list[Size]:
    """The segments whose size or revenue changes."""
    return [one for one in found.sizes if (one.before, one.revenue_before) != (one.after, one.revenue_after)]


def warned(found: Preview) -> Iterator[str]:
    """Warnings in words."""
    said = {
        "dead": "{dimension}: nobody is in {segment}",
        "small": "{dimension}: {segment} is under the minimum, {reason}",
        "off": "{dimension} goes off: {reason}",
    }
    for one in found.warnings:
        yield said[one.code].format(dimension=one.dimension, segment=one.segment, reason=one.reason)


def _n(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _change(size: Size) -> str:
    return "" if size.before is None or size.after is None else f"{size.after - size.before:+,}"


def _money(size: Size) -> str:
    known = size.revenue_before is not None and size.revenue_after is not None
    return f"{size.revenue_after - size.revenue_before:+,.2f}" if known else ""  # type: ignore[operator]


def _page(found: Preview, notes: Sequence[str]) -> str:
    from flows.telling import pages

    def parts() -> Iterator[str]:
        yield pages.note(f"{found.customers:,} customers as of {found.as_of}. Nothing is published.")
        by: dict[str, list[Size]] = defaultdict(list)
        changed = {size.dimension for size in changed_sizes(found)}
        for size in found.sizes:
            if size.dimension in changed:
                by[size.dimension].append(size)
        for name, sizes in by.items():
            yield pages.heading(name)
            rows = [
                (
                    size.segment,
                    [
                        (float(n), f"{n:,} {when}", fill)
                        for n, when, fill in (
                            (size.before, "before", pages.BEFORE),
                            (size.after, "after", pages.AFTER),
                        )
                        if n is not None
                    ],
                )
                for size in sizes
            ]
            yield pages.bars(f"{name}: customers before and after", rows)
            moved = [
                (one.before, one.after, f"{one.customers:,}", f"{one.revenue:,.2f}")
                for one in found.moves
                if one.dimension == name
            ]
            yield pages.table(("from", "to", "customers", f"revenue, {found.currency}"), moved, 2)
        audiences = [
            (
                one.audience,
                _n(one.listed_before),
                _n(one.listed_after),
                _n(one.contacted_before),
                _n(one.contacted_after),
            )
            for one in found.audiences
        ]
        yield pages.heading("Audiences")
        head = ("audience", "listed before", "after", "to be contacted before", "after")
        yield pages.table(head, audiences, 4)
        yield from (pages.note(text) for text in [*warned(found), *notes])

    return pages.page(f"{found.market}: preview", parts())
