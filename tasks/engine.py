"""Where expressions run: DuckDB in this process, or Spark for a market that outgrows a machine.

Stages write Ibis expressions and know neither. Both engines work in UTC, divide and cast by the same rules, and hand
their result to one Parquet writer (DuckDB's), so that a publication's bytes do not depend on the engine.
"""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, Literal, Protocol
from weakref import WeakKeyDictionary

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend as DuckDBBackend
from ibis.backends.sql.datatypes import DuckDBType

from tasks.errors import Terminal
from tasks.files import parquet, pattern
from tasks.sql import literal
from tasks.written import write_parquet

# Ibis would merge nested SELECTs into one, in time that grows with the square of what they hold: a third of the time of
# a small market's segmentation. The engines' optimizers do it better.
ibis.options.sql.fuse_selects = False


class Engine(Protocol):
    """What stages need of an engine; `name` goes into the run's record, never into a publication."""

    name: Literal["duckdb", "spark"]

    def read_parquet(self, path: Path | str) -> ir.Table:
        """The rows of one Parquet file."""

    def from_duckdb(self, relation: str, name: str) -> ir.Table:
        """The rows of a relation for DuckDB's FROM, under a name for reading plans."""

    def from_arrow(self, table: pa.Table, name: str) -> ir.Table:
        """A small table of this process, under a name for reading plans."""

    def cache(self, expr: ir.Table) -> ir.Table:
        """The expression computed once and kept until `drop`, for a result that is used several times."""

    def drop(self, *tables: ir.Table) -> None:
        """Give back what `cache` or `from_arrow` kept."""

    def to_arrow(self, expr: ir.Table) -> pa.Table:
        """A small result, in this process."""

    def rounded(self, value: ir.Value, type_: str) -> ir.Value:
        """A decimal cast to a coarser one, half away from zero, exactly."""

    def write(self, expr: ir.Table, path: Path, order_by: Sequence[str], *, in_order: bool = False) -> int:
        """Write the result as one Parquet file and return its rows.

        `order_by` names columns that order the rows totally, ascending, nulls last: the bytes then follow from the
        rows alone. `in_order` says that an engine which keeps the order of rows computes them in this one. Without
        columns the file is for the next step only: in any order, barely compressed.
        """


