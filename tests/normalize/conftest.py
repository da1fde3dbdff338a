"""A market in a few lines: CSV text by raw table, a profile's source, and what normalize makes of them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace

import duckdb
import pyarrow as pa
import pytest

from region_profiles.models import Profile
from tasks.files import parquet
from tasks.normalize.canonical import normalize
from tasks.records import InputFile, RawRelation, Sources

AS_OF = date(2024, 6, 30)
LINES = {"order_id": "order", "line_id": "line", "member_number": "member", "date": "date", "amount": "amount"}


@pytest.fixture(scope="session")
def instance():
    con = duckdb.connect()
    con.execute("SET GLOBAL TimeZone = 'UTC'; SET threads = 2")
    yield con
    con.close()


@dataclass
class Made:
    canonical: object
    con: object

    def rows(self, table, columns="*", where="true"):
        lines = self.canonical.transactions.relation
        relation = lines if table == "transactions" else parquet(self.canonical.file(table))
        return self.con.execute(f"SELECT {columns} FROM {relation} WHERE {where}").fetchall()

    def quarantined(self):
        """(table, record): reasons."""
        query = f"SELECT \"table\", record, reasons FROM read_parquet('{self.canonical.quarantine}')"
        return {(table, record): reasons for table, record, reasons in self.con.execute(query).fetchall()}

    def reasons(self, table, outcome):
        return dict(self.canonical.ledger[table].reasons.get(outcome, {}))


def profile_of(mapping, market=None, source=None, **more):
    base = {"country": "DE", "time_zone": "Europe/Berlin", "currencies": [{"code": "EUR"}], "languages": ["de"]}
    formats = {"decimal_sign": ".", "date_order": "ymd"}
    return Profile.model_validate(
        {
            "market": {**base, **(market or {})},
            "source": {"formats": formats, "mapping": mapping, **(source or {})},
            "tax": {"amounts": "untaxed"},
            "dimensions": {"language": {"kind": "trait", "trait": "language"}},
            "teams": [{"name": "team", "locales": ["de-DE"]}],
            **more,
        }
    )


def sources_of(con, tables, inferred=None, digests=None):
    """Raw relations of CSV texts; a table may be several files (a list of texts with one header)."""
    relations, inputs = {}, []
    for name, texts in tables.items():
        rows, columns = [], []
        for text in [texts] if isinstance(texts, str) else texts:
            header, *records = csv.reader(io.StringIO(text), delimiter=";")
            columns = header
            index = len(inputs)
            digest = (digests or {}).get(index, str(index))
            inputs.append(InputFile(index, name, f"{name}.csv", digest, 0, None, "utf-8", {}, inferred or {}))
            for number, record in enumerate(records, start=1):
                fault = "too_few_fields" if len(record) < len(header) else None
                rows.append([index, number, fault, *record, *[None] * (len(header) - len(record))])
        schema = [("file", pa.int32()), ("record", pa.int64()), ("fault", pa.string())]
        schema = pa.schema([*schema, *((column, pa.string()) for column in columns)])
        arrays = [pa.array([row[i] for row in rows], field.type) for i, field in enumerate(schema)]
        con.register("arrow_rows", pa.table(arrays, schema=schema))
        con.execute(f"CREATE OR REPLACE TEMP TABLE raw_{name} AS SELECT * FROM arrow_rows").fetchall()
        con.unregister("arrow_rows")
        relations[name] = RawRelation(name, f"raw_{name}", tuple(columns), numbered=True)
    return Sources("drop", tuple(inputs), relations)


@pytest.fixture(scope="session")
def build():
    """`profile_of` and `sources_of`, for tests that call normalize themselves."""
    return SimpleNamespace(profile_of=profile_of, sources_of=sources_of)


@pytest.fixture
def make(instance, tmp_path):
    """make(tables, mapping, ...) -> Made."""

    def made(tables, mapping, *, inferred=None, digests=None, key="key", tombstones=(), as_of=AS_OF, **profile):
        con = instance.cursor()
        sources = sources_of(con, tables, inferred, digests)
        canonical = normalize(
            con,
            profile_of(mapping, **profile),
            sources,
            tmp_path / "work",
            as_of=as_of,
            pseudonym_key=key,
            tombstones=tombstones,
        )
        return Made(canonical, con)

    return made


@pytest.fixture
def lines(make):
    """lines(csv, columns beyond LINES, ...) -> Made: a drop of transactions alone."""

    def made(text, *, columns=None, replace=None, constants=None, values=None, formats=None, **more):
        mapping = {"source": "sales", "columns": replace or {**LINES, **(columns or {})}}
        mapping |= {"constants": constants or {}, "values": values or {}, "formats": formats or {}}
        return make({"sales": text}, {"transactions": mapping}, **more)

    return made
