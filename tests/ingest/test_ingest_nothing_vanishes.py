"""What is not read is told; what stands below titles is found; of rows with one key the later one counts."""

from __future__ import annotations

import io

import pytest
import xlsxwriter

from tasks.errors import DropError

MAPPING = {
    "transactions": {"source": "sales", "columns": {"order_id": "Bill", "date": "Date", "amount": "Amount"}},
}
SALES = {"sales": {"files": ["sales*"]}}


def csv(*rows):
    return "".join(";".join(row) + "\n" for row in rows).encode()


def workbook(*rows):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


HEADER = ["Bill", "Date", "Amount", "Till"]
TITLED = [["Sales of January"], [], HEADER, ["2", "2026-01-31", "5", "T1"], ["Total", None, "5"]]


def test_files_that_no_glob_catches_are_told(read):
    found = read(
        {"sales.csv": csv(HEADER, ["1", "2026-01-01", "3", "T"]), "history/old.csv": b"x\n", "returns.csv": b"y\n"},
        tables=SALES,
    )
    assert found.notes["files_unread"].startswith("2 that no glob of source.tables catches: history/old.csv (2 bytes)")
    assert "returns.csv" in found.notes["files_unread"]


def test_a_table_that_no_mapping_reads_is_told(read):
    files = {"sales.csv": csv(HEADER, ["1", "2026-01-01", "3", "T"]), "products.csv": b"a;b\n1;2\n"}
    found = read(files, tables={**SALES, "products": {"files": ["products.csv"]}}, source={"mapping": MAPPING})
    assert "no mapping reads products" in found.notes["tables_unread"]
    assert "sales" not in found.notes["tables_unread"]


def test_nothing_is_told_where_all_is_read(read):
    assert (
        read({"sales.csv": csv(HEADER, ["1", "2026-01-01", "3", "T"])}, tables=SALES, source={"mapping": MAPPING}).notes
        == {}
    )


def test_a_history_without_titles_and_workbooks_with_them_are_one_table(read):
    files = {"sales_old.csv": csv(HEADER, ["1", "2025-12-31", "4", "T1"]), "sales_2026-01.xlsx": workbook(*TITLED)}
    found = read(files, tables=SALES, source={"mapping": MAPPING})
    assert sorted(row[:4] for row in found.rows()) == [
        ("1", "2025-12-31", "4", "T1"),
        ("2", "2026-01-31", "5", "T1"),
        ("Total", None, "5", None),
    ]
    told = {entry.uri.rpartition("/")[2]: entry.inferred.get("header_row") for entry in found.sources.inputs}
    assert told == {"sales_old.csv": None, "sales_2026-01.xlsx": "3"}


def test_a_title_above_the_header_of_a_text_file_is_found(read):
    rows = [["Sales of January"], HEADER, ["2", "2026-01-31", "5", "T1"]]
    found = read(
        {"sales.csv": csv(*rows)},
        tables={"sales": {"files": ["sales.csv"], "delimiter": ";"}},
        source={"mapping": MAPPING},
    )
    assert found.rows() == [("2", "2026-01-31", "5", "T1")]
    assert [row[1] for row in found.all()] == [1]
    assert found.input().inferred["header_row"] == "2"


def test_a_record_above_the_header_is_no_title(read):
    """It is as wide as the header: taken for a title, somebody's purchase would vanish."""
    rows = [["7", "2026-01-30", "9", "T1"], HEADER, ["2", "2026-01-31", "5", "T1"]]
    with pytest.raises(DropError, match="header"):
        read(
            {"sales.csv": csv(*rows)},
            tables={"sales": {"files": ["sales.csv"], "delimiter": ";"}},
            source={"mapping": MAPPING},
        )


def read_members(read, *rows, source=None, **table):
    declared = {"files": ["customers.csv"], "key": ["id"], "later_by": "updated", **table}
    files = {"customers.csv": csv(["id", "consent", "updated"], *rows)}
    return read(files, tables={"customers": declared}, source=source)


def counting(found):
    return [row[3:5] for row in found.all("customers") if row[2] is None]


@pytest.mark.parametrize("mode", ["snapshot", "increment"])
def test_the_later_date_wins_over_the_later_row(read, mode):
    rows = [
        ("1", "no", "2026-02-01T10:00:00"),
        ("2", "yes", "2025-01-01"),
        ("1", "yes", "2026-01-31"),
        ("1", "old", ""),
    ]
    found = read_members(read, *rows, mode=mode)
    assert counting(found) == [("1", "no"), ("2", "yes")]


def test_of_equal_dates_the_later_row_wins(read):
    assert counting(read_members(read, ("1", "yes", "2026-01-31"), ("1", "no", "2026-01-31"))) == [("1", "no")]


def test_dates_are_read_as_the_source_says(read):
    rows = [("1", "no", "01.02.2026"), ("1", "yes", "31.01.2026")]
    assert counting(read_members(read, *rows, source={"formats": {"date_order": "dmy"}})) == [("1", "no")]


def test_a_value_that_is_no_date_is_refused_rather_than_ordered(read):
    with pytest.raises(DropError) as caught:
        read_members(read, ("1", "no", "2026-02-01"), ("1", "yes", "yesterday"))
    assert "later_by" in str(caught.value)
    assert caught.value.record == 2
    assert "yesterday" not in str(caught.value)


def test_a_column_that_is_not_there_is_refused_by_name(read):
    with pytest.raises(DropError, match="updated"):
        read_members(read, ("1", "no", "2026-02-01"), later_by="updatd")
