"""The aggregates of one market: what leaves its residency zone. No row of a customer does, and no small count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import duckdb

from region_profiles.models import Profile
from tasks.chain.income import Income
from tasks.chain.languages import CODE, by_language, by_segment, columns_of
from tasks.chain.measures import GUEST, MEASURES, MONEY, WITHHELD, Measures, summed
from tasks.chain.moves import Flow, flows
from tasks.chain.reading import CUSTOMERS, MEMBERSHIP, SEGMENTS, STORES, Book
from tasks.chain.stores import StoreYear, store_years
from tasks.errors import PublicationError
from tasks.export.suppress import Row, links, withheld
from tasks.files import parquet
from tasks.sql import literals
from tasks.sql import name as quoted

STRATUM = "stratum"
#: In a dimension of one population, customers of the other are in a segment of its name.
OUTSIDE = {"person": "account", "account": "person"}
#: The customers' language beside the dimensions: no dimension's code has such a sign.
_LANGUAGE = "language:"


@dataclass(frozen=True, slots=True)
class Figures:
    """A market's aggregates.

    `rows` are measures by dimension and segment, each dimension of the same sum; withheld segments are one row
    WITHHELD, and `hidden` names them. `populations`: of segments, where segments.parquet has the column. `languages`
    are measures by language, likewise; `spoken` by (language, dimension, segment), null where withheld. `moves` are
    null without a publication before, `stores` without canonical/stores.parquet.
    """

    book: Book
    profile: Profile
    income: Income
    currency: str
    reference_currency: str
    rows: Mapping[Row, Measures]
    hidden: frozenset[Row]
    populations: Mapping[Row, str | None]
    languages: Mapping[str, Measures]
    hidden_languages: frozenset[str]
    spoken: Mapping[tuple[str, str, str], Measures | None]
    moves: tuple[Flow, ...] | None
    stores: tuple[StoreYear, ...] | None

    @property
    def country(self) -> str:
        """The market."""
        return self.book.country

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions that have segments, in the profile's order, others by name."""
        there = {dimension for dimension, _ in self.rows}
        own = [name for name in self.profile.dimensions if name in there]
        return (*own, *sorted(there - set(own)))

    def outside(self, dimension: str) -> str | None:
        """The segment of a dimension that holds customers of the other population; null where it has none."""
        own = (dimension,) if dimension in self.profile.dimensions else self.profile.stratum.dimensions
        found = {OUTSIDE[self.profile.dimensions[name].population] for name in own if name in self.profile.dimensions}
        return found.pop() if len(found) == 1 and dimension in {*self.profile.dimensions, STRATUM} else None

    @property
    def total(self) -> Measures:
        """The whole market with its guests."""
        return summed(measures for (name, _), measures in self.rows.items() if name == self.dimensions[0])


def load_figures(
    con: duckdb.DuckDBPyConnection, book: Book, profile: Profile, income: Income, folder: Path
) -> Figures | None:
    """Aggregate a market's publication; null where it is too small to show any figure.

    `folder` takes copies of files from object storage. Counts below the profile's `privacy.minimum_count` are withheld,
    and with them what would give them away.

    Raises:
        PublicationError: a file is missing or damaged, or the segments do not add up to the customers.
    """
    customers = _counted(con, parquet(book.file(CUSTOMERS, folder)))
    minimum = profile.privacy.minimum_count
    rows, populations = _segments(con, parquet(book.file(SEGMENTS, folder)), book.country)
    dimensions = tuple(dict.fromkeys(name for name, _ in rows))
    _adds_up(con, customers, rows, dimensions, book)
    spoken = {(_LANGUAGE, code): one for code, one in by_language(con, customers).items()}
    hidden = _hidden(con, customers, {**rows, **spoken}, dimensions, minimum)
    counted = {row for row, one in rows.items() if one["customers"]}
    own = frozenset(row for row in hidden if row[0] != _LANGUAGE)
    if own and own >= counted:
        return None
    unheard = frozenset(code for name, code in hidden if name == _LANGUAGE)
    sizes = {row: int(one["customers"]) for row, one in rows.items() if row[1] != GUEST}
    return Figures(
        book=book,
        profile=profile,
        income=income,
        currency=_currency(book, "local_currency"),
        reference_currency=_currency(book, "reporting_currency"),
        rows=_folded(rows, own),
        hidden=own,
        populations=populations,
        languages={code: one for (_, code), one in _folded(spoken, hidden - own).items()},
        hidden_languages=unheard,
        spoken=by_segment(con, customers, dimensions, minimum, unheard, own),
        moves=_moves(con, book, folder, customers, sizes, own, minimum),
        stores=store_years(con, parquet(book.file(STORES, folder)), minimum) if book.has(STORES) else None,
    )  # fmt: skip


def _counted(con: duckdb.DuckDBPyConnection, source: str) -> str:
    """The customers that segments count: a contact is none beside its account."""
    there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    return f"(SELECT * FROM {source} WHERE population <> 'contact')" if "population" in there else source


