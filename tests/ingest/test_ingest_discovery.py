"""Which files of a landing count, and what is said about those that do not."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import UTC, date, datetime

import pytest

from tasks.errors import DropError

PATH = {"drop_date": {"by": "path", "pattern": r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"}}
MARKER = {"drop_date": {"by": "marker", "marker": "_READY"}}


def csv(*ids):
    return ("id;x\n" + "".join(f"{n};{n}\n" for n in ids)).encode()


def ids(found, table="sales"):
    return [int(row[0]) for row in found.rows(table)]


def sales(**more):
    return {"sales": {"files": ["sales*.csv"], **more}}


def test_a_glob_finds_packed_forms_too(read):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("anything.csv", csv(2))
    found = read({"sales_1.csv": csv(1), "sales_2.csv.zip": packed.getvalue()}, tables=sales())
    assert ids(found) == [1, 2]


def test_one_zip_may_hold_several_tables_and_several_files_of_one(read):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in (("sales_1.csv", csv(1)), ("sales_2.csv", csv(2)), ("shops.csv", csv(7))):
            archive.writestr(name, content)
        archive.writestr("__MACOSX/._sales_1.csv", b"junk")
    found = read({"drop.zip": packed.getvalue()}, tables=sales() | {"shops": {"files": ["shops.csv"]}})
    assert (ids(found), ids(found, "shops")) == ([1, 2], [7])
    assert [i.uri for i in found.sources.inputs] == [
        "DE/drop.zip!sales_1.csv",
        "DE/drop.zip!sales_2.csv",
        "DE/drop.zip!shops.csv",
    ]
    assert len({i.sha256 for i in found.sources.inputs}) == 3
    assert len({i.inferred["archive_sha256"] for i in found.sources.inputs}) == 1


def test_case_of_folder_and_files_is_forgiven_with_a_note(read, tmp_path):
    target = tmp_path / "other" / "de"
    target.mkdir(parents=True)
    (target / "Sales.CSV").write_bytes(csv(1))
    found = read(root=tmp_path / "other", tables=sales())
    assert ids(found) == [1]
    assert found.notes["folder"] == "de for DE: differs in case"
    assert "without regard to case" in found.notes["case:sales"]


def test_files_that_systems_leave_behind_are_not_read(read):
    files = {"sales.csv": csv(1), ".sales.csv": b"x", "~$sales.csv": b"x", "__MACOSX/sales.csv": b"x"}
    assert ids(read(files, tables=sales())) == [1]


def test_the_newest_complete_snapshot_wins(read):
    files = {
        "2024-03-01/sales.csv": csv(1), "2024-03-01/shops.csv": csv(7),
        "2024-03-02/sales.csv": csv(1, 2), "2024-03-02/shops.csv": csv(7, 8),
        "2024-03-03/sales.csv": csv(1, 2, 3),
    }  # fmt: skip
    found = read(files, tables=sales() | {"shops": {"files": ["shops.csv"]}}, source=PATH)
    assert (ids(found), ids(found, "shops")) == ([1, 2], [7, 8])
    assert found.notes["drops_incomplete"] == "2024-03-03 lacks shops"
    assert found.notes["drops"] == "2024-03-02"


def test_a_backfill_takes_the_drops_known_then_if_asked(read):
    files = {"2024-03-01/sales.csv": csv(1), "2024-04-01/sales.csv": csv(1, 2)}
    assert ids(read(files, tables=sales(), source=PATH, as_of=date(2024, 3, 31))) == [1, 2]
    then = read(files, tables=sales(), source=PATH, as_of=date(2024, 3, 31), drops="known")
    assert ids(then) == [1]
    assert then.notes["drops_ignored"] == "dated after 2024-03-31: 2024-04-01"


def test_increments_are_united_in_the_order_of_their_dates(read):
    files = {"b/2024-03-01/sales.csv": csv(1), "a/2024-03-02/sales.csv": csv(2), "c/2024-02-01/sales.csv": csv(3)}
    found = read(files, tables=sales(mode="increment"), source=PATH)
    assert ids(found) == [3, 1, 2]
    assert [row[0] for row in found.all()] == [0, 1, 2]


def test_the_later_row_of_an_increment_wins_and_the_earlier_is_marked(read):
    files = {
        "2024-03-01/sales.csv": b"id;line;x\n1;1;old\n1;2;same\n;1;no key\nbroken\n",
        "2024-03-02/sales.csv": b"id;line;x\n1;1;newer\n;1;no key\n1;1;newest\n",
    }
    found = read(files, tables=sales(mode="increment", key=["id", "line"], delimiter=";"), source=PATH)
    assert [(row[0], row[1], row[2], row[5]) for row in found.all()] == [
        (0, 1, "superseded", "old"),
        (0, 2, None, "same"),
        (0, 3, None, "no key"),
        (0, 4, "too_few_fields", None),
        (1, 1, "superseded", "newer"),
        (1, 2, None, "no key"),
        (1, 3, None, "newest"),
    ]
    said = "2 rows lack id or line: one of them that comes again counts again"
    assert found.sources.notes["keyless:sales"] == said


def test_superseded_rows_leave_the_order_as_it_is(read, con):
    """DuckDB gives the last rows of one file after the first of the next where a join or IN is in the way."""
    numbers = range(1, 150_001)
    files = {f"2024-03-0{day}/sales.csv": csv(*numbers) for day in (1, 2)}
    found = read(files, tables=sales(mode="increment", key=["id"]), source=PATH)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE t AS SELECT file, record, fault FROM {found.sources.tables['sales'].relation}"
    )
    rows = con.execute("SELECT count(*), count(fault), count(*) FILTER (rowid <> file * 150000 + record - 1) FROM t")
    assert rows.fetchone() == (300_000, 150_000, 0)


def test_a_file_delivered_again_is_not_taken_for_the_old_one(read):
    first = read({"2024-03-01/sales.csv": csv(1, 1)}, tables=sales(mode="increment", key=["id"]), source=PATH)
    assert [row[2] for row in first.all()] == ["superseded", None]
    again = read({"2024-03-01/sales.csv": csv(1, 2, 2)}, tables=sales(mode="increment", key=["id"]), source=PATH)
    assert [row[2] for row in again.all()] == [None, "superseded", None]


def test_a_column_that_came_later_is_null_before(read):
    files = {"2024-03-01/sales.csv": b"id;x\n1;a\n", "2024-03-02/sales.csv": b"id;y;x\n2;new;b\n"}
    found = read(files, tables=sales(mode="increment", key=["id"]), source=PATH)
    assert found.columns() == ("id", "x", "y")
    assert found.rows() == [("1", "a", None), ("2", "b", "new")]
    assert found.notes["columns:sales"] == "its files differ in their columns: y"


MAPPED = {"mapping": {"transactions": {"columns": {"order_id": "Bon", "date": "Datum", "amount": "Betrag"}}}}


def test_a_file_without_its_header_beside_files_that_have_one_is_an_error_that_tells_none_of_its_words(read):
    files = {
        "2024-03-01/sales.csv": b"Bon;Kundin;Datum;Betrag\nB1;Ada;2024-03-01;1,50\n",
        "2024-03-02/sales.csv": b"Bon B2;Erika Muster;am 2. Marz;zwei\nB3;Eva;2024-03-02;2,50\n",
    }
    with pytest.raises(DropError, match="no header of the table sales") as caught:
        read(files, tables=sales(mode="increment"), source=PATH | MAPPED)
    assert caught.value.file == "DE/2024-03-02/sales.csv"
    assert caught.value.value == "xxx x9 | xxxxx xxxxxx | xx 9. xxxx | xxxx"
    assert caught.value.expected == "Betrag, Bon, Datum"


def test_names_of_a_header_that_is_not_believed_are_noted_by_their_shape(read):
    """Its one known word may be chance: a receipt's first column often holds the word for receipt."""
    files = {
        "2024-03-01/sales.csv": b"Bon;Kundin;Datum;Betrag\nB1;Ada;2024-03-01;1,50\n",
        "2024-03-02/sales.csv": b"Bon;Erika Muster;am 2. Marz;zwei\nB3;Eva;2024-03-02;2,50\n",
    }
    found = read(files, tables=sales(mode="increment"), source=PATH | MAPPED)
    assert found.notes["columns:sales"] == (
        "its files differ in their columns: Kundin, Datum, Betrag, xxxxx xxxxxx, xx 9. xxxx, xxxx"
    )


