"""What is told of customers beside their purchases: every row is accounted for, and goes where its customer goes."""

from __future__ import annotations

from collections import Counter

import pytest

from tasks.contract import TABLES
from tasks.errors import DropError
from tasks.normalize.checks import LINKED, REFERENCE
from tasks.privacy.pseudonyms import pseudonym

MEMBERS = ("001", "002", "003")
SALES = "order;line;member;date;amount\n" + "".join(f"{m};1;{m};2024-01-02;10\n" for m in MEMBERS)
SOLD = {
    "source": "sales",
    "columns": {"order_id": "order", "line_id": "line", "member_number": "member", "date": "date", "amount": "amount"},
}
#: Header and a sound row of each table, `{m}` for the member, `{n}` for what makes it another row.
ROWS = {
    "feedback": ("feedback_id;member_number;date;rating", "f{n};{m};2024-03-01;4"),
    "events": ("event_id;member_number;date;session_id;kind", "e{n};{m};2024-03-01;s1;view"),
    "answers": ("member_number;date;survey;version;question;answer", "{m};2024-03-01;style;1;q{n};a"),
    "interests": ("member_number;interest;source;date", "{m};sport{n};stated;2024-03-01"),
    "usage": ("usage_id;member_number;date;kind", "u{n};{m};2024-03-01;app"),
    "loyalty": ("movement_id;member_number;date;kind;points", "l{n};{m};2024-03-01;earn;10"),
    "campaigns": ("contact_id;member_number;date;campaign;outcome", "c{n};{m};2024-03-01;spring;opened"),
    "companies": ("member_number;industry;employees", "{m};47;12"),
    "quotes": ("quote_id;member_number;date;amount", "q{n};{m};2024-03-01;100"),
    "contracts": ("contract_id;member_number;starts;ends;amount", "k{n};{m};2024-03-01;2025-03-01;100"),
}


@pytest.fixture
def told(make):
    """told({table: rows}, ...) -> Made: members 001 to 003 bought; raw columns are called as canonical ones.

    `columns` are more columns of all the tables, after those of ROWS; `mappings` more of a table's mapping.
    """

    def made(rows, corrections="", columns=(), mappings=None, customers="", **more):
        tables, mapping = {"sales": SALES}, {"transactions": SOLD}
        for table, texts in rows.items():
            header = ";".join([ROWS[table][0], *columns])
            tables[table] = "\n".join([header, *texts, ""])
            mapping[table] = {"source": table, "columns": same(header), **(mappings or {}).get(table, {})}
        if corrections:
            tables["fixes"] = "member_number;action;value;effective\n" + corrections
            mapping["corrections"] = {"source": "fixes", "columns": same("member_number;action;value;effective")}
        if customers:
            tables["people"] = customers
            mapping["customers"] = {"source": "people", "columns": same(customers.split("\n", 1)[0])}
        return make(tables, mapping, **more)

    return made


@pytest.fixture
def linked(told):
    """linked(table, rows, ...) -> Made: `told` of one table."""

    def made(table, rows, mapping=None, **more):
        return told({table: rows}, mappings={table: mapping or {}}, **more)

    return made


def same(header):
    return {column: column for column in header.split(";")}


def row(table, member="001", number=1):
    return ROWS[table][1].format(m=member, n=number)


def counts(made, table):
    ledger = made.canonical.ledger[table]
    return ledger.read, ledger.kept, ledger.duplicate, ledger.filtered, ledger.quarantined


def members(made, table):
    return [member for (member,) in made.rows(table, "member_number")]


def test_these_are_the_tables_of_customers_and_those_of_the_market():
    assert set(LINKED) == set(ROWS)
    assert set(REFERENCE) == {"stores", "rates", "controls", "products", "places"}


def test_every_row_is_kept_duplicate_filtered_or_quarantined(told):
    rows = {}
    for table in LINKED:
        own = [row(table), row(table), row(table, "002", 2), row(table, "ghost", 3), row(table, "003", 4)]
        late = row(table, "003", 5).replace("2024-03-01", "2024-07-01", 1)
        wrong = row(table, "", 6) if table == "companies" else row(table, "003", 6).replace("2024-03-01", "9", 1)
        rows[table] = [*own, late, wrong]
    made = told(rows, "002;exclude;;2024-01-01\n", source={"contradiction_bound": 1})
    balance = dict.fromkeys(LINKED, (7, 2, 1, 3, 1))
    balance["feedback"] = (7, 3, 1, 2, 1)  # what somebody unknown said is kept
    balance["interests"] = (7, 3, 1, 3, 0)  # its date may be missing
    balance["companies"] = (7, 2, 2, 2, 1)  # without a date: a second row of member 003 is the same one again
    assert {table: counts(made, table) for table in LINKED} == balance
    reasons = {"customer:exclude": 1, "customer:unknown": 1, "after_as_of": 1}
    assert made.reasons("events", "filtered") == reasons
    assert made.reasons("events", "duplicate") == {"content": 1}
    assert {table: len(made.rows(table)) for table in LINKED} == {
        table: kept for table, (_, kept, *_) in balance.items()
    }


