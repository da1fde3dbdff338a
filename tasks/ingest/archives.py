"""gzip, zstd and zip to plain files, in a stream, with limits that no store's file reaches and a bomb does."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import zstandard

from tasks.errors import DropError
from tasks.ingest.part import once

#: Suffixes of the compressed forms of any file.
SUFFIXES = (".gz", ".zst", ".zip")
#: A till's lines pack 5 to 40 times; a file of zeros packs a thousand times.
MAXIMUM_RATIO = 250
#: Below this many bytes no ratio is alarming: a day without sales is a header and blanks.
SMALL = 64 << 20
#: Ten years of a large market are some 20 GB of text.
MAXIMUM_BYTES = 64 << 30
#: Members of one zip that are looked at; a drop has a dozen tables.
MAXIMUM_MEMBERS = 10_000
PIECE = 1 << 20
#: A zstd block of 131,072 equal bytes takes three: so little of a packed file may become 170 MB at once.
PACKED_PIECE = 4 << 10
#: Methods of a zip that are unpacked a piece at a time. Others (bzip2, LZMA) give all that a piece holds at once.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def plain_name(name: str) -> str:
    """The name without the suffix of its compression.

    >>> plain_name("DE/kunden.csv.GZ")
    'DE/kunden.csv'
    """
    return name[: name.rindex(".")] if name.lower().endswith(SUFFIXES) else name


def members(path: Path, name: str) -> tuple[str, ...]:
    """Files in a zip, in its order, without those that operating systems add.

    Raises DropError for a damaged or encrypted zip, one inside another, and names that lead out of a folder.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except zipfile.BadZipFile as error:
        raise DropError(f"damaged zip: {error}", file=name, hint="ask the shop for the file again") from None
    if len(infos) > MAXIMUM_MEMBERS:
        raise DropError(f"{len(infos)} files in one zip", file=name, expected=f"at most {MAXIMUM_MEMBERS}")
    found = []
    for info in infos:
        inside = PurePosixPath(info.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or (inside.parts and inside.parts[0].endswith(":")):
            problem = "a name in the zip leads out of its folder"
            raise DropError(problem, file=name, value=info.filename, hint="do not unpack it: ask who made it")
        if inside.name.startswith((".", "~$")) or "__MACOSX" in inside.parts:
            continue
        if info.flag_bits & 1:
            raise DropError("encrypted zip", file=name, value=info.filename, hint="ask for it without a password")
        if info.compress_type not in METHODS:
            problem, hint = f"packed by method {info.compress_type}", "pack it as an ordinary zip, or as .gz or .zst"
            raise DropError(problem, file=name, value=info.filename, expected="stored or deflated", hint=hint)
        if inside.suffix.lower() in SUFFIXES:
            raise DropError("an archive inside a zip", file=name, value=info.filename, hint="pack files only once")
        found.append(info.filename)
    if len(set(found)) < len(found):
        raise DropError("two files of one name in the zip", file=name, hint="ask for it with each file once")
    return tuple(found)


def unpack(path: Path, name: str, member: str | None, target: Path) -> Path:
    """The plain content of `path` at `target`; `path` itself if it is not compressed."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in SUFFIXES:
        return path
    size = path.stat().st_size

    def make(temporary: Path) -> None:
        try:
            with path.open("rb") as packed, temporary.open("wb") as out:
                _copy(_open(packed, suffix, member, name), out, size, name)
        except (EOFError, OSError, zlib.error, zipfile.BadZipFile, zstandard.ZstdError) as error:
            raise DropError(
                f"damaged {suffix[1:]}: {error}", file=name, hint="it may be cut short: ask the shop for it again"
            ) from None

    return once(target, make)


def _open(packed: BinaryIO, suffix: str, member: str | None, name: str) -> Iterator[bytes]:
    if suffix == ".zip":
        with zipfile.ZipFile(packed) as archive, archive.open(member or "") as file:
            yield from iter(lambda: file.read(PIECE), b"")
    elif suffix == ".gz":
        with gzip.GzipFile(fileobj=packed) as file:
            yield from iter(lambda: file.read(PIECE), b"")
    else:
        yield from _zstd(packed, name)


def _zstd(packed: BinaryIO, name: str) -> Iterator[bytes]:
    # zstandard's own stream reader ends a truncated frame in silence; a decompression object tells.
    frame = None
    while piece := packed.read(PACKED_PIECE):
        while piece:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            yield frame.decompress(piece)
            piece = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise DropError("damaged zst: cut short", file=name, hint="ask the shop for it again")


def _copy(pieces: Iterator[bytes], out: BinaryIO, packed: int, name: str) -> None:
    written = 0
    for piece in pieces:
        written += len(piece)
        if written > MAXIMUM_BYTES or (written > SMALL and written > MAXIMUM_RATIO * packed):
            raise DropError(
                f"unpacks to more than {written} bytes from {packed}",
                file=name,
                expected=f"at most {MAXIMUM_RATIO} times and {MAXIMUM_BYTES} bytes",
                hint="a damaged file, or a bomb: do not unpack it by hand",
            )
        out.write(piece)
