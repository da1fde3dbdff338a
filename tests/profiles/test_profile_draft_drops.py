"""Drops of chains that nobody has seen: what their values prove needs no question, what they leave open is one."""

from __future__ import annotations

import io
import json
import re

import pytest
import xlsxwriter

from tasks.draft.headers import value_code
from tests.profiles.drafting import draft_of, text_of

DAYS = [(1 + n % 28, 1 + n % 12, 2024) for n in range(60)]


@pytest.fixture
def drafted(tmp_path):
    """`drafted(market, {file: text or bytes})`: the draft's text, its source, and the questions by their key."""

    def call(market, files):
        text, said = draft_of(market, files, tmp_path / "drop")
        return text, said["source"], notes(text)

    return call


def notes(text):
    """The draft's comments, each in one line."""
    return re.sub(r"\n +# +(?!NOTE|QUESTION)", " ", text)


PEOPLE = [(f"29000{n:05}", f"Ewa{n}", f"Nowak{n}", "TAK" if n % 7 else "NIE") for n in range(30)]
RECEIPTS = [
    (f"PA/{n:04}", f"{d:02}.{m:02}.{y}", PEOPLE[n % 25][0] if n % 4 else "", "S1", f"{30 + n},00")
    for n, (d, m, y) in enumerate(DAYS)
]
LINES = [(one[0], k + 1, f"T{k:03}", 1 + k, "10,00", f"{10 * (1 + k)},00") for one in RECEIPTS for k in range(2)]
POLISH = {
    "paragony.csv": text_of(["Nr paragonu", "Data sprzedaży", "Nr", "Sklep", "Wartość brutto"], RECEIPTS),
    "pozycje.csv": text_of(["Nr paragonu", "Lp", "Kod towaru", "Ilość", "Cena brutto", "Wartość brutto"], LINES),
    "karty.csv": text_of(["Numer", "Imię", "Nazwisko", "Zgoda"], PEOPLE),
}


def test_lines_of_receipts_are_the_sales_and_take_date_and_customer_from_their_receipt(drafted):
    _, source, _ = drafted("PL", POLISH)
    select = source["mapping"]["transactions"]["select"]
    assert 'sales."Wartość brutto" AS amount' in select, "the receipt's own sum would stand on each of its lines"
    assert 'receipts."Data sprzedaży" AS date' in select
    assert 'JOIN receipts ON sales."Nr paragonu" = receipts."Nr paragonu"' in select
    assert source["tables"]["sales"]["files"] == ["pozycje.csv"]


def test_lines_without_their_receipt_are_not_joined(drafted):
    strangers = text_of(["Nr paragonu", "Lp", "Kod towaru", "Ilość", "Cena brutto", "Wartość brutto"], [
        (f"X{one[0]}", *one[1:]) for one in LINES
    ])  # fmt: skip
    _, source, told = drafted("PL", POLISH | {"pozycje.csv": strangers})
    assert source["tables"]["sales"]["files"] == ["paragony.csv"]
    assert "not used: pozycje.csv" in told


def test_a_member_number_without_a_known_name_is_told_by_the_values_of_both_tables(drafted):
    """`Nr` of the receipts stands in `Numer` of the people, and in no other column that is each person's own."""
    _, source, told = drafted("PL", POLISH)
    assert source["mapping"]["customers"]["columns"]["member_number"] == "Numer"
    assert 'receipts."Nr" AS member_number' in source["mapping"]["transactions"]["select"]
    assert "Numer is member_number by its values" in told


def test_short_numbers_that_are_found_anywhere_prove_no_member_number(drafted):
    people = text_of(["Numer", "Imię", "Nazwisko", "Zgoda"], [(n + 1, *one[1:]) for n, one in enumerate(PEOPLE)])
    receipts = text_of(
        ["Nr paragonu", "Data sprzedaży", "Kasa", "Sklep", "Wartość brutto"],
        [(one[0], one[1], 1 + n % 20, *one[3:]) for n, one in enumerate(RECEIPTS)],
    )
    _, source, told = drafted("PL", {"paragony.csv": receipts, "karty.csv": people})
    assert source["mapping"]["transactions"]["columns"]["member_number"] == "?"
    assert source["mapping"]["customers"]["columns"]["member_number"] == "?"
    assert (
        "which column is member_number? None has both a name that is known and values that fit; perhaps Numer" in told
    )


def test_columns_of_yes_and_no_that_nothing_is_mapped_from_are_asked_for_objections(drafted):
    _, source, told = drafted("PL", POLISH)
    assert source["mapping"]["customers"]["columns"]["consent_profiling"] == "?"
    assert "Zgoda hold yes and no: which tells who may be profiled, where no is an objection?" in told