def test_only_a_header_is_a_table_without_rows(told):
    made = told({table: [] for table in LINKED})
    for table in LINKED:
        assert counts(made, table) == (0, 0, 0, 0, 0)
        assert made.rows(table) == []


def test_a_table_that_is_not_mapped_is_no_file_and_no_ledger(told):
    made = told({"events": []})
    assert [table for table in LINKED if made.canonical.file(table)] == ["events"]
    assert set(made.canonical.ledger) == {"transactions", "customers", "events"}


def test_the_files_have_the_columns_of_the_contract(told):
    made = told({table: [row(table)] for table in LINKED})
    for table in LINKED:
        expected = [column.name for column in TABLES[table].columns if column.name not in {"date", "text"}]
        path = made.canonical.file(table)
        assert [name for name, *_ in made.con.execute(f"DESCRIBE FROM '{path}'").fetchall()] == expected


def test_rows_of_a_merged_member_are_the_survivors(told):
    rows = {table: [row(table, "001"), row(table, "003", 2)] for table in LINKED}
    made = told(rows, "001;merge;002;2024-01-01\n")
    assert {table: members(made, table) for table in LINKED} == {table: ["002", "003"] for table in LINKED}


def test_an_erased_customer_is_in_no_table(told):
    """Feedback of somebody who never bought is kept, unless they were erased."""
    rows = {table: [row(table, "001"), row(table, "ghost", 2), row(table, "002", 3)] for table in LINKED}
    made = told(rows, tombstones=[pseudonym("key", "DE", "001"), pseudonym("key", "DE", "ghost")])
    assert {table: members(made, table) for table in LINKED} == {table: ["002"] for table in LINKED}


def test_of_rows_with_one_number_the_later_counts(told):
    numbered = [table for table in LINKED if TABLES[table].key[0].endswith("_id")]
    made = told({table: [row(table), row(table).replace("2024-03-01", "2024-04-01", 1)] for table in numbered})
    for table in numbered:
        assert made.reasons(table, "duplicate") == {"key": 1}
        day = "starts" if table == "contracts" else "local_date"
        assert made.rows(table, f"{day}::VARCHAR") == [("2024-04-01",)]


def test_without_numbers_only_whole_files_can_come_twice(make):
    tables, mapping, digests = {"sales": SALES}, {"transactions": SOLD}, {}
    unnumbered = ["feedback", "events", "usage", "loyalty", "campaigns"]
    for number, table in enumerate(unnumbered):
        header, text = ROWS[table][0], row(table) + "\n" + row(table)
        tables[table] = [f"{header}\n{text}\n"] * 2
        digests |= {2 * number + 1: table, 2 * number + 2: table}
        mapping[table] = {"source": table, "columns": same(header.split(";", 1)[1])}
    made = make(tables, mapping, digests=digests)
    for table in unnumbered:
        assert made.reasons(table, "duplicate") == {"file": 2}
        assert made.canonical.ledger[table].kept == 2


def test_rows_without_a_member_stay(told):
    anonymous = [table for table in LINKED if not TABLES[table]["member_number"].required]
    assert anonymous == ["feedback", "events"]
    made = told({table: [row(table, "")] for table in anonymous})
    assert [members(made, table) for table in anonymous] == [[None], [None]]


def test_feedback_of_somebody_unknown_stays_and_without_consent_goes(linked):
    rows = [row("feedback", "ghost")]
    assert members(linked("feedback", rows), "feedback") == ["ghost"]
    made = linked("feedback", rows, privacy={"basis": "consent"})
    assert made.reasons("feedback", "filtered") == {"customer:no_consent": 1}


def test_who_is_listed_and_never_bought_is_known(linked):
    made = linked("events", [row("events", "new")], customers="member_number\nnew\n")
    assert members(made, "events") == ["new"]


def test_who_is_only_in_refused_lines_is_unknown(make):
    tables = {"sales": SALES + "x;1;late;2024-99-01;10\n", "events": f"{ROWS['events'][0]}\n{row('events', 'late')}\n"}
    mapping = {"transactions": SOLD, "events": {"source": "events", "columns": same(ROWS["events"][0])}}
    made = make(tables, mapping, source={"contradiction_bound": 1})
    assert made.reasons("events", "filtered") == {"customer:unknown": 1}


