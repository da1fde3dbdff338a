"""All tables of a market's databases, each written once: sorted, counted, digested."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from region_profiles.models import Profile, RawTable
from region_profiles.source_models import Database
from tasks.errors import LedgerError, StrataError
from tasks.files import parquet
from tasks.ingest.databases.place import Place, kind_of
from tasks.ingest.databases.statement import Field, Kind, Rows, Server, statement
from tasks.ingest.part import Delivered, Part, column_names, typed_note
from tasks.ingest.typed_files import plain_decimal
from tasks.sql import literal, name

#: Rows in memory at once.
BATCH = 20_000
Kinds = tuple[Kind, ...]
#: Seconds that `look` waits.
LOOK = 15
#: The module of each kind, and the package that it drives.
DRIVERS = {"postgresql": ("postgres", "psycopg"), "mysql": ("mysql", "pymysql")}


@dataclass(frozen=True, slots=True)
class Answer:
    """A raw table as a database gave it."""

    delivered: Delivered
    part: Part
    rows: int
    note: str


@contextmanager
def session(place: Place, timeout: int) -> Iterator[Server]:
    """A session of the database, closed at the end whatever happens."""
    driver = DRIVERS[place.kind]
    try:  # imported where a profile needs it
        module = import_module(f"tasks.ingest.databases.{driver[0]}")
    except ImportError:
        raise place.no_driver(driver[1]) from None
    server: Server = module.connect(place, timeout)
    try:
        yield server
    finally:
        server.close()


def look(database: str) -> tuple[Literal["ok", "note", "wrong"], str]:
    """Whether a database of the environment answers, and whether its role is one that only reads."""
    kind = kind_of(os.environ.get(Place(database, "").variable, ""))
    place = Place(database, kind or "postgresql")
    try:
        with session(place, LOOK) as server:
            version, writes = server.version, server.may_write()
    except StrataError as error:
        return "wrong", str(error)
    if writes:
        return "note", f"{version} answers; its role may write: give it SELECT alone"
    return "ok", f"{version} answers; its role only reads"


def read_databases(con: duckdb.DuckDBPyConnection, profile: Profile, work: Path, as_of: date) -> Mapping[str, Answer]:
    """Each raw table that a database gives, by name: the tables of one database as they were at one moment.

    The rows lie in `work` as Parquet, all text, in the order of their columns, so that the same rows are the same bytes
    whatever order the server has. `sha256` is of names, types and values, and `bytes` are those of the values.
    Raises DropError for a missing setting, a refused login or SELECT; DatabaseUnavailable where a retry may help.
    """
    answers = {}
    for database, tables in profile.source.asked.items():
        declared = profile.source.databases.get(database, Database())
        with session(Place(database, declared.kind), declared.timeout) as server:
            for table, raw in tables.items():
                place = Place(database, declared.kind, table)
                server.at(place)
                answers[table] = _answer(con, server, place, raw, work, as_of)
    return answers


def _answer(
    con: duckdb.DuckDBPyConnection, server: Server, place: Place, raw: RawTable, work: Path, as_of: date
) -> Answer:
    asked = statement(raw, place.kind, as_of)
    fields = server.fields(asked)
    _named_once(place, fields)
    announced = server.count(asked)
    columns = column_names(field.name for field in fields)
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".read-", dir=work) as folder:
        raw_file, sorted_file = Path(folder) / "raw.parquet", Path(folder) / "sorted.parquet"
        kinds, received = receive(server.batches(asked, fields, BATCH), fields, raw_file)
        _sorted(con, raw_file, sorted_file, columns, kinds)
        sha256, size, written = _digest(sorted_file, columns, kinds)
        _ledger(place, announced, received, written)
        final = work / f"{sha256}.parquet"
        os.replace(sorted_file, final)  # noqa: PTH105 - Path.replace hides that this is the atomic step
    relation = (
        f"(SELECT file_row_number + 1 AS record, NULL::VARCHAR AS fault, {', '.join(map(name, columns))} "
        f"FROM {parquet(final, 'file_row_number = true')})"
    )
    typed = typed_note(c for c, kind in zip(columns, kinds, strict=True) if kind != "text")
    bounds = "".join(f", {parameter} {day}" for parameter, day in sorted(asked.values.items()))
    note = f"{announced:,} rows announced by {server.version}, {written:,} read{bounds}"
    part = Part(relation, columns, None, {}, typed)
    return Answer(Delivered(final, place.uri, sha256, size), part, written, note)


def _named_once(place: Place, fields: tuple[Field, ...]) -> None:
    names = [field.name for field in fields]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        hint = "give each column of select its own name with AS"
        raise place.fault(f"columns stand twice: {', '.join(twice)}", hint=hint)


def receive(batches: Iterable[Rows], fields: tuple[Field, ...], target: Path) -> tuple[tuple[Kind, ...], int]:
    """Write the server's texts as they come; the kinds (bytes of MySQL are known by their values), and the rows."""
    kinds = [field.kind for field in fields]
    schema = pa.schema([(f"c{place}", pa.string()) for place in range(len(fields))])
    received = 0
    with pq.ParquetWriter(target, schema, compression="lz4") as writer:
        for rows in batches:
            values = list(zip(*rows, strict=True))
            for place, column in enumerate(values):
                if isinstance(next((value for value in column if value is not None), None), bytes):
                    kinds[place] = "bytes"
                    values[place] = tuple(value.hex() if isinstance(value, bytes) else value for value in column)
            writer.write_table(pa.table([pa.array(column, pa.string()) for column in values], schema=schema))
            received += len(rows)
    return tuple(kinds), received


def _sorted(con: duckdb.DuckDBPyConnection, raw: Path, target: Path, columns: tuple[str, ...], kinds: Kinds) -> None:
    """Write the texts that typed files give, in the order of the columns from the first to the last."""
    texts = [
        f"{_text(f'c{n}', kind)} AS {name(column)}" for n, (column, kind) in enumerate(zip(columns, kinds, strict=True))
    ]
    query = f"SELECT {', '.join(texts)} FROM {parquet(raw)} ORDER BY ALL ASC NULLS FIRST"
    con.execute(f"COPY ({query}) TO {literal(target)} (FORMAT parquet, COMPRESSION lz4)").fetchall()


def _text(column: str, kind: Kind) -> str:
    """SQL for a value's text: ISO 8601 with no zeros after the last digit of a second, decimals without exponent."""
    if kind == "double":
        return plain_decimal(f"{column}::DOUBLE")
    if kind in {"timestamp", "instant", "time"}:
        short = f"CASE WHEN contains({column}, '.') THEN rtrim(rtrim({column}, '0'), '.') ELSE {column} END"
        return f"replace({short}, ' ', 'T')" + (" || '+00:00'" if kind == "instant" else "")
    return column


def _digest(path: Path, columns: tuple[str, ...], kinds: Kinds) -> tuple[str, int, int]:
    """sha256 of names, types and values, bytes of the values, rows: of what is written, not of how Parquet packs it."""
    lengths, texts = ([hashlib.sha256() for _ in columns] for _ in range(2))
    size = rows = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH):
            rows += batch.num_rows
            for place, column in enumerate(batch.columns):
                counted = pc.fill_null(pc.binary_length(column), -1).to_numpy(zero_copy_only=False)
                lengths[place].update(counted.astype("<i8").tobytes())
                joined = pc.binary_join(_one_list(column), "")[0].as_buffer() if len(column) else b""
                texts[place].update(joined)
                size += len(joined)
    told = [
        [c, k, one.hexdigest(), two.hexdigest()] for c, k, one, two in zip(columns, kinds, lengths, texts, strict=True)
    ]
    return hashlib.sha256(json.dumps([rows, told]).encode()).hexdigest(), size, rows


def _one_list(column: pa.Array) -> pa.Array:
    """The values that are there, as the one element of a list."""
    filled = column.drop_null()
    return pa.ListArray.from_arrays(np.array([0, len(filled)], np.int32), filled)


def _ledger(place: Place, announced: int, received: int, written: int) -> None:
    """Rows announced = received = written; else nothing is kept."""
    if announced != received:
        hint = "its tables keep no snapshot (MyISAM?): read them while nobody writes"
        raise place.unavailable(f"{announced:,} rows announced, {received:,} came", hint)
    if received != written:
        raise LedgerError(
            f"{received:,} rows came, {written:,} are written",
            file=place.uri,
            expected="rows announced = rows read",
            hint="this is a defect of the program: report it",
        )
