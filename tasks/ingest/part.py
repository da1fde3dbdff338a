"""What the readers of raw files share: a delivered file, the part of a raw table it becomes, results made once."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import normalize

from tasks.errors import DropError

#: Columns of every raw relation before the file's own; a header that uses such a name gets `_2`.
OWN = ("file", "record", "fault")
#: Marks that nobody sees and no analyst can type into a profile: control characters, zero width, direction.
MARKS = "\ufeff\u200b\u200c\u200d\u2060\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e"
#: Columns of one table: Excel has 16,384, no till a thousand; a query over 100,000 would not end.
MAXIMUM_COLUMNS = 2_000
INVISIBLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160), *map(ord, MARKS)])


@dataclass(frozen=True, slots=True)
class Delivered:
    """One plain file on this machine. `name` is for people; sha256 and bytes are of the file as delivered."""

    path: Path
    name: str
    sha256: str
    bytes: int
    inferred: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """One file as DuckDB reads it: `relation` (after FROM) has record, fault and `columns`, all text."""

    relation: str
    columns: tuple[str, ...]
    encoding: str | None = None
    dialect: Mapping[str, str] = field(default_factory=dict)
    inferred: Mapping[str, str] = field(default_factory=dict)
    numbered: bool = False
    """Whether `record` is the row's place in the file: see RawRelation.numbered."""


def column_names(header: Iterable[str | None]) -> tuple[str, ...]:
    """Names that are there, differ (DuckDB ignores case) and can be typed. DropError for more than any table has.

    >>> column_names(["Kd-Nr ", "", "Name", "name", "file"])
    ('Kd-Nr', 'column_2', 'Name', 'name_2', 'file_2')
    """
    taken = set(OWN)
    names = []
    for position, raw in enumerate(header, start=1):
        if position > MAXIMUM_COLUMNS:
            hint = "declare delimiter, or skip: this may be no table"
            raise DropError("too many columns", expected=f"at most {MAXIMUM_COLUMNS}", hint=hint)
        base = normalize("NFC", raw or "").translate(INVISIBLE).strip() or f"column_{position}"
        name, number = base, 1
        while name.casefold() in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def typed_note(columns: Iterable[str]) -> dict[str, str]:
    """The entry of `InputFile.inferred` that lists typed columns."""
    listed = ", ".join(columns)
    return {"typed": listed} if listed else {}


def typed_columns(inferred: Mapping[str, str]) -> frozenset[str]:
    """The columns whose values were dates or numbers in the file: ISO 8601 and plain decimals, whatever is declared.

    >>> sorted(typed_columns(typed_note(["Datum", "Betrag"])))
    ['Betrag', 'Datum']
    """
    return frozenset(filter(None, inferred.get("typed", "").split(", ")))


def once(path: Path, make: Callable[[Path], None]) -> Path:
    """`path`, made by `make(temporary)` if it is not there: whole or not at all, by one of several processes.

    The name carries the digest of all it depends on, so what is there is right.
    """
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            temporary = path.with_name(f"{path.stem}.{secrets.token_hex(4)}{path.suffix}")
            try:
                make(temporary)
                os.replace(temporary, path)  # noqa: PTH105 - Path.replace hides that this is the atomic step
            finally:
                temporary.unlink(missing_ok=True)
    return path
