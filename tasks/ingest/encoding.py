"""Which code page a text file is in: byte order mark, then strict UTF-8, then what the profile declares.

No detector decides (all of them fail on cp1252 with a euro sign): what is neither declared nor UTF-8 is an error that
names candidates, and what contradicts the declaration is an error that shows the bytes.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from encodings.aliases import aliases
from pathlib import Path
from typing import NoReturn

from tasks.errors import DropError
from tasks.ingest.part import once

#: Files are read in pieces of this many bytes. A line that fills a whole piece is longer than any record of a till.
PIECE = 1 << 20
#: Quotation marks and escapes: where a file has none of them, a line is a record.
SIGNS = "\"'\\"
#: Control characters other than tab and line ends, and the bytes that are none of them (nor NUL).
CONTROLS = frozenset(chr(n) for n in (*range(1, 9), 11, 12, *range(14, 32), 127))
ORDINARY = bytes(n for n in range(1, 256) if chr(n) not in CONTROLS)
#: Stands in for a byte that does not decode: a Unicode noncharacter, which no text may contain.
UNDECODABLE = "\ufdd0"
#: cp932 and gb18030 give bytes that are no characters a place in the private use area; a few may be a shop's own signs.
PRIVATE = re.compile("[\ue000-\uf8ff]")
#: Bytes that begin no character beyond ASCII in UTF-8.
NO_LEAD = bytes(range(0xC0))
#: Single undecodable characters that become faults rather than an error, whatever the file's size.
TOLERATED = 10
#: Continuation bytes that prove UTF-8 against a declared code page. One 'Ã¼' proves it against a one-byte page, but
#: in pages of two bytes a word may be valid UTF-8 by chance (GBK's famous C1 AA CD A8): there it takes more of them.
PROOF_ONE_BYTE, PROOF_MORE_BYTES = 1, 8
#: Files are named after the older standard and written by Windows in the larger page that contains it.
SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-1": "cp1252"}
#: Pages to suggest, the most widespread first.
CANDIDATES = ("cp1252", "cp932", "gb18030", "cp949", "big5", "cp1250", "cp1251", "cp1254", "cp1256", "cp1253", "cp874")
SUGGESTED = 5
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(slots=True)
class Inspection:
    """What one pass over a file's bytes tells. Offsets count from 0, lines from 1."""

    size: int = 0
    mark: str | None = None
    ascii: bool = True
    beyond_offset: int = 0
    beyond_bytes: bytes = b""
    bad_offset: int | None = None
    bad_line: int = 0
    bad_bytes: bytes = b""
    continuation_bytes: int = 0
    nuls: int = 0
    lf: int = 0
    crlf: int = 0
    cr: int = 0
    longest_piece: int | None = None
    signs: frozenset[str] = frozenset()
    controls: frozenset[str] = frozenset()

    @property
    def utf8(self) -> bool:
        """Whether all of it is valid UTF-8."""
        return self.bad_offset is None

    @property
    def line_ends(self) -> int:
        """How many line ends there are, of whatever kind."""
        return self.lf + self.cr - self.crlf


def inspect(path: Path) -> Inspection:
    """Byte order mark, validity as UTF-8, control characters, quotes, escapes and line ends of a file, in one pass."""
    found, decoder = Inspection(), codecs.getincrementaldecoder("utf-8")()
    signs: set[str] = set()
    controls = b""
    last = b""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            if not found.size:
                found.mark = next((name for mark, name in MARKS if piece.startswith(mark)), None)
            if found.utf8:
                _validate(found, decoder, piece)
            unusual = piece.translate(None, delete=ORDINARY)
            found.nuls += unusual.count(0)
            controls = bytes({*controls, *unusual})
            signs.update(sign for sign in SIGNS if sign not in signs and sign.encode() in piece)
            ends = piece.count(b"\n"), piece.count(b"\r")
            if len(piece) == PIECE and not any(ends):
                found.longest_piece = found.size
            found.lf += ends[0]
            found.cr += ends[1]
            if ends[1] or last == b"\r":
                found.crlf += (last[-1:] + piece).count(b"\r\n")
            last = piece[-1:]
            found.size += len(piece)
    if found.utf8:
        _validate(found, decoder, b"", final=True)
    found.signs = frozenset(signs)
    found.controls = CONTROLS.intersection(controls.decode("ascii"))
    return found


