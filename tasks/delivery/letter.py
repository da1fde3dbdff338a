"""The short summary for a team, as blocks of words: what changed, what to do, where the files are, whom to ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from region_profiles.models import Profile
from tasks.delivery.figures import Before, Figures
from tasks.export.audiences import goal
from tasks.export.report.words import Words
from tasks.export.shown import shown

#: Segments of each kind that a short summary names.
NAMED = 3
#: Before each line of a text that is read from right to left: what begins with a file's name would turn around.
_MARK = "\u200f"


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `href` is a link that stands below it, or behind it where links can be clicked."""

    text: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and its lines: sentences, or points of a list."""

    title: str
    lines: Sequence[Line]
    points: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A summary in one language."""

    tag: str
    rtl: bool
    title: str
    as_of: str
    parts: Sequence[Part]

    def text(self) -> str:
        """For a plain text; lines are whole sentences, whoever shows them breaks them."""
        lines = [self.title, self.as_of]
        for part in self.parts:
            lines += ["", part.title] if part.title else [""]
            for one in part.lines:
                lines.append(f"- {one.text}" if part.points else one.text)
                lines += [one.href] if one.href else []
        links = {one.href for part in self.parts for one in part.lines}
        mark = _MARK if self.rtl else ""
        return "".join(f"{line if line in links or not line else mark + line}\n" for line in lines)

    def as_file(self) -> bytes:
        """The text with the mark and the line ends by which Notepad knows it."""
        return ("\ufeff" + self.text().replace("\n", "\r\n")).encode()


@dataclass(frozen=True, slots=True)
class Told:
    """What a summary is filled from. `replaces`: the team had got another publication of the same date."""

    country: str
    as_of: date
    publication: str
    figures: Figures | None
    before: Before | None
    replaces: bool = False
    lists: bool = False
    """Whether the team's bundle has rows of customers."""


@dataclass(frozen=True, slots=True)
class File:
    """A bundle, and how the team gets at it: `link`, `folder`, `sftp`, `attached` or `ask`."""

    name: str
    how: str
    href: str | None = None


def letter(
    words: Words, profile: Profile, told: Told, files: Sequence[File] = (), until: datetime | None = None
) -> Letter:
    """A publication's summary; `until`: when the links among the files end."""
    parts = [changed(words, profile, told), *todo(words, profile, told)]
    if files:
        parts.append(_where(words, files, until))
    return _letter(words, told, (*parts, asking(words, profile, told.publication)))


def recalled(words: Words, profile: Profile, told: Told, valid: date | None) -> Letter:
    """That a publication is withdrawn; `valid`: the date of the one that counts now."""
    place = {"market": words.labels.country_name(told.country), "date": words.day(told.as_of)}
    now = _say(words, "recall_none") if valid is None else _say(words, "recall_valid", date=words.day(valid))
    lines = [Line(one) for one in (_say(words, "recalled", **place), _say(words, "recall_do"), now)]
    return _letter(words, told, (Part("", lines), asking(words, profile, told.publication)))


def subject(words: Words, told: Told, code: str = "subject") -> str:
    """The subject of a message; without the isolates, which stand in the way of a mail program's search."""
    market, day = words.labels.country_name(told.country), words.day(told.as_of)
    return words.labels.text("delivery", code, market=market, date=day)


def _letter(words: Words, told: Told, parts: Sequence[Part]) -> Letter:
    title = words.say("title", market=words.labels.country_name(told.country))
    return Letter(words.tag, words.rtl, title, words.say("as_of", date=words.day(told.as_of)), parts)