def _segments(
    con: duckdb.DuckDBPyConnection, source: str, country: str
) -> tuple[dict[Row, Measures], dict[Row, str | None]]:
    there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    population = "population" if "population" in there else "NULL"
    found = con.execute(
        f"SELECT dimension, segment, {population}, {', '.join(MEASURES)} FROM {source} ORDER BY dimension, segment"
    ).fetchall()
    rows: dict[Row, Measures] = {(row[0], row[1]): dict(zip(MEASURES, row[3:], strict=True)) for row in found}
    if not rows or len(rows) != len(found):
        raise PublicationError("no segments, or one of them twice", market=country, path=SEGMENTS)
    return rows, {(row[0], row[1]): row[2] for row in found}


def _adds_up(
    con: duckdb.DuckDBPyConnection, customers: str, rows: Mapping[Row, Measures], dimensions: Iterable[str], book: Book
) -> None:
    """PublicationError unless each dimension has every customer once and the same money."""
    known = con.execute(f"SELECT count(*) FROM {customers}").fetchall()[0][0]
    sums = {name: summed(one for (own, _), one in rows.items() if own == name) for name in dimensions}
    first = next(iter(sums.values()))
    for name, one in sums.items():
        if one["customers"] != known or any(one[money] != first[money] for money in MONEY):
            raise PublicationError(
                "the segments of a dimension do not add up to the market",
                market=book.country,
                path=f"publication {book.manifest.publication}, dimension {name}",
                value=f"{one['customers']} customers, {one['monetary_local']} in local money",
                expected=f"{known} customers, {first['monetary_local']}",
                hint="run the market again; if it stays so, report it",
            )


def _currency(book: Book, name: str) -> str:
    found = book.note("money", name)
    if not isinstance(found, str):
        raise PublicationError("the manifest does not say its currencies", market=book.country, value=f"money.{name}")
    return found


def _hidden(
    con: duckdb.DuckDBPyConnection, customers: str, rows: Mapping[Row, Measures], dimensions: Iterable[str],
    minimum: int,
) -> frozenset[Row]:  # fmt: skip
    """What the market's own summary withholds, and of languages, which are one more way to divide its customers."""
    counts = {row: int(one["customers"]) for row, one in rows.items() if row[1] != GUEST}
    if not any(0 < count < minimum for count in counts.values()):
        return frozenset()
    columns = {name: quoted(column) for name, column in columns_of(con, customers, dimensions).items()}
    return withheld(counts, minimum, links(_pairs(con, customers, {**columns, _LANGUAGE: CODE}, list(counts))))


def _pairs(
    con: duckdb.DuckDBPyConnection, customers: str, columns: Mapping[str, str], rows: Sequence[Row]
) -> Iterator[tuple[Row, Row]]:
    """Each two segments, of two dimensions, that share a customer; all dimensions at once are too many combinations.

    Segments are numbered first: a million customers of 24 dimensions then take 9 s in place of 29.
    """
    codes = {name: [code for own, code in rows if own == name] for name in columns}
    named = {name: quoted(f"c{place}") for place, name in enumerate(columns)}
    picked = ", ".join(
        f"list_position([{literals(codes[name])}], {column})::USMALLINT AS {named[name]}"
        for name, column in columns.items()
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE combined AS SELECT DISTINCT {picked} FROM {customers}").fetchall()
    for one, other in combinations(named, 2):
        found = con.execute(f"SELECT DISTINCT {named[one]}, {named[other]} FROM combined").fetchall()
        pairs = [
            ((one, codes[one][left - 1]), (other, codes[other][right - 1])) for left, right in found if left and right
        ]
        yield from sorted(pairs)
    con.execute("DROP TABLE combined").fetchall()


def _folded(rows: Mapping[Row, Measures], hidden: Iterable[Row]) -> dict[Row, Measures]:
    """The rows with those that are withheld as one of each dimension, so that sums stay what they are."""
    unseen = set(hidden)
    shown = {row: one for row, one in rows.items() if row not in unseen}
    for name in sorted({name for name, _ in unseen}):
        shown[name, WITHHELD] = summed(one for row, one in rows.items() if row in unseen and row[0] == name)
    return shown


def _moves(
    con: duckdb.DuckDBPyConnection, book: Book, folder: Path, customers: str, sizes: Mapping[Row, int],
    hidden: frozenset[Row], minimum: int,
) -> tuple[Flow, ...] | None:  # fmt: skip
    """Who moved since the publication before; null where there was none, for then everyone has just entered."""
    if book.manifest.previous is None or not book.has(MEMBERSHIP):
        return None
    return flows(con, _of_counted(book, folder, customers), Counter(sizes), hidden, minimum)


def _of_counted(book: Book, folder: Path, customers: str) -> str:
    """The membership without contacts, as far as they are there still: they move with their account."""
    membership, every = parquet(book.file(MEMBERSHIP, folder)), parquet(book.file(CUSTOMERS, folder))
    if customers == every:
        return membership
    contacts = f"SELECT customer_id FROM {every} WHERE population = 'contact'"
    return f"(SELECT * FROM {membership} WHERE customer_id NOT IN ({contacts}))"
