"""Files with the same columns are one table; a glob names them and those that will come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Any

from tasks.draft.evidence import Column
from tasks.draft.sample import Sample


def together(samples: Sequence[Sample]) -> list[Sample]:
    """Files with the same columns as one sample: the values of all, and the glob of their names."""
    groups: dict[tuple[Any, ...], list[Sample]] = {}
    for sample in samples:
        key = (sample.sheet, sample.delimiter, sample.skip, tuple(column.name for column in sample.columns))
        groups.setdefault(key, []).append(sample)
    every = {sample.file for sample in samples}
    result = []
    for group in groups.values():
        files = tuple(sample.file for sample in group)
        result.append(
            replace(
                group[0],
                columns=_joined(group),
                ascii=all(sample.ascii for sample in group),
                encodings=next((sample.encodings for sample in group if sample.encodings), ()),
                whole=all(sample.whole for sample in group),
                files=globs(files, every - set(files)),
                folders=len({PurePosixPath(file).parent for file in files}),
            )
        )
    return result


def globs(files: Sequence[str], others: set[str]) -> tuple[str, ...]:
    """One glob for files of one table, by their names whatever their folders; the names where it would catch others.

    >>> globs(["sales_2023.csv", "sales_2024.csv"], {"customers.csv"})
    ('sales_*.csv',)
    >>> globs(["sales_2023-11.csv", "sales_2023-12.csv"], set())
    ('sales_*.csv',)
    >>> globs(["2023-07-31/sales.csv", "2023-08-31/sales.csv"], set())
    ('sales.csv',)
    >>> globs(["a1.csv", "a2.csv"], {"a3.csv"})
    ('a1.csv', 'a2.csv')
    """
    names = sorted({PurePosixPath(file).name for file in files})
    if len(names) == 1:
        return tuple(names)
    start = re.sub(r"\d[\d._-]*$", "", _common(names))
    end = re.sub(r"^[\d._-]*\d", "", _common([name[::-1] for name in names])[::-1])
    glob = f"{start}*{end}"
    if any(fnmatchcase(PurePosixPath(other).name, glob) for other in others) or not start:
        return tuple(names)
    return (glob,)


_DAY = re.compile(r"(?P<year>\d{4})(-?)(?P<month>\d{2})\2(?P<day>\d{2})")


def drop_dates(paths: Iterable[str]) -> tuple[str, str] | None:
    r"""A dated folder's name and the pattern of its date, where every folder of files is named by its date.

    >>> drop_dates(["2024-03-31/sales.csv", "2024-04-30/sales.csv"])
    ('2024-03-31', '(?P<year>\\d{4})-(?P<month>\\d{2})-(?P<day>\\d{2})/')
    >>> drop_dates(["old/sales.csv"])
    """
    folders = {path.split("/", 1)[0] for path in paths}
    found = {folder: _DAY.fullmatch(folder) for folder in folders}
    if not folders or not all(found.values()) or len({len(folder) for folder in folders}) > 1:
        return None
    dash = "-" if "-" in min(folders) else ""
    return min(folders), dash.join(
        f"(?P<{part}>\\d{{{size}}})" for part, size in (("year", 4), ("month", 2), ("day", 2))
    ) + "/"


def _common(names: Sequence[str]) -> str:
    """The letters with which all names begin."""
    pairs = zip(min(names), max(names), strict=False)
    return "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _joined(group: Sequence[Sample]) -> tuple[Column, ...]:
    if len(group) == 1:
        return group[0].columns
    return tuple(
        Column(columns[0].name, tuple(value for column in columns for value in column.values), columns[0].typed)
        for columns in zip(*(sample.columns for sample in group), strict=True)
    )
