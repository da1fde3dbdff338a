"""Signs and orders are decided from whole columns, with evidence, or asked for."""

from __future__ import annotations

import pytest

from tasks.errors import DropError
from tasks.ingest.infer import contradictions, decimal_contradictions, infer_dates, infer_decimal


@pytest.fixture
def column(con):
    """A relation of one column `v` from values, records from 1."""

    def make(values):
        con.execute(
            "CREATE OR REPLACE TABLE t AS SELECT generate_subscripts($v, 1) AS record, unnest($v) AS v", {"v": values}
        )
        return con, "t", "v"

    return make


@pytest.mark.parametrize(
    ("values", "sign"),
    [
        (["1.234,50", "3"], ","),
        (["1,234.50"], "."),
        (["$6.62 ", "$2,899.99 "], "."),
        (["1.234", "2,5"], ","),
        (["1.234", "2.5"], "."),
        (["1.234.567"], ","),
        (["0.125"], "."),
        (["1234.567"], "."),
        (["1 234,567"], ","),
        (["1'234.50"], "."),
        (["1,00,000", "2,50,000.00"], "."),
        (["1,23,456"], "."),
        (["١٬٢٣٤٫٥٠"], "٫"),
        (["３，５００．２５"], "."),
        (["(12,5)", "-3,25"], ","),
        (["5", "17", None, ""], "."),
    ],
)
def test_decimal_sign_of_a_column(values, sign, column):
    assert infer_decimal(*column(values)).value == sign


@pytest.mark.parametrize("values", [["1.234", "5.678"], ["1,250"], ["12,345", "3"]])
def test_what_may_be_thousands_or_thousandths_is_asked_for(values, column):
    with pytest.raises(DropError, match=r"decimal sign cannot be told.*declare formats.decimal_sign") as caught:
        infer_decimal(*column(values))
    assert caught.value.record == 1
    assert values[0] in str(caught.value)


def test_two_decimal_signs_in_a_column_are_refused_with_one_of_each(column):
    with pytest.raises(
        DropError, match=r"two decimal signs: 2 values prove '.', 1 another; found '1,5, 2.5'|found '.*1,5"
    ):
        infer_decimal(*column(["2.5", "3.75", "1,5"]))


def test_a_declared_sign_is_contradicted_by_records(column):
    found = decimal_contradictions(*column(["1.5", "2,5", "1.234", "7"]), ",")
    assert (found.supports, found.contradicts, found.examples) == (1, 1, ((1, "1.5"),))


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["7/3/1939", "9/27/1979"], "mdy"),
        (["07.03.1939", "27.09.1979"], "dmy"),
        (["2016-01-01 00:00:00"], "ymd"),
        (["2016-01-01", "1/13/2016"], "mdy"),
        (["20240131", "20240201"], "ymd"),
        (["31012024", "01022024"], "dmy"),
        (["2567/01/31"], "ymd"),
        (["2024年1月31日"], "ymd"),
        (["٣١/٠١/٢٠٢٤"], "dmy"),
        (["24/01/31", "99/02/01"], "ymd"),
        (["32/13/2024", "31/01/2024"], "dmy"),
        ([None, ""], "ymd"),
    ],
)
def test_order_of_dates_in_a_column(values, order, column):
    assert infer_dates(*column(values)).value == order


def test_dates_that_prove_nothing_are_asked_for(column):
    with pytest.raises(DropError, match=r"dates like 99.99.9999 may be dmy or mdy.*declare formats.date_order"):
        infer_dates(*column(["01.02.2024", "05.06.2024"]))
    with pytest.raises(DropError, match="dates like 99/99/99 may be dmy or ymd"):
        infer_dates(*column(["24/01/31", "24/02/01"]))


def test_each_separator_needs_its_own_proof(column):
    """The second is what a spreadsheet made of 7/3: still month first, and nothing in it says so."""
    with pytest.raises(DropError, match=r"99-99-9999 may be dmy or mdy"):
        infer_dates(*column(["9/27/1979", "07-03-1939"]))


def test_two_proven_orders_are_refused(column):
    with pytest.raises(DropError, match="two orders of dates"):
        infer_dates(*column(["9/27/1979", "27-03-1939"]))
    with pytest.raises(DropError, match="two orders of dates"):
        infer_dates(*column(["9/27/1979", "27/3/1939"]))


def test_birthdays_are_shown_by_their_shape_alone(column):
    with pytest.raises(DropError) as caught:
        infer_dates(*column(["07-03-1939"]), personal=True)
    assert "1939" not in str(caught.value)


def test_resaved_orders_prove_month_first_against_a_declared_day_first(read, con, shared_data):
    """shared/data/README.md: the dashed form is still month first; 38,540 of 62,884 dates have a day beyond 12."""
    root = shared_data("global_electronics_retailer").parent
    for copy in ("pristine", "resaved_by_indian_excel"):
        found = read(
            root=root,
            tables={"sales": {"files": ["Sales.csv"]}},
            source={"drop": f"global_electronics_retailer/{copy}"},
        )
        relation = found.sources.tables["sales"].relation
        assert contradictions(con, relation, "Order Date", "mdy").contradicts == 0
        against = contradictions(con, relation, "Order Date", "dmy")
        assert (against.contradicts, against.supports) == (38_540, 0)
        assert against.examples[0] == (313, "1/13/2016")
    with pytest.raises(DropError, match="may be dmy or mdy"):
        infer_dates(con, relation, "Order Date")


def test_impossible_dates_prove_nothing(read, con, shared_data):
    """shared/data/README.md: 906 impossible dates, 220 of them 31/02/2023, in a column that is ISO otherwise."""
    root = shared_data("global_electronics_retailer").parent
    found = read(
        root=root, tables={"sales": {"files": ["Sales.csv"]}}, source={"drop": "global_electronics_retailer/dirtied"}
    )
    relation = found.sources.tables["sales"].relation
    assert contradictions(con, relation, "Order Date", "mdy").contradicts == 0
    assert infer_dates(con, relation, "Order Date").value == "ymd"
