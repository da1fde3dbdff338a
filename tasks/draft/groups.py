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
    _with_workbooks(groups)
    every = {sample.file for sample in samples}
    result = []
    for group in groups.values():
        files = tuple(sample.file for sample in group)
        texts = [sample for sample in group if sample.delimiter]
        skips = {sample.skip for sample in group}
        result.append(
            replace(
                group[0],
                columns=_joined(group),
                sheet=next((sample.sheet for sample in group if sample.sheet), None),
                delimiter=texts[0].delimiter if texts else None,
                skip=skips.pop() if len(skips) == 1 else 0,
                ascii=all(sample.ascii for sample in group),
                encodings=next((sample.encodings for sample in group if sample.encodings), ()),
                whole=all(sample.whole for sample in group),
                files=globs(files, every - set(files)),
                folders=len({PurePosixPath(file).parent for file in files}),
            )
        )
    return result


def _with_workbooks(groups: dict[tuple[Any, ...], list[Sample]]) -> None:
    """Text files and workbooks with the same columns are one table: a history and the months that followed it.

    Ingest finds the header below titles by its names, so they may stand in other rows.
    """
    alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for key, group in groups.items():
        if group[0].header and len(group[0].columns) > 1:
            alike.setdefault(tuple(sorted(key[-1])), []).append(key)
    for keys in alike.values():
        sheets = {key[0] for key in keys} - {None}
        delimiters = {key[1] for key in keys} - {None}
        if len(keys) > 1 and len(sheets) <= 1 and len(delimiters) <= 1:
            first = groups[keys[0]]
            for key in keys[1:]:
                first += groups.pop(key)


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


_DAY = re.compile(r"(?P<year>\d{4})(-?)(?P<month>0[1-9]|1[0-2])(?:\2(?P<day>0[1-9]|[12]\d|3[01]))?(?!\d)")


def drop_dates(paths: Iterable[str]) -> tuple[str, str] | None:
    r"""A dated folder's name and the pattern of its date, where the name of every folder of files begins with its date.

    >>> drop_dates(["2024-03-31/sales.csv", "2024-04-30/sales.csv"])
    ('2024-03-31', '^(?P<year>\\d{4})-(?P<month>\\d{2})-(?P<day>\\d{2})')
    >>> drop_dates(["2024-03_all/sales.csv", "2024-04/sales.csv"])
    ('2024-03_all', '^(?P<year>\\d{4})-(?P<month>\\d{2})')
    >>> drop_dates(["old/sales.csv"])
    """
    folders = {path.split("/", 1)[0] for path in paths}
    found = {folder: _DAY.match(folder) for folder in folders}
    forms = {match and (match[2], match["day"] is not None) for match in found.values()}
    if len(forms) != 1 or None in forms:
        return None
    dash, daily = next(form for form in forms if form)
    parts = (("year", 4), ("month", 2), ("day", 2))[: 3 if daily else 2]
    return min(folders), "^" + dash.join(f"(?P<{part}>\\d{{{size}}})" for part, size in parts)


def _common(names: Sequence[str]) -> str:
    """The letters with which all names begin."""
    pairs = zip(min(names), max(names), strict=False)
    return "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _joined(group: Sequence[Sample]) -> tuple[Column, ...]:
    """The columns of the first file, by name, with the values of all."""
    if len(group) == 1:
        return group[0].columns
    every = [{column.name: column for column in sample.columns} for sample in group]
    return tuple(
        Column(
            column.name,
            tuple(value for columns in every for value in columns[column.name].values),
            all(columns[column.name].typed for columns in every),
        )
        for column in group[0].columns
    )
