"""A market's page, in the languages of its teams."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from babel.units import format_unit

from tasks.export.labels import Labels
from tasks.export.locales import cldr, right_to_left
from tasks.export.report.setting import template
from tasks.publish.deciding import taken_back, waiting
from tasks.publish.gate_page import has_gate
from tasks.publish.manifest import Export, Manifest
from tasks.publish.pointer import Pointer

#: The latest events; the pointer has them all.
EVENTS = 20
#: Of a publication without files in any language.
_ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Late:
    """A report that did not come: its as-of date, and why in a word of the catalogs (context `error`)."""

    as_of: date
    code: str


@dataclass(frozen=True, slots=True)
class _Link:
    href: str
    text: str
    detail: str = ""
    rows: str = ""
    size: str = ""


@dataclass(frozen=True, slots=True)
class _Section:
    """A market's page in one language."""

    language: str
    direction: str
    name: str
    title: str
    as_of: str
    all: str
    late: tuple[str, str] | None
    notices: Sequence[str]
    gate: str
    main: Sequence[_Link]
    files: Sequence[tuple[str, Sequence[_Link]]]
    earlier: Sequence[_Link]
    columns: Sequence[str]
    events: Sequence[Sequence[str]]
    word: Mapping[str, str] = field(default_factory=dict)


def render_index(
    pointer: Pointer, manifest: Manifest, earlier: Mapping[date, Manifest] | None = None, late: Late | None = None
) -> bytes:
    """A market's page, self-contained, in UTF-8: a section for each locale of the current publication.

    `manifest` is that of the current publication, `earlier` those of other dates by date; `late` a report that failed.
    """
    sections = [_section(pointer, manifest, earlier or {}, late, locale) for locale in locales_of(manifest)]
    return template("tasks.publish", "market.html").render(sections=sections).encode()


def locales_of(manifest: Manifest) -> list[str]:
    """The locales that a publication has files in, the market's own first; English where it has none."""
    noted: Any = manifest.notes.get("exports") or {}
    order = {locale: place for place, locale in enumerate(noted.get("languages", ()))}
    found = dict.fromkeys(export.locale for export in manifest.exports if export.locale)
    return sorted(found, key=lambda locale: order.get(locale, len(order))) or [_ENGLISH]


def _section(
    pointer: Pointer, manifest: Manifest, earlier: Mapping[date, Manifest], late: Late | None, locale: str
) -> _Section:
    labels = Labels(locale)
    country = labels.country_name(pointer.country)
    # A list for each store may be hundreds: they stand in the folder and in the manifest.
    own = [export for export in manifest.exports if export.locale == locale and kind_of(export.path) != "store"]
    machine = [export for export in manifest.exports if not export.locale]
    links = [(kind_of(export.path), _file(labels, manifest, export)) for export in own]
    files = [(labels.text("report", "files"), [link for kind, link in links if kind not in {"report", "workbook"}])]
    files.append((labels.text("index", "machine"), [_file(labels, manifest, export) for export in machine]))
    contents = _Link(_at(manifest, "manifest.json"), labels.text("index", "manifest"), "manifest.json")
    files[-1][1].append(contents)
    columns = [labels.text("index", code) for code in ("when", "event", "as_of")]
    columns += [labels.text("report", "publication"), *(labels.text("index", code) for code in ("who", "why"))]
    return _Section(
        language=locale,
        direction="rtl" if right_to_left(locale) else "ltr",
        name=labels.alone(labels.language_name(locale)),
        title=labels.text("report", "title", market=country),
        as_of=labels.text("report", "as_of", date=str(labels.formatter.date(manifest.as_of, "long"))),
        all=labels.text("index", "all_markets"),
        late=None if late is None else (_day(labels, late.as_of), labels.text("error", late.code)),
        notices=[
            labels.text("index", event.event, date=_day(labels, event.as_of))
            for event in (*waiting(pointer), *taken_back(pointer))
        ],
        gate=labels.text("index", "gate") if has_gate(pointer) else "",
        main=[link for kind, link in links if kind in {"report", "workbook"}],
        files=[(heading, found) for heading, found in files if found],
        earlier=[_Link(_earlier(one, locale), _day(labels, as_of)) for as_of, one in earlier.items()],
        columns=columns,
        events=[_event(labels, event) for event in pointer.events[: -EVENTS - 1 : -1]],
        word={code: labels.text("index", code) for code in ("file", "rows", "size", "earlier", "events")},
    )


