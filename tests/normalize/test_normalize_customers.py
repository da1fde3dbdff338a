"""Customers: read, excluded with a reason, merged, derived from purchases, placed."""

from __future__ import annotations

import pytest

from tasks.errors import DropError, Terminal
from tasks.privacy.pseudonyms import pseudonym
from tasks.privacy.tombstones import salted_digest

SALES = "order;line;member;date;amount\n" + "".join(
    f"{member};1;{member};2024-01-02;10\n" for member in ("001", "002", "003", "004", "999")
)
LINE = {"order_id": "order", "line_id": "line", "member_number": "member", "date": "date", "amount": "amount"}
SOLD = {"source": "sales", "columns": LINE}


@pytest.fixture
def people(make):
    """people(csv, columns, corrections=csv) -> Made, with a purchase of 001, 002, 003, 004 and 999."""

    def made(text, columns, corrections=None, **more):
        tables = {"sales": SALES, "people": text}
        who = {"source": "people", "columns": {"member_number": "member", **columns}, **more.pop("people", {})}
        mapping = {"transactions": SOLD, "customers": who}
        if corrections:
            tables["fixes"] = "member;action;value;from\n" + corrections
            columns = {"member_number": "member", "action": "action", "value": "value", "effective": "from"}
            mapping["corrections"] = {"source": "fixes", "columns": columns}
        return make(tables, mapping, **more)

    return made


def ids(made, table="customers"):
    return [row[0] for row in made.rows(table, "member_number")]


def test_a_buyer_whom_the_customers_lack_is_derived(people):
    made = people("member;name\n001;A\n002;B\n", {"name": "name"})
    assert ids(made) == ["001", "002", "003", "004", "999"]
    ledger = made.canonical.ledger["customers"]
    assert (ledger.read, ledger.kept, ledger.derived) == (2, 2, 3)
    found = made.rows("customers", "type, residence, phone_status, consent_email, file", "member_number = '999'")
    assert found == [("person", "unknown", "none", "unknown", None)]


def test_without_a_customers_table_all_buyers_are_derived(make):
    made = make({"sales": SALES}, {"transactions": SOLD})
    assert ids(made) == ["001", "002", "003", "004", "999"]
    assert made.canonical.ledger["customers"].derived == 5


def test_the_pseudonym_is_keyed_and_the_same_in_python(people):
    made = people("member\n001\n", {}, key="a secret")
    assert made.rows("customers", "customer_id", "member_number = '001'") == [(pseudonym("a secret", "DE", "001"),)]
    assert pseudonym("another", "DE", "001") != pseudonym("a secret", "DE", "001") != pseudonym("a secret", "AT", "001")


def test_each_kind_of_exclusion_takes_the_customer_and_his_lines(people):
    text = "member;profiling;staff;test;dead\n001;nein;;;\n002;;ja;;\n003;;;1;\n004;ja;nein;0;yes\n999;ja;;;\n"
    columns = {"consent_profiling": "profiling", "employee": "staff", "test": "test", "deceased": "dead"}
    words = {"formats": {column: {"yes": ["ja"], "no": ["nein"]} for column in ("consent_profiling", "employee")}}
    made = people(text, columns, people=words)
    assert ids(made) == ids(made, "transactions") == ["999"]
    kinds = {"objection": 1, "employee": 1, "test": 1, "deceased": 1}
    assert made.reasons("customers", "filtered") == kinds
    assert made.reasons("transactions", "filtered") == {f"customer:{kind}": 1 for kind in kinds}
    amounts = made.canonical.ledger["transactions"].amounts
    assert amounts["filtered"]["customer:objection"] == {"EUR": 10}
    assert amounts["kept"] == {"sale": {"EUR": 10}}


def test_employees_stay_where_the_profile_includes_them(people):
    made = people("member;staff\n001;yes\n", {"employee": "staff"}, privacy={"employees": "include"})
    assert "001" in ids(made)


def test_where_consent_is_the_basis_silence_is_no_consent(people):
    text = "member;profiling\n001;yes\n002;unknown\n003;no\n"
    made = people(text, {"consent_profiling": "profiling"}, privacy={"basis": "consent"})
    assert ids(made) == ids(made, "transactions") == ["001"]
    assert made.reasons("transactions", "filtered") == {
        "customer:objection": 1,
        "customer:no_consent": 3,  # two are derived
    }


def test_where_consent_is_the_basis_and_nobody_was_asked_nobody_is_profiled(people):
    made = people("member\n001\n", {}, privacy={"basis": "consent"})
    assert ids(made) == []
    assert set(made.reasons("transactions", "filtered")) == {"customer:no_consent"}


@pytest.mark.parametrize(
    "tombstone", [pseudonym("key", "DE", "001"), salted_digest("salt", "DE", "001")], ids=["pseudonym", "salted"]
)
def test_the_erased_stay_erased_though_the_drop_brings_them_again(people, tombstone):
    made = people("member\n001\n002\n", {}, tombstones=[tombstone])
    assert "001" not in ids(made)
    assert made.reasons("customers", "filtered") == {"erased": 1}
    assert made.reasons("transactions", "filtered") == {"customer:erased": 1}


def test_an_erased_buyer_whom_the_customers_lack_is_not_derived(people):
    made = people("member\n001\n", {}, tombstones=[pseudonym("key", "DE", "999")])
    assert ids(made) == ["001", "002", "003", "004"]


def test_an_erasure_that_cannot_be_read_stops_the_run(people):
    with pytest.raises(Terminal, match="tombstone cannot be read"):
        people("member\n001\n", {}, tombstones=["Jane Doe"])


