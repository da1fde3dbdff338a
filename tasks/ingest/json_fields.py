"""Which columns the objects of a JSON Lines file make: a path of keys each, down to a bounded depth."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from tasks.sql import literal

#: Objects within objects that become columns; what lies deeper stays JSON text.
DEPTH = 4
#: An object of more keys is a list by number or name, not a record: it stays JSON text.
KEYS = 100


@dataclass(frozen=True, slots=True)
class Field:
    """A path of keys with its values: whether all are numbers, and whether some are not whole."""

    path: tuple[str, ...]
    numeric: bool = False
    doubles: bool = False

    @property
    def pointer(self) -> str:
        """The JSON pointer: unlike a JSON path, it can name a key that is empty or `*`."""
        return pointer(self.path)


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields in the order of the first object that has them, and conditions of an object with a key twice."""

    fields: tuple[Field, ...]
    twice: tuple[str, ...]


def pointer(path: tuple[str, ...]) -> str:
    """RFC 6901.

    >>> pointer(("a/b", "~"))
    '/a~1b/~0'
    """
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


def json_fields(con: duckdb.DuckDBPyConnection, objects: str) -> Fields:
    """The fields of a relation whose column `o` is a JSON object as text, or null."""
    top, repeated = _level(con, objects, ())
    twice = [repeated] if repeated else []
    fields = _expanded(con, objects, top, twice, 1)
    return Fields(tuple(fields), tuple(twice))


def _expanded(
    con: duckdb.DuckDBPyConnection, objects: str, level: list[tuple[Field, bool, bool]], twice: list[str], depth: int
) -> list[Field]:
    """The fields of a level, each that holds objects replaced by theirs; kept too where it holds other values."""
    fields: list[Field] = []
    for field, nested, other in level:
        within, repeated = _level(con, objects, field.path) if nested and depth < DEPTH else ([], None)
        if not within or len(within) > KEYS:
            fields.append(field)
            continue
        twice += [repeated] if repeated else []
        fields += [field] if other else []
        fields += _expanded(con, objects, within, twice, depth + 1)
    return fields


def _level(
    con: duckdb.DuckDBPyConnection, objects: str, path: tuple[str, ...]
) -> tuple[list[tuple[Field, bool, bool]], str | None]:
    """The keys below a path: field, whether it holds objects, whether other values; the condition of a key twice."""
    here = f"json_extract(o, {literal(pointer(path))})" if path else "o"
    inner = f"(SELECT CASE WHEN json_type({here}) = 'OBJECT' THEN {here} END AS o FROM {objects})"
    twice = f"coalesce(len(list_distinct(json_keys({here}))) < len(json_keys({here})), false)"
    own = "len(list_distinct(json_keys(o))) < len(json_keys(o))"
    # A line with a key twice adds the key null to those of the level.
    found = f"list_concat(json_keys(o), CASE WHEN {own} THEN [NULL::VARCHAR] END)"
    escaped = "('/' || replace(replace(unnest(k), '~', '~0'), '/', '~1'))"
    kinds = con.execute(
        f"SELECT key, bool_and(kind IN ('BIGINT', 'UBIGINT', 'DOUBLE')), bool_or(kind = 'DOUBLE'), "
        f"bool_or(kind = 'OBJECT'), bool_or(kind <> 'OBJECT') "
        f"FROM (SELECT unnest(k) AS key, json_type(o, {escaped}) AS kind "
        f"FROM (SELECT o, {found} AS k FROM {inner} WHERE o IS NOT NULL)) "
        f"WHERE kind <> 'NULL' OR kind IS NULL GROUP BY key"
    ).fetchall()
    by_key = {row[0]: row[1:] for row in kinds if row[0] is not None}
    first = con.execute(f"SELECT json_keys(o) FROM {inner} WHERE o IS NOT NULL LIMIT 1").fetchall()
    keys = dict.fromkeys([*(first[0][0] if first else []), *sorted(by_key)])
    level = []
    for key in keys:
        numeric, doubles, nested, other = by_key.get(key, (False, False, False, True))
        level.append((Field((*path, key), bool(numeric), bool(doubles)), bool(nested), bool(other)))
    return level, twice if any(row[0] is None for row in kinds) else None