def changed(words: Words, profile: Profile, told: Told) -> Part:
    """How many customers there are, and which segments of the first dimension have changed most since last time."""
    before = told.before
    title = words.say("changed_first") if before is None else words.say("changed", date=words.day(before.as_of))
    lines = [_say(words, "replaces")] if told.replaces else []
    if told.figures is None:
        return Part(title, [Line(one) for one in (*lines, _say(words, "see_report"))])
    if told.figures.total is None:
        return Part(title, [Line(one) for one in (*lines, words.say("all_withheld"))])
    now = words.number(told.figures.total)
    if before is None:
        lines += [_say(words, "customers_first", now=now), words.say("first_report")]
    else:
        lines.append(_say(words, "customers", now=now, then=words.number(before.figures.total)))
        lines += _moved(words, profile, told.figures, before)
    return Part(title, [Line(one) for one in lines], points=True)


def _moved(words: Words, profile: Profile, figures: Figures, before: Before) -> Iterator[str]:
    """The segments that have changed most, of those whose size both reports show."""
    dimension = first_dimension(profile, figures)
    if dimension is None:
        return
    if not before.same_rules:
        yield _say(words, "rules_changed")
        return
    now, then = figures.sizes(dimension), before.figures.sizes(dimension)
    pairs = [
        (code, size, past) for code, size in now.items() if size is not None and (past := then.get(code)) is not None
    ]
    moved = sorted((one for one in pairs if one[1] != one[2]), key=lambda one: (-abs(one[1] - one[2]), one[0]))
    names = words.names(dimension, [code for code, *_ in moved[:NAMED]])
    for code, size, past in moved[:NAMED]:
        yield _say(words, "moved", segment=names[code], now=words.number(size), then=words.number(past))
    if not moved:
        yield _say(words, "steady")


def todo(words: Words, profile: Profile, told: Told) -> Iterator[Part]:
    """What to do with the segments of most revenue that have a goal; nothing where no figure may be shown."""
    figures = told.figures
    dimension = None if figures is None else first_dimension(profile, figures)
    if figures is None or dimension is None or figures.total is None:
        return
    known = [
        (figures.revenue.get((dimension, code)) or 0, code, size)
        for code, size in figures.sizes(dimension).items()
        if size and goal(profile, words.labels, dimension, code)
    ]
    known.sort(key=lambda one: (-one[0], one[1]))
    names = words.names(dimension, [code for _, code, _ in known])
    lines = [
        _say(
            words,
            "plan",
            segment=names[code],
            customers=words.number(size),
            goal=goal(profile, words.labels, dimension, code),
        )
        for _, code, size in known[:NAMED]
    ]
    if lines:
        more = _say(words, "todo_more")
        lines.append(words.sentences([more, _say(words, "todo_lists")]) if told.lists else more)
        yield Part(_say(words, "todo"), [Line(one) for one in lines], points=True)


def first_dimension(profile: Profile, figures: Figures) -> str | None:
    """The first dimension that teams see and the figures have."""
    there = {dimension for dimension, _ in figures.customers}
    return next((one for one in shown(profile) if one in there), figures.dimension)


def _where(words: Words, files: Sequence[File], until: datetime | None) -> Part:
    lines = [Line(_say(words, f"where_{one.how}", file=one.name), one.href) for one in files]
    if until is not None:
        lines += [Line(one) for one in until_lines(words, until)]
    return Part(_say(words, "where"), lines)


def until_lines(words: Words, until: datetime) -> tuple[str, str]:
    """How long links work, and that they are not to be passed on."""
    moment = until.astimezone(UTC).replace(tzinfo=None, second=0, microsecond=0)
    return _say(words, "until", moment=str(words.formatter.datetime(moment))), _say(words, "secret")


def asking(words: Words, profile: Profile, publication: str) -> Part:
    """Whom to ask, and the publication to name."""
    contact = profile.market.contact
    lines = [words.say("ask_team", contact=words.place(contact, most=200))] if contact else []
    lines += [words.say("ask_operations"), words.labelled(words.say("publication"), publication)]
    return Part(words.say("ask"), [Line(one) for one in lines])


def _say(words: Words, code: str, **values: str) -> str:
    return words.say(code, "delivery", **values)
