"""The real drops of shared/data, counted against its README.md."""

from __future__ import annotations

import pytest

from tasks.errors import DropError


@pytest.mark.parametrize("copy", ["pristine", "resaved_by_indian_excel", "dirtied"])
def test_global_electronics_retailer_is_read_whole(copy, read, shared_data):
    root = shared_data("global_electronics_retailer").parent
    tables = {
        "sales": {"files": ["Sales.csv"]},
        "customers": {"files": ["Customers.csv"], "encoding": "cp1252"},
        "stores": {"files": ["Stores.csv"]},
        "products": {"files": ["Products.csv"]},
    }
    found = read(root=root, tables=tables, source={"drop": f"global_electronics_retailer/{copy}"})
    customers = found.rows("customers")
    assert (len(found.rows("sales")), len(customers), len(found.rows("stores"))) == (62_884, 15_266, 67)
    assert all(row[2] is None for table in tables for row in found.all(table))
    state_code = found.columns("customers").index("State Code")
    assert sum(row[state_code] == "NA" for row in customers) == 10  # Napoli, and no missing value
    assert not any("\ufffd" in value for row in customers for value in row)
    leading_zero = found.rows("products")[0][found.columns("products").index("SubcategoryKey")]
    assert leading_zero == ("101" if copy == "resaved_by_indian_excel" else "0101")


def test_cdnow_is_read_by_runs_of_blanks(read, shared_data):
    """shared/data/README.md: master 69,659 rows and 23,570 customers, the sample 6,919 rows and 2,357 customers."""
    tables = {
        "master": {"files": ["CDNOW_master.txt"], "delimiter": "whitespace"},
        "sample": {
            "files": ["CDNOW_sample.txt"],
            "delimiter": "whitespace",
            "header": False,
            "columns": ["master_id", "id", "date", "cds", "dollars"],
        },
    }
    found = read(root=shared_data("cdnow").parent, tables=tables, source={"drop": "cdnow"})
    master, sample = found.rows("master"), found.rows("sample")
    assert (len(master), len({row[0] for row in master})) == (69_659, 23_570)
    assert (len(sample), len({row[1] for row in sample})) == (6_919, 2_357)
    assert master[0] == ("00001", "19970101", "1", "11.77")


def test_the_retailers_customers_ask_for_their_code_page(read, shared_data):
    """shared/data/README.md: Customers.csv is cp1252."""
    root = shared_data("global_electronics_retailer").parent
    with pytest.raises(DropError, match=r"Customers.csv:\d+: not UTF-8.*cp1252"):
        read(
            root=root,
            tables={"sales": {"files": ["Customers.csv"]}},
            source={"drop": "global_electronics_retailer/pristine"},
        )