def test_buddhist_years_are_told_by_the_years(drafted):
    rows = [(f"B{n}", f"{d:02}/{m:02}/{y + 543}", f"M{n % 20:05}", "120.00") for n, (d, m, y) in enumerate(DAYS)]
    header = "\ufeff" + text_of(["เลขที่ใบเสร็จ", "วันที่ขาย", "รหัสสมาชิก", "ยอดรวม"], rows, ",")
    _, source, _ = drafted("TH", {"sales.csv": header})
    assert source["formats"] == {"calendar": "buddhist", "date_order": "dmy", "decimal_sign": "."}
    assert source["mapping"]["transactions"]["columns"]["order_id"] == "เลขที่ใบเสร็จ"


def test_persian_and_islamic_years_cannot_be_told_apart(drafted):
    rows = [(f"B{n}", f"1402/{m:02}/{d:02}", f"M{n % 20:05}", "120.00") for n, (d, m, _) in enumerate(DAYS)]
    _, source, told = drafted("IR", {"sales.csv": text_of(["receipt", "date", "customer", "amount"], rows, ",")})
    assert source["formats"]["calendar"] == "?"
    assert "sales.csv: date is persian or hijri" in told


def test_two_calendars_in_one_drop_are_a_question(drafted):
    rows = [(f"B{n}", f"{d:02}/{m:02}/{y + 543}", f"M{n % 20:05}", "120.00") for n, (d, m, y) in enumerate(DAYS)]
    people = [(f"M{n:05}", f"{d:02}/{m:02}/1980", "Ada") for n, (d, m, _) in enumerate(DAYS)]
    _, source, told = drafted("TH", {
        "sales.csv": text_of(["receipt", "date", "customer", "amount"], rows, ","),
        "members.csv": text_of(["customer", "birthday", "first name"], people, ","),
    })  # fmt: skip
    assert source["formats"]["calendar"] == "?"
    assert "declare formats of their own for the columns that differ" in told


def test_years_of_two_digits_that_may_come_first_are_a_question(drafted):
    """24/01/31 is the last of January 2024, or the 24th of January 2031."""
    rows = [(f"B{n}", f"24/{1 + n % 12:02}/{1 + n % 28:02}", f"M{n % 20:05}", "120.00") for n in range(40)]
    _, source, told = drafted("TW", {"sales.csv": text_of(["receipt", "date", "customer", "amount"], rows, ",")})
    assert source["formats"]["date_order"] == "?"
    assert "date fits dmy or ymd" in told


MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")


def workbook(rows):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Ventas")
        sheet.write_row(0, 0, ["Reporte de ventas"])
        for n, row in enumerate(rows):
            sheet.write_row(2 + n, 0, row)
    return out.getvalue()


def test_dates_that_a_sheet_holds_as_text_are_text(drafted):
    """Typed columns need no order of day and month; a text in a sheet does."""
    rows = [(f"F{n}", f"{1 + n % 12:02}/{1 + n % 12:02}/2024", f"{n:05}", 100.5) for n in range(30)]
    _, source, told = drafted("MX", {"Ventas.xlsx": workbook([("Folio", "Fecha", "No. Cliente", "Importe"), *rows])})
    assert source["formats"]["date_order"] == "?"
    assert "Fecha fits dmy or mdy" in told


def test_months_spelled_in_another_language_leave_the_date_a_question(drafted):
    rows = [(f"F{n}", f"{d:02}-{MONTHS[m - 1]}-{y}", f"{n:05}", 1 + n % 3, 100.5) for n, (d, m, y) in enumerate(DAYS)]
    book = workbook([("Folio", "Fecha", "No. Cliente", "Piezas", "Importe"), *rows])
    _, source, told = drafted("MX", {"Ventas.xlsx": book})
    assert source["mapping"]["transactions"]["columns"]["date"] == "?"
    assert source["tables"]["sales"]["skip"] == 2
    assert "Fecha is not mapped to date: too many values are no dates" in told


def test_months_spelled_in_english_are_a_pattern(drafted):
    rows = [(f"F{n}", f"{1 + n % 28:02}-{m}-2024", f"{n:05}", "1.50") for n, m in enumerate(("Jan", "Feb", "Dec"))]
    _, source, _ = drafted("US", {"sales.csv": text_of(["receipt", "date", "customer", "amount"], rows, ",")})
    assert source["formats"]["dates"] == ["%d-%b-%Y"]


def shop(total):
    header = ["Name", "Email", "Created at", "Lineitem quantity", "Lineitem price", "Lineitem sku", "Order no", "Total"]
    rows = [
        (
            f"#{n}",
            f"c{n}@example.org",
            f"{y}-{m:02}-{d:02} 10:00:00 +0000",
            1 + k,
            "10.00",
            f"S{k}",
            f"O{n}",
            total(n, k),
        )
        for n, (d, m, y) in enumerate(DAYS)
        for k in range(2)
    ]
    return text_of(header, rows, ",")


def test_a_total_on_the_first_line_of_each_order_is_no_amount_of_a_line(drafted):
    _, source, told = drafted("GB", {"orders_export.csv": shop(lambda n, k: "" if k else f"{30 + n}.00")})
    assert source["mapping"]["transactions"]["columns"]["amount"] == "?"
    assert "is Total the amount of a line? It is empty in 60 of 120 records" in told


