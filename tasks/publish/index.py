"""A market's index.html: a page for people, derived from the pointer and the current manifest. It may lag."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from tasks.publish.manifest import Manifest
from tasks.publish.pointer import Pointer

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{country} {as_of}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }}
table {{ border-collapse: collapse; margin: 1rem 0; width: 100%; }}
th, td {{ border-bottom: 1px solid #ccc; padding: .3rem .6rem; text-align: start; }}
.number {{ text-align: end; font-variant-numeric: tabular-nums; }}
</style>
</head>
<body>
<h1>{country}, as of {as_of}</h1>
<p>Publication <code>{publication}</code>, <a href="{manifest}">manifest</a>.</p>
<h2>Files</h2>
<table><tr><th>File</th><th>Locale</th><th class="number">Rows</th><th class="number">Bytes</th></tr>
{files}
</table>
<h2>Dates</h2>
<table><tr><th>As of</th><th>Publication</th></tr>
{dates}
</table>
<h2>Events</h2>
<table><tr><th>When (UTC)</th><th>What</th><th>As of</th><th>Publication</th><th>Who</th><th>Why</th></tr>
{events}
</table>
</body>
</html>
"""
#: The latest events; the pointer has them all.
EVENTS = 50


def render_index(pointer: Pointer, manifest: Manifest) -> bytes:
    """The page, self-contained, in UTF-8. `manifest` is that of the current publication."""
    here = f"as_of={manifest.as_of}/publication={manifest.publication}/"
    files = (
        _row(
            _link(here + export.path, export.path),
            escape(export.locale or ""),
            _number(export.rows),
            _number(export.bytes),
        )
        for export in manifest.exports
    )
    dates = (
        _row(
            escape(str(as_of)),
            _link(f"as_of={as_of}/publication={publication}/manifest.json", publication),
        )
        for as_of, publication in sorted(pointer.selected.items(), reverse=True)
    )
    events = (
        _row(
            *map(
                escape,
                (
                    f"{event.when:%Y-%m-%d %H:%M}",
                    event.event,
                    str(event.as_of),
                    event.publication,
                    event.who,
                    event.why or "",
                ),
            )
        )
        for event in pointer.events[: -EVENTS - 1 : -1]
    )
    return PAGE.format(
        country=escape(pointer.country),
        as_of=escape(str(manifest.as_of)),
        publication=escape(manifest.publication),
        manifest=escape(quote(here + "manifest.json", safe="/=")),
        files=_lines(files),
        dates=_lines(dates),
        events=_lines(events),
    ).encode()


def _row(*cells: str) -> str:
    return "<tr>" + "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _lines(rows: Iterable[str]) -> str:
    return "\n".join(rows)


def _link(target: str, text: str) -> str:
    return f'<a href="{escape(quote(target, safe="/="))}">{escape(text)}</a>'


def _number(value: int | None) -> str:
    return f'<td class="number">{"" if value is None else f"{value:,}"}</td>'
