"""Bundles that still hold an erased person go once the publication without them counts."""

from __future__ import annotations

from tasks.errors import ObjectMissing
from tasks.objects import ObjectStore
from tasks.publish.manifest import Manifest
from tasks.publish.pointer import Pointer
from tasks.publish.reading import bundles_prefix, read_manifest


def forget_bundles(store: ObjectStore, pointer: Pointer, manifest: Manifest) -> int:
    """Delete what was packed for teams of a date's other publications by another list of erased people; how many files.

    `manifest` is that of the publication that counts for its date: of any other, and of one made without a list of
    erased people, nothing is deleted. Bundles are derived, no manifest names them, and links to them end. Asking again
    repeats nothing. Needs the right to delete below `country=*/deliveries/`.
    """
    own = pointer.selected.get(manifest.as_of)
    if manifest.tombstones is None or own != pointer.name(manifest.publication):
        return 0
    others = {pointer.name(event.publication) for event in pointer.events if event.as_of == manifest.as_of} - {own}
    deleted = 0
    for other in sorted(others):
        keys = [info.key for info in store.list(bundles_prefix(manifest.country, other))]
        if keys and _of_another_list(store, manifest, other):
            for key in keys:
                store.delete(key)
            deleted += len(keys)
    return deleted


def _of_another_list(store: ObjectStore, manifest: Manifest, other: str) -> bool:
    try:
        return read_manifest(store, manifest.country, manifest.as_of, other).tombstones != manifest.tombstones
    except ObjectMissing:  # nobody can tell any more whom its bundle holds
        return True
