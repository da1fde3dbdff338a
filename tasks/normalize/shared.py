"""The ledger of a shared drop: read = sum of markets + unassigned, so that 'Untied States' does not vanish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from region_profiles.models import Profile
from tasks.contract import TABLES
from tasks.errors import LedgerError, ProfileError
from tasks.normalize import functions
from tasks.normalize.mapping import Mapped, market_sql, plan
from tasks.normalize.parse_text import tidy
from tasks.normalize.quarantine import write_quarantine
from tasks.privacy.mask import mask_sql
from tasks.records import Sources
from tasks.sql import literal, literals

_NAMED = 10


@dataclass(slots=True)
class SharedTable:
    """Rows of one canonical table in a shared drop: by market, and of none (quarantined at the drop)."""

    table: str
    read: int = 0
    markets: dict[str, int] = field(default_factory=dict)
    unassigned: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    unknown: dict[str, int] = field(default_factory=dict)
    """The commonest values that are no market's, with their rows: what somebody must mend."""

    def check(self) -> None:
        """Raise LedgerError unless every row is a market's or unassigned."""
        if self.read != sum(self.markets.values()) + self.unassigned:
            raise LedgerError(
                f"{self.table}: {self.read} rows read, {self.markets} of markets, {self.unassigned} of none",
                expected="read = sum of markets + unassigned",
                hint="this is a defect of the program: keep the drop and report it",
            )


@dataclass(frozen=True, slots=True)
class SharedLedger:
    """The drop's own ledger and its quarantine file (columns of tasks.contract.QUARANTINE)."""

    tables: dict[str, SharedTable]
    quarantine: Path


def shared_ledger(
    con: duckdb.DuckDBPyConnection, profiles: Sequence[Profile], sources: Sources, work: Path
) -> SharedLedger:
    """Count a shared drop's rows by market, once for all its markets; write `unassigned.parquet` into `work`.

    `profiles` are the drop's markets; what they say of the source must be the same. Tables whose mapping yields no
    `market` are every market's and do not stand here. Raises ProfileError where the profiles differ.
    """
    first = profiles[0]
    for profile in profiles[1:]:
        if profile.source != first.source:
            raise ProfileError(
                f"markets {first.market.country} and {profile.market.country} read one shared drop differently",
                market=profile.market.country,
                path="source",
                expected="the same source in all markets of a shared drop",
                hint="keep `source` in the chain's base.yaml",
            )
    work.mkdir(parents=True, exist_ok=True)
    functions.register(con)
    owners = {tidy(value): str(country) for value, country in first.source.markets.items()}
    tables, parts = {}, []
    for number, table in enumerate(TABLES):
        mapped = plan(con, first, sources, table, number)
        if mapped is not None and mapped.has_market:
            tables[table] = _count(con, mapped, owners)
            parts.append(_unassigned(mapped, owners))
    path = work / "unassigned.parquet"
    write_quarantine(con, parts, path)
    return SharedLedger(tables, path)


def _count(con: duckdb.DuckDBPyConnection, mapped: Mapped, owners: dict[str, str]) -> SharedTable:
    counted = SharedTable(mapped.table.name)
    reason = _reason()
    rows = con.execute(
        f"SELECT CASE WHEN value IN ({literals(owners)}) THEN value END, CASE WHEN value IN ({literals(owners)}) "
        f"THEN NULL ELSE {reason} END, count(*) FROM "
        f"(SELECT fault, unmatched, {market_sql()} AS value FROM ({mapped.query})) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for value, why, count in rows:
        counted.read += count
        if value is None:
            counted.unassigned += count
            counted.reasons[why] += count
        else:
            market = owners[value]
            counted.markets[market] = counted.markets.get(market, 0) + count
    counted.unknown = dict(
        con.execute(
            f"SELECT left(value, 40), count(*) FROM (SELECT {market_sql()} AS value FROM ({mapped.query}) "
            f"WHERE fault IS NULL AND unmatched IS NULL) WHERE value NOT IN ({literals(owners)}) "
            f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_NAMED}"
        ).fetchall()
    )
    counted.check()
    return counted


def _reason() -> str:
    return (
        "CASE WHEN fault IS NOT NULL THEN fault WHEN unmatched IS NOT NULL THEN 'unmatched:' || unmatched "
        "WHEN value IS NULL THEN 'market:missing' ELSE 'market:unknown' END"
    )


def _unassigned(mapped: Mapped, owners: dict[str, str]) -> str:
    """Quarantine rows. The value of a record that could be read is shown: it is where a market's name should be."""
    shown = f"CASE WHEN fault IS NULL THEN value ELSE {mask_sql('value')} END"
    return (
        f'SELECT {literal(mapped.table.name)} AS "table", file::BIGINT AS file, record::BIGINT AS record, '
        f'{_reason()} AS reasons, \'market\' AS "column", {shown} AS "value" FROM ('
        f"SELECT file, record, fault, unmatched, {market_sql()} AS value FROM ({mapped.query})) "
        f"WHERE value IS NULL OR value NOT IN ({literals(owners)})"
    )