def test_a_number_of_which_only_the_first_digits_are_left_is_refused(told):
    made = told({table: [row(table, "1,23457E+11")] for table in LINKED})
    assert made.quarantined() == dict.fromkeys(((table, 1) for table in LINKED), "member_number:rounded")


def test_an_events_rounded_number_would_make_many_events_one(linked):
    made = linked("events", ["4.5E+12;001;2024-03-01;s1;view", "4.5E+12;002;2024-03-01;s1;view"])
    assert set(made.quarantined().values()) == {"event_id:rounded"}


def test_two_versions_of_a_survey_are_kept_apart(linked):
    rows = ["001;2024-03-01;style;1;q1;a", "001;2024-04-01;style;2;q1;b", "001;2024-05-01;style;2;q1;c"]
    made = linked("answers", rows)
    assert made.rows("answers", "version, answer") == [("1", "a"), ("2", "c")]
    assert made.reasons("answers", "duplicate") == {"key": 1}


def test_answers_of_a_survey_without_versions_replace_each_other_too(linked):
    made = linked("answers", ["001;2024-03-01;style;;q1;a", "001;2024-05-01;style;;q1;b"])
    assert made.rows("answers", "version, answer") == [(None, "b")]


def test_a_merge_leaves_the_survivors_own_answer(linked):
    rows = ["002;2024-03-01;style;1;q1;own", "001;2024-05-01;style;1;q1;other", "001;2024-05-01;style;1;q2;x"]
    made = linked("answers", rows, corrections="001;merge;002;2024-01-01\n")
    assert made.rows("answers", "member_number, question, answer") == [("002", "q1", "own"), ("002", "q2", "x")]
    assert made.reasons("answers", "duplicate") == {"merge": 1}


def test_a_parent_is_a_customer_or_none(linked):
    rows = ["001;47;1;003", "002;47;1;ghost", "003;47;1;003"]
    made = linked("companies", rows, columns=["parent"])
    assert made.rows("companies", "member_number, parent") == [("001", "003"), ("002", None), ("003", None)]
    assert made.canonical.evidence["companies"] == {"parents_unknown": 1}
    assert made.canonical.evidence["field_faults"]["companies"] == {"parent:itself": 1}


def test_a_parent_that_was_merged_is_the_survivor_and_never_itself(linked):
    rows = ["001;47;1;003", "002;47;1;003"]
    made = linked("companies", rows, corrections="003;merge;002;2024-01-01\n", columns=["parent"])
    assert made.rows("companies", "member_number, parent") == [("001", "002"), ("002", None)]


def test_a_contacts_account_is_the_surviving_one(linked):
    people = "member_number;type;account\n001;account;\n002;account;\n003;contact;001\n"
    made = linked("companies", [], corrections="001;merge;002;2024-01-01\n", customers=people)
    assert made.rows("customers", "member_number, account") == [("002", None), ("003", "002")]


WRONG = [
    ("feedback", "rating", "6", "outside_scale"),
    ("feedback", "rating", "0", "outside_scale"),
    ("feedback", "nps", "11", "outside_scale"),
    ("feedback", "nps", "-1", "outside_scale"),
    ("feedback", "nps", "9.5", "unreadable"),
    ("interests", "strength", "1.2", "outside_scale"),
    ("loyalty", "points", "ten", "unreadable"),
    ("loyalty", "expires", "2024-02-01", "before_date"),
    ("loyalty", "tier_until", "2024-02-01", "before_date"),
    ("campaigns", "outcome", "seen", "unknown"),
    ("companies", "employees", "-3", "negative"),
    ("companies", "sites", "-1", "negative"),
    ("companies", "revenue", "-1", "negative"),
    ("quotes", "amount", "-5", "negative"),
    ("quotes", "currency", "EURO", "unknown"),
    ("quotes", "valid_until", "2024-02-01", "before_date"),
    ("contracts", "amount", "-5", "negative"),
    ("contracts", "notice_days", "-5", "negative"),
    ("usage", "resolved", "perhaps", "unreadable"),
]


