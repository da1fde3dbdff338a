"""Mappings keep rows: one driving table, joins that find at most one row, nothing that counts or drops unseen."""

from __future__ import annotations

import pytest

from tasks.errors import DropError, ProfileError

SALES = "Nr;Pos;Kunde;Tag;Preis;Artikel\nA;1;m;2024-01-02;5;01\nA;2;m;2024-01-02;6;02\nB;1;n;2024-01-03;7;03\n"
SELECT = (
    "SELECT s.Nr AS order_id, s.Pos AS line_id, s.Kunde AS member_number, s.Tag AS date, s.Preis AS amount FROM sales s"
)


def test_a_column_that_is_not_there_is_named_with_the_nearest_header(make):
    with pytest.raises(DropError) as error:
        make({"sales": SALES}, {"transactions": {"columns": {"date": "TAG ", "amount": "Preis"}}})
    assert str(error.value).startswith("DE: sales: column TAG : the column is not in the file; expected Tag")


def test_a_name_that_is_no_canonical_column_is_named_with_the_nearest(make):
    with pytest.raises(ProfileError, match=r"memberno is not a column .* expected member_number"):
        make({"sales": SALES}, {"transactions": {"columns": {"date": "Tag", "amount": "Preis", "memberno": "Kunde"}}})


@pytest.mark.parametrize("missing", ["date", "amount"])
def test_what_a_line_cannot_do_without_is_asked_for(make, missing):
    columns = {"date": "Tag", "amount": "Preis"}
    del columns[missing]
    with pytest.raises(ProfileError, match=f"transactions needs {missing}"):
        make({"sales": SALES}, {"transactions": {"columns": columns}})


def test_without_a_mapping_of_transactions_there_is_nothing_to_do(make):
    with pytest.raises(ProfileError, match="no mapping of transactions"):
        make({"sales": SALES}, {})


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("SELECT count(*) AS amount, Tag AS date FROM sales", "COUNT is not allowed"),
        ("SELECT DISTINCT Tag AS date, Preis AS amount FROM sales", "DISTINCT is not allowed"),
        ("SELECT Tag AS date, Preis AS amount FROM sales UNION ALL SELECT Tag, Preis FROM sales", "exactly one SELECT"),
        ("SELECT Tag AS date, row_number() OVER () AS amount FROM sales", "WINDOW is not allowed"),
        ("SELECT Tag AS date, (SELECT max(Preis) FROM sales) AS amount FROM sales", "SUBQUERY is not allowed"),
        ("SELECT Tag AS date, Preis AS amount FROM read_csv('/etc/passwd')", "only raw tables"),
        ("SELECT Tag AS date, Preis AS amount FROM 'other.parquet'", "there is no raw table other.parquet"),
        ("SELECT Tag AS date, getenv('HOME') AS amount FROM sales", "ANONYMOUS is not allowed"),
        ("SELECT Tag AS date, Preis AS amount FROM sales LIMIT 5", "LIMIT is not allowed"),
        ("SELECT Tag AS date, Preis AS amount FROM sales GROUP BY ALL", "GROUP is not allowed"),
        ("SELECT Tag AS date, Preis AS amount FROM sales, products", "JOIN|join needs ON"),
        (
            "SELECT Tag AS date, Preis AS amount FROM sales RIGHT JOIN products ON Artikel = Id",
            "RIGHT JOIN is not allowed",
        ),
        ("SELECT Tag AS date, Preis AS amount FROM sales WHERE Nr IN (SELECT Id FROM products)", "not allowed"),
        ("SELECT Tag AS date, Preis AS amount, Preis AS amount FROM sales", "two output columns"),
        ("SELECT Tag AS date, Preis AS amount FROM sales; DROP TABLE sales", "exactly one SELECT"),
        ("SELECT Tag AS date FROM", "cannot be read"),
        ("WITH x AS (SELECT 1) SELECT Tag AS date, Preis AS amount FROM sales", "WITH is not allowed"),
    ],
)
def test_sql_beyond_the_allow_list_is_refused_by_name(make, sql, what):
    tables = {"sales": SALES, "products": "Id;Name\n01;x\n"}
    with pytest.raises(ProfileError, match=what) as error:
        make(tables, {"transactions": {"select": sql}})
    assert error.value.path == "source.mapping.transactions.select"


def test_where_counts_as_filtered_by_its_text(make):
    made = make({"sales": SALES}, {"transactions": {"select": SELECT + " WHERE s.Kunde <> 'n'"}})
    assert made.reasons("transactions", "filtered") == {"where: s.Kunde <> 'n'": 1}
    assert made.canonical.ledger["transactions"].read == 3


def test_a_required_join_that_finds_nothing_is_quarantined_and_others_keep_their_row(make):
    products = "Id;Name\n01;x\n02;y\n"
    tables, join = {"sales": SALES, "products": products}, "JOIN products p ON p.Id = s.Artikel"
    select = SELECT.replace(" FROM", ", s.Artikel AS product_id FROM")
    made = make(tables, {"transactions": {"select": f"{select} {join}"}})
    assert made.quarantined() == {("transactions", 3): "unmatched:products"}
    assert made.rows("quarantine", '"column", "value"') == [("product_id", "03")]
    made = make(tables, {"transactions": {"select": f"{SELECT} LEFT {join}"}})
    assert made.canonical.ledger["transactions"].kept == 3


