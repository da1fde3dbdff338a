"""Charts as static SVG: text stays text at its own size, shapes stretch with the page, and right to left mirrors them.

There is no viewBox: places are percents of the width and pixels of the height, so that a phone and a sheet of A4 show
letters of the same size.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

#: Pixels of a row, of each further line of its name, of its bar, and of the narrowest chart (a phone of 360).
ROW, LINE, BAR, NARROW = 38, 17, 9, 300
#: Lines of a name at most, and what stands between two names: lines end there rather than within one.
LINES, ARROWS = 3, "→←"
#: Pixels of a line chart's height, of its frame above and below.
HEIGHT, ABOVE, BELOW = 220, 24, 26
#: Letters of a text of 13 pixels, by their kind.
_WIDE, _NARROW_LETTER, _CAPITAL = 13.5, 7.2, 9.0
_GAP = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: its name, its value as text, and the bar's length as a share of the longest; None is withheld."""

    label: str
    value: str
    share: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a line: its name on the axis, and its height as a share of the highest."""

    label: str
    share: float


def width_of(text: str) -> float:
    """About how many pixels a text of 13 pixels takes; marks that combine take none.

    >>> width_of("नमस्ते") < width_of("namaste") < width_of("こんにちは")
    True
    """
    return sum(map(_letter, text))


def _letter(sign: str) -> float:
    if unicodedata.category(sign) in {"Mn", "Me", "Cf"}:
        return 0.0
    if unicodedata.east_asian_width(sign) in {"W", "F"}:
        return _WIDE
    return _CAPITAL if sign.isupper() else _NARROW_LETTER


def fitted(text: str, pixels: float) -> str:
    """The text, cut with … where it would be wider."""
    if width_of(text) <= pixels:
        return text
    kept = text
    while kept and width_of(kept) > pixels - _WIDE:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def wrapped(text: str, pixels: float) -> tuple[str, ...]:
    """The text in up to three lines, the first of `pixels`, the others of NARROW.

    Lines end between words, behind an arrow where there is one; what even so is too wide is cut with ….

    >>> wrapped("Promising customers → About to sleep", 220)
    ('Promising customers →', 'About to sleep')
    """
    lines, rest, room = list[str](), text, pixels
    while width_of(rest) > room and len(lines) < LINES - 1:
        ends = [place for place, sign in enumerate(rest) if sign == " " and 0 < width_of(rest[:place]) <= room]
        if not ends:
            break
        end = next((place for place in reversed(ends) if rest[place - 1] in ARROWS), ends[-1])
        lines.append(rest[:end])
        rest, room = rest[end + 1 :], NARROW
    return (*lines, fitted(rest, room))


def _label(text: str, start: str, top: int, pixels: float) -> tuple[Markup, int]:
    """A row's name, and how many pixels its lines but the first take; what is cut is told whole to a pointer."""
    lines = wrapped(text, pixels)
    whole = Markup("") if " ".join(lines) == text else Markup("<title>{}</title>").format(text)
    body = Markup("")
    for number, part in enumerate(lines):
        body += Markup('<text x="{}" y="{}">{}{}</text>').format(start, top + 15 + number * LINE, part, whole)
    return body, (len(lines) - 1) * LINE


def bars(alt: str, rows: Sequence[Bar], *, rtl: bool) -> Markup:
    """A bar chart that lies: names above their bars, values at the other end."""
    start, end = ("100%", "0") if rtl else ("0", "100%")
    body, top = Markup(""), 0
    for row in rows:
        label, more = _label(row.label, start, top, NARROW - width_of(row.value) - _GAP)
        body += label + Markup('<text class="v" x="{}" y="{}">{}</text>').format(end, top + 15, row.value)
        bar = top + more + 22
        body += Markup('<rect class="t" width="100%" y="{}" height="{}" rx="2"/>').format(bar, BAR)
        if row.share:
            percent = max(round(row.share * 100, 2), 0.4)
            place = Markup(' x="{}%"').format(round(100 - percent, 2)) if rtl else Markup("")
            body += Markup('<rect class="b"{} width="{}%" y="{}" height="{}" rx="2"/>').format(place, percent, bar, BAR)
        top += ROW + more
    return _svg(alt, body, top or ROW, "bars", rtl=rtl)


def line(alt: str, points: Sequence[Point], levels: Sequence[tuple[str, float]], *, rtl: bool) -> Markup:
    """A line over time with its area, names below, and horizontal lines at `levels` (text, share of the highest).

    Right to left time runs leftwards, as such a page is read.
    """
    height, last = HEIGHT - ABOVE - BELOW, max(len(points) - 1, 1)
    places = [(1 - number / last if rtl else number / last) * 100 for number in range(len(points))]
    body = Markup("")
    for text, share in levels:
        y = round(ABOVE + height * (1 - share), 1)
        body += Markup('<line class="g" x2="100%" y1="{0}" y2="{0}"/>').format(y)
        body += Markup('<text class="a" x="{}" y="{}">{}</text>').format("100%" if rtl else "0", y - 5, text)
    marks = [
        f"{round(place, 2):g} {round(ABOVE + height * (1 - point.share), 1):g}"
        for place, point in zip(places, points, strict=True)
    ]
    path, floor = "L".join(marks), ABOVE + height
    body += Markup(
        '<svg viewBox="0 0 100 {0}" height="{0}" width="100%" preserveAspectRatio="none">'
        '<path class="f" d="M{1:g} {2}L{3}L{4:g} {2}Z"/><path class="l" d="M{3}"/></svg>'
    ).format(HEIGHT, round(places[0], 2), floor, path, round(places[-1], 2))
    for number, anchor in _ticks(points):
        body += Markup('<text class="a {}" x="{}%" y="{}">{}</text>').format(
            anchor, round(places[number], 2), HEIGHT - 8, points[number].label
        )
    return _svg(alt, body, HEIGHT, "line", rtl=rtl)


def _ticks(points: Sequence[Point]) -> list[tuple[int, str]]:
    """Which points are named, so that names fit a phone: the first and the last, and some between."""
    last = len(points) - 1
    widest = max(width_of(point.label) for point in points) + _GAP
    steps = max(1, min(4, int(NARROW // widest) - 1, last))
    numbers = sorted({round(step * last / steps) for step in range(steps + 1)})
    return [(number, {0: "s", last: "e"}.get(number, "m")) for number in numbers]


def _svg(alt: str, body: Markup, height: int, kind: str, *, rtl: bool) -> Markup:
    direction = Markup(' direction="rtl"') if rtl else Markup("")
    return Markup('<svg class="{}" role="img" aria-label="{}" width="100%" height="{}"{}>{}</svg>').format(
        kind, escape(alt), height, direction, body
    )
