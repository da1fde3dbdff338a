"""The table of moments, region_profiles/culture/moments.yaml, as frozen data.

A rule is one of a small closed set of kinds; a mistake names its file, line and path.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

import region_profiles
from region_profiles.model_types import Code, Country, Frozen, Weekday
from region_profiles.reading import Node, deepest, plain, read_file
from tasks.errors import ProfileError

NAME = "region_profiles/culture/moments.yaml"
_PATH = Path(region_profiles.__file__).parent / "culture/moments.yaml"

MonthDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
#: A territory, a region of territories.yaml, or all.
Place = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}|[a-z_]+)$")]
KINDS = ("on", "weekday", "easter", "after", "islamic", "chinese", "hindu", "hebrew", "persian", "holiday", "dates")


class WeekdayRule(Frozen):
    """The nth weekday of a month (-1 is the last), or the first one from, or the last one until, a day of the year."""

    day: Weekday
    nth: Annotated[int, Field(ge=-1, le=5)] | None = None
    month: Annotated[int, Field(ge=1, le=12)] | None = None
    from_: MonthDay | None = Field(default=None, alias="from")
    until: MonthDay | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        forms = (self.nth not in {None, 0} and self.month is not None, self.from_ is not None, self.until is not None)
        if sum(forms) != 1 or (self.nth is None) != (self.month is None):
            raise ValueError("a weekday needs either nth and month, or from, or until")
        return self


class After(Frozen):
    """Days after the first day of another moment, as it falls in a territory."""

    moment: Code
    of: Country
    days: int


class Moved(Frozen):
    """Moves the day where it falls on a weekday, or on a day counted from western Easter. The first that holds."""

    on: Weekday | None = None
    easter: int | None = None
    days: int


class Point(Frozen):
    """A day of each year: exactly one rule, then a shift in days, then exceptions."""

    on: MonthDay | None = None
    weekday: WeekdayRule | None = None
    easter: Literal["western", "orthodox"] | None = None
    after: After | None = None
    islamic: Literal["ramadan", "eid_al_fitr", "eid_al_adha"] | None = None
    """By the territory's own announcements where the package has them, else by Umm al-Qura."""
    chinese: Literal["lunar_new_year", "mid_autumn"] | None = None
    calendar: Literal["chinese", "korean", "vietnamese"] = "chinese"
    """Whose meridian `chinese` is reckoned for."""
    hindu: (
        Literal["diwali_india", "naraka_chaturdashi", "holi", "raksha_bandhan", "dussehra", "maha_ashtami"] | None
    ) = None
    hebrew: Literal["passover", "rosh_hashanah", "hanukkah"] | None = None
    persian: MonthDay | None = None
    """Month and day of the solar Hijri year."""
    holiday: tuple[str, ...] | None = None
    """English names of public holidays of the territory: its days, the first of each run of days."""
    dates: tuple[date | tuple[date, date], ...] | None = None
    """Announced days, or first and last days."""
    shift: int = 0
    moved: tuple[Moved, ...] = ()
    instead: dict[date, date] = Field(default_factory=dict)
    """The day that was announced, by the day that the rule gives."""

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "no rule"
            raise ValueError(f"a day has one rule of {', '.join(KINDS)}, not {found}")
        return self


class Moves(Frozen):
    """A feast that moves and is worth aligning: how much it matters, and how many days before it matter too."""

    weight: Annotated[int, Field(ge=1, le=3)]
    lead: Annotated[int, Field(ge=0, le=60)] = 0


class Entry(Frozen):
    """A moment as it is kept in some territories."""

    code: Code
    kind: Literal["day", "season"] = "day"
    where: tuple[Place, ...] = Field(min_length=1)
    except_: tuple[Country, ...] = Field(default=(), alias="except")
    if_holiday: tuple[str, ...] = ()
    """Only where the English name of a public holiday of the year has one of these in it."""
    start: Point
    days: Annotated[int, Field(ge=1, le=100)] | None = None
    end: Point | None = None
    known_until: int | None = None
    """Last year whose dates were announced; later ones are expected."""
    moves: Moves | None = None
    same_as: tuple[str, ...] = ()
    """Parts of the English names of public holidays that are the same feast."""
    source: Code

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if self.days is not None and self.end is not None:
            raise ValueError("a moment has days or an end, not both")
        return self


class SourceOf(Frozen):
    """Where an entry comes from, and when it was compared with it; null is from memory of the source, unread."""

    url: str
    checked: date | None


class HolidaySettings(Frozen):
    """What to ask the holidays package for, by territory."""

    categories: dict[Country, tuple[str, ...]]
    working: tuple[str, ...]
    tabulated: dict[Country, tuple[int, int]] = Field(default_factory=dict)
    none: dict[Country, Code]


class Table(Frozen):
    """The whole file."""

    holidays: HolidaySettings
    sources: dict[Code, SourceOf]
    moments: tuple[Entry, ...]


def read_table(path: Path, name: str) -> Table:
    """A table of moments from a file; `name` is what messages call it.

    Raises:
        ProfileError: if it is no YAML, has an unknown key or kind of rule, a source, moment or region that is not
            there, or two entries for one territory and code; with file, line and path.
    """
    root, faults = read_file(path, name)
    if faults:
        raise faults[0]
    try:
        table = Table.model_validate(plain(root))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _fault(root, name, first["loc"], first["msg"].removeprefix("Value error, "), first["input"]) from None
    _check(table, root, name)
    return table


@cache
def table() -> Table:
    """The project's own table."""
    return read_table(_PATH, NAME)


def _fault(root: Node, name: str, steps: tuple[int | str, ...], problem: str, value: object = None) -> ProfileError:
    """The fault at the deepest place of the file that the steps lead to."""
    node, way = deepest(root, steps)
    shown = value if isinstance(value, str | int | date) else None
    path = ".".join(map(str, steps[: len(way) + 1]))
    return ProfileError(problem, file=name, line=node.origin.line, path=path, value=shown, hint="see docs/calendar.md")


def _check(table: Table, root: Node, name: str) -> None:
    from tasks.culture.calendar.places import places_of, territories_of

    codes = {entry.code for entry in table.moments}
    explicit: dict[tuple[str, str], int] = {}
    for number, entry in enumerate(table.moments):
        at = ("moments", number)
        if entry.source not in table.sources:
            raise _fault(root, name, (*at, "source"), "source is not listed under sources", entry.source)
        for point, part in ((entry.start, "start"), (entry.end, "end")):
            if point and point.after and point.after.moment not in codes:
                raise _fault(root, name, (*at, part, "after", "moment"), "unknown moment", point.after.moment)
        for step, place in enumerate((*entry.where, *entry.except_)):
            if place not in places_of():
                step_at = ("where", step) if step < len(entry.where) else ("except", step - len(entry.where))
                raise _fault(root, name, (*at, *step_at), "neither a territory nor a region", place)
        for place in set(entry.where) & set(territories_of()):
            if (entry.code, place) in explicit:
                raise _fault(root, name, (*at, "where"), f"{place} has another entry of {entry.code}", place)
            explicit[entry.code, place] = number
