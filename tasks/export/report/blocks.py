"""What a page is made of: blocks of text that are ready to show; the template only sets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; a note is set smaller."""

    text: str
    note: bool = False
    kind: ClassVar[str] = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column names the row; `words` columns are text, the others numbers. `total`: a last row."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    words: int = 1
    total: tuple[str, ...] = ()
    caption: str = ""
    kind: ClassVar[str] = "table"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with the table behind it; its title is not named again where it is its section's."""

    title: str
    svg: Markup
    table: Table
    named: bool = True
    kind: ClassVar[str] = "chart"


@dataclass(frozen=True, slots=True)
class Side:
    """Blocks side by side where there is room."""

    blocks: Sequence[Chart | Group]
    kind: ClassVar[str] = "side"


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks under a heading of the third order."""

    title: str
    blocks: Sequence[Block]
    kind: ClassVar[str] = "group"


@dataclass(frozen=True, slots=True)
class Card:
    """A plan for a segment: its name, its size, and named lines, of which some are lists in an order."""

    title: str
    size: str
    lines: Sequence[tuple[str, str | tuple[str, ...]]]
    kind: ClassVar[str] = "card"


@dataclass(frozen=True, slots=True)
class Cards:
    """Plans, one a segment."""

    cards: Sequence[Card]
    kind: ClassVar[str] = "cards"


@dataclass(frozen=True, slots=True)
class Points:
    """A list."""

    points: Sequence[str]
    kind: ClassVar[str] = "points"


Block = Text | Table | Chart | Side | Group | Cards | Points


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page under a heading of the second order; `id` is its anchor."""

    id: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Page:
    """The page. `figures` are the key figures: name and value."""

    language: str
    rtl: bool
    title: str
    as_of: str
    period: str
    skip: str
    contents: str
    table: str
    figures: Sequence[tuple[str, str]]
    sections: Sequence[Section]
