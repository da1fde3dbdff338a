"""What was measured, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.reliability.faults import Faulted
from benchmarks.reliability.kills import Killed
from benchmarks.reliability.races import WRITERS, Raced


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(f"{one:,}" if isinstance(one, int) else str(one) for one in line) + " |" for line in lines
    )


def _told(sentences: Sequence[str]) -> str:
    return "".join(f"\n- {one}" for one in sentences)


def of_kills(found: Killed) -> str:
    """Kills: what must be 0, and what was left and collected."""
    rows = [
        ("runs killed (of them while all stages computed)", f"{found.kills:,} ({found.computing:,})"),
        ("publications completed by running again", found.publications),
        ("times that a reader read everything", found.reads),
        ("mixtures seen", found.mixtures),
        ("rows lost", found.rows_lost),
        ("runs that did not complete", found.incomplete),
        ("locks, claims and leftovers that need a hand", found.needing_a_hand),
        *((f"collected: {kind}", count) for kind, count in sorted(found.collected.items())),
    ]
    title = f"## Killed at random instants ({found.seconds:,.0f} s)\n\n"
    return title + _table(("", "found"), rows) + _told(found.told) + "\n"


def of_faults(found: Sequence[Faulted], seconds: float) -> str:
    """Faults of S3, by kind."""
    header = (
        "fault", "runs", "requests", "failed", "complete", "Transient", "Terminal", "unclear", "not whole",
        "lost", "told, for example",
    )  # fmt: skip
    rows: list[Sequence[object]] = [
        (one.fault, one.runs, one.requests, one.failed, one.complete, one.transient, one.terminal, one.unclear,
         one.broken, one.lost, one.words.replace("|", "/"))
        for one in found
    ]  # fmt: skip
    sums = [sum(int(row[place]) for row in rows) for place in range(1, 10)]  # type: ignore[call-overload]
    rows.append(("all", *sums, ""))
    title = f"## A fifth of the S3 requests fails ({seconds:,.0f} s)\n\n"
    return title + _table(header, rows) + _told([told for one in found for told in one.told[:3]]) + "\n"


def of_races(found: Sequence[Raced]) -> str:
    """Races, by store."""
    rows = [
        (
            one.where,
            one.rounds,
            one.publications,
            "0" if one.good else len(one.told),
            one.refused or "",
            f"{one.seconds:,.0f}",
        )
        for one in found
    ]
    header = ("store", "rounds", "publications", "rounds without one winner", "refused", "s")
    title = f"## {WRITERS} writers race for one market\n\n"
    return title + _table(header, rows) + _told([told for one in found for told in one.told[:5]]) + "\n"
