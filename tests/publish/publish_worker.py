"""Publishes synthetic publications in processes that are killed on the way; started by the tests beside it."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

from tasks.errors import StrataError
from tasks.export.labels import catalog
from tasks.export.report.setting import template
from tasks.objects import open_store
from tasks.objects.store import sha256_of
from tasks.publish.manifest import Manifest, exports_of, publication_id
from tasks.publish.publication import publish
from tests.deaths import Deadly, failed, serve

FILES = (
    "canonical/customers.parquet",
    "canonical/segments.parquet",
    "de-DE/customers/DE.csv",
    "ja-JP/summary/日本.csv",
)


def synthetic(folder: Path, seed: str, as_of: date, previous: str | None = None) -> tuple[Path, Manifest]:
    """A staged folder whose every file says the seed, and its manifest. The same arguments give the same bytes."""
    for name in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name};{seed}\n" * 2000)
    identity = {
        "country": "DE",
        "as_of": as_of,
        "profile": "1" * 64,
        "references": {"ecb": "2" * 64},
        "tombstones": None,
        "pseudonym_key": "3" * 16,
        "output_version": 1,
        "previous": previous,
    }
    entry = {"table": "customers", "uri": "DE/kunden.csv", "sha256": sha256_of(seed.encode())}
    manifest = Manifest(
        **identity,
        publication=publication_id(inputs=[tuple(entry.values())], **identity),
        inputs=[{**entry, "bytes": 1, "rows": 1}],
        ledger={"customers": {"read": 1, "kept": 1}},
        columns={"canonical/customers.parquet": {"customer_id": "pseudonym"}},
        exports=exports_of(folder, {FILES[0]: 2000}),
    )
    return folder, manifest


def prepared(command):
    """What a fork does: publish as commanded, and tell the state it came to."""
    store = open_store(command["root"])  # imports what a fork will need, and reads what the pages for people need
    for language in ("en", "de", "ja"):
        catalog(language)
    for page in ("market.html", "root.html"):
        template("tasks.publish", page)

    def attempt():
        deadly = Deadly(store, command.get("call"))
        staged, manifest = synthetic(Path(command["folder"]), command["seed"], date.fromisoformat(command["as_of"]))
        if "at" in command:  # all writers of a race begin at this moment
            time.sleep(max(0.0, command["at"] - time.time()))
        try:
            return {"state": publish(deadly, staged, manifest, pointer_mode=command["mode"], who="test").state}
        except StrataError as error:
            return failed(error)

    return attempt


if __name__ == "__main__":
    serve(prepared)
