"""Small pages that need nothing beside themselves: headings, tables, and charts as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #d8dee6}td.n,th.n{text-align:right;
font-variant-numeric:tabular-nums}svg{max-width:100%;height:auto}p.note{color:#54606e}
"""
#: Fills of what was and what would be; dark enough to tell apart in print.
BEFORE, AFTER = "#9aa7b5", "#2563a8"
_LABEL, _WIDE, _ROW, _BAR = 210, 860, 40, 13


def page(title: str, parts: Iterable[str]) -> str:
    """A page of a title and parts that are HTML already."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def heading(text: str) -> str:
    """A heading of a part."""
    return f"<h2>{escape(text)}</h2>"


def note(text: str) -> str:
    """A sentence beside the figures."""
    return f'<p class="note">{escape(text)}</p>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: int) -> str:
    """A table of which the last `numbers` columns are figures."""
    first = len(head) - numbers

    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=n' if place >= first else ''}>{escape(one)}</{tag}>" for place, one in enumerate(row)
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table><thead><tr>{cells(head, 'th')}</tr></thead><tbody>{body}</tbody></table>"


def bars(alt: str, rows: Sequence[tuple[str, Sequence[tuple[float, str, str]]]]) -> str:
    """Horizontal bars: for each row its name and one or more (value, text beside it, fill)."""
    most = max((value for _, some in rows for value, _, _ in some), default=0) or 1
    room, body, y = _WIDE - _LABEL - 130, list[str](), 0
    for name, some in rows:
        height = max(_ROW, len(some) * (_BAR + 3) + 8)
        body.append(f'<text x="{_LABEL - 8}" y="{y + height / 2 + 4:.0f}" text-anchor="end">{escape(name)}</text>')
        top = y + (height - len(some) * (_BAR + 3)) / 2
        for value, text, fill in some:
            length = max(1.0, room * value / most) if value else 0
            body.append(f'<rect x="{_LABEL}" y="{top:.1f}" width="{length:.1f}" height="{_BAR}" fill="{fill}"/>')
            body.append(f'<text x="{_LABEL + length + 6:.1f}" y="{top + _BAR - 2:.1f}">{escape(text)}</text>')
            top += _BAR + 3
        y += height
    return svg(alt, _WIDE, y, "".join(body))


def svg(alt: str, width: int, height: int, body: str) -> str:
    """A picture, named for those who do not see it."""
    return (
        f'<svg role="img" aria-label="{escape(alt)}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-size="13" font-family="inherit" fill="#1c2430" xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )
