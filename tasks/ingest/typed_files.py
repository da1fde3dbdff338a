"""JSON Lines and Parquet as text: ISO 8601 dates, plain decimals."""

from __future__ import annotations

import duckdb

from tasks.errors import DropError
from tasks.files import parquet, pattern
from tasks.ingest import encoding
from tasks.ingest.archives import MAXIMUM_RATIO
from tasks.ingest.json_fields import json_fields
from tasks.ingest.part import Delivered, Part, column_names, typed_note
from tasks.ingest.text_files import NO_NULL, WHOLE_LINE
from tasks.sql import literal, name

#: Bytes of the longest JSON line.
LINE = 16 << 20
#: Below this many rows no packing is alarming.
SMALL_ROWS = 10_000_000
#: A JSON number with a point or an exponent is a double (RFC 8259, 6): from 2^53 on it may have lost digits.
UNSURE = 1 << 53


def plain_decimal(value: str) -> str:
    """SQL for the text of a DOUBLE, without exponent, trailing `.0` or float noise: what fifteen digits say.

    What has more than 23 digits before its point keeps the exponent, and is no amount to whoever reads it.
    """
    short = f"format('{{:.15g}}', {value})"
    plain = f"rtrim(rtrim(TRY_CAST({short} AS DECIMAL(38, 15))::VARCHAR, '0'), '.')"
    return (
        f"CASE WHEN {value} IS NULL OR NOT isfinite({value}) THEN {value}::VARCHAR "
        f"WHEN contains({short}, 'e') THEN coalesce({plain}, {short}) ELSE {short} END"
    )


def read_parquet(con: duckdb.DuckDBPyConnection, file: Delivered) -> Part:
    """A Parquet file, each column cast to text. Raises DropError if it is damaged or a text is not UTF-8."""
    source = parquet(file.path, "file_row_number = true", "binary_as_string = true")
    try:
        _no_bomb(con, file)
        described = con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        fields = [(row[0], str(row[1])) for row in described if row[0] != "file_row_number"]
        for column, _ in fields:
            _read_once(con, source, column, file)
    except duckdb.Error as error:
        told = str(error).splitlines()[0].replace(str(file.path), file.name)
        raise DropError(f"damaged Parquet: {told}", file=file.name, hint="ask the shop for the file again") from None
    columns = column_names(column for column, _ in fields)
    texts = [_as_text(name(column), kind) for column, kind in fields]
    named = ", ".join(f"{text} AS {name(column)}" for text, column in zip(texts, columns, strict=True))
    typed = [
        c for c, (_, kind) in zip(columns, fields, strict=True) if kind != "VARCHAR" and not kind.startswith("ENUM")
    ]
    relation = f"(SELECT file_row_number + 1 AS record, NULL::VARCHAR AS fault, {named} FROM {source})"
    return Part(relation, columns, None, {}, {**file.inferred, **typed_note(typed)})


def _no_bomb(con: duckdb.DuckDBPyConnection, file: Delivered) -> None:
    """DropError for rows beyond all packing: a hundred million equal rows take a few kilobytes."""
    path, size = literal(pattern(file.path)), file.path.stat().st_size
    (rows,) = con.execute(f"SELECT sum(num_rows) FROM parquet_file_metadata({path})").fetchone() or (0,)
    if rows > SMALL_ROWS and rows > MAXIMUM_RATIO * size:
        expected = f"at most {MAXIMUM_RATIO} rows a byte"
        hint = "a damaged file, or a bomb: ask who made it"
        raise DropError(f"{rows} rows in {size} bytes", file=file.name, expected=expected, hint=hint)


def _read_once(con: duckdb.DuckDBPyConnection, source: str, column: str, file: Delivered) -> None:
    """Read every value, so that no later stage meets a damaged page; DropError for a text that is not UTF-8."""
    try:
        con.execute(f"SELECT bit_xor(hash({name(column)})) FROM {source}").fetchall()
    except duckdb.InvalidInputException as error:
        if "Invalid string encoding" not in str(error):
            raise
        # Not in DuckDB's words: they hold the value.
        expected, hint = "UTF-8, as in all Parquet text", "ask the shop to export text, not bytes of a code page"
        raise DropError("not UTF-8", file=file.name, column=column, expected=expected, hint=hint) from None


