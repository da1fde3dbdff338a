"""A path means one file, whatever signs are in it: DuckDB would read `sales[1].csv` as the pattern for `sales1.csv`."""

from __future__ import annotations

import gzip
import io
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.engine import DuckDB, open_duckdb
from tasks.errors import DropError, Terminal
from tasks.files import parquet, pattern
from tasks.ingest.drop import read_drop
from tasks.objects import open_store

#: Bytes of a file by its suffix. The first record is the same in all: a reader that compares only it is misled.
KINDS = {
    "csv": lambda text: f"id;x\n0;-\n1;{text}\n".encode(),
    "quoted.csv": lambda text: f'id;x\n0;-\n1;"{text}"\n'.encode(),
    "broken_quotes.csv": lambda text: f'id;x\n0;-\n1;{text}\n2;"\n'.encode(),
    "cp1252.csv": lambda text: f"id;x;ö\n0;-;ä\n1;{text};ä\n".encode("cp1252"),
    "csv.gz": lambda text: gzip.compress(f"id;x\n0;-\n1;{text}\n".encode()),
    "jsonl": lambda text: f'{{"id":"0","x":"-"}}\n{{"id":"1","x":"{text}"}}\n'.encode(),
    "parquet": lambda text: as_parquet({"id": ["0", "1"], "x": ["-", text]}),
}


def as_parquet(columns):
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_read_although_its_name_is_a_pattern_for_another(kind, read):
    declared = {} if kind in {"jsonl", "parquet"} else {"delimiter": ";", "encoding": "cp1252"}
    found = read({f"sales[1].{kind}": KINDS[kind]("own"), f"sales1.{kind}": KINDS[kind]("other")}, **declared)
    assert {found.input(row[0]).uri: row[4] for row in found.all() if row[3] == "1"} == {
        f"DE/sales[1].{kind}": "own",
        f"DE/sales1.{kind}": "other",
    }


@pytest.mark.parametrize("landing", ["shop?", "[ab]", "shop*"])
def test_a_landing_whose_folder_is_a_pattern_does_not_read_its_neighbours(landing, read, tmp_path):
    for folder in (landing, "shop1", "a", "shops"):
        for kind in ("csv", "jsonl", "parquet"):
            (tmp_path / folder / "DE").mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / "DE" / f"sales.{kind}").write_bytes(KINDS[kind](folder))
    assert [row[1] for row in read(root=tmp_path / landing).rows()] == ["-", landing] * 3


def test_a_work_folder_whose_name_is_a_pattern_serves_all_that_is_written(con, profile, tmp_path):
    drop = tmp_path / "landing" / "DE"
    for day, x in (("2024-01-01", "ä"), ("2024-01-02", "ö")):
        (drop / day).mkdir(parents=True)
        (drop / day / "sales.csv").write_bytes(f"id;x\n1;{x}\n2;{x}\n".encode("cp1252"))
    found = read_drop(
        con,
        profile(
            {"sales": {"files": ["sales.csv"], "mode": "increment", "key": ["id"], "encoding": "cp1252"}},
            shared=True,
            drop_date={"by": "path", "pattern": r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"},
        ),
        open_store(tmp_path / "landing"),
        tmp_path / "work[1]",
        as_of=date(2024, 3, 31),
    )
    rows = con.execute(f"SELECT fault, id, x FROM {found.tables['sales'].relation}").fetchall()
    assert rows == [("superseded", "1", "ä"), ("superseded", "2", "ä"), (None, "1", "ö"), (None, "2", "ö")]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_folders_named_key_is_value_add_and_replace_no_column(kind, read):
    found = read({f"x=other/year=2024/sales.{kind}": KINDS[kind]("own")})
    assert found.columns() == ("id", "x")
    assert found.rows() == [("0", "-"), ("1", "own")]


def test_an_engine_reads_the_one_file_and_its_own_columns(tmp_path):
    for folder, as_of in (("as_of=2024-01-01[1]", "first"), ("as_of=2024-01-011", "second")):
        (tmp_path / folder).mkdir()
        pq.write_table(pa.table({"as_of": [as_of]}), tmp_path / folder / "customers.parquet")
    engine = DuckDB(open_duckdb("100MB", threads=1))
    table = engine.read_parquet(tmp_path / "as_of=2024-01-01[1]" / "customers.parquet")
    assert engine.to_arrow(table).to_pydict() == {"as_of": ["first"]}


def test_every_pattern_matches_its_own_file_only(tmp_path):
    patterns = ["sales[1]", "sales?", "sales*", "[[]", "[!a]", "**", "a{b,c}", "d'Or [x]", "ä[ö]", "]x["]
    names = [*patterns, "sales1", "sales2", "sales_old", "[", "b", "ab", "ö", "back\\slash", "100%"]
    for name in names:
        pq.write_table(pa.table({"name": [name]}), tmp_path / name)
    with duckdb.connect() as con:
        for name in names:
            assert con.execute(f"FROM {parquet(tmp_path / name)}").fetchall() == [(name,)]


def test_a_path_that_no_pattern_can_mean_is_refused_by_name():
    with pytest.raises(Terminal, match=r"backslash beside \[.*rename"):
        pattern(Path("/landing/a\\b[1].csv"))


def test_a_link_that_leads_back_to_itself_is_named(read, tmp_path):
    (tmp_path / "landing" / "DE").mkdir(parents=True)
    (tmp_path / "landing" / "DE" / "sales.csv").symlink_to("sales.csv")
    with pytest.raises(Terminal, match=r"leads back to itself; found 'DE/sales\.csv'; remove it"):
        read()


def test_no_control_character_of_a_file_reaches_a_message():
    error = DropError("no column \t\x1b[31m", file="a\rb.csv", expected="one of K\x01d, Datum")
    assert str(error) == "a\\x0db.csv: no column \\x09\\x1b[31m; expected one of K\\x01d, Datum"