def test_a_total_on_every_line_of_each_order_is_no_amount_of_a_line(drafted):
    """Summed over lines it would multiply the revenue."""
    _, source, told = drafted("GB", {"orders_export.csv": shop(lambda n, _: f"{30 + n}.00")})
    assert source["mapping"]["transactions"]["columns"]["amount"] == "?"
    assert "All lines of an order have the same: the order's total?" in told


def test_an_amount_of_each_line_needs_no_question(drafted):
    _, source, _ = drafted("GB", {"orders_export.csv": shop(lambda n, k: f"{10 * (k + 1)}.{n:02}")})
    assert source["mapping"]["transactions"]["columns"]["amount"] == "Total"


def test_purchases_whose_date_has_no_known_name_are_purchases_and_the_date_is_asked(drafted):
    lines = [
        json.dumps({"order": f"B{n}", "customer": f"M{n}", "rung_up": f"{y}-{m:02}-{d:02}", "qty": 1, "amount": 9.5})
        for n, (d, m, y) in enumerate(DAYS)
    ]
    _, source, told = drafted("NG", {"purchases.jsonl": "\n".join(lines)})
    assert source["mapping"]["transactions"]["columns"]["date"] == "?"
    assert "perhaps rung_up" in told


def test_dates_that_json_holds_as_text_are_text(drafted):
    lines = [json.dumps({"order": "B", "customer": "M", "date": f"0{n}/0{n}/2024", "amount": 9.5}) for n in range(1, 9)]
    _, source, _ = drafted("NG", {"purchases.jsonl": "\n".join(lines)})
    assert source["formats"]["date_order"] == "?"


def test_the_one_date_beside_currency_and_rate_is_the_date(drafted):
    rates = text_of(["dag", "currency", "rate"], [(f"2024-01-{d:02}", "USD", "1.1") for d in range(1, 20)], ",")
    _, source, _ = drafted("NG", {"rates.csv": rates})
    assert source["mapping"]["rates"]["columns"]["date"] == "dag"


@pytest.mark.parametrize(("words", "formats"), [
    (("ja", "nein"), {"yes": ["ja"], "no": ["nein"]}),
    (("○", "×"), {"yes": ["○"], "no": ["×"]}),
    (("Sí", "No"), {"yes": ["Sí"]}),
    (("Y", "N"), {}),
    (("nein", ""), {"no": ["nein"], "yes": ["?"]}),
    (("jo", "nein"), {"yes": ["?"], "no": ["?"]}),
])  # fmt: skip
def test_words_of_yes_and_no_are_declared_or_asked(words, formats, drafted):
    """Words that are not declared would leave every consent unknown."""
    rows = [(f"M{n:05}", "Ada", words[n % 2]) for n in range(20)]
    _, source, _ = drafted("DE", {"kunden.csv": text_of(["Kundennummer", "Vorname", "Mitarbeiter"], rows)})
    assert source.get("formats", {}) == formats


def test_a_word_of_signs_only_is_no_other_word_of_signs():
    assert (value_code("flag", "○"), value_code("flag", "×"), value_code("flag", "△")) == ("yes", "no", None)


def test_two_columns_that_could_be_the_country_are_a_question(drafted):
    rows = [(f"M{n:05}", "Ada", "NL", "BE" if n % 5 == 0 else "NL") for n in range(20)]
    _, source, told = drafted("NL", {"klanten.csv": text_of(["klant", "voornaam", "land", "woonland"], rows)})
    assert source["mapping"]["customers"]["columns"]["home_country"] == "?"
    assert "which is home_country: land, woonland?" in told


def test_columns_that_stay_out_are_told(drafted):
    rows = [(f"M{n:05}", "Ada", "x") for n in range(20)]
    _, _, told = drafted("DE", {"kunden.csv": text_of(["Kundennummer", "Vorname", "Schuhgröße"], rows)})
    assert "not mapped: Schuhgröße" in told


def test_a_first_line_without_any_known_name_is_told_by_its_shape_only(drafted):
    text, _, told = drafted("DE", {"daten.csv": "Erika Muster;erika@privat.example;Bonn\nAda Muster;a@b.example;Ulm\n"})
    assert "Erika" not in text
    assert "erika@" not in text
    assert "xxxxx xxxxxx" in told


def test_files_of_one_system_are_read_in_one_code_page(drafted):
    """A broken byte in one file must not make its words another language's."""
    body = "Kundennummer;Kaufdatum;Betrag;Art\n" + "1;31.01.2024;1,50;Rückgabe\n" * 200
    broken = body.encode("cp1252").replace(b"1,50", b"1,5\x81", 1)
    files = {"umsatz_2023.csv": body.encode("cp1252"), "umsatz_2024.csv": broken}
    _, source, _ = drafted("DE", files)
    assert source["mapping"]["transactions"]["values"]["kind"] == {"Rückgabe": "return"}
