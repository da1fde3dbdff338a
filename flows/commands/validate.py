"""`strata validate`: profiles and drops, without running."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from flows.commands.run import AsOf, Landing, Profiles, terminal
from flows.planning.runs import checked_profile, markets_to_run, plan
from flows.settings import Settings
from region_profiles.loader import list_markets, resolve
from region_profiles.models import Profile
from tasks.errors import StrataError
from tasks.files import parquet
from tasks.records import differences

if TYPE_CHECKING:
    from tasks.normalize.task import Normalized
    from tasks.records import Sources
    from tasks.run import MarketRun

#: Refused rows shown of each reason, and faults of a rate table in all.
SHOWN = 2
SHOWN_RATES = 10


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
                console.print(f"[yellow]{name}[/] {warning}", highlight=False, soft_wrap=True)
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
            console.print(f"[red]{name}[/] {error}", highlight=False, soft_wrap=True)
    raise typer.Exit(1 if faults else 0)


def _undeliverable(console: Console, settings: Settings, profile: Profile) -> int:
    """Tell which teams could not get their bundles; the number of faults."""
    if not any(team.deliver for team in profile.teams):
        return 0
    from flows.delivering.faults import delivery_faults

    found = list(delivery_faults(settings, profile))
    for fault in found:
        console.print(f"[red]{profile.market.country}[/] {fault}", highlight=False, soft_wrap=True)
    return len(found)


def _drop(console: Console, run: MarketRun) -> int:
    """Read one drop and tell what was found; the number of faults that would stop a run or spoil its money."""
    from tasks.ingest.task import ingest
    from tasks.normalize.task import normalize

    with tempfile.TemporaryDirectory(prefix="strata-validate-") as folder:
        apart = replace(run, work=Path(folder))
        sources = ingest(apart)
        normalized = normalize(apart, sources)
        console.print(f"[bold]{run.market} as of {run.as_of}[/]", highlight=False)
        told = (*_ledger(normalized), *_inferred(normalized), *_refused(apart, sources, normalized))
        for line in (*told, *_to_know(run, sources, normalized)):
            console.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)
        faults = _money(console, apart, normalized)
        if not faults and normalized.ledger["transactions"].kept:
            for line in _off(apart, normalized):
                console.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)
        return faults


def _off(run: MarketRun, normalized: Normalized) -> list[str]:
    """Traits, dimensions and audiences that the drop does not carry, by reason."""
    from tasks.predict.task import predict
    from tasks.reference.task import money
    from tasks.segment.effective import effective
    from tasks.segment.task import with_predicted
    from tasks.traits.task import traits

    factors = money(run, normalized)
    described = traits(run, normalized, factors)
    predicted = predict(run, normalized, factors, described, None)
    known = with_predicted(described.notes, predicted.notes, run.profile.prediction)
    reasons: dict[str, list[str]] = {}
    for trait, reason in known["off"].items():
        reasons.setdefault(reason, []).append(trait)
    lines = [f"traits off, {reason}: {', '.join(sorted(named))}" for reason, named in sorted(reasons.items())]
    _, told = effective(run.profile, known)
    for kind in ("dimensions", "audiences"):
        for name, why in sorted(told[f"{kind}_off"].items()):
            lines.append(f"{kind.removesuffix('s')} off, {why['reason']}: {name}")
    return lines


def _ledger(normalized: Normalized) -> list[str]:
    """A line for each table, and one for each reason: whole in a log of any width."""
    lines = []
    for name, entry in normalized.ledger.items():
        lines.append(
            f"{name}: {entry.read:,} read = {entry.kept:,} kept + {entry.duplicate:,} duplicate "
            f"+ {entry.filtered:,} filtered + {entry.quarantined:,} quarantined"
        )
        for outcome, counted in sorted(entry.reasons.items()):
            lines += [f"  {outcome} {reason}: {count:,}" for reason, count in counted.most_common()]
    return lines


def _inferred(normalized: Normalized) -> list[str]:
    told = normalized.evidence.get("inferred", {})
    return [
        f"inferred from the whole column: {table}.{column}: {found}"
        for table, columns in told.items()
        for column, found in columns.items()
    ]


def _refused(run: MarketRun, sources: Sources, normalized: Normalized) -> list[str]:
    """The first refused rows of each table and reason (values of personal columns are masks already)."""
    con = run.cursor()
    try:
        rows = con.execute(
            'SELECT "table", file, record, reasons, "column", value, '
            'row_number() OVER (PARTITION BY "table", reasons ORDER BY file, record) AS place, '
            'count(*) OVER (PARTITION BY "table", reasons) AS every '
            f"FROM {parquet(normalized.folder / 'quarantine.parquet')} "
            f'QUALIFY place <= {SHOWN} ORDER BY "table", file, record'
        ).fetchall()
    finally:
        con.close()
    lines = [
        f"refused: {table}, {sources.inputs[file].uri}, record {record}: {reasons}"
        + ("" if value is None else f"; {column or 'record'} is {value!r}")
        + (f" (and {every - SHOWN:,} more of {table} with {reasons})" if place == SHOWN < every else "")
        for table, file, record, reasons, column, value, place, every in rows
    ]
    whole = "refused: the whole list is canonical/quarantine.parquet of the publication that a run makes"
    return [*lines, whole] if lines else []


def _to_know(run: MarketRun, sources: Sources, normalized: Normalized) -> list[str]:
    """What the manifest says beside the ledger, and what a run leaves out without a fault."""
    hints = {
        "files_unread": "; name them in source.tables.<table>.files, or take them out of the drop",
        "tables_unread": "; map them, join them in a SELECT, or take them out of source.tables",
    }
    evidence = normalized.evidence
    lines = [f"note: {name}: {text}{hints.get(name, '')}" for name, text in sources.notes.items()]
    lines += [
        f"note: {table}.{reason}: {count:,} values could not be read and are empty; their rows count"
        for table, faults in evidence.get("field_faults", {}).items()
        for reason, count in faults.items()
    ]
    lines += [
        f"joined to {table}: {name}: {told['rows']:,} read, {told['unreadable']:,} of them superseded or unreadable, "
        f"{told['keys']:,} keys"
        for table, joined in evidence.get("joined", {}).items()
        for name, told in joined.items()
    ]
    lines += [
        f"note: {file.uri}: the header stands in row {file.inferred['header_row']}"
        for file in sources.inputs
        if "header_row" in file.inferred
    ]
    lines += _doubts(evidence)
    if note := evidence.get("tax", {}).get("note"):
        lines.append(f"note: tax: {note}")
    people = run.profile.source.mapping.get("customers")
    if people and people.select is None and not {"home_country", "visitor"} & {*people.columns, *people.constants}:
        lines.append("note: customers: home_country is not mapped, so residence is unknown and effort empty")
    if normalized.file("customers") and not any("customers" in team.grants for team in run.profile.teams):
        lines.append("note: teams: none has the grant customers, so no customer list will be written")
    return lines


def _doubts(evidence: Mapping[str, Any]) -> list[str]:
    """What counts, and yet may be wrong."""
    lines = []
    returns = evidence.get("returns", {})
    if lost := returns.get("order_not_there"):
        lines.append(f"note: returns: {lost:,} of {returns['lines']:,} name an order that is not there; they count")
    if strange := evidence.get("unknown_stores"):
        lines.append(f"note: stores: lines of {', '.join(strange)}, which the stores lack, count")
    return lines + [f"note: {text}" for text in differences(evidence.get("controls", ()))]


def _money(console: Console, run: MarketRun, normalized: Normalized) -> int:
    """Say which rates are faulty and which currencies have no source."""
    import pyarrow.parquet as pq

    from tasks.reference.factors import unconvertible
    from tasks.reference.market_rates import check_rates
    from tasks.reference.task import money

    findings: list[str] = []
    rates = normalized.file("rates")
    own = None if rates is None else pq.read_table(rates)
    if own is not None:
        findings += [str(finding) for finding in check_rates(own, run.profile.money.rates_base)]
    factors = money(run, normalized)
    spans = factors.table.group_by("currency").aggregate([("date", "min"), ("date", "max")])
    for row in spans.to_pylist():
        lost = unconvertible(run.profile, [row["currency"]], row["date_min"], row["date_max"], own)
        findings += [str(error) for error in lost]
    for text in findings[:SHOWN_RATES]:
        console.print(f"  [red]money[/] {text}", highlight=False, soft_wrap=True)
    if len(findings) > SHOWN_RATES:
        console.print(f"  [red]money[/] and {len(findings) - SHOWN_RATES:,} more", highlight=False)
    for lens, reason in factors.notes.get("lenses_off", {}).items():
        console.print(f"  [yellow]lens {lens} is off[/]: {reason}", highlight=False, soft_wrap=True)
    return len(findings)
