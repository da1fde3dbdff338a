"""The part `source` of a profile: what the shops deliver, and the bounds beyond which a row is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from region_profiles.model_types import Code, Country, Frozen, Share

CanonicalTable = Literal[
    "transactions",
    "customers",
    "stores",
    "corrections",
    "rates",
    "controls",
    "feedback",
    "events",
    "answers",
    "interests",
    "usage",
    "loyalty",
    "campaigns",
    "products",
    "companies",
    "quotes",
    "contracts",
    "places",
]
"""The tables of tasks.contract that a mapping may fill."""


class Formats(Frozen):
    """How text becomes numbers and dates. What is null is inferred from the whole column, and the manifest says so."""

    decimal_sign: Literal[".", ",", "٫"] | None = None
    grouping_sign: Literal[".", ",", " ", "'", "’", "٬", "_", ""] | None = None
    dates: tuple[str, ...] = ()
    """strptime patterns; or date_order."""
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    calendar: Literal["gregorian", "buddhist", "japanese", "roc", "persian", "hijri"] = "gregorian"
    time_zone: str | None = None
    """Zone of times in the drop; the store's own where null; an offset in the value wins."""
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    """Words of boolean and consent columns, besides 1/0, true/false, yes/no, y/n."""


class Database(Frozen):
    """A SQL database that raw tables are read from; where it is, says STRATA_DATABASE_<NAME> in the environment."""

    kind: Literal["postgresql", "mysql"] = "postgresql"
    """`mysql` is MariaDB too."""
    timeout: int = Field(default=600, ge=1, le=86_400)
    """Seconds that the server may take for one statement."""


class RawTable(Frozen):
    """Files of one kind in a drop, or the rows of a SELECT on a database."""

    files: tuple[str, ...] = ()
    """Globs inside the drop's folder; compressed forms (.gz .zst .zip) of them match too."""
    database: Code | None = None
    """Instead of files: one of `databases`; one that is not there is PostgreSQL, with all that `databases` assumes."""
    select: str | None = None
    """What the database is asked: one SELECT in its own SQL. `:as_of` is the as-of date, `:since` the date below."""
    since: date | None = None
    """What `:since` stands for in `select`."""
    format: Literal["csv", "jsonl", "parquet", "xlsx", "xls"] | None = None
    """From the file name where null."""
    encoding: str | None = None
    delimiter: str | None = None
    """One character, or `whitespace` for runs of blanks."""
    quote: str | None = None
    escape: str | None = None
    header: bool = True
    skip: int = 0
    """Lines (rows of a sheet) before the header."""
    columns: tuple[str, ...] = ()
    """Names, where the file has no header."""
    sheet: str | None = None
    mode: Literal["snapshot", "increment"] = "snapshot"
    key: tuple[str, ...] = ()
    """Raw columns by which the later row of an increment wins; `[]` says that no row ever comes twice."""
    later_by: str | None = None
    """Raw column of dates: of rows with one key its greatest value wins, instead of the later row."""
    optional: bool = False


class Mapping(Frozen):
    """How raw tables become one canonical table: a column list, or a SELECT that keeps rows."""

    source: str | None = None
    """Raw table; the only one where there is one."""
    columns: dict[str, str] = Field(default_factory=dict)
    """canonical column: raw column."""
    constants: dict[str, str] = Field(default_factory=dict)
    """canonical column: the value of every row."""
    select: str | None = None
    """One SELECT over raw tables (all text): one driving table, n:1 joins, WHERE; no aggregate, DISTINCT, UNION."""
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    """canonical column: {raw value: canonical code}; a value not named is quarantined, unless `*` names a default."""
    formats: dict[str, Formats] = Field(default_factory=dict)
    """canonical column: its own formats."""


class DropDate(Frozen):
    """Where a drop's date comes from."""

    by: Literal["path", "marker", "modified"] = "modified"
    pattern: str | None = None
    """`path`: a regular expression on the path with the groups year, month, day; without day the month's last."""
    marker: str | None = None
    """`marker`: name of the file whose first line is the date."""


class Arrival(Frozen):
    """When a drop counts as whole; until then a run waits, and says at the end of its patience what is missing."""

    marker: str | None = None
    """Glob of the file below the drop's folder that the shops put last; none: `tables` decide."""
    tables: tuple[str, ...] = ()
    """Raw tables whose files must be there, beside all that are not optional."""
    quiet_minutes: int = Field(default=0, ge=0)
    """Files that have changed in so many minutes may still be growing."""
    wait_minutes: int = Field(default=0, ge=0)
    """How long a run waits for what is missing."""
    rows_share: Share | None = None
    """Of the median rows of earlier drops, by table: less is taken for a part. Null: rows decide nothing."""


class Source(Frozen):
    """What the market's shops deliver."""

    drop: str | None = None
    """Folder under the landing; the market's code where null."""
    shared: bool = False
    """Several markets in one drop: mappings yield a column `market`, `markets` says whose a value is. A mapping that
    yields none (rates, stores) is every market's."""
    markets: dict[str, Country] = Field(default_factory=dict)
    drop_date: DropDate = DropDate()
    arrival: Arrival = Arrival()
    encoding: str | None = None
    formats: Formats = Formats()
    databases: dict[Code, Database] = Field(default_factory=dict)
    tables: dict[str, RawTable] = Field(default_factory=dict)
    mapping: dict[CanonicalTable, Mapping] = Field(default_factory=dict)
    contradiction_bound: Share = Decimal("0.001")
    """Share of a column that may contradict its declared date order or signs before the drop is refused."""

    @property
    def needs_drop(self) -> bool:
        """Whether the landing must have a folder for the market; not where databases give all its tables."""
        return bool(self.delivered) or not self.tables

    @property
    def delivered(self) -> dict[str, RawTable]:
        """The raw tables that come as files of a drop."""
        return {name: table for name, table in self.tables.items() if table.database is None}

    @property
    def asked(self) -> dict[str, dict[str, RawTable]]:
        """The raw tables of each database, by its name."""
        names = dict.fromkeys(table.database for table in self.tables.values() if table.database is not None)
        return {name: {t: raw for t, raw in self.tables.items() if raw.database == name} for name in names}


class Plausibility(Frozen):
    """Bounds beyond which a row is quarantined."""

    first_date: date | None = None
    """The chain's first day here."""
    maximum_amount: Decimal | None = None
    """Of a line, in the line's currency."""
    maximum_quantity: Decimal | None = None
    negative_quantity_is_return: bool = False
    """Whether a quantity below zero, or an amount below zero, means a return; else such a row is quarantined."""
