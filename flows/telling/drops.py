"""What reading a drop has found, in lines: the ledger, refused rows, and what counts and may yet be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.files import parquet
from tasks.normalize.task import Normalized
from tasks.records import Sources, differences
from tasks.run import MarketRun

#: Refused rows shown of each reason.
SHOWN = 2


def findings(run: MarketRun, sources: Sources, normalized: Normalized) -> list[str]:
    """Whole lines, for a log of any width; values of personal columns are masks."""
    told = (*_ledger(normalized), *_inferred(normalized), *_refused(run, sources, normalized))
    return [*told, *_to_know(run, sources, normalized)]


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
