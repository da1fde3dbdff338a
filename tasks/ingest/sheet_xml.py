"""The XML of an .xlsx, looked at in a stream before calamine takes a whole sheet into memory."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from tasks.errors import DropError
from tasks.ingest.archives import MAXIMUM_RATIO, METHODS, SMALL

#: Cells between the first and the last one: a sheet of a million rows and 25 columns is 1 GB in memory.
MAXIMUM_CELLS = 25_000_000
PIECE = 1 << 20
#: Longer than any cell's place.
OVERLAP = 64
_COLUMNS = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{1,3})[0-9]")
_ROWS = re.compile(rb"\sr\s*=\s*[\"'][A-Z]{0,3}([0-9]{1,7})[\"']")
_LETTERS = 26


def look(path: Path, name: str) -> int:
    """How many cells of an .xlsx hold an error such as #N/A: calamine gives them as empty. 0 for other workbooks.

    Raises DropError for a bomb: parts that unpack beyond all measure, or a cell so far from the others that the empty
    ones between them would fill the memory.
    """
    if not zipfile.is_zipfile(path):
        return 0
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            _sizes(infos, path.stat().st_size, name)
            sheets = [info for info in infos if info.filename.endswith(".xml")]
            return sum(_sheet(archive, info, name) for info in sheets)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise DropError(f"damaged workbook: {error}", file=name, hint="ask the shop for the file again") from None


def _sizes(infos: list[zipfile.ZipInfo], packed: int, name: str) -> None:
    plain = sum(info.file_size for info in infos)
    if plain > SMALL and plain > MAXIMUM_RATIO * packed:
        raise DropError(f"unpacks to {plain} bytes", file=name, hint="a damaged workbook, or a bomb")
    if any(info.compress_type not in METHODS for info in infos):
        raise DropError("packed in a way that Excel does not know", file=name, hint="save it with Excel")
    if any(info.flag_bits & 1 for info in infos):
        raise DropError("the workbook is protected", file=name, hint="ask for it without a password")


def _sheet(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> int:
    """Error cells of a part; zipfile reads no more of it than its size in the directory, and checks its sum."""
    columns: set[bytes] = set()
    errors = rows = 0
    with archive.open(info) as part:
        before = b""
        while piece := part.read(PIECE):
            errors += piece.count(b't="e"')
            piece = before + piece
            if b"<!DOCTYPE" in piece:  # calamine leaves its entities out, and the cell empty
                problem, hint = "damaged workbook: its XML declares a document type", "do not open it: ask who made it"
                raise DropError(problem, file=name, expected="none, as Excel writes it", hint=hint)
            columns.update(_COLUMNS.findall(piece))
            rows = max(rows, *map(int, _ROWS.findall(piece)), 0)
            before = piece[-OVERLAP:]
    width = max((_number(letters) for letters in columns), default=0)
    if rows * width > MAXIMUM_CELLS:
        raise DropError(
            f"a sheet of {rows} rows and {width} columns",
            file=name,
            expected=f"at most {MAXIMUM_CELLS} cells from the first to the last",
            hint="delete the stray cell far from the table, or export it as CSV",
        )
    return errors


def _number(letters: bytes) -> int:
    """The number of a column: A is 1, XFD is 16384."""
    number = 0
    for letter in letters:
        number = number * _LETTERS + letter - ord("A") + 1
    return number
