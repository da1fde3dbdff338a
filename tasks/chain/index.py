"""The page that leads to the chain's publications; derived, and may lag."""

from __future__ import annotations

from pathlib import Path

from tasks.chain.publication import ChainManifest, prefix, read_chain_pointer
from tasks.export.labels import Labels
from tasks.export.locales import right_to_left
from tasks.export.report.setting import template
from tasks.objects import ObjectStore

INDEX = "chain/index.html"
#: Dates whose files are linked; the pointer has them all.
DATES = 13
_KINDS = {".html": "report", ".xlsx": "workbook", ".parquet": "canonical"}


def refresh_chain(store: ObjectStore) -> None:
    """Write `chain/index.html` where it says something else than the pointer does."""
    found = read_chain_pointer(store)
    if found is None:
        return
    pointer = found[0]
    manifests = []
    for as_of in sorted(pointer.selected, reverse=True)[:DATES]:
        key = f"{prefix(as_of, pointer.selected[as_of])}manifest.json"
        manifests.append(ChainManifest.from_bytes(store.read(key), f"{store.uri}/{key}"))
    page = render_index(manifests)
    there = store.read_versioned(INDEX)
    if there is None or there[0] != page:
        store.replace(INDEX, page, "text/html; charset=utf-8")


def render_index(manifests: list[ChainManifest]) -> bytes:
    """The page, in the first locale of the newest manifest."""
    labels = Labels(manifests[0].locales[0])
    dates = []
    for manifest in manifests:
        place = prefix(manifest.as_of, manifest.publication).removeprefix("chain/")
        files = [(place + one.path, _text(labels, one.path, one.locale)) for one in manifest.exports]
        files.append((f"{place}manifest.json", labels.text("index", "manifest")))
        dates.append({"day": str(labels.formatter.date(manifest.as_of, "long")), "files": files})
    page = template("tasks.chain", "chain.html")
    title = labels.text("chain", "title")
    rtl = right_to_left(labels.language)
    return page.render(language=labels.language, rtl=rtl, title=title, dates=dates).encode()


def _text(labels: Labels, path: str, locale: str | None) -> str:
    """What a file is: its kind with its locale, or its own name for machines."""
    kind = labels.text("index", _KINDS.get(Path(path).suffix, "file"))
    return labels.text("template", "detail", text=kind, detail=locale or path)
