"""Two publications of a market side by side: sizes, revenue, who moved where; small counts are withheld."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from flows.settings import Settings
from tasks.errors import PublicationError
from tasks.files import parquet

if TYPE_CHECKING:
    import duckdb

    from tasks.export.suppress import Row
    from tasks.objects import ObjectStore
    from tasks.publish.manifest import Manifest

WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Side:
    """One publication: customers and revenue by (dimension, segment); `hidden` rows are not to be shown.

    `total` is None where even it would tell of too few. Money is gross, of the window, in `currency`.
    """

    as_of: date
    currency: str
    reference_currency: str
    total: int | None
    local: Decimal
    reference: Decimal
    customers: Mapping[Row, int]
    revenue: Mapping[Row, Decimal]
    hidden: frozenset[Row]

    def size(self, row: Row) -> str:
        """Customers of a segment, as shown."""
        return WITHHELD if row in self.hidden else f"{self.customers.get(row, 0):,}"

    def money(self, row: Row) -> str:
        """Revenue of a segment, as shown."""
        return WITHHELD if row in self.hidden else f"{self.revenue.get(row, Decimal(0)):,.2f}"


@dataclass(frozen=True, slots=True)
class Diff:
    """Two publications of a market side by side; `moves`: dimension, from, to, customers, the largest first."""

    market: str
    minimum: int
    before: Side
    after: Side
    moves: tuple[tuple[str, str, str, int], ...]
    new: int
    gone: int
    notes: tuple[str, ...] = field(default=())

    def rows(self) -> list[Row]:
        """Every segment of either side, by dimension."""
        return sorted({**self.before.customers, **self.after.customers})

    @property
    def turnover_known(self) -> bool:
        """Whether `new` and `gone` may be shown: the totals would give the one away by the other."""
        return not any(0 < number < self.minimum for number in (self.new, self.gone))


def compare(store: ObjectStore, before: Manifest, after: Manifest, minimum: int) -> Diff:
    """Two publications of a market by their canonical customers; customers are the same where customer_id is.

    Raises:
        PublicationError: customer ids were made with different keys, or an object is not what its manifest says.
    """
    from tasks.engine import open_duckdb

    if before.pseudonym_key != after.pseudonym_key:
        raise PublicationError(
            "the customers of the two publications cannot be matched: STRATA_PSEUDONYM_KEY changed between them",
            market=before.country,
            hint="publish the earlier date again with today's key",
        )
    with tempfile.TemporaryDirectory() as folder, open_duckdb(Settings().memory, temp=Path(folder)) as con:
        columns = []
        for name, manifest in (("before", before), ("after", after)):
            path = _customers(store, manifest, Path(folder, f"{name}.parquet"))
            con.execute(f"CREATE VIEW {name} AS SELECT * FROM {parquet(path)}")
            columns.append(_dimensions(con, name))
        one, two = (
            _side(con, name, found, manifest.as_of, minimum)
            for name, found, manifest in zip(("before", "after"), columns, (before, after), strict=True)
        )
        shared = {name: column for name, column in columns[0].items() if name in columns[1]}
        new, gone = _number(con, "after ANTI JOIN before"), _number(con, "before ANTI JOIN after")
        moves = _moves(con, shared, minimum)
    return Diff(before.country, minimum, one, two, moves, new, gone, tuple(_notes(before, after, columns)))


def _notes(before: Manifest, after: Manifest, columns: Sequence[Mapping[str, str]]) -> Iterator[str]:
    if before.profile != after.profile:
        yield "the profile changed between the two: moves may come from its rules"
    if before.output_version != after.output_version:
        yield "the program changed between the two: moves may come from it"
    for name in sorted(columns[0].keys() ^ columns[1].keys()):
        yield f"the dimension {name} is only in one of them: its moves are not known"


def selected_manifest(store: ObjectStore, market: str, as_of: date) -> Manifest:
    """The manifest that is selected for a date; PublicationError names the dates that have one."""
    from tasks.publish.pointer import read_pointer
    from tasks.publish.reading import read_manifest

    found = read_pointer(store, market)
    selected = found.pointer.selected if found else {}
    if as_of not in selected:
        dates = ", ".join(str(day) for day in sorted(selected)[-12:])
        raise PublicationError(
            f"nothing is published as of {as_of}",
            market=market,
            path=store.uri,
            hint=f"published dates: {dates}" if dates else "the market has no publication there",
        )
    return read_manifest(store, market, as_of, selected[as_of])


def _customers(store: ObjectStore, manifest: Manifest, copy: Path) -> Path:
    from tasks.objects.store import sha256_of
    from tasks.publish.manifest import CUSTOMERS
    from tasks.publish.reading import publication_prefix

    key = publication_prefix(manifest.country, manifest.as_of, manifest.publication) + CUSTOMERS
    path = store.local_path(key)
    if path is None:
        store.download(key, path := copy)
    if not path.is_file() or sha256_of(path) != manifest.customers:
        raise PublicationError(
            "an object is not what its manifest says",
            market=manifest.country,
            path=f"{store.uri}/{key}",
            hint="restore the object, or withdraw the publication",
        )
    return path


def _dimensions(con: duckdb.DuckDBPyConnection, view: str) -> dict[str, str]:
    """Dimension to its column."""
    names = [row[0] for row in con.execute(f"DESCRIBE {view}").fetchall()]
    found = {name.removeprefix("segment_"): name for name in names if name.startswith("segment_")}
    return {**found, "stratum": "stratum"}


def _side(con: duckdb.DuckDBPyConnection, view: str, columns: Mapping[str, str], as_of: date, minimum: int) -> Side:
    from tasks.export.suppress import links, withheld

    money = "coalesce(sum(monetary_local), 0)"
    customers: dict[Row, int] = {}
    revenue: dict[Row, Decimal] = {}
    for name, column in columns.items():
        grouped = f'SELECT "{column}", count(*), {money} FROM {view} GROUP BY ALL ORDER BY ALL'
        for segment, count, amount in con.execute(grouped).fetchall():
            customers[name, segment], revenue[name, segment] = count, amount
    picked = ", ".join(f'"{column}"' for column in columns.values())
    combinations = con.execute(f"SELECT DISTINCT {picked} FROM {view}").fetchall()
    hidden = withheld(customers, minimum, links([tuple(zip(columns, found, strict=True)) for found in combinations]))
    total, local, reference, currency, reporting = con.execute(
        f"SELECT count(*), {money}, coalesce(sum(monetary_reference), 0), any_value(currency),"
        f" any_value(reference_currency) FROM {view}"
    ).fetchall()[0]
    known = total if len(hidden) < len(customers) or total >= minimum else None
    return Side(as_of, currency or "", reporting or "", known, local, reference, customers, revenue, hidden)


def _number(con: duckdb.DuckDBPyConnection, tables: str) -> int:
    return int(con.execute(f"SELECT count(*) FROM {tables} USING (customer_id)").fetchall()[0][0])


def _moves(
    con: duckdb.DuckDBPyConnection, columns: Mapping[str, str], minimum: int
) -> tuple[tuple[str, str, str, int], ...]:
    """From, to and how many, of those who are in both. What stays is never told, so no move follows from the sizes."""
    found = []
    for name, column in columns.items():
        rows = con.execute(
            f'SELECT before."{column}", after."{column}", count(*) FROM before JOIN after USING (customer_id)'
            f' WHERE before."{column}" <> after."{column}" GROUP BY ALL HAVING count(*) >= {minimum}'
        ).fetchall()
        found += [(name, *row) for row in rows]
    return tuple(sorted(found, key=lambda move: (move[0], -move[3], move[1:3])))