def test_a_select_names_columns_too(read):
    select = "SELECT s.Bon AS order_id, Datum AS date, s.Betrag AS amount FROM sales s"
    files = {
        "2024-03-01/sales.csv": b"Bon;Kundin;Datum;Betrag\nB1;Ada;2024-03-01;1,50\n",
        "2024-03-02/sales.csv": b"Bon B2;Erika Muster;am 2. Marz;zwei\nB3;Eva;2024-03-02;2,50\n",
    }
    with pytest.raises(DropError, match="no header of the table sales") as caught:
        read(files, tables=sales(mode="increment"), source=PATH | {"mapping": {"transactions": {"select": select}}})
    assert caught.value.expected == "Betrag, Bon, Datum"


def test_a_marker_dates_its_folder_and_folders_without_one_are_not_complete(read):
    files = {
        "a/_READY": b"2024-03-01\n", "a/sales.csv": csv(1),
        "b/_READY": b"2024-03-02\n", "b/sales.csv": csv(2),
        "c/sales.csv": csv(3),
    }  # fmt: skip
    found = read(files, tables=sales(), source=MARKER)
    assert ids(found) == [2]
    assert "DE/c/sales.csv" in found.notes["unmarked"]


def test_modification_time_dates_folders_and_stays_out_of_the_manifest(read, tmp_path):
    """The manifest follows from the publication's id alone, and no time of a copy is in that."""
    for folder, day, n in (("old", 5, 1), ("new", 9, 2)):
        path = tmp_path / "landing" / "DE" / folder / "sales.csv"
        path.parent.mkdir(parents=True)
        path.write_bytes(csv(n))
        stamp = datetime(2024, 3, day, 12, tzinfo=UTC).timestamp()
        os.utime(path, (stamp, stamp))
    found = read(tables=sales())
    assert ids(found) == [2]
    assert found.notes == {}