@pytest.mark.parametrize("table", dict.fromkeys(table for table, *_ in WRONG))
def test_a_wrong_value_of_an_optional_column_is_none_and_counted(linked, table):
    header = ROWS[table][0].split(";")
    wrong = [(column, value, reason) for which, column, value, reason in WRONG if which == table]
    columns = [column for column in dict.fromkeys(column for column, *_ in wrong) if column not in header]
    rows = []
    for number, (column, value, _) in enumerate(wrong):
        cells = dict(zip(header, row(table, MEMBERS[number % 3], number).split(";"), strict=True)) | {column: value}
        rows.append(";".join(cells.get(one, "") for one in [*header, *columns]))
    made = linked(table, rows, columns=columns, source={"contradiction_bound": 1})
    for record, (column, *_) in enumerate(wrong, start=1):
        assert made.rows(table, column, f"record = {record}") == [(None,)]
    counted = Counter(f"{column}:{reason}" for column, _, reason in wrong)
    assert made.canonical.evidence["field_faults"][table] == counted


REFUSED = [
    ("events", "e1;001;2024-03-01;s1;clicked", "kind:unknown"),
    ("events", "e1;001;;s1;view", "date:missing"),
    ("answers", ";2024-03-01;style;1;q1;a", "member_number:missing"),
    ("answers", "001;2024-03-01;style;1;;a", "question:missing"),
    ("interests", "001;;stated;2024-03-01", "interest:missing"),
    ("usage", "u1;001;2024-03-01;broke", "kind:unknown"),
    ("loyalty", "l1;001;2024-03-01;gift;5", "kind:unknown"),
    ("campaigns", "c1;001;2024-03-01;;opened", "campaign:missing"),
    ("quotes", ";001;2024-03-01;100", "quote_id:missing"),
    ("contracts", "k1;001;2024-03-01;2024-02-29;100", "ends:before_starts"),
]


def test_a_row_without_what_it_needs_is_refused(told):
    rows, expected = {}, {}
    for table, text, reason in REFUSED:
        rows.setdefault(table, []).append(text)
        expected[table, len(rows[table])] = reason
    assert told(rows).quarantined() == expected


def test_a_rating_is_on_its_own_scale(linked):
    rows = [
        "f1;001;2024-03-01;10;1;10",
        "f2;001;2024-03-01;4;;",
        "f3;001;2024-03-01;11;1;10",
        "f4;001;2024-03-01;3;5;5",
    ]
    made = linked("feedback", rows, columns=["rating_lowest", "rating_highest"])
    found = made.rows("feedback", "rating::INT, rating_lowest::INT, rating_highest::INT")
    assert found == [(10, 1, 10), (4, 1, 5), (None, 1, 10), (None, 5, 5)]


def test_what_nothing_says_is_assumed_and_what_is_wrong_is_not(linked):
    rows = ["q1;001;2024-03-01;100;;", "q2;001;2024-03-01;100;lost;USD", "q3;001;2024-03-01;100;gone;XYZ"]
    made = linked("quotes", rows, columns=["status", "currency"])
    assert made.rows("quotes", "status, currency") == [("open", "EUR"), ("lost", "USD"), (None, None)]


def test_amounts_are_in_the_currency_of_their_day(linked):
    currencies = [{"code": "BGN", "until": "2024-03-31"}, {"code": "EUR", "since": "2024-04-01"}]
    rows = ["q1;001;2024-03-31;100", "q2;001;2024-04-01;100"]
    made = linked("quotes", rows, market={"currencies": currencies})
    assert made.rows("quotes", "currency") == [("BGN",), ("EUR",)]


def test_codes_are_the_profiles_and_an_unnamed_one_is_refused(linked):
    values = {"values": {"kind": {"PageView": "view", "AddToCart": "cart"}}}
    rows = ["e1;001;2024-03-01;s1;PageView", "e2;001;2024-03-01;s1;AddToCart", "e3;001;2024-03-01;s1;Scroll"]
    made = linked("events", rows, mapping=values)
    assert made.rows("events", "kind") == [("view",), ("cart",)]
    assert made.quarantined() == {("events", 3): "kind:unknown_value"}


@pytest.mark.parametrize(
    ("rows", "points", "signs"),
    [
        (["earn;10", "redeem;4", "expire;1", "adjust;-2"], [10, -4, -1, -2], "signs by kind"),
        (["earn;10", "redeem;-4", "redeem;4", "earn;-10"], [10, -4, 4, -10], "signs as given"),
    ],
)
def test_points_are_taken_away_by_sign_or_by_kind(linked, rows, points, signs):
    made = linked("loyalty", [f"l{n};001;2024-03-01;{text}" for n, text in enumerate(rows)])
    assert [found for (found,) in made.rows("loyalty", "points")] == points
    assert made.canonical.evidence["loyalty"] == {"points": signs}


