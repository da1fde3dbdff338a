"""membership.parquet: who is in another segment than in the publication before, by which rule, and for what cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from region_profiles.models import Profile, RulesDimension
from tasks.compare.gone import exits, gone
from tasks.files import PUBLISHED, parquet
from tasks.segment.definitions import definitions, digest
from tasks.segment.evaluate import traits
from tasks.segment.language import parse
from tasks.sql import literal, name

CAUSES = ("customer", "refund", "rule", "reference", "identity", "correction")
#: Columns of membership.parquet with their types.
COLUMNS: Mapping[str, str] = {
    "customer_id": "VARCHAR",
    "dimension": "VARCHAR",
    "segment": "VARCHAR",
    "previous_segment": "VARCHAR",
    "like_segment": "VARCHAR",
    "move": "VARCHAR",
    "cause": "VARCHAR",
    "restated": "VARCHAR",
    "rule": "VARCHAR",
    "definition": "VARCHAR",
    "changed": "VARCHAR",
}
#: Digits of a definition's digest.
_DIGITS = 12
#: Corrections that end a customer's membership without their doing; who objects or is erased asked for it themselves.
_ASKED = ("objection", "no_consent", "erased")
#: What says that the data of the past was restated, and what that its conversion was.
_DATA = (
    "lifetime_orders",
    "lifetime_frequency",
    "lifetime_local",
    "orders",
    "frequency",
    "monetary_local",
    "residence",
)
_REFERENCE = ("monetary_reference", "monetary_ppp", "effort", "lifetime_reference", "lifetime_ppp")


@dataclass(frozen=True, slots=True)
class Sides:
    """Files of customers, each with `segment_<dimension>`; None where there is none.

    `now` is this publication, `before` the previous one as published. `ruled` has the same customers and traits under
    today's rules, `like` the same as-of date by today's rules, references, code and data. `departed`: customer_id,
    kind and into (customer_id) of who no longer counts, from normalize. `returned`: customer_id of who gave something
    back since. `rekeyed`: `before` has ids of another key, so that nobody of it is found again.
    """

    now: Path
    before: Path | None = None
    ruled: Path | None = None
    like: Path | None = None
    departed: Path | None = None
    returned: Path | None = None
    rekeyed: bool = False


def write_membership(
    con: duckdb.DuckDBPyConnection, profile: Profile, why: Mapping[str, Mapping[str, str] | str], sides: Sides, to: Path
) -> dict[str, dict[str, int]]:
    """Write a row for each customer and dimension that changed since the publication before; counts by cause.

    `move` is enter, exit or move; who stays is not listed, and in a first publication nobody is. `cause` says why the
    customer went from `like_segment` (where today's rules, references and data put them on the previous date) to
    `segment`; `restated` why `like_segment` is not `previous_segment`, null where it is. Where only restatement moved a
    customer, it is the cause. `changed` lists the traits of the rule that changed, `name: before > now`.

    `profile` has only the dimensions that are on. In one that came on since everybody enters, in one that went off
    everybody exits, by cause rule.
    """
    con.execute(f"CREATE OR REPLACE TEMP TABLE strata_moves ({', '.join(f'{c} {t}' for c, t in COLUMNS.items())})")
    if sides.before is not None:
        _join(con, profile, sides)
        there = _columns(con, sides.before)
        for dimension in sorted(profile.dimensions):
            select = _of_dimension(profile, dimension, why.get(dimension, {}), there, sides, con)
            con.execute(f"INSERT INTO strata_moves BY NAME {select}").fetchall()
        like = frozenset[str]() if sides.like is None else _columns(con, sides.like)
        for column in gone(profile, there):
            con.execute(f"INSERT INTO strata_moves BY NAME {exits(column, in_like=column in like)}").fetchall()
    query = "SELECT * FROM strata_moves ORDER BY customer_id, dimension"
    con.execute(f"COPY ({query}) TO {literal(str(to))} ({PUBLISHED})").fetchall()
    counted = "SELECT dimension, coalesce(cause, 'first'), count(*) FROM strata_moves GROUP BY ALL ORDER BY ALL"
    found: dict[str, dict[str, int]] = {}
    for dimension, cause, count in con.execute(counted).fetchall():
        found.setdefault(dimension, {})[cause] = count
    for table in ("strata_moves", "strata_movers", "strata_sides"):
        con.execute(f"DROP TABLE IF EXISTS {table}").fetchall()
    return found


def _columns(con: duckdb.DuckDBPyConnection, path: Path) -> frozenset[str]:
    return frozenset(row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {parquet(path)}").fetchall())


def _join(con: duckdb.DuckDBPyConnection, profile: Profile, sides: Sides) -> None:
    """One row per customer who moved in any dimension: each side as a struct of what is asked of it, null if absent."""
    files = {"n": sides.now, "p": sides.before, "m": sides.ruled, "l": sides.like}
    there = {alias: _columns(con, path) for alias, path in files.items() if path is not None}
    left = gone(profile, there["p"])
    segments = {f"segment_{dimension}" for dimension in profile.dimensions}
    asked = {
        "customer_id",
        *segments,
        *left,
        *_DATA,
        *_REFERENCE,
        *(t for d in profile.dimensions for t in looks_at(profile, d)),
    }
    who = "coalesce(one.customer_id, two.customer_id)"
    joined = f"FROM {parquet(sides.now)} one FULL JOIN {parquet(_given(sides.before))} two USING (customer_id)"
    # A contact is where its account is, which moves for both.
    joined += " WHERE coalesce(one.population, two.population, 'person') <> 'contact'" if _of_populations(there) else ""
    moved = [f"one.{name(c)} IS DISTINCT FROM two.{name(c)}" for c in sorted(segments & there["p"])]
    moved += [f"two.{name(c)} IS NOT NULL" for c in left]
    moved += ["true"] if segments - there["p"] else []
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE strata_movers AS SELECT {who} AS customer_id {joined} "
        f"{'AND' if _of_populations(there) else 'WHERE'} ({' OR '.join(moved)})"
    ).fetchall()
    structs, joins = [], ""
    for alias, path in files.items():
        if path is None:
            structs.append(f"NULL AS {alias}")
            continue
        fields = ", ".join(f"{name(c)} := {alias}.{name(c)}" for c in sorted(asked & there[alias]))
        structs.append(f"CASE WHEN {alias}.customer_id IS NOT NULL THEN struct_pack({fields}) END AS {alias}")
        joins += f" LEFT JOIN {parquet(path)} {alias} ON {alias}.customer_id = who.customer_id"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE strata_sides AS SELECT who.customer_id, {', '.join(structs)}, "
        "d.kind AS departed, s.customer_id IS NOT NULL AS survivor, r.customer_id IS NOT NULL AS returned "
        f"FROM strata_movers who{joins} {_evidence(sides)}"
    ).fetchall()


def _of_populations(there: Mapping[str, frozenset[str]]) -> bool:
    """Publications of older programs do not tell persons from contacts."""
    return "population" in there["n"] and "population" in there["p"]


def _given(path: Path | None) -> Path:
    assert path is not None  # noqa: S101 - for the type checker
    return path


def _evidence(sides: Sides) -> str:
    """Joins of who departed, who took over a merged customer, who gave something back."""
    nobody = '(SELECT NULL::VARCHAR AS customer_id, NULL::VARCHAR AS kind, NULL::VARCHAR AS "into" WHERE false)'
    departed = nobody if sides.departed is None else parquet(sides.departed)
    returned = nobody if sides.returned is None else parquet(sides.returned)
    parts = {
        "d": f"SELECT customer_id, min(kind) AS kind FROM {departed} GROUP BY customer_id",
        "s": f"SELECT DISTINCT \"into\" AS customer_id FROM {departed} WHERE kind = 'merge'",
        "r": f"SELECT DISTINCT customer_id FROM {returned}",
    }
    return " ".join(
        f"LEFT JOIN ({rows}) {alias} ON {alias}.customer_id = who.customer_id" for alias, rows in parts.items()
    )


def _of_dimension(
    profile: Profile,
    dimension: str,
    why: Mapping[str, str] | str,
    there: frozenset[str],
    sides: Sides,
    con: duckdb.DuckDBPyConnection,
) -> str:
    column = f"segment_{dimension}"
    in_ruled = sides.ruled is not None and column in _columns(con, sides.ruled)
    in_like = sides.like is not None and column in _columns(con, sides.like)
    now, before = f"n.{name(column)}", f"p.{name(column)}" if column in there else "NULL::VARCHAR"
    like = f"l.{name(column)}" if in_like else "NULL::VARCHAR"
    ruled = f"m.{name(column)}" if in_ruled else "NULL::VARCHAR"
    common = there & _columns(con, sides.now)
    like_common = common & _columns(con, sides.like) if sides.like is not None else frozenset[str]()
    data, converted = (_differ(columns, like_common, "p", "l") for columns in (_DATA, _REFERENCE))
    # Why the past looks different today, the most certain first.
    restated = (
        f"CASE WHEN {like} IS NULL OR {like} = {before} THEN NULL WHEN survivor THEN 'identity' "
        f"WHEN {ruled} = {like} THEN 'rule' WHEN {data} THEN 'correction' WHEN {converted} THEN 'reference' "
        f"WHEN {ruled} <> {before} THEN 'rule' ELSE 'correction' END"
    )
    # Bought nothing since and gave something back: what they moved for is what they gave back.
    refund = f"returned AND NOT {_more('lifetime_orders', like_common)}"
    cause = (
        f"CASE WHEN {str(column not in there).lower()} THEN 'rule' "
        f"WHEN {str(sides.rekeyed).lower()} AND (n IS NULL OR p IS NULL) THEN 'identity' "
        "WHEN n IS NULL THEN CASE WHEN departed = 'merge' THEN 'identity' "
        f"WHEN departed IN ({', '.join(map(literal, _ASKED))}) THEN 'customer' ELSE 'correction' END "
        f"WHEN p IS NULL THEN CASE WHEN l IS NULL THEN 'customer' WHEN survivor THEN 'identity' ELSE 'correction' END "
        f"WHEN {like} = {now} AND {like} <> {before} THEN {restated} "
        f"WHEN {refund} THEN 'refund' ELSE 'customer' END"
    )
    if not in_like:
        cause = cause.replace("CASE WHEN l IS NULL", "CASE WHEN true")
    rule = _rule(why, now, common)
    changed = _changed(profile, dimension, common)
    move = f"CASE WHEN n IS NULL THEN 'exit' WHEN {before} IS NULL THEN 'enter' ELSE 'move' END"
    return (
        f"SELECT customer_id, {literal(dimension)} AS dimension, {now} AS segment, {before} AS previous_segment, "
        f"{like} AS like_segment, {move} AS move, {cause} AS cause, "
        f"CASE WHEN n IS NULL OR p IS NULL THEN NULL ELSE {restated} END AS restated, {rule} AS rule, "
        f"{literal(digest(definitions(profile)[dimension])[:_DIGITS])} AS definition, {changed} AS changed "
        f"FROM strata_sides WHERE {now} IS DISTINCT FROM {before}"
    )


def _differ(columns: Iterable[str], common: frozenset[str], one: str, two: str) -> str:
    parts = [f"{one}.{name(c)} IS DISTINCT FROM {two}.{name(c)}" for c in columns if c in common]
    return f"({' OR '.join(parts)})" if parts else "false"


def _more(column: str, common: frozenset[str]) -> str:
    return f"coalesce(n.{column} > l.{column}, false)" if column in common else "false"


def _rule(why: Mapping[str, str] | str, now: str, common: frozenset[str]) -> str:
    """By which rule: of a trait, by its value where that is published."""
    if isinstance(why, str):
        return f"CAST(n.{name(why)} AS VARCHAR)" if why in common else now
    if not why:
        return now
    cases = " ".join(f"WHEN {literal(code)} THEN {literal(rule)}" for code, rule in why.items())
    return f"CASE {now} {cases} END"


def looks_at(profile: Profile, dimension: str) -> frozenset[str]:
    """Traits that a dimension looks at."""
    kind = profile.dimensions[dimension]
    if isinstance(kind, RulesDimension):
        return frozenset(trait for segment in kind.segments for trait in traits(parse(segment.when)))
    return frozenset({kind.trait})


def _changed(profile: Profile, dimension: str, common: frozenset[str]) -> str:
    parts = [
        f"CASE WHEN p.{name(one)} IS DISTINCT FROM n.{name(one)} THEN {literal(one + ': ')} || "
        f"coalesce(CAST(p.{name(one)} AS VARCHAR), 'null') || ' > ' || "
        f"coalesce(CAST(n.{name(one)} AS VARCHAR), 'null') END"
        for one in sorted(looks_at(profile, dimension) & common)
    ]
    return (
        f"CASE WHEN n IS NULL OR p IS NULL THEN NULL ELSE concat_ws('; ', {', '.join(parts)}) END" if parts else "NULL"
    )
