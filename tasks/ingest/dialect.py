"""How a text file is split: what the profile declares, else what CleverCSV finds, checked on the head of the file."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from region_profiles.models import RawTable
from tasks.errors import DropError
from tasks.ingest.headers import header_row
from tasks.ingest.part import column_names
from tasks.ingest.records import records
from tasks.ingest.shape import shape

#: The head that is looked at: enough for a thousand records, little enough to be read in no time.
HEAD_BYTES = 1 << 18
#: CleverCSV's time grows with the square of its sample; 8 KB decide as well as 30 KB (64 of 69 annotated files).
SNIFF_CHARACTERS = 8192
#: Delimiters that shops use; others must be declared.
DELIMITERS = (",", ";", "\t", "|")
#: Share of the head's records that must have the same number of fields for a delimiter to be believed.
CONSISTENT = 0.9
#: Share that will do for CleverCSV's choice where no other delimiter splits anything.
USUAL = 0.5
#: The declared name for runs of blanks.
WHITESPACE = "whitespace"
#: Signs that are hard to write in YAML, by name.
NAMED = {"tab": "\t", "\\t": "\t", "none": ""}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to split. `skip` lines come first, then `heading` records up to and with the header."""

    delimiter: str
    quote: str
    escape: str
    columns: tuple[str, ...]
    skip: int
    heading: int
    first: tuple[str, ...] | None
    trailing: bool = False
    """Every record ends with a delimiter too many."""
    sniffed: bool = False
    titles: bool = False
    """The header was found below other lines."""

    def as_dict(self) -> dict[str, str]:
        """For the manifest."""
        found = {"delimiter": self.delimiter, "quote": self.quote, "escape": self.escape}
        return found | ({"trailing_delimiter": "yes"} if self.trailing else {})


def head(path: Path) -> str:
    """The first whole lines of a UTF-8 file, without a byte order mark."""
    with path.open("rb") as file:
        sample = file.read(HEAD_BYTES)
        more = bool(file.read(1))
    text = sample.decode("utf-8", "ignore").removeprefix("\ufeff")
    if more and (end := max(text.rfind("\n"), text.rfind("\r"))) >= 0:
        return text[: end + 1]
    return text


def find_dialect(
    text: str, table: RawTable, signs: frozenset[str], file: str, named: frozenset[str] = frozenset()
) -> Dialect:
    """The dialect of a file whose head is `text`; `signs` are the quotation marks and escapes that occur in it.

    Titles may stand above the header: it is the first record with all the columns that the profile reads, `named`.
    Raises DropError where the head contradicts the declaration, or nothing is declared and no delimiter fits.
    """
    lines = list(io.StringIO(text, newline=""))
    announced = re.fullmatch(r'"?sep=(.)"?\s*', lines[0]) if lines else None
    skip = max(table.skip, 1 if announced else 0)
    rest = "".join(lines[skip:])
    delimiter = _declared(table, file) or (announced[1] if announced else None)
    quote = table.quote
    if delimiter is None:
        delimiter, likely = sniff(rest, file)
        quote = likely if quote is None else quote
    quote = '"' if quote is None else NAMED.get(quote, quote)
    quote = quote if quote in signs else ""
    escape = table.escape if table.escape and table.escape in signs else quote
    found = list(records_of(rest, delimiter, quote, escape))
    titles = header_row(found, named) if table.header and not table.columns else 0
    titles *= any(found[:titles])  # blank lines are no titles
    header, heading, data = _header(found[titles:], table, file)
    heading += titles
    trailing = _check(header, data, table, rest, delimiter, file)
    return Dialect(
        delimiter,
        quote,
        escape,
        column_names(header),
        skip,
        heading,
        tuple(data[0]) if data else None,
        trailing=trailing,
        sniffed=table.delimiter is None and announced is None,
        titles=titles > 0,
    )


def _declared(table: RawTable, file: str) -> str | None:
    """The declared delimiter; DropError where a sign is none."""
    for what, sign in (("delimiter", table.delimiter), ("quote", table.quote), ("escape", table.escape)):
        if sign is not None and len(NAMED.get(sign, sign)) != 1 and sign not in {WHITESPACE, "none", ""}:
            raise DropError(
                f"the declared {what} is no single character",
                file=file,
                value=sign,
                expected="one character, tab, or whitespace for runs of blanks",
            )
    return NAMED.get(table.delimiter, table.delimiter) if table.delimiter else None


def records_of(text: str, delimiter: str, quote: str, escape: str) -> Iterator[list[str]]:
    """The records of a text, blank lines as empty lists."""
    lines = io.StringIO(text, newline="")
    if delimiter == WHITESPACE:
        return (line.split() for line in lines)
    return (record for record, _ in records(lines, delimiter, quote, escape))


