"""Opens the files of an unknown drop: encoding, dialect, header row, and the values of each column."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from tasks.draft.evidence import STRAY, Column
from tasks.draft.groups import together
from tasks.draft.headers import ROLES, canonical
from tasks.draft.sample import ROWS, Sample
from tasks.errors import Terminal
from tasks.ingest.archives import members, plain_name, unpack
from tasks.ingest.dialect import CONSISTENT, DELIMITERS, WHITESPACE, evenness, records_of, sniff
from tasks.ingest.encoding import CANDIDATES, TOLERATED, inspect
from tasks.ingest.json_fields import DEPTH, KEYS
from tasks.ingest.part import column_names
from tasks.ingest.sheet_xml import look

#: Rows in which the header is sought.
_HEAD = 30
_TEXT = {".csv", ".tsv", ".txt", ".tab"}
_BOOKS = {".xlsx", ".xls", ".xlsb", ".ods"}


def read_samples(drop: Path) -> tuple[list[Sample], list[str]]:
    """The tables of a drop, files with equal headers as one, and notes about what was not read.

    Raises:
        Terminal: if the folder is absent or holds nothing that can be read.
    """
    if not drop.is_dir():
        raise Terminal("no such folder", file=str(drop), expected="the folder of a drop")
    found: list[Sample] = []
    notes: list[str] = []
    with TemporaryDirectory() as work:
        files = list(_files(drop, Path(work)))
        page = _common_page(path for path, name in files if PurePosixPath(name).suffix.lower() in _TEXT)
        for path, name in files:
            opened = list(_open(path, name, page))
            found += opened
            if not opened:
                notes.append(f"{name} was not looked into: it is neither text, JSON lines, Parquet nor a workbook")
    found = [sample for sample in found if sample.columns]
    if not found:
        raise Terminal("holds no table", file=str(drop), expected="text files with delimiters, Parquet, or workbooks")
    return together(found), notes


def _files(drop: Path, work: Path) -> Iterator[tuple[Path, str]]:
    """Every file with its name in the drop, unpacked; files in a zip go under their own names."""
    paths = sorted(path for path in drop.rglob("*") if path.is_file() and not path.name.startswith("."))
    for number, path in enumerate(paths):
        name = unicodedata.normalize("NFC", path.relative_to(drop).as_posix())
        inside: tuple[str | None, ...] = members(path, name) if name.lower().endswith(".zip") else (None,)
        for order, member in enumerate(inside):
            plain = plain_name(name) if member is None else (PurePosixPath(name).parent / member).as_posix()
            yield unpack(path, name, member, work / f"{number}-{order}-{PurePosixPath(plain).name}"), plain


def _open(path: Path, name: str, page: str | None) -> Iterator[Sample]:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _TEXT:
        yield _text(path, name, page)
    elif suffix in _BOOKS:
        yield from _workbook(path, name)
    elif suffix == ".parquet":
        yield _parquet(path, name)
    elif suffix in {".jsonl", ".ndjson"}:
        yield _json_lines(path, name)


def _parquet(path: Path, name: str) -> Sample:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    batch = next(file.iter_batches(batch_size=ROWS), None)
    cells = {} if batch is None else batch.to_pydict()
    columns = _columns(cells)
    return Sample(name, columns, whole=file.metadata.num_rows <= ROWS)


def _json_lines(path: Path, name: str) -> Sample:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        lines = list(islice(file, ROWS + 1))
    records: list[dict[str, object]] = []
    for line in lines:
        with suppress(ValueError):  # a broken line becomes a row in quarantine when the drop is read
            record = json.loads(line, parse_float=Decimal)
            records += [dict(_flat(record))] if isinstance(record, dict) else []
    names = dict.fromkeys(key for record in records for key in record)
    columns = _columns({key: [record.get(key) for record in records] for key in names})
    return Sample(name, columns, whole=len(lines) <= ROWS)


def _flat(record: Mapping[str, object], path: str = "", depth: int = 1) -> Iterator[tuple[str, object]]:
    """The fields of a JSON object under the names that ingest gives them.

    >>> dict(_flat({"id": 1, "consent": {"email": True}}))
    {'id': 1, 'consent.email': True}
    """
    for key, value in record.items():
        if isinstance(value, dict) and value and depth < DEPTH and len(value) <= KEYS:
            yield from _flat(value, f"{path}{key}.", depth + 1)
        else:
            yield path + key, value


def _columns(cells: Mapping[str, Sequence[object]]) -> tuple[Column, ...]:
    """Columns of a typed format under the names that ingest gives them."""
    names = column_names(cells)
    return tuple(
        Column(name, tuple(map(_cell, values)), typed=_typed(values))
        for name, values in zip(names, cells.values(), strict=True)
    )


def _typed(values: Iterable[object]) -> bool:
    """Whether more than half of the cells are numbers or dates rather than texts, as ingest has it."""
    filled = [value for value in values if value is not None and value != ""]
    return sum(not isinstance(value, str) for value in filled) * 2 > len(filled)


def _text(path: Path, name: str, page: str | None) -> Sample:
    found = inspect(path)
    content = path.read_bytes()
    pages: tuple[str, ...] = ()
    if found.mark or found.utf8:
        text = content.decode(found.mark or "utf-8", "replace")
    else:
        pages = _pages(content)
        if page:
            pages = (page, *(other for other in pages if other != page))
        text = content.decode(page or "latin-1", "replace")
    text = text.removeprefix("\ufeff")
    lines = io.StringIO(text, newline="")
    delimiter, quote = _dialect("".join(islice(lines, 2000)), name)
    records = list(islice(records_of(text, delimiter, quote, quote), ROWS + 1))
    table = _table(records)
    return Sample(
        name,
        table.columns,
        ascii=found.ascii,
        encodings=pages,
        delimiter=delimiter,
        skip=table.skip,
        header=table.header,
        whole=len(records) <= ROWS,
    )


def _dialect(head: str, name: str) -> tuple[str, str]:
    """Delimiter and quote; runs of blanks where no delimiter splits, yet blanks do, evenly.

    Title lines above the header split unlike the rest, so the second half of the head counts. Where several delimiters
    split it evenly (`;` and the comma of decimals), the header tells: the right one splits it like the rest, and first.
    """
    lines = head.splitlines(keepends=True)
    body = "".join(lines[len(lines) // 2 :]) if len(lines) > _HEAD else head
    split = {d: evenness(body, d) for d in DELIMITERS}
    even = {d: fields for d, (share, fields) in split.items() if share >= CONSISTENT and fields > 1}
    if not even:
        share, fields = evenness(body, WHITESPACE)
        if fields > 1 and share >= CONSISTENT:
            return WHITESPACE, '"'
        return sniff(head, name)
    begins = {d: _first_of(lines[:_HEAD], d, fields) for d, fields in even.items()}
    first = [d for d, line in begins.items() if line == min(begins.values())]
    return (first[0], '"') if len(first) == 1 else sniff(head, name)


def _first_of(lines: Sequence[str], delimiter: str, fields: int) -> int:
    """The first line with so many fields; their number where none has."""
    records = ([*records_of(line, delimiter, '"', '"')] for line in lines)
    return next((n for n, found in enumerate(records) if found and len(found[0]) == fields), len(lines))


def _common_page(paths: Iterable[Path]) -> str | None:
    """The code page in which most names are known of the files that are not UTF-8: one system wrote them."""
    fitting = [_fits(path.read_bytes()) for path in paths if not ((found := inspect(path)).mark or found.utf8)]
    common = [page for page in CANDIDATES if any(page in known for known in fitting)]
    return max(common, key=lambda page: sum(known.get(page, -1) for known in fitting), default=None)


def _pages(content: bytes) -> tuple[str, ...]:
    """Code pages in which all but a few of the bytes are text, those whose headers are known words first."""
    known = _fits(content)
    return tuple(sorted(known, key=lambda page: -known[page]))


def _fits(content: bytes) -> dict[str, int]:
    """Code page: how many names of the header are known words in it; of those in which all but a few bytes are text."""
    fits = {}
    for page in CANDIDATES:
        text = content.decode(page, "replace")
        if text.count("\ufffd") > min(TOLERATED, STRAY * text.count("\n")):
            continue
        head = text[:4000].splitlines()[:1]
        words = re.split(r"[,;|\t]", head[0] if head else "")
        fits[page] = sum(any(canonical(word, role) for role in ROLES) for word in words)
    return fits


@dataclass(frozen=True)
class _Table:
    columns: tuple[Column, ...]
    skip: int
    header: bool


def _table(records: Sequence[Sequence[str]]) -> _Table:
    """Header row and columns: the first of the early rows that names every column of the rows below."""
    width = max((len(record) for record in records[:_HEAD]), default=0)
    start = next((n for n, record in enumerate(records[:_HEAD]) if sum(map(bool, record)) * 2 > width), 0)
    if width == 0 or start >= len(records):
        return _Table((), 0, header=True)
    names = [text.strip() for text in records[start]]
    header = sum(any(c.isalpha() for c in text) for text in names) * 2 > len(names)
    body = records[start + 1 :] if header else records[start:]
    names = list(column_names(names if header else [""] * len(names)))
    body = [record for record in body if any(record)]
    columns = tuple(
        Column(name, tuple(record[n].strip() if n < len(record) else "" for record in body))
        for n, name in enumerate(names)
    )
    return _Table(columns, start, header)


def _workbook(path: Path, name: str) -> Iterator[Sample]:
    from python_calamine import CalamineError, CalamineWorkbook

    look(path, name)
    try:
        book = CalamineWorkbook.from_path(path)
    except CalamineError as error:
        raise Terminal(f"damaged workbook: {error}", file=name, hint="ask the shop for the file again") from None
    several = len(book.sheet_names) > 1
    for sheet in book.sheet_names:
        rows = book.get_sheet_by_name(sheet).to_python(nrows=ROWS + 1)
        table = _table([[_cell(value) for value in row] for row in rows])
        body = rows[table.skip + table.header :]
        yield Sample(
            name,
            tuple(replace(c, typed=_typed([r[n] for r in body])) for n, c in enumerate(table.columns)),
            sheet=sheet if several else None,
            skip=table.skip,
            header=table.header,
            whole=len(rows) <= ROWS,
        )


def _cell(value: object) -> str:
    """A cell as ingest tells it: ISO 8601 and plain decimal text.

    >>> _cell(16974.0), _cell(0.4), _cell(None), _cell(True)
    ('16974', '0.4', '', 'true')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, float):
        text = f"{Decimal(repr(value)):f}"
        return text.removesuffix(".0")
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
