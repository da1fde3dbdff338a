"""The market's past as the gate knows it: which earlier dates it asks about, and what each of them says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

#: Publications before that make up the recent past; of those of the same weekday, as many.
RECENT = 12
#: 52 weeks: the same weekdays. A publication so many days from there is of the same season.
YEAR, NEAR = timedelta(days=364), timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier publication that counts: rows read and kept by table, `measures`, and its dimensions' definitions.

    `key` is the fingerprint of the key of its pseudonyms, None where it is not known.
    """

    as_of: date
    ledger: Mapping[str, Mapping[str, Any]]
    measures: Mapping[str, Any] = field(default_factory=dict)
    definitions: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None

    @classmethod
    def of(cls, as_of: date, ledger: Mapping[str, Any], notes: Mapping[str, Any], key: str | None = None) -> Past:
        """By a manifest's ledger, notes and fingerprint; what an older program did not write is not known."""
        segments = notes.get("segments")
        definitions = segments.get("definitions") if isinstance(segments, Mapping) else None
        measures = notes.get("measures")
        return cls(
            as_of,
            {name: entry for name, entry in ledger.items() if isinstance(entry, Mapping)},
            measures if isinstance(measures, Mapping) else {},
            definitions if isinstance(definitions, Mapping) else {},
            key or None,
        )


def year_before(as_of: date, dates: Iterable[date]) -> date | None:
    """The date closest to 52 weeks earlier, within ten days; None where there is none.

    >>> year_before(date(2026, 2, 28), [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31)])
    datetime.date(2025, 2, 28)
    """
    near = [(abs(as_of - YEAR - day), day) for day in dates if abs(as_of - YEAR - day) <= NEAR]
    return min(near)[1] if near else None


def wanted(as_of: date, selected: Iterable[date]) -> list[date]:
    """The earlier dates that a verdict reads: the latest, the latest of its weekday, and each one's a year before.

    >>> days = [date(2026, 1, 1) + timedelta(days=day) for day in range(100)]
    >>> found = wanted(date(2026, 4, 11), days)
    >>> len(found), found[-1].isoformat(), sum(day.weekday() == 5 for day in found)
    (23, '2026-04-10', 12)
    """
    earlier = sorted(day for day in selected if day < as_of)
    same_weekday = [day for day in earlier if day.weekday() == as_of.weekday()]
    recent = {*earlier[-RECENT:], *same_weekday[-RECENT:]}
    then = {year_before(day, earlier) for day in (*recent, as_of)} - {None}
    return sorted({*recent, *(day for day in then if day is not None)})
