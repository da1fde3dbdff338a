"""The door of compare: this publication's segments beside those of earlier dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tasks.compare.anchors import Anchor, write_comparisons
from tasks.compare.moves import Sides, write_membership
from tasks.compare.ruled import write_ruled
from tasks.door import door
from tasks.fetched import fetched
from tasks.files import PUBLISHED, parquet
from tasks.memo import digest_of, remember
from tasks.normalize.task import Normalized
from tasks.privacy.pseudonyms import key_fingerprint
from tasks.reference.factors import Factors
from tasks.run import MarketRun
from tasks.segment.task import SECTIONS, Segments
from tasks.sql import literal
from tasks.traits.store_months import store_months
from tasks.traits.task import canonical


@dataclass(frozen=True, slots=True)
class Before:
    """The publication before: its as-of date, key and sha256 of canonical/customers.parquet.

    `pseudonym_key` is the fingerprint of its key of pseudonyms, None where that is not known.
    """

    as_of: date
    key: str
    sha256: str
    pseudonym_key: str | None = None

    def rekeyed(self, run: MarketRun) -> bool:
        """Whether the run's key of pseudonyms is another: then each id of this publication is nobody's in that one."""
        return self.pseudonym_key not in {None, key_fingerprint(run.pseudonym_key)}


@dataclass(frozen=True, slots=True)
class Compared:
    """`membership.parquet`, `comparisons.parquet` and `flows.parquet` in `folder`; notes for the manifest."""

    folder: Path
    notes: Mapping[str, Any]
    digest: str
    reused: bool


@door("compare")
def compare(
    run: MarketRun,
    normalized: Normalized,
    money: Factors,
    segments: Segments,
    before: Before | None,
    anchors: Mapping[str, tuple[date, Segments]],
) -> Compared:
    """Say who moved and why, what the segments were at earlier dates by today's rules, and how stores have sold."""
    broken = {"rekeyed": True} if before is not None and before.rekeyed(run) else {}

    def compute(folder: Path) -> dict[str, Any]:
        con = run.cursor()
        try:
            found = [Anchor(name, as_of, past.folder) for name, (as_of, past) in sorted(anchors.items())]  # type: ignore[arg-type]
            dimensions = sorted(segments.profile.dimensions)
            now = segments.folder / "customers.parquet"
            rows = write_comparisons(con, now, found, dimensions, folder)
            sides = _sides(run, con, normalized, segments, before, anchors, folder)
            causes = write_membership(con, segments.profile, segments.why, sides, folder / "membership.parquet")
        finally:
            con.close()
        for path in folder.glob(".*.parquet"):
            path.unlink()
        if run.profile.comparisons:
            rows["stores"] = _stores(run, normalized, money, folder)
        past = {one.name: one.as_of.isoformat() for one in found}
        return {"rows": rows, "causes": causes, "anchors": past, **broken}

    depends_on = {
        "segments": segments.digest,
        "canonical": normalized.digest,
        "money": dict(money.digests),
        "before": None if before is None else (str(before.as_of), before.sha256),
        "anchors": {name: (str(as_of), past.digest) for name, (as_of, past) in sorted(anchors.items())},
        "profile": digest_of(run.profile.model_dump(mode="json", include=SECTIONS, by_alias=True)),
        **broken,
    }
    found = remember(run.results, "compared", depends_on, compute)
    return Compared(found.folder, found.notes, found.digest, found.reused)


def _stores(run: MarketRun, normalized: Normalized, money: Factors, folder: Path) -> int:
    """Write stores.parquet, what each store sold by month: for the chain's like-for-like stores."""
    engine = run.open_engine()
    tables = canonical(engine, normalized, run.as_of)
    factors = engine.from_arrow(money.table, "factors")
    stores = tables.others.get("stores")
    if stores is None:
        fields = [("store_id", pa.string()), ("opened", pa.date32()), ("closed", pa.date32())]
        stores = engine.from_arrow(pa.schema(fields).empty_table(), "stores")
    found = store_months(engine, tables.transactions, stores, factors, run.as_of)
    return engine.write(found, folder / "stores.parquet", ("store_id", "month"))


def _sides(
    run: MarketRun,
    con: duckdb.DuckDBPyConnection,
    normalized: Normalized,
    segments: Segments,
    before: Before | None,
    anchors: Mapping[str, tuple[date, Segments]],
    folder: Path,
) -> Sides:
    now = segments.folder / "customers.parquet"
    if before is None:
        return Sides(now)
    published = fetched(run, before.key, before.sha256)
    ruled = folder / ".ruled.parquet"
    written = write_ruled(run, segments.profile, published, before.as_of, ruled)
    like = anchors.get("previous")
    return Sides(
        now,
        published,
        ruled if written else None,
        None if like is None else like[1].folder / "customers.parquet",
        normalized.file("departed"),
        _returned(con, normalized, before.as_of, folder / ".returned.parquet"),
        rekeyed=before.rekeyed(run),
    )


def _returned(con: duckdb.DuckDBPyConnection, normalized: Normalized, since: date, to: Path) -> Path:
    """Who gave something back after a date."""
    customers = normalized.file("customers")
    con.execute(
        f"COPY (SELECT DISTINCT c.customer_id FROM {normalized.transactions.relation} t "
        f"JOIN {parquet(customers or '')} c USING (member_number) "
        f"WHERE t.kind = 'return' AND t.local_date > DATE {literal(since.isoformat())}) "
        f"TO {literal(str(to))} ({PUBLISHED})"
    ).fetchall()
    return to
