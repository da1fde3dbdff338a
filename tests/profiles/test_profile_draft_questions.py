"""What a newcomer needs and no name tells: the draft maps what the values prove, and asks the rest where it stands."""

from __future__ import annotations

import io
import json
import re

import pytest
import xlsxwriter

from region_profiles.loader import resolve
from tasks.errors import ProfileErrors
from tests.profiles.drafting import draft_of, text_of


def workbook(rows, sheet):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
        book.add_worksheet("Summary").write_row(0, 0, ["by shop", "sum"])
    return out.getvalue()


@pytest.fixture
def drafted(tmp_path):
    """`drafted(market, {file: content})`: the draft as YAML, its comments as one text, and the open questions."""

    def call(market, files):
        text, said = draft_of(market, files, tmp_path / "drop")
        own = tmp_path / "draft.yaml"
        own.write_text(text)
        with pytest.raises(ProfileErrors) as caught:
            resolve(market, file=own)
        open_ = {error.path for error in caught.value.errors if "not answered" in str(error)}
        return said, re.sub(r"\s*\n *#\s*(?!NOTE|QUESTION)", " ", text), open_

    return call


RECEIPTS = [
    (f"PA/{n:04}", f"{1 + n % 28:02}.{1 + n % 9:02}.2026", "900", "11:47", f"{29000 + n % 25}", "G", f"{9 + n},00")
    for n in range(60)
]
LINES = [(one[0], k + 1, f"59000{k}", f"{1 + k}", "AB"[k], f"{9 + k},00") for one in RECEIPTS for k in range(2)]
RETURNS = [(f"KOR/{n}", f"{1 + n:02}.10.2026", RECEIPTS[n][0], "590000", "1", "9,00") for n in range(9)]
HEAD = ["Nr paragonu", "Data", "Nr sklepu", "Godzina", "Nr karty", "Forma płatności", "Wartość brutto"]
LINE = ["Nr paragonu", "Lp", "EAN", "Ilość", "St. VAT", "Wartość brutto"]
BACK = ["Nr korekty", "Data", "Nr paragonu", "EAN", "Ilość", "Wartość brutto"]
PEOPLE = [(f"{29000 + n}", f"Ewa{n}", f"Nowak{n}", "TN"[n % 2]) for n in range(25)]
PERSON = ["Nr karty", "Imię", "Nazwisko", "Zgoda profilowanie"]


def polish(*, name="zwroty"):
    """Two folders; the last receipt of the first comes again in the second, as till exports do."""
    old, new = "2026-08_all", "2026-09"
    return {
        f"{old}/paragony.csv": text_of(HEAD, RECEIPTS),
        f"{old}/pozycje.csv": text_of(LINE, LINES),
        f"{old}/{name}.csv": text_of(BACK, RETURNS),
        f"{old}/klienci.csv": text_of(PERSON, PEOPLE),
        f"{new}/paragony.csv": text_of(HEAD, [("PB/1", "01.09.2026", "900", "11:47", "29001", "G", "1,00")]),
        f"{new}/pozycje.csv": text_of(LINE, [("PB/1", 1, "590000", "1", "A", "1,00")]),
        f"{new}/klienci.csv": text_of(PERSON, PEOPLE[:3]),
    }


def test_header_lines_and_returns_in_files_of_their_own_are_one_select(drafted):
    profile, _, _ = drafted("PL", polish())
    source = profile["source"]
    assert source["tables"]["sales"]["files"] == ["pozycje.csv", "zwroty.csv"]
    select = source["mapping"]["transactions"]["select"]
    assert 'JOIN receipts ON sales."Nr paragonu" = receipts."Nr paragonu"' in select
    assert """CASE WHEN sales."Nr korekty" IS NOT NULL THEN 'return' ELSE 'sale' END AS kind""" in select
    assert 'coalesce(sales."Data", receipts."Data") AS date' in select
    assert 'CASE WHEN sales."Nr korekty" IS NOT NULL THEN sales."Nr paragonu" END AS returned_order_id' in select


def test_a_file_that_shares_a_key_with_the_sales_is_a_question(drafted):
    """By its name nobody can tell that these rows are returns."""
    _, told, open_ = drafted("PL", polish(name="kor_2026"))
    assert "nothing reads 2026-08_all/kor_2026.csv, though its Nr paragonu stands in the sales" in told
    assert "source.tables.unused_1.files" in open_


def test_monthly_folders_are_drops_and_increments_get_their_keys(drafted):
    profile, _, open_ = drafted("PL", polish())
    source = profile["source"]
    assert source["drop_date"] == {"by": "path", "pattern": r"^(?P<year>\d{4})-(?P<month>\d{2})"}
    assert {name: table["key"] for name, table in source["tables"].items()} == {
        "sales": ["Nr paragonu", "Lp"],
        "receipts": ["Nr paragonu"],
        "customers": ["Nr karty"],
    }
    assert {f"source.tables.{name}.mode" for name in source["tables"]} <= open_


def test_codes_of_vat_consent_to_profiling_and_customer_lists_are_asked(drafted):
    _, told, open_ = drafted("PL", polish())
    assert {"tax.rates", "privacy.basis"} <= open_
    assert "St. VAT holds A (61), B (60): which rate is each?" in told
    assert "no list of customers is written for a team without the grant `customers`" in told


COLUMNS = ["Bill no", "Date", "Member id", "Quantity", "Amount"]
HISTORY = [(f"B{n:03}", f"2025-01-{1 + n % 28:02}", f"M{n % 9}", 1, n) for n in range(40)]
MONTH = [(f"C{n:03}", f"2026-01-{1 + n % 28:02}", f"M{n % 9}", 1, n) for n in range(40)]
BOOK = workbook([["Sales of the month"], [], COLUMNS, *MONTH, ["Total", "", "", "", 780]], "Sales")


def test_a_history_and_titled_workbooks_are_one_table(drafted):
    files = {"sales_history.csv": text_of(COLUMNS, HISTORY), "sales_2026-01.xlsx": BOOK, "sales_2026-02.xlsx": BOOK}
    profile, _, _ = drafted("DE", files)
    assert profile["source"]["tables"]["sales"] == {"files": ["sales_*"], "sheet": "Sales", "delimiter": ";"}


MEMBERS = [
    {
        "member_id": f"M{n % 9}",
        "first_name": "Ann",
        "nationality": "TH" if n % 2 else "DE",
        "consent": {"email": bool(n % 2)},
        "tags": ["a"],
        "updated_at": f"2026-01-{10 + n}",
    }
    for n in range(10)
]


@pytest.fixture
def members(drafted):
    lines = "".join(json.dumps(one) + "\n" for one in MEMBERS)
    return drafted("DE", {"members.jsonl": lines, "sales.csv": text_of(COLUMNS, HISTORY)})


def test_objects_within_json_are_columns_of_a_draft(members):
    profile, _, _ = members
    assert profile["source"]["mapping"]["customers"]["columns"]["consent_email"] == "consent.email"


def test_members_that_stand_twice_ask_which_date_is_the_later(members):
    profile, told, open_ = members
    assert profile["source"]["tables"]["customers"]["key"] == ["member_id"]
    assert "source.tables.customers.later_by" in open_
    assert "1 of member_id stand in several rows" in told
    assert "updated_at differ" in told


def test_nationality_is_asked_before_it_is_residence(members):
    _, told, open_ = members
    assert "source.mapping.customers.columns.home_country" in open_
    assert "nationality is a nationality" in told