def sniff(text: str, file: str) -> tuple[str, str]:
    """Delimiter and quotation mark of a text, by CleverCSV, checked by counting fields.

    Raises DropError where two delimiters split header and records evenly, or none does.
    """
    import clevercsv

    sample = text[:SNIFF_CHARACTERS]
    if len(text) > SNIFF_CHARACTERS and "\n" in sample:
        sample = sample[: sample.rfind("\n") + 1]
    try:
        found = clevercsv.Sniffer().sniff(sample, delimiters=DELIMITERS, verbose=False)
    except clevercsv.Error:
        found = None
    delimiter, quote = (found.delimiter, found.quotechar or '"') if found else (None, '"')
    counts = {d: evenness(text, d, quote) for d in DELIMITERS}
    splits = {d: share for d, (share, fields) in counts.items() if fields > 1}
    fits = [d for d, share in splits.items() if share >= CONSISTENT and _header_fields(text, d, quote) == counts[d][1]]
    if len(fits) == 1:
        return fits[0], quote
    if not fits and delimiter in splits and len(splits) == 1 and splits[delimiter] >= USUAL:
        return delimiter, quote
    if not splits and not any(d in text.split("\n", 1)[0].split("\r", 1)[0] for d in DELIMITERS):
        return ",", quote
    told = "; ".join(f"{d!r}: {fields} fields in {share:.0%}" for d, (share, fields) in counts.items() if fields > 1)
    problem = "several delimiters split" if fits else "no delimiter splits"
    raise DropError(
        f"{problem} the first records evenly",
        file=file,
        value=told or "one field a record",
        hint="declare delimiter" + (f": {delimiter!r}, perhaps" if delimiter else ""),
    )


def _header_fields(text: str, delimiter: str, quote: str) -> int:
    return len(next((record for record in records_of(text, delimiter, quote, quote) if record), []))


def evenness(text: str, delimiter: str, quote: str = '"') -> tuple[float, int]:
    r"""Share of a text's records with the commonest number of fields, and that number.

    >>> evenness("a;b\n1;2\n3;4,5\n", ";"), evenness("a;b\n1;2\n3;4,5\n", ",")[1]
    ((1.0, 2), 1)
    """
    counts = Counter(len(record) for record in records_of(text, delimiter, quote, quote) if record)
    if not counts:
        return 1.0, 1
    fields, number = counts.most_common(1)[0]
    return number / counts.total(), fields


def _header(found: list[list[str]], table: RawTable, file: str) -> tuple[list[str], int, list[list[str]]]:
    """Header, number of records before the data, and the data without blank lines."""
    data = [record for record in found if record]
    if not table.header:
        blank = next((n for n, record in enumerate(found) if record), 0)
        width = max((len(record) for record in data), default=0)
        return list(table.columns) or [""] * width, blank, data
    if not data:
        raise DropError("empty file", file=file, expected="a header", hint="ask the shop for the file again")
    before = next(n for n, record in enumerate(found) if record) + 1
    header = data[0]
    filled = [name for name in header if name.strip()]
    if not filled:
        raise DropError("the header has no names", file=file, line=table.skip + before, hint="declare skip or columns")
    # Half is enough: in a purchase about half the fields are numbers and dates, in a header hardly any name is.
    if len(filled) > 1 and sum(not any(c.isalpha() for c in name) for name in filled) * 2 >= len(filled):
        raise DropError(
            "the header looks like data",
            file=file,
            line=table.skip + before,
            value=shape(" | ".join(header)),
            hint="declare header: false with columns, or skip",
        )
    return (list(table.columns) if table.columns else header), before, data[1:]


def _check(header: list[str], data: list[list[str]], table: RawTable, text: str, delimiter: str, file: str) -> bool:
    """Whether every record ends with a delimiter too many; DropError where header and records do not fit."""
    width = len(header)
    if width == 1:
        _another_delimiter(text, delimiter, file)
    if not data:
        return False
    if all(len(record) == width + 1 and record[-1] == "" for record in data):
        return True
    counts = Counter(map(len, data))
    fields, number = counts.most_common(1)[0]
    if fields == width or counts[width] * 2 >= len(data):
        return False
    raise DropError(
        f"the header has {width} names, yet {number} of the first {len(data)} records have {fields} fields",
        file=file,
        value=shape(delimiter.join(data[0]) if delimiter != WHITESPACE else " ".join(data[0])),
        expected=f"{width} fields split by {delimiter!r}",
        hint="columns must name every field" if table.columns else "declare delimiter, quote, or skip for title lines",
    )


def _another_delimiter(text: str, delimiter: str, file: str) -> None:
    """DropError if the declared delimiter splits nothing and another one splits every record evenly."""
    for other in DELIMITERS:
        share, fields = evenness(text, other)
        if other != delimiter and share >= CONSISTENT and fields > 1 and len(text.split("\n")) > 1:
            raise DropError(
                f"{delimiter!r} splits nothing, yet {other!r} splits {share:.0%} of the first records into {fields}",
                file=file,
                value=" / ".join(shape(line) for line in text.splitlines()[:3]),
                hint=f"declare delimiter: {other!r}",
            )
