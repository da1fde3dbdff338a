"""The main call of ingest: a market's drop, read into raw tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path, PurePosixPath

import duckdb

from region_profiles.models import Profile, RawTable
from tasks.errors import DropError, StrataError
from tasks.files import parquet
from tasks.ingest import archives, headers, increments
from tasks.ingest.databases.read import Answer, read_databases
from tasks.ingest.discover import Discovery, Drops, Found, discover
from tasks.ingest.part import Delivered, Part, once
from tasks.ingest.text_files import read_text
from tasks.ingest.typed_files import read_json_lines, read_parquet
from tasks.ingest.workbooks import read_workbook
from tasks.objects.store import ObjectInfo, ObjectStore, sha256_of
from tasks.records import InputFile, RawRelation, Sources
from tasks.sql import literal, name

FORMATS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".tab": "csv", ".dat": "csv", ".psv": "csv",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet", ".xlsx": "xlsx", ".xlsm": "xlsx",
    ".xls": "xls",
}  # fmt: skip
#: First bytes that tell what a file is, whatever its name says.
MAGIC = (
    (b"PK\x03\x04", "xlsx"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"PAR1", "parquet"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"%PDF", "pdf"),
)


def read_drop(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    store: ObjectStore,
    work: Path,
    *,
    as_of: date,
    drops: Drops = "latest",
) -> Sources:
    """The files of a market's drop and a relation for each raw table, as `docs/contracts.md` says.

    `drops="known"` leaves out drops dated after `as_of`; `latest` (default) takes what is there, and rows dated later
    are for normalize to filter. What has to be written (downloads, unpacked, UTF-8, Parquet) goes below `work` under
    names that carry its digest: markets of a shared drop give the same `work` and reuse it, also at the same time.

    Tables of databases are asked once, for the as-of date, and written below `work` too.

    Raises DropError: a missing folder or file, damaged archives, bytes or records that contradict the profile, a SELECT
    that is refused. DatabaseUnavailable where a database does not answer.
    """
    try:
        found = discover(profile, store, lambda info: fetched(store, info, work), as_of=as_of, drops=drops)
        answers = read_databases(con, profile, work / "databases", as_of) if profile.source.asked else {}
        return _read(con, profile, store, work, found, answers)
    except StrataError as error:
        error.market = error.market or profile.market.country
        raise


def delivered_files(
    profile: Profile, store: ObjectStore, work: Path, *, as_of: date, drops: Drops = "latest"
) -> list[tuple[str, str, str]]:
    """Table, key and sha256 of the files that `read_drop` would read, in its order, without those of databases.

    Raises DropError as `read_drop` does where files are missing.
    """
    found = discover(profile, store, lambda info: fetched(store, info, work), as_of=as_of, drops=drops)
    files = (file for table in profile.source.tables for file in found.files.get(table, ()))
    return [(file.table, file.name, _deliver(store, file, work).sha256) for file in files]


def _read(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    store: ObjectStore,
    work: Path,
    found: Discovery,
    answers: Mapping[str, Answer],
) -> Sources:
    inputs: list[InputFile] = []
    tables: dict[str, RawRelation] = {}
    notes = {**found.notes, **{f"asked:{table}": answer.note for table, answer in answers.items()}}
    for table, raw in profile.source.tables.items():
        if table not in found.files and table not in answers:
            continue
        parts: list[tuple[int, Part]] = []
        for delivered, part, rows in _parts(con, profile, store, work, found.files.get(table, ()), answers.get(table)):
            parts.append((len(inputs), part))
            inputs.append(
                InputFile(
                    len(inputs), table, delivered.name, delivered.sha256, delivered.bytes, rows,
                    part.encoding, part.dialect, part.inferred,
                )
            )  # fmt: skip
        named = headers.named_columns(profile, table)
        headers.check(table, [(inputs[index].uri, part.columns) for index, part in parts], named)
        relation = _union(table, parts, named, notes)
        if raw.key and (raw.mode == "increment" or raw.later_by):
            relation = increments.later_wins(
                con,
                relation,
                raw.key,
                work / "increments",
                (i.sha256 for i in inputs if i.table == table),
                later_by=raw.later_by,
                formats=profile.source.formats,
            )
            if lacking := increments.keyless(con, relation, raw.key):
                notes[f"keyless:{table}"] = (
                    f"{lacking:,} rows lack {' or '.join(raw.key)}: one of them that comes again counts again"
                )
        tables[table] = relation
    if unused := [table for table in headers.unused_tables(profile) if table in tables]:
        notes["tables_unread"] = f"no mapping reads {', '.join(unused)}: their rows are in no ledger"
    return Sources(found.folder, tuple(inputs), tables, notes)


def _parts(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    store: ObjectStore,
    work: Path,
    files: Iterable[Found],
    answer: Answer | None,
) -> Iterator[tuple[Delivered, Part, int | None]]:
    """What a table is made of: its database's answer, or its files one by one; rows where they are known already."""
    if answer is not None:
        yield answer.delivered, answer.part, answer.rows
    for file in files:
        delivered = _deliver(store, file, work)
        yield delivered, _named(con, profile, profile.source.tables[file.table], delivered, file, work), None


def fetched(store: ObjectStore, info: ObjectInfo, work: Path) -> Path:
    """The object as a local file: itself in a folder store, else a copy."""
    local = store.local_path(info.key)
    if local is not None:
        if not local.is_file():  # to open a pipe would wait for ever
            raise DropError("neither a file nor a folder", file=info.key, hint="remove the pipe, socket or device")
        return local
    version = hashlib.sha256(f"{store.uri}\n{info.key}\n{info.etag}".encode()).hexdigest()[:32]
    suffix = "".join(PurePosixPath(info.key).suffixes[-2:])
    return once(work / "delivered" / f"{version}{suffix}", lambda temporary: store.download(info.key, temporary))


