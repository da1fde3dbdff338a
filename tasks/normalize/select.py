"""A mapping's SELECT: parsed, checked against an allow-list, taken apart. It is never passed on as it was written.

One driving table, n:1 joins, WHERE. What would add, merge or drop rows unseen (aggregates, DISTINCT, UNION, windows,
subqueries, functions that read files) is an error that names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NoReturn
from unicodedata import normalize

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tasks.errors import DropError, ProfileError
from tasks.ingest.shape import shape
from tasks.records import RawRelation
from tasks.sql import name

_OPERATORS = (
    *(exp.And, exp.Or, exp.Not, exp.Paren, exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.Neg),
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.DPipe),
    *(
        exp.Column,
        exp.Identifier,
        exp.Literal,
        exp.Null,
        exp.Boolean,
        exp.Alias,
        exp.DataType,
        exp.DataTypeParam,
        exp.Case,
        exp.If,
    ),
    *(exp.Cast, exp.TryCast, exp.Bracket, exp.Slice),
)
_FUNCTIONS = (
    *(exp.Coalesce, exp.Nullif, exp.Concat, exp.ConcatWs, exp.Trim, exp.Upper, exp.Lower, exp.Replace, exp.Pad),
    *(exp.Substring, exp.Left, exp.Right, exp.Length, exp.Split, exp.SplitPart, exp.StrPosition, exp.Contains),
    *(exp.StartsWith, exp.RegexpExtract, exp.RegexpReplace, exp.RegexpLike, exp.RegexpFullMatch, exp.Abs, exp.Round),
)
_ALLOWED = (*_OPERATORS, *_FUNCTIONS)
#: Codes are padded to a few signs; a text of gigabytes is a row's.
_LONGEST_PAD = 1000


@dataclass(frozen=True, slots=True)
class Term:
    """An expression in DuckDB's SQL over quoted aliases, and the raw columns it reads: (alias, column)."""

    sql: str
    reads: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Join:
    """A joined raw table: rows that pass `filters`, found by equality of `keys` (its own side, the other side)."""

    alias: str
    table: str
    required: bool
    keys: tuple[tuple[Term, Term], ...]
    filters: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Selected:
    """A mapping as parts: output columns, the driving table, joins, the condition and its text."""

    driving: str
    alias: str
    outputs: Mapping[str, Term]
    joins: tuple[Join, ...] = ()
    where: Term | None = None
    where_text: str | None = None


class _Scope:
    """Resolves names against the raw tables of one SELECT."""

    def __init__(self, tables: Mapping[str, RawRelation], fail: Fail) -> None:
        self.tables = tables
        self.fail = fail
        self.aliases: dict[str, RawRelation] = {}

    def add(self, node: exp.Expression | None) -> tuple[str, str]:
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier) or node.args.get("db"):
            self.fail("only raw tables by name can be read", node)
        table, alias = node.name, node.alias_or_name
        if table not in self.tables:
            self.fail(f"there is no raw table {table}", node, nearest(table, self.tables))
        if alias in self.aliases:
            self.fail(f"two tables are called {alias}", node)
        self.aliases[alias] = self.tables[table]
        return alias, table

    def term(self, node: Any, within: frozenset[str] | None = None) -> Term:
        """The expression with resolved columns; casts become TRY_CAST, so that no row stops the run."""
        self.check(node)
        reads: set[tuple[str, str]] = set()

        def resolved(part: exp.Expression) -> exp.Expression:
            if isinstance(part, exp.Column):
                alias = self.alias_of(part)
                reads.add((alias, part.name))
                quoted = [exp.to_identifier(text, quoted=True) for text in (part.name, alias)]
                return exp.column(*quoted)
            if isinstance(part, exp.Cast) and not isinstance(part, exp.TryCast):
                return exp.TryCast(this=part.this.transform(resolved), to=part.to)
            return part

        sql = node.copy().transform(resolved).sql(dialect="duckdb", comments=False)
        term = Term(sql, frozenset(reads))
        if within is not None and not {alias for alias, _ in reads} <= within:
            self.fail("a join's condition may read its own table; with another one it must be an equality", node)
        return term

    def check(self, node: exp.Expression) -> None:
        for part in node.walk():
            if not isinstance(part, _ALLOWED):
                self.fail(f"{type(part).__name__.upper()} is not allowed in a mapping", part)
            if isinstance(part, exp.Pad) and not _is_length(part.expression):
                self.fail(f"a length that is no number up to {_LONGEST_PAD}", part)

    def alias_of(self, column: exp.Column) -> str:
        wanted = column.name
        if column.args.get("db"):
            self.fail(f"column {wanted} has too many parts", column)
        if column.table:
            if column.table not in self.aliases:
                self.fail(f"there is no table {column.table}", column, nearest(column.table, self.aliases))
            if wanted not in self.aliases[column.table].columns:
                missing_column(self.aliases[column.table], wanted)
            return column.table
        owners = [alias for alias, relation in self.aliases.items() if wanted in relation.columns]
        if not owners:
            everything = [header for relation in self.aliases.values() for header in relation.columns]
            missing_column(RawRelation(" or ".join(self.aliases), "", tuple(everything)), wanted)
        if len(owners) > 1:
            self.fail(f"column {wanted} is in several tables: {', '.join(owners)}", column)
        return owners[0]


def _is_length(node: exp.Expression) -> bool:
    return isinstance(node, exp.Literal) and node.is_int and int(node.name) <= _LONGEST_PAD


