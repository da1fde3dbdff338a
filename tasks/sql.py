"""Quoting for DuckDB: nothing else puts a name, a value or a path into a statement."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def name(text: str) -> str:
    """A quoted identifier.

    >>> name('Kd"Nr')
    '"Kd""Nr"'
    """
    return '"' + text.replace('"', '""') + '"'


def literal(text: str | Path | None) -> str:
    """A quoted string, or NULL; a path as it is, to be written to (`tasks.files` has those to be read).

    >>> literal("d'Or")
    "'d''Or'"
    """
    return "NULL" if text is None else "'" + str(text).replace("'", "''") + "'"


def literals(values: Iterable[str]) -> str:
    """Quoted strings with commas between them, for IN; a list that nothing is in for no values.

    >>> literals(["b", "a"])
    "'b', 'a'"
    """
    return ", ".join(map(literal, values)) or "NULL"