def _event(labels: Labels, event: Any) -> tuple[str, ...]:
    when = f"{labels.formatter.datetime(event.when.astimezone(UTC).replace(tzinfo=None))} UTC"
    what = labels.text("index", f"event_{event.event}")
    # What the program says of a drop that it judged is for data ops, in English; people's reasons are for all.
    why = "" if event.event == "published" and event.gate is not None else event.why or ""
    return when, what, _day(labels, event.as_of), event.publication, event.who, why


def _day(labels: Labels, day: date) -> str:
    return str(labels.formatter.date(day, "medium"))


def kind_of(path: str) -> str | None:
    """What a file is, by its place in a publication (docs/exports.md); None for what this program does not write.

    >>> kind_of("de-DE/summary/DE_2026-10-31_de-DE_report.html"), kind_of("canonical/customers.parquet")
    ('report', 'canonical')
    """
    folder, _, name = path.rpartition("/")
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    if folder in {"canonical", "tags"}:
        return folder
    if folder.endswith("/summary"):
        known = {".html": "report", ".xlsx": "workbook"}.get(suffix)
        return known or ("segments" if stem.endswith("_segments") else None)
    if folder.endswith("/customers"):
        kinds = {"_audience_": "audience", "_store_": "store", "_contacts_by_role": "roles", "_contacts": "contacts"}
        return next(
            (kind for sign, kind in kinds.items() if sign in stem), "customers" if "_customers" in stem else None
        )
    return None


def name_of(labels: Labels, path: str, kind: str | None) -> str:
    """What a file is called: an audience by its own name, what this program does not write by its path."""
    match kind:
        case None:
            return path
        case "roles":
            return labels.text("workbook", "contacts_by_role")
        case "audience":
            code = PurePosixPath(path).stem.split("_audience_", 1)[1]
            named = next((found for known in _beginnings(code) if (found := labels.find(known, "audience"))), None)
            return named or code
        case _:
            return labels.text("index", kind)


def _beginnings(code: str) -> list[str]:
    """An audience's code, whose file may name its readers behind it: the longest beginning first."""
    parts = code.split("_")
    return ["_".join(parts[:length]) for length in range(len(parts), 0, -1)]


def _file(labels: Labels, manifest: Manifest, export: Export) -> _Link:
    kind = kind_of(export.path)
    formatter = labels.formatter
    return _Link(
        href=_at(manifest, export.path),
        text=name_of(labels, export.path, kind),
        detail=PurePosixPath(export.path).name if kind else "",
        rows="" if export.rows is None else str(formatter.decimal(export.rows)),
        size=size_of(labels, export.bytes),
    )


def size_of(labels: Labels, size: int) -> str:
    """Bytes in thousands, by CLDR's word for them."""
    number = str(labels.formatter.decimal(-(-size // 1000)))
    # Given a text, Babel takes the word for one; given a number, it writes the number its own way.
    two = str(format_unit(2, "digital-kilobyte", "short", locale=cldr(labels.language)))
    return re.sub(r"\d+", number, two)


def _earlier(manifest: Manifest, locale: str) -> str:
    """The report of an earlier publication, else its manifest."""
    reports = [one.path for one in manifest.exports if one.locale == locale and kind_of(one.path) == "report"]
    return _at(manifest, reports[0] if reports else "manifest.json")


def _at(manifest: Manifest, path: str) -> str:
    """A link from the market's page: relative, so that a root may be copied elsewhere."""
    return quote(f"as_of={manifest.as_of}/publication={manifest.publication}/{path}", safe="/=")
