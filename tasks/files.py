"""Files for DuckDB: what its readers are given is a pattern, and folders named `key=value` are columns to them."""

from __future__ import annotations

from pathlib import Path

from tasks.errors import Terminal

#: How Parquet files are written that a publication names, or that the next steps' digests follow from.
PUBLISHED = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880"
_SIGNS = {"[": "[[]", "*": "[*]", "?": "[?]"}


def pattern(path: Path | str) -> str:
    """The pattern that only this path matches: a browser's `sales[1].csv` would else be read as `sales1.csv`.

    Raises Terminal for a path with a backslash and one of `[ * ?`: no pattern of DuckDB's means it.

    >>> pattern("landing/sales[1].csv")
    'landing/sales[[]1].csv'
    """
    text = str(path)
    if not any(sign in text for sign in _SIGNS):
        return text
    if "\\" in text:
        raise Terminal("a backslash beside [, * or ? in a path", path=text, hint="rename the file or folder")
    return "".join(_SIGNS.get(sign, sign) for sign in text)


def parquet(path: Path | str, *options: str) -> str:
    """For FROM: the rows and columns of one Parquet file, and none that its folders' names would add.

    >>> parquet("country=DE/customers.parquet", "file_row_number = true")
    "read_parquet('country=DE/customers.parquet', hive_partitioning = false, file_row_number = true)"
    """
    quoted = "'" + pattern(path).replace("'", "''") + "'"
    return f"read_parquet({', '.join([quoted, 'hive_partitioning = false', *options])})"
