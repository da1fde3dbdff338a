"""The pages of a delivery: a bundle's read-me, a message as HTML, and the page of links that expire."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from tasks.delivery.bundle import Entry
from tasks.delivery.letter import Letter
from tasks.export.report.setting import template
from tasks.export.report.words import Words
from tasks.publish.market_page import name_of, size_of

_PACKAGE = "tasks.delivery"
#: How a file is opened, by its ending.
_OPENED = {".html": "open_html", ".xlsx": "open_xlsx", ".csv": "open_csv"}
_TOLD = frozenset({"report", "workbook", "segments", "customers", "contacts", "roles", "audience", "store", "tags"})
#: In the name of the workbook that has a sheet for each segment (docs/exports.md).
_BY_SEGMENT = "_customers_by_segment"
#: Lists of stores that a read-me names; of more it names their folder.
_STORES = 12


@dataclass(frozen=True, slots=True)
class _File:
    """One row of the table of files."""

    name: str
    detail: str
    size: str
    purpose: str
    href: str


def message(letters: Sequence[Letter]) -> str:
    """The letters as one HTML message, with no style, picture or link that would ask a server for anything."""
    return template(_PACKAGE, "message.html").render(letters=letters)


def readme(words: Words, letter: Letter, entries: Sequence[Entry]) -> bytes:
    """A bundle's read-me: what each file is, how to open it, the summary, whom to ask. Links lead into the bundle."""
    stores = [entry for entry in entries if entry.kind == "store"]
    if len(stores) <= _STORES:
        files = [_file(words, entry, quote(entry.name)) for entry in entries]
    else:
        folder = f"{PurePosixPath(stores[0].name).parent}/"
        files = [_file(words, entry, quote(entry.name)) for entry in entries if entry.kind != "store"]
        files.append(_File(words.say("stores", "table"), folder, "", _say(words, "is_store"), folder))
    return _page(words, letter, entries, files, (_say(words, "intro"), _say(words, "unpack")))


def links(
    words: Words, letter: Letter, entries: Sequence[Entry], href: Callable[[Entry], str], intro: Sequence[str]
) -> bytes:
    """The same files as a page of links, each to where `href` says."""
    return _page(words, letter, entries, [_file(words, entry, href(entry)) for entry in entries], intro)


def _page(
    words: Words, letter: Letter, entries: Sequence[Entry], files: Sequence[_File], intro: Sequence[str]
) -> bytes:
    page = template(_PACKAGE, "readme.html").render(
        one=letter,
        intro=intro,
        contents=_say(words, "contents"),
        columns=(words.say("file", "index"), _say(words, "purpose")),
        files=files,
        warnings=[_say(words, "personal")] if any(entry.personal for entry in entries) else [],
        how=_say(words, "open"),
        opened=list(_opened(words, entries)),
    )
    return page.encode()


def _opened(words: Words, entries: Sequence[Entry]) -> Iterator[str]:
    """How to open each kind of file that there is."""
    endings = {PurePosixPath(entry.name).suffix for entry in entries if not _for_machines(entry)}
    for ending, how in _OPENED.items():
        if ending in endings:
            yield words.labelled(ending[1:].upper(), _say(words, how))
    machines = [entry for entry in entries if _for_machines(entry)]
    if machines:
        yield words.labelled(PurePosixPath(machines[0].name).name, _say(words, "open_machine"))


def _for_machines(entry: Entry) -> bool:
    return entry.kind == "tags" or PurePosixPath(entry.name).stem.endswith("_machine")


def _file(words: Words, entry: Entry, href: str) -> _File:
    return _File(
        name=words.say("stores", "table")
        if entry.kind == "store"
        else name_of(words.labels, entry.export.path, entry.kind),
        detail=PurePosixPath(entry.name).name,
        size=size_of(words.labels, entry.export.bytes),
        purpose=_say(words, f"is_{_purpose(entry)}"),
        href=href,
    )


def _purpose(entry: Entry) -> str:
    """What tells what a file is for: its kind; the workbook by segment has the customers of the list more than once."""
    if entry.kind == "customers" and _BY_SEGMENT in PurePosixPath(entry.name).stem:
        return "by_segment"
    return str(entry.kind) if entry.kind in _TOLD else "other"


def _say(words: Words, code: str) -> str:
    return words.say(code, "delivery")
