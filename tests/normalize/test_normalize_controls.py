"""Control totals from finance beside what the drop's lines come to."""

from __future__ import annotations

from tasks.privacy.pseudonyms import pseudonym

SALES = """order;line;member;date;amount;store;kind
A;1;m;2024-01-02;20;01;sale
A;2;m;2024-01-02;x;01;sale
B;1;n;2024-01-03;30;02;sale
C;1;;2024-01-31;7;01;sale
D;1;m;2024-02-01;5;01;return
D;1;m;2024-02-01;5;01;return
"""
COLUMNS = {"order_id": "order", "line_id": "line", "member_number": "member", "date": "date", "amount": "amount"}
MAPPING = {
    "transactions": {"source": "sales", "columns": {**COLUMNS, "store_id": "store", "kind": "kind"}},
    "controls": {
        "source": "finance",
        "columns": {"since": "from", "until": "to", "store_id": "shop", "amount": "total"},
    },
}


def found(make, finance, **more):
    made = make({"sales": SALES, "finance": f"from;to;shop;total\n{finance}"}, MAPPING, **more)
    return made, [
        (one["store_id"], float(one["finance"]), float(one["till"]), float(one["difference"]))
        for one in made.canonical.evidence["controls"]
    ]


def test_each_total_stands_beside_the_lines_of_its_days_and_store(make):
    _, controls = found(make, "2024-01-01;2024-01-31;;57\n2024-01-01;2024-01-31;01;27\n2024-02-01;2024-02-29;;-5\n")
    assert controls == [("01", 27, 27, 0), (None, 57, 57, 0), (None, -5, -5, 0)]


def test_a_difference_is_told_with_its_sign(make):
    _, controls = found(make, "2024-01-01;2024-12-31;02;29.50\n")
    assert controls == [("02", 29.5, 30, 0.5)]


def test_lines_of_excluded_customers_are_in_the_till(make):
    made, controls = found(make, "2024-01-01;2024-12-31;;52\n", tombstones=[pseudonym("key", "DE", "n")])
    assert made.reasons("transactions", "filtered") == {"customer:erased": 1}
    assert controls == [(None, 52, 52, 0)]


def test_a_total_whose_days_run_backwards_is_refused(make):
    made, controls = found(make, "2024-01-31;2024-01-01;;57\n")
    assert controls == []
    assert made.quarantined()["controls", 1] == "until:before_since"


def test_a_drop_without_controls_has_none(make):
    made = make({"sales": SALES}, {"transactions": MAPPING["transactions"]})
    assert "controls" not in made.canonical.evidence