def test_a_missing_partner_is_one_reason_beside_the_rows_own(make):
    sales = SALES.replace("2024-01-03", "nie")
    select = SELECT.replace("s.Preis", "p.Preis") + " JOIN products p ON p.Id = s.Artikel"
    made = make({"sales": sales, "products": "Id;Preis\n01;1\n02;2\n"}, {"transactions": {"select": select}})
    assert made.quarantined() == {("transactions", 3): "date:unreadable;unmatched:products"}


def test_a_join_that_would_multiply_rows_is_an_error_with_the_records(make):
    products = "Id;Preis\n01;1\n02;2\n01;3\n"
    select = SELECT.replace("s.Preis", "p.Preis") + " JOIN products p ON p.Id = s.Artikel"
    with pytest.raises(DropError, match="a key stands in records 1, 3") as error:
        make({"sales": SALES, "products": products}, {"transactions": {"select": select}})
    assert error.value.facts() | {"hint": ""} == {
        "market": "DE",
        "file": "products",
        "record": 1,
        "column": "Id",
        "value": "99",
        "expected": "each key once, or rows that are equal in all columns that the mapping reads",
        "hint": "",
    }


def test_rows_that_are_equal_in_what_is_read_multiply_nothing(make):
    products = "Id;Preis;Lager\n01;1;x\n02;2;x\n03;3;x\n01;1;y\n"
    select = SELECT.replace("s.Preis", "p.Preis") + " JOIN products p ON p.Id = s.Artikel"
    made = make({"sales": SALES, "products": products}, {"transactions": {"select": select}})
    assert made.rows("transactions", "record, gross") == [(1, 1), (2, 2), (3, 3)]


def test_a_cast_that_fails_makes_a_null_and_stops_nothing(make):
    select = SELECT.replace("s.Preis AS amount", "CAST(s.Preis AS DECIMAL(18,2)) * 2 AS amount")
    made = make({"sales": SALES.replace(";7;", ";sieben;")}, {"transactions": {"select": select}})
    assert made.rows("transactions", "gross") == [(10,), (12,)]
    assert made.quarantined() == {("transactions", 3): "amount:missing"}


def test_a_plain_star_is_the_files_own_columns(make):
    made = make({"sales": "date;amount\n2024-01-02;5\n"}, {"transactions": {"select": "SELECT * FROM sales"}})
    assert made.rows("transactions", "gross") == [(5,)]


def test_order_stays_that_of_the_file_through_joins(make):
    sales = "d;a;k\n" + "".join(f"2024-01-02;{n};{n % 7}\n" for n in range(500))
    keys = "k;x\n" + "".join(f"{k};y\n" for k in range(7))
    select = "SELECT s.d AS date, s.a AS amount FROM sales s JOIN keys k ON k.k = s.k"
    made = make({"sales": sales, "keys": keys}, {"transactions": {"select": select}})
    assert made.rows("transactions", "gross") == [(n,) for n in range(500)]


def test_unmapped_columns_are_named_in_the_evidence(make):
    made = make({"sales": SALES}, {"transactions": {"columns": {"date": "Tag", "amount": "Preis"}}})
    assert made.canonical.evidence["unmapped_columns"] == {"sales": ["Nr", "Pos", "Kunde", "Artikel"]}


def test_typed_text_is_iso_whatever_the_profile_declares(make):
    made = make(
        {"sales": "d;a\n2024-02-03;1234.5\n"},
        {"transactions": {"columns": {"date": "d", "amount": "a"}}},
        inferred={"typed": "d, a"},
        source={"formats": {"decimal_sign": ",", "date_order": "dmy"}},
    )
    assert made.rows("transactions", "local_date::VARCHAR, gross::DOUBLE") == [("2024-02-03", 1234.5)]


@pytest.mark.parametrize(
    ("join", "says"),
    [
        ("c.name = s.name AND regexp_matches(c.name, '(')", "fails on the drop's rows"),
        ("lpad(c.name, 2000000000, '0') = s.name", "a length that is no number up to 1000"),
    ],
)
def test_an_error_in_a_joins_condition_is_the_mappings(make, join, says):
    select = f"SELECT s.date, s.amount FROM sales s LEFT JOIN c ON {join}"
    with pytest.raises(ProfileError, match=says) as error:
        make({"sales": "date;amount;name\n2024-01-02;5;a\n", "c": "name\na\n"}, {"transactions": {"select": select}})
    assert error.value.path == "source.mapping.transactions.select"


def test_a_table_of_no_mapping_shows_the_shapes_of_its_names_only(make):
    tables = {"sales": "date;amount\n2024-01-02;5\n", "visits": "Amélie;amelie@privat.example\nx;y\n"}
    made = make(tables, {"transactions": {"source": "sales", "columns": {"date": "date", "amount": "amount"}}})
    assert made.canonical.evidence["unmapped_columns"] == {"visits": ["xxxxxx", "xxxxxx@xxxxxx.xxxxxxx"]}


def test_the_rows_of_a_joined_table_are_counted_too(make):
    tables = {
        "sales": "date;amount;shop\n2024-01-02;5;A\n2024-01-03;6;B\n",
        "shops": "shop;town\nA;Berlin\nA;Berlin\nB\nC;Bonn\n",
    }
    select = "SELECT s.date, s.amount, h.town AS store_id FROM sales s LEFT JOIN shops h ON h.shop = s.shop"
    made = make(tables, {"transactions": {"select": select}})
    assert made.canonical.evidence["joined"] == {"transactions": {"shops": {"rows": 4, "unreadable": 1, "keys": 2}}}
