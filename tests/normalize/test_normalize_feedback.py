"""Messages: counted like every table, and what was written stays nowhere."""

from __future__ import annotations

import pytest

SOLD = {
    "source": "sales",
    "columns": {"order_id": "order", "line_id": "line", "member_number": "member", "date": "date", "amount": "amount"},
}
SALES = "order;line;member;date;amount\n" + "".join(f"{m};1;{m};2024-01-02;10\n" for m in ("001", "002", "003"))
COLUMNS = {"feedback_id": "id", "member_number": "member", "date": "date", "channel": "by", "text": "text"}
SECRET = "Meine Bankverbindung ist DE02120300000000202051, bitte erstatten Sie mir das Geld."


@pytest.fixture
def messages(make):
    """messages(csv, corrections=csv) -> Made, of members 001 to 003 who all bought."""

    def made(text, corrections="", columns=COLUMNS, **more):
        tables = {"sales": SALES, "messages": "id;member;date;by;text\n" + text}
        mapping = {"transactions": SOLD, "feedback": {"source": "messages", "columns": columns}}
        if corrections:
            tables["fixes"] = "member;action;value;from\n" + corrections
            fixes = {"member_number": "member", "action": "action", "value": "value", "effective": "from"}
            mapping["corrections"] = {"source": "fixes", "columns": fixes}
        return make(tables, mapping, **more)

    return made


def test_a_message_keeps_who_when_and_how_and_not_what(messages):
    made = messages(f"m1;001;2024-03-01;mail;{SECRET}\nm2;;2024-03-02;chat;x\n")
    path = made.canonical.file("feedback")
    names = [row[0] for row in made.con.execute(f"DESCRIBE FROM '{path}'").fetchall()]
    assert names == [
        *("feedback_id", "member_number", "channel", "kind", "rating", "rating_lowest", "rating_highest", "nps"),
        *("reason", "order_id", "product_id", "store_id", "local_date", "file", "record"),
    ]
    assert made.rows("feedback", "feedback_id, member_number, channel, local_date::VARCHAR, record") == [
        ("m1", "001", "mail", "2024-03-01", 1),
        ("m2", None, "chat", "2024-03-02", 2),
    ]


def test_the_text_is_in_no_file_and_no_evidence(messages, tmp_path):
    made = messages(f"m1;001;2024-03-01;mail;{SECRET}\nm2;002;2024-99-01;mail;{SECRET}\nm1;001;2024-03-01;mail;other\n")
    files = [path for path in (tmp_path / "work").rglob("*") if path.is_file()]
    assert {"feedback.parquet", "customers.parquet", "quarantine.parquet"} <= {path.name for path in files}
    for path in files:
        rows = made.con.execute(f"FROM read_parquet('{path}')").fetchall()
        assert "DE0212" not in repr(rows), path.name
    assert "DE0212" not in repr((made.canonical.ledger, made.canonical.evidence))
    kept = made.con.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
    assert [name for (name,) in kept if name.startswith("strata_")] == []


def test_every_message_is_accounted_for(messages):
    made = messages(
        "m1;001;2024-03-01;mail;a\nm1;001;2024-03-01;mail;a\nm2;002;2024-02-31;mail;b\n"
        "m3;002;2024-07-01;mail;c\nm4;003;2024-03-01;mail;d\nm5;;2024-03-01;mail;\nm1;001;2024-03-01;mail;z\n",
        "003;exclude;;2024-01-01\n",
        source={"contradiction_bound": 1},
    )
    ledger = made.canonical.ledger["feedback"]
    assert (ledger.read, ledger.kept, ledger.duplicate, ledger.filtered, ledger.quarantined) == (7, 2, 2, 2, 1)
    assert made.reasons("feedback", "duplicate") == {"key": 2}
    assert made.reasons("feedback", "filtered") == {"after_as_of": 1, "customer:exclude": 1}
    assert made.quarantined() == {("feedback", 3): "date:unreadable"}


def test_without_numbers_only_whole_files_can_come_twice(make):
    columns = {column: raw for column, raw in COLUMNS.items() if column != "feedback_id"}
    mapping = {"transactions": SOLD, "feedback": {"source": "messages", "columns": columns}}
    text = "id;member;date;by;text\n;001;2024-03-01;mail;danke\n;001;2024-03-01;mail;danke\n"
    tables = {"sales": SALES, "messages": [text, text]}
    made = make(tables, mapping, digests={1: "same", 2: "same"})
    assert made.reasons("feedback", "duplicate") == {"file": 2}
    assert made.canonical.ledger["feedback"].kept == 2


def test_a_merged_customers_message_is_the_survivors(messages):
    made = messages("m1;001;2024-03-01;mail;a\n", "001;merge;002;2024-01-01\n")
    assert made.rows("feedback", "member_number") == [("002",)]


def test_an_erased_customers_messages_go(messages):
    made = messages("m1;001;2024-03-01;mail;a\nm2;002;2024-03-01;mail;b\n", "001;deceased;;2024-01-01\n")
    assert made.rows("feedback", "member_number") == [("002",)]


def test_messages_without_text_are_counted_and_say_no_language(messages):
    columns = {column: raw for column, raw in COLUMNS.items() if column != "text"}
    made = messages("m1;001;2024-03-01;mail;a\n", columns=columns)
    assert made.canonical.ledger["feedback"].kept == 1
    assert set(made.canonical.evidence["language"]) == {"evidence"}


def test_a_market_without_messages_has_no_table_of_them(make):
    made = make({"sales": SALES}, {"transactions": SOLD})
    assert made.canonical.file("feedback") is None
    assert "feedback" not in made.canonical.ledger