def _as_text(column: str, kind: str) -> str:
    if kind in {"DOUBLE", "FLOAT"}:
        return plain_decimal(f"{column}::DOUBLE" if kind == "DOUBLE" else f"{column}::VARCHAR::DOUBLE")
    if kind.startswith("TIMESTAMP"):
        zone = "+00:00" if "WITH TIME ZONE" in kind else ""
        instant = f"({column} AT TIME ZONE 'UTC')" if zone else f"{column}::TIMESTAMP"
        text = f"replace({instant}::VARCHAR, ' ', 'T')"
        return f"({text} || '{zone}')" if zone else text
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP")):
        return f"to_json({column})::VARCHAR"
    return f"{column}::VARCHAR"


def read_json_lines(con: duckdb.DuckDBPyConnection, file: Delivered) -> Part:
    """One JSON object a line; objects within it are columns such as `consent.email`, arrays stay JSON text.

    A line has the fault `syntax` if it is no object, has a key twice (which of its values is meant?) or a number that
    cannot be told exactly. Whole numbers are exact at any length.
    Raises DropError for a JSON array, for bytes that are not UTF-8, and where no line is an object.
    """
    found = encoding.inspect(file.path)
    if not found.utf8 or found.mark not in {None, "utf-8-sig"}:
        shown = f"bytes {found.bad_bytes[:2].hex(' ')} at offset {found.bad_offset}"
        raise DropError("JSON is always UTF-8, this is not", file=file.name, value=shown, hint="export it in UTF-8")
    if found.longest_piece is not None:
        raise DropError(
            f"a line of more than {encoding.PIECE >> 20} MiB at offset {found.longest_piece}",
            file=file.name,
            expected="one object a line",
            hint="export it as JSON Lines",
        )
    with file.path.open("rb") as opened:
        if opened.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[":
            raise DropError(
                "a JSON array, not JSON Lines",
                file=file.name,
                expected="one object a line",
                hint="export it as JSON Lines",
            )
    lines = (
        f"read_csv({literal(pattern(file.path))}, hive_partitioning=false, auto_detect=false, header=false, skip=0, "
        f"delim={literal(WHOLE_LINE)}, quote='', escape='', columns={{'line': 'VARCHAR', 'rest': 'VARCHAR'}}, "
        f"null_padding=true, nullstr={literal(NO_NULL)}, strict_mode=false, max_line_size={LINE})"
    )
    valid = "CASE WHEN json_valid(line) AND rest IS NULL AND json_type(line) = 'OBJECT' THEN line END"
    objects = f"(SELECT {valid} AS o FROM {lines})"
    if not con.execute(f"SELECT 1 FROM {objects} WHERE o IS NOT NULL LIMIT 1").fetchall():
        raise DropError("no line is a JSON object", file=file.name, hint="declare format")
    found_fields = json_fields(con, objects)
    if not found_fields.fields:
        raise DropError("no JSON object has a key", file=file.name, hint="ask the shop for the file again")
    keys = found_fields.fields
    columns = column_names(".".join(field.path) for field in keys)
    values = [f"v[{n}]" for n in range(1, len(keys) + 1)]
    texts = [_plain_number(v) if key.numeric else v for key, v in zip(keys, values, strict=True)]
    named = ", ".join(f"{text} AS {name(column)}" for text, column in zip(texts, columns, strict=True))
    pointers = ", ".join(literal(key.pointer) for key in keys)
    unsure = [
        _unsure(v) if key.numeric else f"json_type(o, {literal(key.pointer)}) = 'DOUBLE' AND {_unsure(v)}"
        for v, key in zip(values, keys, strict=True)
        if key.doubles
    ]
    faulty = " OR ".join(["o IS NULL", *found_fields.twice, *unsure])
    relation = (
        f"(SELECT row_number() OVER () AS record, CASE WHEN {faulty} THEN 'syntax' END AS fault, {named} "
        f"FROM (SELECT o, json_extract_string(o, [{pointers}]) AS v FROM {objects}))"
    )
    typed = typed_note(c for c, key in zip(columns, keys, strict=True) if key.numeric)
    return Part(relation, columns, "utf-8", {}, {**file.inferred, **typed}, numbered=True)


def _unsure(text: str) -> str:
    return f"(regexp_matches({text}, '[.ei]') AND abs(TRY_CAST({text} AS DOUBLE)) >= {UNSURE})"


def _plain_number(text: str) -> str:
    """SQL for a JSON number without exponent, nor the `.0` that turns a whole column's numbers where one is missing."""
    whole = f"CASE WHEN suffix({text}, '.0') THEN left({text}, -2) ELSE {text} END"
    return f"CASE WHEN contains(lower({text}), 'e') THEN {plain_decimal(f'{text}::DOUBLE')} ELSE {whole} END"