def open_duckdb(
    memory: str = "1GiB", threads: int | None = None, temp: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """Open the process' one DuckDB instance, in memory; its cursors (one a market) share the memory limit.

    `memory` as DuckDB writes it (`1GiB`, `800MB`); `threads` is all cores where None; what exceeds memory spills
    to `temp`, and without it is an error. The session is in UTC and never downloads an extension.

    >>> open_duckdb("100MB", threads=1).cursor().sql("SELECT current_setting('TimeZone')").fetchall()
    [('UTC',)]
    """
    config: dict[str, Any] = {
        "memory_limit": memory,
        "temp_directory": "" if temp is None else str(temp),
        "autoinstall_known_extensions": False,
        "default_null_order": "nulls_last",
    }
    if threads is not None:
        config["threads"] = threads
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("SET GLOBAL TimeZone = 'UTC'")  # needs icu, which loads only once the instance is there
    return connection


def _typed(rows: pa.Table, expr: ir.Table) -> pa.Table:
    """Cast to the expression's own types: engines differ in what they hand over for text and counts."""
    return rows.cast(pa.schema([pa.field(field.name, field.type) for field in expr.schema().to_pyarrow()]))


#: Ibis' backend without a connection: it compiles, and DuckDB itself is asked.
_COMPILER = DuckDBBackend()
#: Of each cursor: which number its next table gets.
_numbers: WeakKeyDictionary[duckdb.DuckDBPyConnection, Iterator[int]] = WeakKeyDictionary()


class DuckDB:
    """The embedded engine, on a cursor of the process' instance."""

    name: Literal["duckdb", "spark"] = "duckdb"

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self._numbers = _numbers.setdefault(con, count(1))

    def read_parquet(self, path: Path | str) -> ir.Table:
        """Lazily: a view on the file."""
        return self.from_duckdb(parquet(path), "parquet")

    def from_duckdb(self, relation: str, name: str) -> ir.Table:
        """Lazily: a view on it."""
        return self._named(name, "VIEW", f"SELECT * FROM {relation}")

    def from_arrow(self, table: pa.Table, name: str) -> ir.Table:
        """As a temporary table of this cursor."""
        source = f"arrow_{uuid.uuid4().hex}"
        self.con.register(source, table)
        try:
            return self._named(name, "TABLE", f'SELECT * FROM "{source}"')
        finally:
            self.con.unregister(source)

    def cache(self, expr: ir.Table) -> ir.Table:
        """As a temporary table of this cursor; it spills when memory is short."""
        return self._named("cache", "TABLE", self.sql(expr))

    def _named(self, name: str, kind: Literal["TABLE", "VIEW"], rows: str) -> ir.Table:
        # Not Ibis' own create_table and read_parquet: under DuckDB 2 they warn, and their clean-up fails to parse.
        # Counted names: the next market's expressions are then the same, and need no new SQL.
        unique = f"{name}_{next(self._numbers)}"
        self.con.execute(f'CREATE TEMP {kind} "{unique}" AS {rows}').fetchall()
        columns = self.con.execute(f'DESCRIBE temp."{unique}"').fetchall()
        schema = ibis.schema({column: DuckDBType.from_string(dtype) for column, dtype, *_ in columns})
        namespace = ops.Namespace(catalog="temp", database="main")
        return ops.DatabaseTable(name=unique, schema=schema, source=_COMPILER, namespace=namespace).to_expr()

    def drop(self, *tables: ir.Table) -> None:
        """Drop the temporary tables."""
        for table in tables:
            # Ibis' get_name() is the whole path, which as a quoted name is nobody's.
            self.con.execute(f'DROP TABLE IF EXISTS temp."{table.op().name}"').fetchall()

    def to_arrow(self, expr: ir.Table) -> pa.Table:
        """Fetch."""
        return _typed(self.con.sql(self.sql(expr)).to_arrow_table(), expr)

    def sql(self, expr: ir.Table) -> str:
        """The expression as a SELECT."""
        return _sql(expr.op())

    def rounded(self, value: ir.Value, type_: str) -> ir.Value:
        """By way of a double, kept where it lies within half a unit: a 128-bit division costs 30 times as much.

        A cast of a wide decimal to a double divides, too; the mean of a list of one value does not.
        """
        unit = dt.dtype(type_)
        near = ibis.array([value]).means().cast("float64").cast(type_)
        half = ibis.literal(Decimal(5).scaleb(-unit.scale - 1), f"decimal(18, {unit.scale + 1})")
        return ibis.ifelse((value - near).abs() < half, near, value.cast(type_))

    def write(self, expr: ir.Table, path: Path, order_by: Sequence[str], *, in_order: bool = False) -> int:
        """Straight to the file."""
        return write_parquet(self.con, self.sql(expr), expr, path, order_by, in_order=in_order)


@lru_cache(maxsize=1024)
def _sql(op: ops.Node) -> str:
    """An expression's SQL for DuckDB. Ibis takes up to 0.3 s for one; markets and months ask the same of other rows."""
    return str(_COMPILER.compile(op.to_expr()))


class Spark:
    """Spark in this process' own JVM; `con` writes the final files, `temp` takes what Spark stages.

    Raises Terminal, with what to install, where PySpark or Java is missing.
    """

    name: Literal["duckdb", "spark"] = "spark"

    def __init__(
        self, con: duckdb.DuckDBPyConnection, temp: Path, threads: int | None = None, memory: str = "2g"
    ) -> None:
        self.con = con
        self.temp = temp
        self.temp.mkdir(parents=True, exist_ok=True)
        self.session = _spark_session(temp, threads or os.cpu_count() or 1, memory)
        self.backend = ibis.pyspark.connect(self.session)

    def _staged(self, expr: ir.Table) -> Path:
        folder = self.temp / f"stage_{uuid.uuid4().hex}"
        self.session.sql(self.backend.compile(expr)).write.parquet(str(folder))
        return folder

    def read_parquet(self, path: Path | str) -> ir.Table:
        """Lazily: a view on the file or folder, whose path is a pattern to Spark, too."""
        return self.backend.read_parquet(re.sub(r"[][{}*?\\]", r"\\\g<0>", str(path)))

    def from_duckdb(self, relation: str, name: str) -> ir.Table:
        """Through a staged file."""
        path = self.temp / f"{name}_{uuid.uuid4().hex}.parquet"
        # Snappy: Spark refuses some of DuckDB's LZ4_RAW pages ("all input must be consumed").
        copy = f"COPY (SELECT * FROM {relation}) TO {literal(path)} (FORMAT parquet, COMPRESSION snappy)"
        self.con.execute(copy).fetchall()
        return self.read_parquet(path)

    def from_arrow(self, table: pa.Table, name: str) -> ir.Table:
        """Through a staged file: the only way that keeps every decimal and date as it is."""
        path = self.temp / f"{name}_{uuid.uuid4().hex}.parquet"
        pq.write_table(table, path)
        return self.read_parquet(path)

    def cache(self, expr: ir.Table) -> ir.Table:
        """As a staged file, which also cuts Spark's plan short."""
        return self.read_parquet(self._staged(expr))

    def drop(self, *tables: ir.Table) -> None:
        """Drop the views; the staged files go with `temp`."""
        for table in tables:
            self.session.catalog.dropTempView(table.get_name())

    def to_arrow(self, expr: ir.Table) -> pa.Table:
        """Through a staged file: `toArrow` leaves its socket open."""
        folder = self._staged(expr)
        try:
            return _typed(pq.read_table(folder), expr)
        finally:
            shutil.rmtree(folder)

    def rounded(self, value: ir.Value, type_: str) -> ir.Value:
        """As Spark casts."""
        return value.cast(type_)

    def write(self, expr: ir.Table, path: Path, order_by: Sequence[str], *, in_order: bool = False) -> int:  # noqa: ARG002 - Spark keeps no order
        """Stage in Spark's own files, then rewrite with the one writer."""
        folder = self._staged(expr)
        try:
            rows = f"FROM read_parquet({literal(Path(pattern(folder), '*.parquet'))}, hive_partitioning = false)"
            return write_parquet(self.con, rows, expr, path, order_by)
        finally:
            shutil.rmtree(folder)


def _spark_session(temp: Path, threads: int, memory: str) -> Any:
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise Terminal("the engine Spark needs PySpark", hint="pip install 'strata[spark]', or use duckdb") from error
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",  # overflow and bad casts raise, as on DuckDB
        "spark.sql.decimalOperations.allowPrecisionLoss": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.shuffle.partitions": str(2 * threads),
        "spark.sql.warehouse.dir": str(temp / "warehouse"),
        "spark.local.dir": str(temp),
        "spark.driver.memory": memory,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master(f"local[{threads}]").appName("strata")
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except (PySparkRuntimeError, FileNotFoundError) as error:
        raise Terminal(
            "the engine Spark could not start Java", expected="Java 17 or 21", hint="set JAVA_HOME, or use duckdb"
        ) from error
