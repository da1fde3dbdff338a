"""The gate's page of a market: what is held or withdrawn, by which checks, and what to do; in its teams' languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tasks.export.labels import Labels
from tasks.export.locales import right_to_left
from tasks.export.report.setting import template
from tasks.gate.identity import KEY
from tasks.gate.verdict import Check, Verdict
from tasks.publish.deciding import taken_back, waiting
from tasks.publish.pointer import Event, Pointer

NAME = "gate.html"
#: The latest decisions; the pointer has them all.
DECISIONS = 20
_DECISIONS = frozenset({"held", "approved", "withdrawn"})
#: Checks that are called what another one is.
_NAMED = {KEY: "customers"}
#: Checks whose subject is a canonical table, or a dimension.
_TABLES, _DIMENSIONS = frozenset({"quarantined", "duplicates", "rows_read", "rows_kept"}), frozenset({"segments"})


@dataclass(frozen=True, slots=True)
class _Part:
    """A publication and its checks; `command` where it waits for an approval."""

    heading: str
    line: str
    checks: Sequence[Sequence[str]]
    passed: str
    command: str


@dataclass(frozen=True, slots=True)
class _Section:
    """The page in one language."""

    language: str
    direction: str
    name: str
    title: str
    back: str
    about: str
    none: str
    parts: Sequence[_Part]
    todo: str
    look: str
    mend: str
    approve: str
    columns: Sequence[str]
    heads: Sequence[str]
    decisions: Sequence[Sequence[str]]
    word: Mapping[str, str]


def has_gate(pointer: Pointer) -> bool:
    """Whether the market's pointer has anything for this page."""
    return any(event.gate is not None or event.event in _DECISIONS for event in pointer.events)


def render_gate(pointer: Pointer, locales: Sequence[str]) -> bytes:
    """The page, self-contained, in UTF-8: a section for each locale. It follows from the pointer alone."""
    sections = [_section(pointer, locale) for locale in locales]
    back = "index.html" if pointer.current is not None else "../index.html"
    return template("tasks.publish", NAME).render(sections=sections, back=back).encode()


def _section(pointer: Pointer, locale: str) -> _Section:
    labels = Labels(locale)
    country = labels.country_name(pointer.country)
    held, withdrawn = waiting(pointer), taken_back(pointer)
    parts = [_held(labels, pointer, event) for event in reversed(held)]
    parts += [_withdrawn(labels, event) for event in reversed(withdrawn)]
    if (current := _current(pointer)) is not None:
        parts.append(_part(labels, "current", current, ""))
    decisions = [event for event in pointer.events if event.event in _DECISIONS][: -DECISIONS - 1 : -1]
    heads = [labels.text("index", code) for code in ("when", "event", "as_of")]
    return _Section(
        language=locale,
        direction="rtl" if right_to_left(locale) else "ltr",
        name=labels.alone(labels.language_name(locale)),
        title=labels.text("gate", "title", market=country),
        back=labels.text("report", "title", market=country)
        if pointer.current is not None
        else labels.text("index", "all_markets"),
        about=labels.text("gate", "about"),
        none="" if held else labels.text("gate", "nothing_held"),
        parts=parts,
        todo=labels.text("gate", "todo"),
        look=labels.text("gate", "todo_look"),
        mend=labels.text("gate", "todo_mend"),
        approve=labels.text("gate", "todo_approve"),
        columns=[labels.text("gate", code) for code in ("check", "subject", "value", "expected", "result", "why")],
        heads=[*heads, labels.text("report", "publication"), *(labels.text("index", code) for code in ("who", "why"))],
        decisions=[_decision(labels, event) for event in decisions],
        word={"decisions": labels.text("gate", "decisions")},
    )


def _current(pointer: Pointer) -> Event | None:
    """The event that knows the checks of the current publication."""
    known = [
        event
        for event in pointer.events
        if event.gate is not None and pointer.name(event.publication) == pointer.publication
    ]
    return known[-1] if known else None


