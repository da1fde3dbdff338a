"""A file of an earlier publication on this machine, once for all steps that read it."""

from __future__ import annotations

from pathlib import Path

from tasks.objects import open_store
from tasks.objects.store import sha256_of
from tasks.run import MarketRun


def fetched(run: MarketRun, key: str, sha256: str) -> Path:
    """The published file itself where the root is a folder, else a copy among the market's finished steps.

    What was fetched before is used where it has the `sha256` still. Errors are those of the store.
    """
    store = open_store(run.publish)
    local = store.local_path(key)
    if local is not None:
        return local
    path = run.results / f"published-{sha256}{Path(key).suffix}"
    if not path.is_file() or sha256_of(path) != sha256:
        path.parent.mkdir(parents=True, exist_ok=True)
        store.download(key, path)
    return path
