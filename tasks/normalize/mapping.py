"""A profile's mapping made into one query over raw tables: still all text, a row for each row of the driving table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import duckdb

from region_profiles.models import Mapping as ProfileMapping
from region_profiles.models import Profile
from tasks.contract import TABLES, Table
from tasks.errors import ProfileError
from tasks.normalize.joins import count_joined, read_joined
from tasks.normalize.parse_text import tidy, tidy_sql
from tasks.normalize.select import Fail, Join, Selected, Term, missing_column, nearest, parse_select
from tasks.normalize.sql import select
from tasks.records import RawRelation, Sources
from tasks.sql import literal, literals, name

_OF_SELECTS = (
    duckdb.BinderException,
    duckdb.InvalidInputException,
    duckdb.OutOfRangeException,
    duckdb.ConversionException,
    duckdb.OutOfMemoryException,
)
#: Prefix of mapped raw text in the queries of this stage.
RAW = "raw_"


@dataclass(frozen=True, slots=True)
class Mapped:
    """One canonical table as its raw text.

    `query` selects file, record, fault, `raw_<column>` for each of `columns`, `unmatched` (the
    raw table in which a required join found nothing), `passes` (WHERE holds) and, in a shared drop, `market`.
    `typed` are columns whose raw columns come from a typed format.
    """

    table: Table
    driving: RawRelation
    query: str
    columns: tuple[str, ...]
    typed: frozenset[str]
    mapping: ProfileMapping
    where: str | None
    required: Mapping[str, str | None]
    """Raw tables of required joins, and the canonical column that has the key looked for, if one has just that."""
    has_market: bool
    has_joins: bool
    numbered: bool
    """Whether record is the row's place in its file: a query that does not read it can run on all cores."""
    reads: frozenset[tuple[str, str]]
    """Raw columns that the mapping uses: (raw table, column)."""
    joined: Mapping[str, Mapping[str, int]]
    """By raw table that is joined: its `rows`, `unreadable` ones, and the `keys` that are left to be found."""

    def has(self, column: str) -> bool:
        """Whether the profile maps the canonical column."""
        return column in self.columns


def plan(
    con: duckdb.DuckDBPyConnection, profile: Profile, sources: Sources, table: str, number: int = 0
) -> Mapped | None:
    """The mapping of canonical table `table`, or None where the profile has none or its optional files are absent.

    Joined tables are read into temporary tables of `con` (`number` keeps those of several plans apart), whose keys are
    checked to be unique.
    Raises ProfileError (a wrong name, a SELECT beyond the allow-list) and DropError (no such raw column, fan-out).
    """
    mapping = profile.source.mapping.get(table)  # type: ignore[call-overload]
    if mapping is None:
        return None
    contract = TABLES[table]
    tables = _tables(profile, sources)
    fail = Fail(profile.market.country, table)
    selected = (
        parse_select(mapping.select, tables, fail) if mapping.select else _column_list(profile, table, mapping, tables)
    )
    if selected.driving not in sources.tables:
        return None
    outputs = {**selected.outputs, **{column: Term(literal(value)) for column, value in mapping.constants.items()}}
    _check_outputs(profile, contract, outputs, fail)
    driving = sources.tables[selected.driving]
    numbered = driving.numbered and not selected.joins and not profile.source.shared
    columns = tuple(column.name for column in contract.mapped if column.name in outputs)
    try:
        query, joined = _query(con, selected, outputs, columns, tables, number)
    except _OF_SELECTS as error:  # a join's own conditions
        raise _unrunnable(profile, table, error) from error
    return Mapped(
        table=contract,
        driving=driving,
        query=query,
        columns=columns,
        typed=frozenset(column for column in columns if _is_typed(outputs[column], selected, sources)),
        mapping=mapping,
        where=selected.where_text,
        required={join.table: _keeping(join, outputs, columns) for join in selected.joins if join.required},
        has_market=profile.source.shared and "market" in outputs,
        has_joins=bool(selected.joins),
        numbered=numbered,
        reads=_reads(selected, outputs),
        joined=joined,
    )


def _keeping(join: Join, outputs: Mapping[str, Term], columns: tuple[str, ...]) -> str | None:
    looked_for = frozenset(pair for _, theirs in join.keys for pair in theirs.reads)
    return next((column for column in columns if outputs[column].reads == looked_for), None)


def _tables(profile: Profile, sources: Sources) -> dict[str, RawRelation]:
    """Raw tables by name; an optional one that was not delivered is empty."""
    tables = dict(sources.tables)
    for raw, declared in profile.source.tables.items():
        if raw not in tables and declared.optional:
            tables[raw] = RawRelation(raw, "", declared.columns)
    return tables


def _column_list(profile: Profile, table: str, mapping: ProfileMapping, tables: Mapping[str, RawRelation]) -> Selected:
    fallback = next(iter(tables)) if len(tables) == 1 else table
    driving = mapping.source or fallback
    if driving not in tables:
        raise ProfileError(
            f"there is no raw table {driving}",
            market=profile.market.country,
            path=f"source.mapping.{table}.source",
            expected=nearest(driving, tables) or ", ".join(tables),
        )
    relation = tables[driving]
    for raw in mapping.columns.values() if relation.relation else ():
        if raw not in relation.columns:
            missing_column(relation, raw, mapping.columns.values())
    outputs = {
        column: Term(f"{name('d')}.{name(raw)}", frozenset({("d", raw)})) for column, raw in mapping.columns.items()
    }
    return Selected(driving, "d", outputs)


