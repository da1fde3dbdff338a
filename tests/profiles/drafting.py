"""Drops in a few lines, and the draft that is made of them."""

from __future__ import annotations

import csv
import io

from region_profiles.reading import plain, read_yaml
from tasks.draft.profile import draft


def text_of(header, rows, delimiter=";"):
    """A CSV file's text."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([header, *rows])
    return out.getvalue()


def draft_of(market, files, folder):
    """Write the files (text or bytes by name) below `folder`; the draft's text, and what it says as YAML."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    text = draft(market, folder)
    node, faults = read_yaml(text.encode(), "draft")
    assert faults == []
    return text, plain(node)