def _validate(found: Inspection, decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> None:
    waiting = decoder.getstate()[0]
    if piece.isascii() and not waiting:
        return
    if found.ascii:
        start = next((n for n in range(len(piece)) if not piece[n : n + 1].isascii()), 0)
        found.beyond_offset, found.beyond_bytes = found.size + start, piece[start : start + 4]
    found.ascii = False
    try:
        text = decoder.decode(piece, final)
    except UnicodeDecodeError as error:
        found.bad_offset = found.size - len(waiting) + error.start
        found.bad_line = found.line_ends + error.object[: error.start].count(b"\n") + 1
        found.bad_bytes = error.object[error.start : error.start + 4]
    else:
        found.continuation_bytes += len(piece) - len(text)


def settle(found: Inspection, declared: str | None, file: str) -> tuple[str, bool]:
    """The codec to read with, and whether the file must be rewritten in UTF-8 first.

    Raises DropError where the bytes contradict the declaration, or nothing is declared and they are not UTF-8.
    """
    codec = _lookup(declared, file) if declared else None
    if found.mark:
        unicode_name = found.mark.split("-sig")[0]
        if codec and not codec.startswith(unicode_name):
            _refuse(
                file, f"its byte order mark says {unicode_name}, the profile says {declared}", f"encoding: {found.mark}"
            )
        return found.mark, found.mark != "utf-8-sig" or not found.utf8
    if codec is None:
        if found.nuls * 5 > found.size > 0:
            _refuse(
                file, "a NUL at every other byte, and no byte order mark", "declare encoding: utf-16-le or utf-16-be"
            )
        if not found.utf8:
            shown = f"bytes {found.bad_bytes[:2].hex(' ')} at offset {found.bad_offset}"
            problem = "not UTF-8, and the profile declares no encoding"
            _refuse(file, problem, _suggestion(found), shown, line=found.bad_line)
        return "utf-8", False
    if codec == "utf-8":
        return codec, not found.utf8
    if found.ascii and _agrees_with_ascii(codec):
        return codec, False
    proof = PROOF_MORE_BYTES if _is_multibyte(codec) else PROOF_ONE_BYTE
    if found.utf8 and found.continuation_bytes >= proof:
        shown = f"bytes {found.beyond_bytes[:2].hex(' ')} at offset {found.beyond_offset}"
        _refuse(
            file, f"the profile says {declared}, yet it is valid UTF-8 beyond ASCII", "declare encoding: utf-8", shown
        )
    return codec, True


def rewrite(path: Path, codec: str, work: Path, digest: str, *, file: str, bound: Decimal) -> tuple[Path, int]:
    """The file in UTF-8, and how many single characters could not be decoded (each now is `UNDECODABLE`).

    Raises DropError with line and offset where more than `bound` of the lines, or most of what is not ASCII, fails:
    then the declaration is wrong rather than a record broken.
    """
    target = work / f"{digest}-{codec}.utf8"
    told = target.with_suffix(".json")

    def make(temporary: Path) -> None:
        notes = _rewrite(path, temporary, codec, file, bound)
        told.write_text(json.dumps(notes))

    once(target, make)
    return target, int(json.loads(told.read_text())["undecodable"])


def _rewrite(path: Path, target: Path, codec: str, file: str, bound: Decimal) -> dict[str, int]:
    decoder = codecs.getincrementaldecoder(codec)()
    offset = lines = beyond_ascii = private = 0
    hopeless = TOLERATED + path.stat().st_size * bound
    bad: list[tuple[int, int, bytes]] = []
    with path.open("rb") as source, target.open("wb") as out:
        while True:
            piece = source.read(PIECE)
            text = _decode(decoder, piece, offset, lines, bad)
            encoded = text.encode("utf-8")
            beyond_ascii += len(encoded.translate(None, delete=NO_LEAD))
            private += len(PRIVATE.findall(text)) if _is_multibyte(codec) and not text.isascii() else 0
            out.write(encoded)
            offset, lines = offset + len(piece), lines + text.count("\n")
            if not piece or len(bad) > hopeless:
                break
    wrong = len(bad) + private
    if wrong * 2 > beyond_ascii or len(bad) > max(Decimal(TOLERATED), bound * lines):
        at, line, found = bad[0] if bad else (0, None, b"")
        with path.open("rb") as source:
            wide = source.read(PIECE).count(b"\0") * 3 > min(PIECE, path.stat().st_size)
        hint = "declare the encoding that the shop's system writes, or ask for the file again"
        raise DropError(
            f"{wrong} characters do not decode as {codec}, of {beyond_ascii} beyond ASCII",
            file=file,
            line=line,
            value=f"bytes {found.hex(' ')} at offset {at}" if bad else None,
            expected=f"text in {codec}",
            hint="a NUL at every other byte: declare encoding: utf-16-le or utf-16-be" if wide else hint,
        )
    return {"undecodable": len(bad)}


def _decode(
    decoder: codecs.IncrementalDecoder, piece: bytes, offset: int, lines: int, bad: list[tuple[int, int, bytes]]
) -> str:
    """The piece decoded, each undecodable character replaced and noted as (offset, line, bytes)."""
    base = offset - len(decoder.getstate()[0])
    pieces: list[str] = []
    rest, final = piece, not piece
    while True:
        try:
            pieces.append(decoder.decode(rest, final))
        except UnicodeDecodeError as error:
            whole, start, end = bytes(error.object), error.start, error.end
            decoder.reset()
            pieces.append(decoder.decode(whole[:start]))
            bad.append((base + start, lines + sum(p.count("\n") for p in pieces) + 1, whole[start:end]))
            pieces.append(UNDECODABLE)
            base, rest = base + end, whole[end:]
        else:
            return "".join(pieces)


def _lookup(declared: str, file: str) -> str:
    try:
        codec = codecs.lookup(declared).name
    except LookupError:
        near = get_close_matches(declared.lower().replace("-", "_"), sorted({*aliases, *aliases.values()}), 3)
        raise DropError(
            "no such encoding", file=file, value=declared, expected=", ".join(near) or "a name such as cp1252, cp932"
        ) from None
    return SUPERSETS.get(codec, codec)


def _agrees_with_ascii(codec: str) -> bool:
    # Escape-sequence codes (ISO-2022-JP, HZ, UTF-7) are made of ASCII bytes that mean something else.
    return "2022" not in codec and codec not in {"hz", "utf-7"} and "a".encode(codec) == b"a"


def _is_multibyte(codec: str) -> bool:
    # Every code page of two bytes, Chinese and Korean ones too, holds the kana.
    try:
        return len("あ".encode(codec)) > 1
    except UnicodeEncodeError:
        return False


def _suggestion(found: Inspection) -> str:
    fits = []
    for page in CANDIDATES:
        try:
            text = codecs.getincrementaldecoder(page)().decode(found.bad_bytes)[:1]
        except UnicodeDecodeError:
            continue
        if not text.isascii() and (text.isalpha() or text in "€£¥’‘“”–…"):
            fits.append(f"{page} (reads {text!r})")
    return "declare the encoding; what fits these bytes: " + (", ".join(fits[:SUGGESTED]) or "none known")


def _refuse(file: str, problem: str, hint: str, shown: str | None = None, *, line: int | None = None) -> NoReturn:
    raise DropError(problem, file=file, line=line, value=shown, hint=hint)