def _deliver(store: ObjectStore, file: Found, work: Path) -> Delivered:
    """The plain file, with the digest of what was delivered (of a zip: of the member, and the zip's own apart)."""
    path = fetched(store, file.info, work)
    if not file.inside.lower().endswith(archives.SUFFIXES) and file.member is None:
        return Delivered(path, file.name, digest_of_file(path), path.stat().st_size)
    digest = digest_of_file(path)
    member = hashlib.sha256((file.member or "").encode()).hexdigest()[:8]
    plain = archives.unpack(path, file.info.key, file.member, work / "plain" / f"{digest}-{member}")
    if file.member is None:
        return Delivered(plain, file.name, digest, path.stat().st_size)
    return Delivered(plain, file.name, digest_of_file(plain), plain.stat().st_size, {"archive_sha256": digest})


def digest_of_file(path: Path) -> str:
    """sha256 of a file's bytes, read once a process while the file stays as it is: a backfill asks for each date."""
    found = path.stat()
    return _digest(path, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


@lru_cache(maxsize=4096)
def _digest(path: Path, *_unchanged: int) -> str:
    return sha256_of(path)


def _named(
    con: duckdb.DuckDBPyConnection, profile: Profile, raw: RawTable, file: Delivered, found: Found, work: Path
) -> Part:
    """The part; every error names its file."""
    try:
        return _part(con, profile, raw, file, found, work)
    except DropError as error:
        error.file = error.file or file.name
        raise


def _part(
    con: duckdb.DuckDBPyConnection, profile: Profile, raw: RawTable, file: Delivered, found: Found, work: Path
) -> Part:
    kind = _format(raw, file, found)
    named = headers.named_columns(profile, found.table)
    if kind in {"xlsx", "xls"}:
        return read_workbook(file, raw, work / "workbooks", named)
    if kind == "parquet":
        part = read_parquet(con, file)
    elif kind == "jsonl":
        part = read_json_lines(con, file)
    else:
        declared = raw.encoding or profile.source.encoding
        part = read_text(con, file, raw, declared, work, bound=profile.source.contradiction_bound, named=named)
    return _materialised(con, part, file, work) if profile.source.shared else part


def _materialised(con: duckdb.DuckDBPyConnection, part: Part, file: Delivered, work: Path) -> Part:
    """The part written once, for all markets of a shared drop."""
    options = hashlib.sha256(repr((part.dialect, part.columns, part.encoding)).encode()).hexdigest()[:12]

    def make(temporary: Path) -> None:
        target = literal(str(temporary))
        con.execute(f"COPY (SELECT * FROM {part.relation}) TO {target} (FORMAT parquet, COMPRESSION lz4)").fetchall()

    path = once(work / "shared" / f"{file.sha256}-{options}.parquet", make)
    relation = parquet(path)
    return Part(relation, part.columns, part.encoding, part.dialect, part.inferred)


def _format(raw: RawTable, file: Delivered, found: Found) -> str:
    """Declared, else from the name; DropError where the first bytes say otherwise."""
    plain = archives.plain_name(found.member or found.inside)
    kind = raw.format or FORMATS.get(PurePosixPath(plain).suffix.lower())
    if kind is None:
        raise DropError("unknown kind of file", file=file.name, expected=", ".join(FORMATS), hint="declare format")
    with file.path.open("rb") as opened:
        start = opened.read(8)
    truth = next((what for magic, what in MAGIC if start.startswith(magic)), None)
    if start and not start.strip(b"\0"):
        problem, hint = (
            "it begins with NUL bytes: no text, no table",
            "its copy broke off: ask the shop for the file again",
        )
        raise DropError(problem, file=file.name, expected=kind, hint=hint)
    workbook = {"xlsx", "xls"}
    if truth == kind or (truth in workbook and kind in workbook) or (truth is None and kind in {"csv", "jsonl"}):
        return kind
    if not start:
        raise DropError("empty file", file=file.name, hint="ask the shop for the file again")
    what = truth or ("HTML" if start.lstrip().startswith(b"<") else "plain text")
    hint = f"declare format: {truth}" if truth in FORMATS.values() else "declare format, or give the file its true name"
    raise DropError(f"it is {what}, not {kind}", file=file.name, hint=hint)


def _union(table: str, parts: list[tuple[int, Part]], named: frozenset[str], notes: dict[str, str]) -> RawRelation:
    """All files of a table under each other; a column that a file lacks is null there."""
    columns = tuple(dict.fromkeys(c for _, part in parts for c in part.columns))
    if any(set(part.columns) != set(columns) for _, part in parts):
        shown: dict[str, str] = {}
        for _, part in parts:
            shown |= {c: text for c, text in headers.told(part.columns, named).items() if text == c or c not in shown}
        notes[f"columns:{table}"] = "its files differ in their columns: " + ", ".join(
            shown[c] for c in columns if any(c not in part.columns for _, part in parts)
        )
    selects = []
    for index, part in parts:
        fields = ", ".join(name(c) if c in part.columns else f"NULL::VARCHAR AS {name(c)}" for c in columns)
        selects.append(f"SELECT {index}::INTEGER AS file, record, fault, {fields} FROM {part.relation}")
    numbered = all(part.numbered for _, part in parts)
    return RawRelation(table, f"({' UNION ALL '.join(selects)})", columns, numbered)
