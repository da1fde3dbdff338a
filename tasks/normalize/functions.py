"""Functions of ours inside DuckDB: Arrow kernels on vectors, and parsers that work on the distinct values of a vector.

They are called only in the branch of a CASE that DuckDB's own functions could not answer. A database instance knows
each function once, whichever cursor registered it, so they hold no state of a market: all they need is an argument.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import duckdb
import pyarrow as pa

from tasks.normalize import parse_code, parse_contact, parse_date, parse_number, parse_text

_Parser = Callable[..., str | None]
_KERNELS: dict[str, Callable[[Any], Any]] = {"strata_free": parse_text.tidy_free, "strata_code": parse_text.tidy_code}
_PARSERS: dict[str, tuple[int, _Parser]] = {
    "strata_number": (3, parse_number.number),
    "strata_stamp": (2, parse_date.stamp),
    "strata_country": (2, parse_code.country),
    "strata_language": (2, parse_code.language),
    "strata_phone": (2, parse_contact.phone),
}


def register(con: duckdb.DuckDBPyConnection) -> None:
    """Make the functions known to the instance behind `con`; harmless when they are."""
    for name, kernel in _KERNELS.items():
        _create(con, name, kernel, 1)
    for name, (arguments, parser) in _PARSERS.items():
        _create(con, name, partial(_by_value, parser), arguments)


def _create(con: duckdb.DuckDBPyConnection, name: str, function: Callable[..., Any], arguments: int) -> None:
    text = duckdb.sqltype("VARCHAR")
    try:
        con.create_function(name, function, [text] * arguments, text, type="arrow")
    except duckdb.CatalogException as error:
        if "already exists" not in str(error):
            raise


def _by_value(parser: _Parser, *columns: Any) -> Any:
    """Apply a parser of texts to vectors of texts, once for each distinct combination; null where one is null."""
    known: dict[tuple[str | None, ...], str | None] = {}
    found = []
    for values in zip(*(column.to_pylist() for column in columns), strict=True):
        if values not in known:
            known[values] = None if None in values else parser(*values)
        found.append(known[values])
    return pa.array(found, pa.string())