def test_nobody_did_anything_before_the_chains_first_day(told):
    tables = [table for table in LINKED if table != "companies"]
    rows = {table: [row(table).replace("2024-03-01", "1970-01-01", 1)] for table in tables}
    made = told(rows, plausibility={"first_date": "2001-01-01"})
    reasons = {(table, 1): f"{'starts' if table == 'contracts' else 'date'}:before_first_date" for table in tables}
    del reasons["interests", 1]  # its date may be missing
    assert made.quarantined() == reasons
    assert made.rows("interests", "local_date") == [(None,)]
    assert made.canonical.evidence["field_faults"]["interests"] == {"date:before_first_date": 1}


def test_dates_in_another_order_than_declared_refuse_the_drop(linked):
    rows = [f"e{n};001;{n}/03/2024;s1;view" for n in range(13, 20)]
    formats = {"formats": {"decimal_sign": ".", "date_order": "mdy"}}
    with pytest.raises(DropError, match="contradict the declared order mdy"):
        linked("events", rows, source=formats)


SECRET = "Ich glaube an nichts"


def test_answers_and_interests_stand_in_quarantine_as_masks_only(linked):
    made = linked(
        "interests", [f"001;{SECRET};stated;2024-03-01"], mapping={"values": {"interest": {"sport": "sport"}}}
    )
    query = f"SELECT reasons, \"value\" FROM read_parquet('{made.canonical.quarantine}')"
    assert made.con.execute(query).fetchall() == [("interest:unknown_value", "Aaa aaaaaa aa aaaaaa")]
    assert {"answer", "value", "member_number"} <= TABLES["answers"].personal
    made = linked("answers", [f"001;2024-99-01;style;1;q1;{SECRET}"], source={"contradiction_bound": 1})
    assert SECRET not in repr(made.con.execute(f"FROM read_parquet('{made.canonical.quarantine}')").fetchall())


def test_a_select_may_join_tables(make):
    tables = {
        "sales": SALES,
        "visits": "visit;member\ns1;001\ns2;\n",
        "hits": "hit;visit;day;what\n1;s1;2024-03-01;view\n2;s2;2024-03-02;cart\n3;s9;2024-03-02;cart\n",
    }
    select = (
        "SELECT h.hit AS event_id, v.member AS member_number, h.day AS date, h.visit AS session_id, h.what AS kind "
        "FROM hits h JOIN visits v ON h.visit = v.visit"
    )
    made = make(tables, {"transactions": SOLD, "events": {"select": select}})
    assert made.rows("events", "event_id, member_number") == [("1", "001"), ("2", None)]
    assert made.quarantined() == {("events", 3): "unmatched:visits"}


def test_an_optional_table_that_was_not_delivered_is_none(make):
    source = {"tables": {"sales": {"files": ["s.csv"]}, "hits": {"files": ["h.csv"], "optional": True}}}
    columns = {"date": "day", "kind": "what"}
    made = make(
        {"sales": SALES}, {"transactions": SOLD, "events": {"source": "hits", "columns": columns}}, source=source
    )
    assert made.canonical.file("events") is None


def test_nothing_that_the_steps_pass_on_is_left(told, tmp_path):
    told({table: [row(table)] for table in LINKED})
    files = {path.name for path in (tmp_path / "work").rglob("*") if path.is_file()}
    assert files == {f"{table}.parquet" for table in (*LINKED, "customers", "departed", "quarantine", "lines")}


def test_a_moment_with_its_own_zone_is_told_by_the_market_s_day(linked):
    # 23:30 in Tokyo is 14:30 UTC; 15:30 UTC is half past midnight of the next day there.
    moments = ("2024-03-01T23:30:00+09:00", "2024-03-01T15:30:00Z", "2024-03-01 23:30:00", "2024-03-01")
    rows = [f"e{number};001;{moment};s{number};view" for number, moment in enumerate(moments)]
    made = linked("events", rows, market={"time_zone": "Asia/Tokyo"})
    days = [day.isoformat() for (day,) in made.rows("events", "local_date")]
    assert days == ["2024-03-01", "2024-03-02", "2024-03-01", "2024-03-01"]


def test_a_moment_of_the_zone_that_the_profile_says_is_told_by_the_market_s_day(linked):
    rows = ["e1;001;2024-03-01 20:30:00;s1;view", "e2;001;2024-03-01;s2;view"]
    mapping = {"formats": {"date": {"time_zone": "UTC"}}}
    made = linked("events", rows, mapping, market={"time_zone": "Asia/Tokyo"})
    assert [day.isoformat() for (day,) in made.rows("events", "local_date")] == ["2024-03-02", "2024-03-01"]
