"""The manifest of a publication, and the identity that its bytes follow from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError

from tasks.errors import PublicationError
from tasks.objects.store import sha256_of
from tasks.records import InputFile

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
#: 24 hex digits of the identity's digest; `-e<n>` after an erasure.
PublicationId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}(-e[1-9][0-9]*)?$")]
ID_DIGITS = 24

#: What hysteresis, labels and membership of the next publication read, and what its report tells the results of;
#: nothing else of the past.
CUSTOMERS = "canonical/customers.parquet"
AUDIENCES = "canonical/audiences.parquet"
#: The name under which `references` have the digest of that file of the publication before.
AUDIENCES_BEFORE = "audiences_before"
#: And that of the highest number of its clusters' codes, where its customers do not tell it.
CLUSTERS_BEFORE = "clusters_before"
OF_BEFORE = frozenset({AUDIENCES_BEFORE, CLUSTERS_BEFORE})
WITHOUT_LOCALE = ("canonical", "tags")


class Record(BaseModel):
    """A part of a published JSON document. An unknown key is an error: a newer program wrote it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_bytes(self) -> bytes:
        """Canonical JSON: sorted keys, UTF-8, no clock of its own, a newline at the end."""
        return canonical_json(self.model_dump(mode="json"))

    @classmethod
    def from_bytes(cls, data: bytes, uri: str) -> Self:
        """The record in these bytes, which lie at `uri`; PublicationError if they hold none."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "document"
            raise PublicationError(
                f"not a {cls.__name__.lower()} of this program: {where}: {first['msg']}",
                path=uri,
                hint="a newer program may have written it: upgrade; or restore the object",
            ) from error


class Export(Record):
    """One file of a publication: `path` below it, `rows` without header, or null where it is no table."""

    path: str
    locale: str | None
    bytes: int
    sha256: Sha256
    rows: int | None


class Input(Record):
    """One file of the drop as it was read.

    `uri` is its key below the landing, so that a landing that moves is the same publication. Tables refer to inputs by
    their position.
    """

    table: str
    uri: str
    sha256: Sha256
    bytes: int
    rows: int | None
    encoding: str | None = None
    dialect: dict[str, str] = Field(default_factory=dict)
    inferred: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of(cls, file: InputFile) -> Input:
        """The entry for a file that ingest read; its `uri` is a key below the landing."""
        if "://" in file.uri or file.uri.startswith("/"):
            raise PublicationError("an input is not named by its key below the landing", file=file.uri)
        return cls(
            table=file.table,
            uri=file.uri,
            sha256=file.sha256,
            bytes=file.bytes,
            rows=file.rows,
            encoding=file.encoding,
            dialect=dict(file.dialect),
            inferred=dict(file.inferred),
        )


class Manifest(Record):
    """What a publication is made of and made from. It follows from the publication's id alone.

    `profile`: digest of the resolved profile. `references`: name to digest of each reference table (and message
    catalog) used, OF_BEFORE among them. `tombstones`: digest of the list of erased people, null without one.
    `pseudonym_key`: fingerprint of the key. `previous`: sha256 of canonical/customers.parquet of the publication
    selected for the greatest earlier as-of date. `ledger`: `TableLedger.as_dict` by table. `columns`: file or table,
    column, what it holds. `notes`: what the stages have to say (vintages, fall-backs, cuts, counts of null conditions).
    """

    format: Literal[1] = 1
    country: Country
    as_of: date
    publication: PublicationId
    previous: Sha256 | None
    profile: Sha256
    output_version: int
    references: dict[str, Sha256]
    tombstones: Sha256 | None
    pseudonym_key: str
    inputs: tuple[Input, ...]
    ledger: dict[str, JsonValue]
    columns: dict[str, dict[str, JsonValue]]
    exports: tuple[Export, ...]
    notes: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def customers(self) -> Sha256 | None:
        """Digest of canonical/customers.parquet."""
        return self._digest(CUSTOMERS)

    @property
    def audiences(self) -> Sha256 | None:
        """Digest of canonical/audiences.parquet."""
        return self._digest(AUDIENCES)

    def _digest(self, path: str) -> Sha256 | None:
        return next((export.sha256 for export in self.exports if export.path == path), None)

    def derived_id(self) -> str:
        """The id that the manifest's own fields give."""
        return publication_id(
            country=self.country,
            as_of=self.as_of,
            inputs=[(entry.table, entry.uri, entry.sha256) for entry in self.inputs],
            profile=self.profile,
            references=self.references,
            tombstones=self.tombstones,
            pseudonym_key=self.pseudonym_key,
            output_version=self.output_version,
            previous=self.previous,
        )


def publication_id(
    *,
    country: str,
    as_of: date,
    inputs: Iterable[tuple[str, str, str]],
    profile: str,
    references: Mapping[str, str],
    tombstones: str | None,
    pseudonym_key: str,
    output_version: int,
    previous: str | None,
) -> str:
    """Digest of everything that a byte of the publication depends on; arguments are the fields of `Manifest`.

    `inputs` are (table, key below the landing, sha256) in the order in which tables number them; the key counts because
    the manifest names it.

    >>> publication_id(country="DE", as_of=date(2021, 2, 20), inputs=[("customers", "DE/kunden.csv", "0" * 64)],
    ...     profile="1" * 64, references={}, tombstones=None, pseudonym_key="2" * 16, output_version=1, previous=None)
    '4fb8eb5177161db9c5ba3807'
    """
    identity = {
        "country": country,
        "as_of": as_of.isoformat(),
        "inputs": [list(entry) for entry in inputs],
        "profile": profile,
        "references": dict(references),
        "tombstones": tombstones,
        "pseudonym_key": pseudonym_key,
        "output_version": output_version,
        "previous": previous,
    }
    return hashlib.sha256(canonical_json(identity)).hexdigest()[:ID_DIGITS]


def canonical_json(value: Any) -> bytes:
    """The one spelling of a JSON value: sorted keys, two blanks, UTF-8, no NaN.

    >>> print(canonical_json({"b": "ü", "a": 1}).decode(), end="")
    {
      "a": 1,
      "b": "ü"
    }
    """
    return (json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def exports_of(staged: Path, rows: Mapping[str, int] | None = None) -> tuple[Export, ...]:
    """An entry for each file below the staged folder, in order of path; the first folder is the locale.

    `rows` maps paths to the numbers of their rows. Folders WITHOUT_LOCALE are for machines.
    """
    known = rows or {}
    entries = []
    for file in sorted(path for path in staged.rglob("*") if path.is_file()):
        path = file.relative_to(staged).as_posix()
        folder = path.partition("/")[0]
        entries.append(
            Export(
                path=path,
                locale=None if folder in {*WITHOUT_LOCALE, path} else folder,
                bytes=file.stat().st_size,
                sha256=sha256_of(file),
                rows=known.get(path),
            )
        )
    unknown = set(known) - {entry.path for entry in entries}
    if unknown:
        raise PublicationError("rows are given for files that are not staged", path=str(staged), value=sorted(unknown))
    return tuple(sorted(entries, key=lambda entry: entry.path))
