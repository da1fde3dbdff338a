"""`strata diff`: what changed in a market between two publications."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from flows.commands.run import terminal
from flows.settings import Settings
from tasks.errors import PublicationError, Terminal
from tasks.files import parquet

if TYPE_CHECKING:
    import duckdb

    from tasks.export.suppress import Row
    from tasks.objects import ObjectStore
    from tasks.publish.manifest import Manifest

AsOf = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="AS_OF", help="As-of date of a publication.")]
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


def diff(
    market: Annotated[str, typer.Argument(help="ISO country code.")],
    before: AsOf,
    after: AsOf,
    publish: Annotated[str | None, typer.Option(help="Publish root; STRATA_PUBLISH if not given.")] = None,
    profiles: Annotated[Path | None, typer.Option(help="Folder of profiles, as given to `strata run`.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Compare two publications of a market: sizes and revenue of segments, who moved where, new and gone customers.

    Counts under the profile's privacy.minimum_count are withheld, and with them what would give them away by
    subtraction. Exit code 0: compared; 2: an option is wrong, or nothing is published for a date.

    Example: strata diff DE 2026-05-31 2026-06-30 --publish published
    """
    from flows.plan import checked_profile
    from tasks.objects import open_store

    settings = Settings()
    uri = publish or settings.publish
    if not uri:
        raise Terminal("--publish is not given", hint="say --publish URI or set STRATA_PUBLISH")
    profile = checked_profile(market.upper(), profiles or settings.profiles)
    store = open_store(uri)
    manifests = [_manifest(store, market.upper(), moment.date()) for moment in (before, after)]
    found = compare(store, manifests[0], manifests[1], profile.privacy.minimum_count)
    if as_json:
        typer.echo(json.dumps(_as_dict(found), ensure_ascii=False, indent=2))
        return
    console = terminal()
    for part in told(found):
        console.print(part, highlight=False, soft_wrap=isinstance(part, str))


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


def _manifest(store: ObjectStore, market: str, as_of: date) -> Manifest:
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


def told(found: Diff) -> Iterator[str | Table]:
    """Lines and tables for the terminal."""
    before, after = found.before, found.after
    yield f"{found.market}: {before.as_of} -> {after.as_of}"
    sizes = Table(box=None, header_style="bold")
    names = (f"revenue {before.currency} before", f"revenue {after.currency} after")
    for name in ("dimension", "segment", "before", "after", "change", *names):
        sizes.add_column(name, justify="left" if name in {"dimension", "segment"} else "right")
    for row in found.rows():
        known = row not in before.hidden | after.hidden
        change = f"{after.customers.get(row, 0) - before.customers.get(row, 0):+,}" if known else ""
        sizes.add_row(*row, before.size(row), after.size(row), change, before.money(row), after.money(row))
    yield sizes
    moves: dict[str, list[str]] = defaultdict(list)
    for name, old, new, count in found.moves:
        moves[name].append(f"  {old} -> {new}: {count:,}")
    for name, lines in moves.items():
        yield "\n".join([f"moves in {name}", *lines])
    smaller = "" if found.minimum == 1 else f" of {found.minimum} customers or more"
    yield "" if moves else f"no moves{smaller}"
    for side, label in ((before, "before"), (after, "after")):
        if side.total is None:
            yield f"{label}: under {found.minimum} customers"
        else:
            amounts = f"{side.local:,.2f} {side.currency} gross, {side.reference:,.2f} {side.reference_currency} net"
            yield f"{label}: {side.total:,} customers, revenue {amounts}, guests not counted"
    new, gone = (f"{number:,}" if found.turnover_known else WITHHELD for number in (found.new, found.gone))
    yield f"new customers: {new}; gone: {gone}"
    yield from found.notes


def _as_dict(found: Diff) -> dict[str, Any]:
    """For programs: a withheld count is null."""

    def side(one: Side) -> dict[str, Any]:
        return {
            "as_of": str(one.as_of),
            "customers": one.total,
            "revenue_local": None if one.total is None else str(one.local),
            "currency": one.currency,
            "revenue_reference": None if one.total is None else str(one.reference),
            "reference_currency": one.reference_currency,
        }

    def sizes(one: Side, row: Row) -> dict[str, Any]:
        shown = row not in one.hidden
        revenue = str(one.revenue.get(row, Decimal(0))) if shown else None
        return {"customers": one.customers.get(row, 0) if shown else None, "revenue_local": revenue}

    return {
        "market": found.market,
        "minimum_count": found.minimum,
        "before": side(found.before),
        "after": side(found.after),
        "segments": [
            {
                "dimension": row[0],
                "segment": row[1],
                "before": sizes(found.before, row),
                "after": sizes(found.after, row),
            }
            for row in found.rows()
        ],
        "moves": [dict(zip(("dimension", "from", "to", "customers"), move, strict=True)) for move in found.moves],
        "new": found.new if found.turnover_known else None,
        "gone": found.gone if found.turnover_known else None,
        "notes": list(found.notes),
    }
