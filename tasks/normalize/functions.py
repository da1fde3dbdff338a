"""Functions of ours inside DuckDB: Arrow kernels on vectors, and parsers that work on the distinct values of a vector.

They are called only in the branch of a CASE that DuckDB's own functions could not answer. A database instance knows
each function once, whichever cursor registered it, so they hold no state of a market: all they need is an argument.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tasks import parse_date
from tasks.normalize import parse_code, parse_contact, parse_number, parse_text

_Parser = Callable[..., str | None]
_KERNELS: dict[str, Callable[[Any], Any]] = {"strata_free": parse_text.tidy_free, "strata_code": parse_text.tidy_code}
_PARSERS: dict[str, tuple[int, _Parser]] = {
    "strata_number": (4, parse_number.number),
    "strata_stamp": (2, parse_date.stamp),
    "strata_country": (2, parse_code.country),
    "strata_language": (2, parse_code.language),
    "strata_phone": (2, parse_contact.phone),
}


def register(con: duckdb.DuckDBPyConnection) -> None:
    """Make the functions known to the instance behind `con`; harmless when they are."""
    known = {
        row[0]
        for row in con.execute(
            "SELECT function_name FROM duckdb_functions() WHERE function_name LIKE 'strata_%'"
        ).fetchall()
    }
    text: Any = duckdb.sqltype("VARCHAR")
    for name, (arguments, function) in _functions().items():
        if name in known:
            continue
        try:
            con.create_function(name, function, [text] * arguments, text, type="arrow", null_handling="special")  # type: ignore[call-overload]
        except (duckdb.CatalogException, duckdb.NotImplementedException) as error:
            if "already" not in str(error):  # another thread's cursor of this instance was quicker
                raise


@cache
def _functions() -> dict[str, tuple[int, Callable[..., Any]]]:
    """Kept for the life of the process: an instance holds them when the cursor that registered them is gone."""
    kernels = {name: (1, kernel) for name, kernel in _KERNELS.items()}
    return kernels | {name: (count, _vectorised(parser, count)) for name, (count, parser) in _PARSERS.items()}


def _vectorised(parser: _Parser, arguments: int) -> Callable[..., Any]:
    """A function with as many parameters as DuckDB will count."""
    if arguments == 2:  # noqa: PLR2004 - the parsers have two or four
        return lambda text, how: _by_value(parser, text, how)
    return lambda text, first, second, third: _by_value(parser, text, first, second, third)


def _by_value(parser: _Parser, text: Any, *how: Any) -> Any:
    """Apply a parser to a vector of texts, once for each distinct one; null where one is null."""
    settings = [pc.unique(column).to_pylist() for column in how]
    if all(len(values) == 1 for values in settings):
        distinct = pc.unique(text)
        arguments = [values[0] for values in settings]
        found = [
            None if value is None or None in arguments else parser(value, *arguments) for value in distinct.to_pylist()
        ]
        return pc.take(pa.array(found, pa.string()), pc.index_in(text, value_set=distinct))
    known: dict[tuple[str | None, ...], str | None] = {}
    several = []
    for values in zip(*(column.to_pylist() for column in (text, *how)), strict=True):
        if values not in known:
            known[values] = None if None in values else parser(*values)
        several.append(known[values])
    return pa.array(several, pa.string())
