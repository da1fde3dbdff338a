"""Delimited text to a raw relation: on the file itself where DuckDB reads it exactly, else read record by record."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import duckdb

from region_profiles.models import RawTable
from tasks.errors import DropError
from tasks.files import parquet, pattern
from tasks.ingest import encoding, exact
from tasks.ingest.dialect import WHITESPACE, Dialect, find_dialect, head
from tasks.ingest.part import Delivered, Part
from tasks.sql import literal, name

#: DuckDB needs some null; this text stands in no file, so that a padded field (null) differs from an empty one ('').
NO_NULL = "\x01\x02no null\x02\x01"
#: A delimiter for reading whole lines: the unit separator, which no shop types.
WHOLE_LINE = "\x1f"
#: Columns declared beyond the header where quotes are in use: DuckDB refuses the file if a record has still more.
OVERFLOW = 4


def read_text(
    con: duckdb.DuckDBPyConnection,
    file: Delivered,
    table: RawTable,
    declared: str | None,
    work: Path,
    *,
    bound: Decimal,
    named: frozenset[str] = frozenset(),
) -> Part:
    """The raw relation of a delimited text file; `named` are the columns that the profile reads.

    Errors: DropError where the bytes contradict the profile.
    """
    found = encoding.inspect(file.path)
    if not found.size:
        raise DropError("empty file", file=file.name, expected="a header", hint="ask the shop for the file again")
    codec, convert = encoding.settle(found, declared, file.name)
    path, undecodable = file.path, 0
    if convert:
        path, undecodable = encoding.rewrite(path, codec, work / "utf8", file.sha256, file=file.name, bound=bound)
        found = encoding.inspect(path)
    if found.longest_piece is not None:
        raise DropError(
            f"a line of more than {encoding.PIECE >> 20} MiB at offset {found.longest_piece}",
            file=file.name,
            hint="is it a text file, with line ends?",
        )
    dialect = find_dialect(head(path), table, _signs(found, table), file.name, named)
    inferred = dict(file.inferred)
    if declared is None:
        inferred["encoding"] = codec
    if dialect.sniffed:
        inferred["delimiter"] = dialect.delimiter
    if dialect.titles:
        inferred["header_row"] = str(dialect.skip + dialect.heading)
    if undecodable:
        inferred["undecodable"] = str(undecodable)
    marks = tuple(m for m, there in ((encoding.UNDECODABLE, undecodable), ("\0", found.nuls)) if there)
    relation = _relation(con, path, dialect, marks)
    numbered = relation is not None
    if relation is None:
        digest = hashlib.sha256(repr(dialect).encode()).hexdigest()[:12]
        target = exact.write(path, dialect, work / "exact" / f"{file.sha256}-{digest}.parquet")
        relation = f"(SELECT {_outer(marks, dialect.columns)} FROM {parquet(target)})"
        inferred["reader"] = "record by record"
    controls = found.controls - {dialect.delimiter, dialect.quote, dialect.escape}
    if controls:
        relation = _without(controls, relation, dialect.columns)
        inferred["removed"] = "control characters " + " ".join(f"{ord(sign):02x}" for sign in sorted(controls))
    return Part(relation, dialect.columns, codec, dialect.as_dict(), inferred, numbered)


def _signs(found: encoding.Inspection, table: RawTable) -> frozenset[str]:
    # A sign that was not looked for is taken at the profile's word.
    declared = {sign for sign in (table.quote, table.escape) if sign}
    return found.signs | (declared - set(encoding.SIGNS))


def _relation(con: duckdb.DuckDBPyConnection, path: Path, dialect: Dialect, marks: tuple[str, ...]) -> str | None:
    """A subquery on the file, or None where DuckDB would lose something."""
    if dialect.delimiter == WHITESPACE:
        return whitespace(path, dialect, marks)
    if dialect.escape not in {"", dialect.quote}:
        return None  # DuckDB knows escapes inside quotes only
    if not dialect.quote:
        relation = delimited(path, dialect, marks)
        return relation if _first_is_right(con, relation, dialect) else None
    for parallel in (True, False):
        relation = delimited(path, dialect, marks, parallel=parallel)
        try:
            con.execute(f"SELECT count(*) FROM {scan(path, dialect, parallel=parallel)}").fetchall()
        except duckdb.Error as error:
            if parallel and "quoted new lines" in str(error):
                continue
            return None
        return relation if _first_is_right(con, relation, dialect) else None
    return None


def scan(path: Path, dialect: Dialect, *, parallel: bool = True) -> str:
    """DuckDB's read_csv of everything as text, with room for fields too many.

    Without quotation marks a line is a record, and the lenient reader keeps the first field too many; with them, the
    strict reader refuses whatever it would otherwise mend in silence.
    """
    width = len(dialect.columns) + dialect.trailing
    room = OVERFLOW if dialect.quote else 1
    columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(width + room))
    return (
        f"read_csv({literal(pattern(path))}, hive_partitioning=false, auto_detect=false, "
        f"header=false, skip={dialect.skip + dialect.heading}, "
        f"delim={literal(dialect.delimiter)}, quote={literal(dialect.quote)}, escape={literal(dialect.escape)}, "
        f"columns={{{columns}}}, null_padding=true, nullstr={literal(NO_NULL)}, "
        f"strict_mode={'true' if dialect.quote else 'false'}{'' if parallel else ', parallel=false'})"
    )


def delimited(path: Path, dialect: Dialect, marks: tuple[str, ...], *, parallel: bool = True) -> str:
    """The subquery over `scan`: record, fault, columns."""
    width = len(dialect.columns)
    many = f"c{width} IS NOT NULL"
    if dialect.trailing:
        many = f"c{width} <> '' OR c{width + 1} IS NOT NULL"
    fields = [f"c{n}" for n in range(width)]
    fault = _fault(marks, fields, f"c{width - 1} IS NULL", many)
    named = ", ".join(f"{field} AS {name(column)}" for field, column in zip(fields, dialect.columns, strict=True))
    source = scan(path, dialect, parallel=parallel)
    return f"(SELECT row_number() OVER () AS record, {fault} AS fault, {named} FROM {source})"


def whitespace(path: Path, dialect: Dialect, marks: tuple[str, ...]) -> str:
    """Records whose fields are split by runs of blanks, leading ones stripped."""
    lines = (
        f"read_csv({literal(pattern(path))}, hive_partitioning=false, auto_detect=false, "
        f"header=false, skip={dialect.skip + dialect.heading}, "
        f"delim={literal(WHOLE_LINE)}, quote='', escape='', columns={{'line': 'VARCHAR', 'rest': 'VARCHAR'}}, "
        f"null_padding=true, nullstr={literal(NO_NULL)}, strict_mode=false)"
    )
    width = len(dialect.columns)
    split = f"(SELECT string_split_regex(trim(line, ' \t'), '[ \t]+') AS f FROM {lines})"
    fields = [f"f[{n}]" for n in range(1, width + 1)]
    fault = _fault(marks, fields, f"len(f) < {width}", f"len(f) > {width}")
    named = ", ".join(f"{field} AS {name(column)}" for field, column in zip(fields, dialect.columns, strict=True))
    return f"(SELECT row_number() OVER () AS record, {fault} AS fault, {named} FROM {split})"


def _fault(marks: tuple[str, ...], fields: list[str], few: str, many: str) -> str:
    when = "".join(f" WHEN {_any_contains(mark, fields)} THEN {literal(_fault_of(mark))}" for mark in marks)
    return f"CASE{when} WHEN {few} THEN 'too_few_fields' WHEN {many} THEN 'too_many_fields' END"


def _outer(marks: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """The columns of a file read record by record, with the faults that its marks show."""
    fields = [name(column) for column in columns]
    when = "".join(f" WHEN {_any_contains(mark, fields)} THEN {literal(_fault_of(mark))}" for mark in marks)
    fault = f"CASE{when} ELSE fault END" if when else "fault"
    return ", ".join(["record", f"{fault} AS fault", *fields])


def _without(controls: frozenset[str], relation: str, columns: tuple[str, ...]) -> str:
    """The relation without signs that nobody sees: with them a code would be another one, and no join would find it."""
    signs = " || ".join(f"chr({ord(sign)})" for sign in sorted(controls))
    fields = ", ".join(f"translate({name(column)}, {signs}, '') AS {name(column)}" for column in columns)
    return f"(SELECT record, fault, {fields} FROM {relation})"


def _any_contains(mark: str, fields: list[str]) -> str:
    return f"contains(concat({', '.join(fields)}), chr({ord(mark)}))"


def _fault_of(mark: str) -> str:
    return "encoding" if mark == encoding.UNDECODABLE else "syntax"


def _first_is_right(con: duckdb.DuckDBPyConnection, relation: str, dialect: Dialect) -> bool:
    """Whether DuckDB's first record is the one that follows the header."""
    try:
        rows = con.execute(f"SELECT * FROM {relation} LIMIT 1").fetchall()
    except duckdb.Error:
        return False
    if not rows or dialect.first is None:
        return not rows and dialect.first is None
    width = len(dialect.columns)
    expected = [*dialect.first[:width], *[None] * (width - len(dialect.first))]
    return [None if v is None else v.strip() for v in rows[0][2:]] == [
        None if v is None else v.strip() for v in expected
    ]