def _check_outputs(profile: Profile, table: Table, outputs: Mapping[str, Term], fail: Fail) -> None:
    known = {column.name: None for column in table.mapped}
    if profile.source.shared:
        known["market"] = None
    for output in outputs:
        if output not in known:
            fail(f"{output} is not a column that a mapping of {table.name} can supply", None, nearest(output, known))
    missing = [column.name for column in table.mapped if column.required and column.name not in outputs]
    if missing:
        fail(f"{table.name} needs {', '.join(missing)}")
    if table.name == "transactions" and not {"amount", "unit_price"} & outputs.keys():
        fail("transactions needs amount, or unit_price with quantity")


def _query(
    con: duckdb.DuckDBPyConnection,
    selected: Selected,
    outputs: Mapping[str, Term],
    columns: tuple[str, ...],
    tables: Mapping[str, RawRelation],
    number: int,
) -> tuple[str, dict[str, dict[str, int]]]:
    driver = name(selected.alias)
    joins, unmatched, counts = [], [], {}
    for position, join in enumerate(selected.joins):
        found = read_joined(
            con,
            f"strata_joined_{number}_{position}",
            join,
            _columns_of(join.alias, selected, outputs),
            tables[join.table],
        )
        counts[join.table] = count_joined(con, found, tables[join.table])
        on = " AND ".join(f"{theirs.sql} = {mine.sql}" for mine, theirs in join.keys)
        joins.append(f" LEFT JOIN {found} AS {name(join.alias)} ON {on}")
        if join.required:
            unmatched.append(f"WHEN {name(join.alias)}.strata_found IS NULL THEN {literal(join.table)}")
    parts = [f"{driver}.{column} AS {column}" for column in ("file", "record", "fault")]
    parts += [f"CAST({outputs[column].sql} AS VARCHAR) AS {name(RAW + column)}" for column in columns]
    parts.append(f"CASE {' '.join(unmatched)} END AS unmatched" if unmatched else "NULL::VARCHAR AS unmatched")
    parts.append(f"coalesce({selected.where.sql}, false) AS passes" if selected.where else "true AS passes")
    if "market" in outputs:
        parts.append(f"CAST({outputs['market'].sql} AS VARCHAR) AS market")
    return f"SELECT {', '.join(parts)} FROM {tables[selected.driving].relation} AS {driver}{''.join(joins)}", counts


def _columns_of(alias: str, selected: Selected, outputs: Mapping[str, Term]) -> tuple[str, ...]:
    terms = [*outputs.values(), *([selected.where] if selected.where else [])]
    for join in selected.joins:
        terms += [term for pair in join.keys for term in pair]
    return tuple(sorted({column for term in terms for owner, column in term.reads if owner == alias}))


def _is_typed(term: Term, selected: Selected, sources: Sources) -> bool:
    """Whether all the raw columns of an expression come typed, in every file of their table."""
    owners = {selected.alias: selected.driving, **{join.alias: join.table for join in selected.joins}}
    for alias, column in term.reads:
        files = [file for file in sources.inputs if file.table == owners[alias]]
        if not files or not all(column in file.inferred.get("typed", "").split(", ") for file in files):
            return False
    return bool(term.reads)


def _reads(selected: Selected, outputs: Mapping[str, Term]) -> frozenset[tuple[str, str]]:
    owners = {selected.alias: selected.driving, **{join.alias: join.table for join in selected.joins}}
    found = set()
    for alias, table in owners.items():
        found |= {(table, column) for column in _columns_of(alias, selected, outputs)}
    return frozenset(found)


def blame_select(
    con: duckdb.DuckDBPyConnection, profile: Profile, mapped: Mapped, error: duckdb.Error
) -> ProfileError | None:
    """The error of a SELECT that DuckDB cannot run on its own: a wrong type, a broken pattern, an overflow.

    None where the SELECT is not at fault. DuckDB's message may quote a row, so digits and quoted text are masked.
    """
    if mapped.mapping.select is None or not isinstance(error, _OF_SELECTS):
        return None
    try:
        con.execute(f"SELECT max(hash(m)) FROM ({mapped.query}) m").fetchall()
    except _OF_SELECTS as cause:
        return _unrunnable(profile, mapped.table.name, cause)
    return None


def _unrunnable(profile: Profile, table: str, cause: duckdb.Error) -> ProfileError:
    said = re.sub(r"\d", "9", re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", str(cause).strip().splitlines()[0]))
    return ProfileError(
        f"the SELECT fails on the drop's rows: {said}",
        market=profile.market.country,
        path=f"source.mapping.{table}.select",
        hint="all raw columns are text: TRY_CAST before reckoning, and check patterns and lengths",
    )


def of_market(mapped: Mapped, profile: Profile) -> Mapped:
    """In a shared drop: only the rows whose `market` value the profile gives to this market."""
    if not mapped.has_market:
        return mapped
    mine = [tidy(value) for value, country in profile.source.markets.items() if country == profile.market.country]
    return replace(mapped, query=select(f"({mapped.query})", {}, f"{market_sql()} IN ({literals(mine)})"))


def market_sql() -> str:
    """The cleaned market value of a row of a shared drop."""
    return tidy_sql("market", "code")
