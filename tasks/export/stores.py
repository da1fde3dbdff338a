"""Each store's own customers, for its staff: one pass over the market, cut into files."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator

import duckdb
import pyarrow as pa

from tasks.export.base import BASE, LISTED

#: Stores that get a list; beyond, those of fewest customers go without.
MOST = 500
#: Signs of a store's own name in a file's name, and of its digest.
_SLUG, _DIGEST = 24, 8


def slug(store: str) -> str:
    """A part of a file name for a store's number, safe wherever it is unpacked; a digest tells like ones apart.

    >>> slug("0042"), slug("../../etc/passwd")
    ('0042-1e20f383', 'etc-passwd-3754d6cb')
    """
    plain = unicodedata.normalize("NFKD", store).encode("ascii", "ignore").decode()
    clean = re.sub(r"[^A-Za-z0-9]+", "-", plain)[:_SLUG].strip("-").lower()
    digest = hashlib.sha256(store.encode()).hexdigest()[:_DIGEST]
    return f"{clean}-{digest}".lstrip("-")


def sizes(con: duckdb.DuckDBPyConnection) -> tuple[dict[str, int], int]:
    """Customers of each store that gets a list, in the order of `ORDER`; and how many stores go without."""
    found: list[tuple[str, int]] = con.execute(
        f"SELECT home_store, count(*) FROM {BASE} WHERE {LISTED} AND home_store IS NOT NULL GROUP BY 1"
    ).fetchall()
    found.sort(key=lambda pair: (-pair[1], pair[0]))
    kept = found[:MOST]
    return dict(sorted(kept, key=lambda pair: pair[0].encode())), len(found) - len(kept)


#: The order of rows that are cut into files.
ORDER = "home_store, rowid"


def cut(batches: Iterable[pa.RecordBatch], counts: Iterable[int]) -> Iterator[list[pa.RecordBatch]]:
    """Parts of so many rows each, one after the other, of batches that hold as many in all."""
    waiting = iter(batches)
    rest: pa.RecordBatch | None = None
    for count in counts:
        part: list[pa.RecordBatch] = []
        lacking = count
        while lacking:
            batch = next(waiting) if rest is None else rest
            part.append(batch.slice(0, lacking))
            rest = batch.slice(lacking) if len(batch) > lacking else None
            lacking -= len(part[-1])
        yield part