def _held(labels: Labels, pointer: Pointer, event: Event) -> _Part:
    line = labels.text("gate", "since", when=_moment(labels, event.when))
    return _part(labels, "held", event, line, _command(pointer, event))


def _withdrawn(labels: Labels, event: Event) -> _Part:
    line = labels.text("gate", "withdrawn_by", when=_moment(labels, event.when), who=event.who, why=event.why or "")
    return _part(labels, "withdrawn", event, line)


def _command(pointer: Pointer, event: Event) -> str:
    name = pointer.name(event.publication)
    return f'strata approve {pointer.country} --as-of {event.as_of} --publication {name} --why "..."'


def _part(labels: Labels, heading: str, event: Event, line: str, command: str = "") -> _Part:
    verdict = Verdict.from_json(event.gate) or Verdict(holds=False, checks=())
    return _Part(
        labels.text("gate", heading, date=day(labels, event.as_of)),
        line,
        [_check(labels, check) for check in verdict.checks if check.outcome != "ok"],
        labels.count("gate", "passed", verdict.passed) if verdict.passed else "",
        command,
    )


def _check(labels: Labels, check: Check) -> tuple[str, ...]:
    found = "" if check.value is None and check.unit != "count" else _value(labels, check, check.value)
    return (
        labels.text("gate check", _NAMED.get(check.check, check.check)),
        _subject(labels, check),
        found,
        _expected(labels, check),
        labels.text("gate", check.outcome),
        _why(labels, check),
    )


def _subject(labels: Labels, check: Check) -> str:
    subject = check.subject or ""
    if check.check in _TABLES:
        return labels.find(subject, "table") or subject
    if check.check in _DIMENSIONS:
        return labels.find(subject, "dimension") or subject
    return subject


def _value(labels: Labels, check: Check, value: float | None) -> str:
    formatter = labels.formatter
    if value is None:
        return labels.text("gate", "few")
    match check.unit:
        case "share":
            return str(formatter.percent(value, most=1))
        case "index":
            return str(formatter.decimal(value, most=2))
        case "money":
            return str(formatter.money(value, (check.subject or "XXX")[:3], digits=0))
        case "count":
            return str(formatter.decimal(round(value)))


def _expected(labels: Labels, check: Check) -> str:
    low, high = check.expected
    match low, high:
        case None, None:
            return ""
        case None, _:
            said = labels.text("gate", "at_most", value=_value(labels, check, high))
        case _, None:
            said = labels.text("gate", "at_least", value=_value(labels, check, low))
        case _:
            said = labels.text("gate", "range", low=_value(labels, check, low), high=_value(labels, check, high))
    source = labels.text("gate", "by_profile") if check.past is None else labels.count("gate", "by_past", check.past)
    return labels.text("template", "detail", text=said, detail=source)


def _why(labels: Labels, check: Check) -> str:
    """Codes that explain in words; moments and reasons of the ledger by theirs; what else the detail says, as it is."""
    named = [labels.find(code, "moment") or _reason(labels, code) for code in (check.detail or "").split(", ") if code]
    return "; ".join([*(labels.text("gate why", code) for code in check.why), *named])


def _reason(labels: Labels, code: str) -> str:
    field, _, fault = code.partition(":")
    if fault and labels.find(fault, "fault"):
        return labels.text("fault", fault, field=labels.find(field, "field", "column") or field)
    return labels.find(code, "reason") or code


def _decision(labels: Labels, event: Event) -> tuple[str, ...]:
    what = labels.text("index", f"event_{event.event}")
    return (
        _moment(labels, event.when),
        what,
        day(labels, event.as_of),
        event.publication,
        event.who,
        event.why or "",
    )


def _moment(labels: Labels, when: datetime) -> str:
    return f"{labels.formatter.datetime(when.astimezone(UTC).replace(tzinfo=None))} UTC"


def day(labels: Labels, value: date) -> str:
    """A day as the reader writes it."""
    return str(labels.formatter.date(value, "medium"))