def test_rows_of_one_member_are_duplicates_and_the_later_content_counts(people):
    made = people("member;city\n001;Ulm\n001;Bonn\n001;Bonn\n;Kiel\n", {"city": "city"})
    assert made.rows("customers", "record, city", "record IS NOT NULL") == [(2, "Bonn")]
    assert made.reasons("customers", "duplicate") == {"content": 1, "key": 1}
    assert made.quarantined() == {("customers", 4): "member_number:missing"}


def test_fields_that_cannot_be_read_become_null_and_are_counted(people):
    text = """member;mail;born;land;tongue
001;A.B@Example.COM ;1980-02-30;Atlantis;Deutsch
002;nobody;1850-01-01;DEU;Elvish
"""
    columns = {"email": "mail", "birth_date": "born", "home_country": "land", "language": "tongue"}
    made = people(text, columns, source={"contradiction_bound": 1})
    found = made.rows("customers", "email, birth_year, home_country, language, language_evidence", "file IS NOT NULL")
    assert found == [("a.b@example.com", None, None, "de", "stated"), (None, None, "DE", "de", "region")]
    assert made.canonical.evidence["field_faults"]["customers"] == {
        "email:unknown": 1,
        "birth_date:unreadable": 2,
        "home_country:unknown": 1,
        "language:unknown": 1,
    }


def test_a_birth_of_two_digits_lies_in_the_past(people):
    made = people("member;born\n001;39-07-03\n002;05-07-03\n", {"birth_date": "born"})
    assert made.rows("customers", "birth_year", "file IS NOT NULL") == [(1939,), (2005,)]


def test_residence_rests_on_evidence(people):
    text = "member;land;tourist\n001;DE;\n002;AT;\n003;JP;no\n004;DE;yes\n999;;\n"
    made = people(text, {"home_country": "land", "visitor": "tourist"}, market={"cross_border": ["AT"]})
    assert made.rows("customers", "residence, residence_evidence") == [
        ("resident", "home_country"),
        ("cross_border", "home_country"),
        ("visitor", "home_country"),
        ("visitor", "flag"),
        ("unknown", "none"),
    ]


def test_a_merged_member_is_his_survivor_and_chains_are_followed(people):
    fixes = "001;merge;002;2024-01-01\n002;merge;003;2024-02-01\n"
    made = people("member\n001\n002\n003\n", {}, fixes)
    assert ids(made, "transactions") == ["003", "003", "003", "004", "999"]
    assert ids(made) == ["003", "004", "999"]
    assert made.reasons("customers", "duplicate") == {"merge": 2}


def test_a_split_ends_a_merge_from_its_date_on(people):
    fixes = "001;merge;002;2024-01-01\n001;split;;2024-03-01\n"
    assert ids(people("member\n001\n002\n", {}, fixes)) == ["001", "002", "003", "004", "999"]


def test_corrections_of_the_future_hold_later(people):
    made = people("member\n001\n", {}, "001;exclude;;2024-07-01\n")
    assert "001" in ids(made)
    assert made.reasons("corrections", "filtered") == {"after_as_of": 1}


def test_an_objection_outlives_a_merge(people):
    made = people(
        "member;profiling\n001;no\n002;yes\n", {"consent_profiling": "profiling"}, "001;merge;002;2024-01-01\n"
    )
    assert ids(made) == ["003", "004", "999"]


def test_corrections_exclude_and_set_the_language(people):
    made = people(
        "member;tongue\n001;de\n002;de\n", {"language": "tongue"}, "001;test;;2024-01-01\n002;language;fr;2024-01-01\n"
    )
    assert made.rows("customers", "member_number, language", "file IS NOT NULL") == [("002", "fr")]
    assert made.reasons("transactions", "filtered") == {"customer:test": 1}


def test_merges_in_a_circle_are_an_error_that_masks_the_member(people):
    with pytest.raises(DropError, match="merges go in a circle") as error:
        people("member\n001\n", {}, "001;merge;002;2024-01-01\n002;merge;001;2024-01-01\n")
    assert error.value.value == "999"
    assert error.value.record == 2


def test_corrections_that_say_nothing_are_quarantined(people):
    made = people("member\n001\n", {}, "001;merge;;2024-01-01\n001;banish;;2024-01-01\n001;merge;001;2024-01-01\n")
    assert made.quarantined() == {
        ("corrections", 1): "value:missing",
        ("corrections", 2): "action:unknown",
        ("corrections", 3): "value:itself",
    }


def test_quarantine_masks_what_is_personal(people):
    made = people("member\n001\n", {}, "001;merge;001;2024-01-01\n")
    query = f'SELECT "column", "value" FROM read_parquet(\'{made.canonical.quarantine}\')'
    assert made.con.execute(query).fetchall() == [("value", "999")]


def test_rates_must_be_positive_and_keep_twelve_decimals(make):
    rates = "date;cur;rate\n2024-01-02;USD;0.000042123456\n2024-01-03;USD;-1\n2024-01-04;USD;\n2024-07-01;USD;1\n"
    columns = {"date": "date", "currency": "cur", "rate": "rate"}
    mapping = {"transactions": SOLD, "rates": {"source": "rates", "columns": columns}}
    made = make({"sales": SALES, "rates": rates}, mapping)
    assert made.rows("rates", "rate::VARCHAR") == [("0.000042123456",)]
    assert made.quarantined() == {("rates", 2): "rate:not_positive", ("rates", 3): "rate:missing"}
    assert made.reasons("rates", "filtered") == {"after_as_of": 1}