def test_an_optional_table_may_be_absent(read):
    found = read({"sales.csv": csv(1)}, tables=sales() | {"shops": {"files": ["shops.csv"], "optional": True}})
    assert set(found.sources.tables) == {"sales"}


#: Name of the fault: files, tables, the rest of the source, what the message must say.
REFUSED = {
    "folder_missing": ({}, sales(), {}, r"no such folder, or it is empty; found 'DE'"),
    "required_table_missing": (
        {"slaes_2024.csv": csv(1)},
        sales(),
        {},
        r"no file for the table sales; found 'slaes_2024.csv'; expected sales\*.csv; did you mean slaes_2024.csv\?",
    ),
    "increment_missing": ({"2024-03-01/x.csv": csv(1)}, sales(mode="increment"), PATH, "no file for the table sales"),
    "no_complete_drop": (
        {"2024-03-01/sales.csv": csv(1)},
        sales() | {"shops": {"files": ["shops.csv"]}},
        PATH,
        "no file for the table",
    ),
    "file_of_two_tables": (
        {"sales.csv": csv(1)},
        sales() | {"all": {"files": ["*.csv"]}},
        {},
        "matches the tables sales and all",
    ),
    "packed_and_unpacked": ({"sales.csv": csv(1), "sales.csv.gz": b""}, sales(), {}, "twice, packed and unpacked"),
    "no_date_in_the_path": ({"sales.csv": csv(1)}, sales(), PATH, "no date in the path"),
    "no_such_day_in_the_path": ({"2024-02-30/sales.csv": csv(1)}, sales(), PATH, "no such day in the path.*2024-02-30"),
    "pattern_is_no_regular_expression": (
        {"sales.csv": csv(1)},
        sales(),
        {"drop_date": {"by": "path", "pattern": "("}},
        "no regular expression",
    ),
    "marker_missing": ({"sales.csv": csv(1)}, sales(), MARKER, "marker is missing"),
    "marker_without_a_date": (
        {"sales.csv": csv(1), "_READY": b"done"},
        sales(),
        MARKER,
        "first line is no date; found 'done'",
    ),
    "key_is_no_column": (
        {"sales.csv": csv(1)},
        sales(mode="increment", key=["idd"]),
        {},
        "column idd: the key of sales is not among its columns; expected id",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_landing_that_cannot_be_right_is_refused(fault, read):
    files, tables, source, message = REFUSED[fault]
    with pytest.raises(DropError, match=message) as caught:
        read(files, tables=tables, source=source)
    assert caught.value.market == "DE"


def test_a_store_without_local_files_is_downloaded_once(read, monkeypatch):
    from tasks.objects.folder import FolderStore

    downloads = []
    original = FolderStore.download

    def download(store, key, path):
        downloads.append(key)
        original(store, key, path)

    monkeypatch.setattr(FolderStore, "local_path", lambda *_: None)
    monkeypatch.setattr(FolderStore, "download", download)
    assert ids(read({"sales.csv": csv(1)}, tables=sales())) == [1]
    assert ids(read(tables=sales())) == [1]
    assert downloads == ["DE/sales.csv"]