class Fail:
    """Raises a ProfileError that names the mapping and quotes the part at fault."""

    def __init__(self, market: str, table: str) -> None:
        self.market = market
        self.table = table

    def __call__(self, problem: str, node: Any = None, expected: str | None = None) -> NoReturn:
        """Raise."""
        raise ProfileError(
            problem,
            market=self.market,
            path=f"source.mapping.{self.table}.select",
            value=None if node is None else node.sql(dialect="duckdb", comments=False)[:120],
            expected=expected,
            hint="one driving table, joins that find at most one row, WHERE; see docs/profiles.md",
        )


def missing_column(relation: RawRelation, wanted: str, others: Iterable[str] = ()) -> NoReturn:
    """Raise the error for a raw column that is not there; a header that differs only in its writing is the hint.

    `others` are all the columns that the mapping names. A header with fewer than half of them may be no header but
    somebody's record: then none of its words is shown, only their shapes.
    """
    named = set(others)
    believed = bool(named) and 2 * len(named & set(relation.columns)) >= len(named)
    near = nearest(wanted, relation.columns)
    shown = relation.columns[:20] if believed else [shape(column) for column in relation.columns[:20]]
    raise DropError(
        "the column is not in the file" + ("" if believed or near else ": its first line is no header of this profile"),
        file=relation.name,
        column=wanted,
        expected=near or "one of " + ", ".join(shown),
        hint="ask the shop for the file with its header as before; if the new one stays, write the mapping's column as "
        "it has it, and if there is none for good, declare header: false",
    )


def nearest(wanted: str, names: Mapping[str, object] | tuple[str, ...]) -> str | None:
    """The name most like the wanted one, if any is.

    >>> nearest("KundenNr", ("Datum", "Kunden-Nr"))
    'Kunden-Nr'
    """
    folded = {normalize("NFKC", known).casefold().strip(): known for known in names}
    close = get_close_matches(normalize("NFKC", wanted).casefold().strip(), folded, n=1, cutoff=0.5)
    return folded[close[0]] if close else None


def parse_select(text: str, tables: Mapping[str, RawRelation], fail: Fail) -> Selected:
    """Take a SELECT apart.

    Raises ProfileError for what the allow-list lacks, DropError for a column that the raw table lacks.
    """
    try:
        statements = sqlglot.parse(text, dialect="duckdb")
    except SqlglotError as error:
        fail(f"the SELECT cannot be read: {str(error).splitlines()[0]}")
    if len(statements) != 1 or not isinstance(statements[0], exp.Select):
        fail("a mapping is exactly one SELECT")
    query = statements[0]
    for clause, node in query.args.items():
        if node and clause not in {"expressions", "from_", "joins", "where", "kind", "hint"}:
            fail(f"{clause.rstrip('_').upper()} is not allowed in a mapping", query)
    if not query.args.get("from_"):
        fail("the SELECT has no FROM", query)
    scope = _Scope(tables, fail)
    alias, driving = scope.add(query.args["from_"].this)
    joins = tuple(_join(scope, node) for node in query.args.get("joins") or ())
    where = query.args.get("where")
    return Selected(
        driving=driving,
        alias=alias,
        outputs=dict(_outputs(scope, query, alias)),
        joins=joins,
        where=None if where is None else scope.term(where.this),
        where_text=None if where is None else where.this.sql(dialect="duckdb", comments=False),
    )


def _outputs(scope: _Scope, query: exp.Select, driving: str) -> Iterator[tuple[str, Term]]:
    expressions = query.expressions
    if len(expressions) == 1 and isinstance(expressions[0], exp.Star) and not query.args.get("joins"):
        for column in scope.aliases[driving].columns:
            yield column, Term(f"{name(driving)}.{name(column)}", frozenset({(driving, column)}))
        return
    seen: set[str] = set()
    for node in expressions:
        output = node.alias_or_name
        if not output or isinstance(node, exp.Star):
            scope.fail("an output column has no name", node, "expression AS canonical_column")
        if output in seen:
            scope.fail(f"two output columns are called {output}", node)
        seen.add(output)
        yield output, scope.term(node.this if isinstance(node, exp.Alias) else node)


def _join(scope: _Scope, node: exp.Join) -> Join:
    before = frozenset(scope.aliases)
    kind = " ".join(str(node.args.get(part) or "") for part in ("method", "side", "kind")).upper().split()
    if kind not in ([], ["INNER"], ["LEFT"], ["LEFT", "OUTER"]):
        scope.fail(f"{' '.join(kind)} JOIN is not allowed in a mapping", node, "JOIN or LEFT JOIN")
    alias, table = scope.add(node.this)
    condition = node.args.get("on")
    if condition is None:
        scope.fail("a join needs ON", node, "equality of columns")
    keys, filters = [], []
    for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
        sides = [part.this, part.expression] if isinstance(part, exp.EQ) else []
        terms = [scope.term(side, before | {alias}) for side in sides]
        owned = [{owner for owner, _ in term.reads} for term in terms]
        if terms and owned[0] == {alias} and owned[1] and alias not in owned[1]:
            keys.append((terms[0], terms[1]))
        elif terms and owned[1] == {alias} and owned[0] and alias not in owned[0]:
            keys.append((terms[1], terms[0]))
        else:
            term = scope.term(part, frozenset({alias}))
            filters.append(term)
    if not keys:
        scope.fail("a join needs an equality between its own column and an earlier table's", node)
    return Join(alias, table, kind in ([], ["INNER"]), tuple(keys), tuple(filters))
