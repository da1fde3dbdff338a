"""`strata validate`: profiles and drops, without running."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from flows.commands.run import AsOf, Landing, Profiles, terminal
from flows.planning.runs import checked_profile, markets_to_run, plan
from flows.settings import Settings
from region_profiles.loader import list_markets, resolve
from region_profiles.models import Profile
from tasks.errors import StrataError, Terminal

if TYPE_CHECKING:
    from tasks.normalize.task import Normalized
    from tasks.run import MarketRun

#: Faults of a rate table that are shown.
SHOWN = 10


def validate(
    markets: Annotated[list[str] | None, typer.Argument(help="ISO country codes; all if none.")] = None,
    landing: Landing = None,
    as_of: AsOf = None,
    profiles: Profiles = None,
) -> None:
    """Check profiles and, with a landing, read the drops as a run would: ledger, refused rows, rates; publish nothing.

    Exit code 0: a run would go through; 1: it would not, or a rate table is faulty; 2: an option is wrong.

    Examples:
      strata validate DE

      strata validate --landing drops --as-of 2026-06-30
    """
    console = terminal()
    settings = Settings()
    uri = landing or settings.landing or (", ".join(settings.zones) or None)
    directory = profiles or settings.profiles
    names = [name.upper() for name in markets] if markets else None
    if names is None:
        names = markets_to_run(settings, landing, directory) if uri else list(list_markets(directory))
    faults = 0
    for name in names:
        try:
            from tasks.segment.rules import doubtful_rules

            profile = checked_profile(name, directory)
            for warning in (*resolve(name, directory).warnings, *doubtful_rules(profile)):
                _about(console, "yellow", name, str(warning))
            faults += _undeliverable(console, settings, profile)
            if uri is None:
                console.print(f"[green]{name}[/] profile is sound", highlight=False)
                continue
            (run,) = plan(
                [name], as_of=as_of.date() if as_of else None, landing=landing, publish="unused", profiles=directory
            )
            faults += _drop(console, run)
        except StrataError as error:
            faults += 1
            for why in str(error).splitlines():  # each fault of a profile is a line
                _about(console, "red", name, why)
    raise typer.Exit(1 if faults else 0)


def _about(console: Console, colour: str, market: str, text: str) -> None:
    """A line that names its market once; what stands in brackets is text."""
    told = escape(text.removeprefix(f"{market}: "))
    console.print(f"[{colour}]{market}[/] {told}", highlight=False, soft_wrap=True)


def _undeliverable(console: Console, settings: Settings, profile: Profile) -> int:
    """Tell which teams could not get their bundles; the number of faults."""
    if not any(team.deliver for team in profile.teams):
        return 0
    from flows.delivering.faults import delivery_faults

    found = list(delivery_faults(settings, profile))
    for fault in found:
        _about(console, "red", profile.market.country, str(fault))
    return len(found)


def _drop(console: Console, run: MarketRun) -> int:
    """Read one drop and tell what was found; the number of faults that would stop a run or spoil its money."""
    from flows.publishing.waiting import few_rows, missing
    from flows.telling.drops import findings
    from tasks.ingest.task import ingest
    from tasks.normalize.task import normalize

    with tempfile.TemporaryDirectory(prefix="strata-validate-") as folder:
        apart = replace(run, work=Path(folder), publish=_published(run))
        console.print(f"[bold]{run.market} as of {run.as_of}[/]", highlight=False)
        absent = _arrival(console, run, missing(apart))
        sources = ingest(apart)
        normalized = normalize(apart, sources)
        absent += _arrival(console, run, few_rows(apart, normalized))
        for line in findings(apart, sources, normalized):
            console.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)
        faults = _money(console, apart, normalized)
        if not faults and normalized.ledger["transactions"].kept:
            for line in _off(apart, normalized):
                console.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)
        return faults + absent


def _arrival(console: Console, run: MarketRun, lacking: Sequence[str]) -> int:
    """Say what `source.arrival` waits for; how many things that are."""
    if lacking:
        minutes = run.profile.source.arrival.wait_minutes
        would = f"would wait at most {minutes} min for the rest" if minutes else "would fail"
        text = f"the drop is not whole: {'; '.join(lacking)}; a run now {would}"
        console.print(f"  [red]arrival[/] {escape(text)}", highlight=False, soft_wrap=True)
    return len(lacking)


def _published(run: MarketRun) -> str:
    """The publish root: its publications say how many rows are usual, and what clusters are called.

    Where none is set, one without any.
    """
    from flows.planning.zones import publish_root

    try:
        return publish_root(Settings(), None, run.profile.market.zone)
    except Terminal:
        return run.publish


def _off(run: MarketRun, normalized: Normalized) -> list[str]:
    """Traits, dimensions and audiences that the drop does not carry, by reason."""
    from flows.telling.predicting import predicted_as_run
    from tasks.reference.task import money
    from tasks.segment.effective import effective
    from tasks.traits.task import traits

    factors = money(run, normalized)
    described = traits(run, normalized, factors)
    _, known = predicted_as_run(run, normalized, factors, described)
    reasons: dict[str, list[str]] = {}
    for trait, reason in known["off"].items():
        reasons.setdefault(reason, []).append(trait)
    lines = [f"traits off, {reason}: {', '.join(sorted(named))}" for reason, named in sorted(reasons.items())]
    _, told = effective(run.profile, known)
    for kind in ("dimensions", "audiences"):
        for name, why in sorted(told[f"{kind}_off"].items()):
            lines.append(f"{kind.removesuffix('s')} off, {why['reason']}: {name}")
    return lines


def _money(console: Console, run: MarketRun, normalized: Normalized) -> int:
    """Say which rates are faulty, their number; then which currencies have no source, as far as a run allows for it.

    Raises:
        ReferenceDataError: more purchases lack a rate than the profile allows.
    """
    import pyarrow.parquet as pq

    from tasks.reference.factors import unconvertible
    from tasks.reference.market_rates import check_rates
    from tasks.reference.task import money

    rates = normalized.file("rates")
    own = None if rates is None else pq.read_table(rates)
    faulty = [] if own is None else [str(finding) for finding in check_rates(own, run.profile.money.rates_base)]
    _about_money(console, "red", faulty)
    factors = money(run, normalized)
    spans = factors.table.group_by("currency").aggregate([("date", "min"), ("date", "max")])
    lost = [
        str(error).removeprefix(f"{run.market}: ")
        for row in spans.to_pylist()
        for error in unconvertible(run.profile, [row["currency"]], row["date_min"], row["date_max"], own)
    ]
    _about_money(console, "yellow", lost)
    for lens, reason in factors.notes.get("lenses_off", {}).items():
        console.print(f"  [yellow]lens {lens} is off[/]: {escape(reason)}", highlight=False, soft_wrap=True)
    return len(faulty)


def _about_money(console: Console, colour: str, findings: Sequence[str]) -> None:
    more = [f"and {len(findings) - SHOWN:,} more"] if len(findings) > SHOWN else []
    for text in (*findings[:SHOWN], *more):
        console.print(f"  [{colour}]money[/] {escape(text)}", highlight=False, soft_wrap=True)
