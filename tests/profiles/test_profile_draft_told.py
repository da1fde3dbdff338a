"""Drafts of drops that tell more than sales: mapped where the names are sure, else asked."""

from __future__ import annotations

import re

import pytest

from tests.profiles.drafting import draft_of, text_of

SALES = text_of(
    ["Belegnr", "Kundennr", "Datum", "Betrag"],
    [[f"B{n}", f"K{n % 20:03}", f"{n % 28 + 1:02}.03.2024", f"{n},50"] for n in range(40)],
)


def drafted(tmp_path, name, header, rows):
    return draft_of("DE", {"sales.csv": SALES, name: text_of(header, rows)}, tmp_path / "DE")


KNOWN = {
    "events": (
        ["event_id", "customer_id", "timestamp", "session", "event type"],
        ["e{n}", "K001", "{d}", "s1", "view"],
    ),
    "answers": (["Kundennr", "Datum", "Umfrage", "Frage", "Antwort"], ["K00{n}", "{d}", "Stil", "F{n}", "b"]),
    "interests": (["Kundennr", "Interesse", "Quelle"], ["K00{n}", "Sport", "stated"]),
    "loyalty": (["Kundennr", "Datum", "Buchungsart", "Punkte"], ["K00{n}", "{d}", "earn", "1{n}"]),
    "campaigns": (["N client", "Date envoi", "Campagne", "Canal"], ["K00{n}", "{d}", "printemps", "email"]),
    "companies": (["Kundennr", "Branche", "Mitarbeiterzahl"], ["K00{n}", "47", "1{n}"]),
    "quotes": (["Angebotsnr", "Kundennr", "Angebotsdatum", "Betrag"], ["A{n}", "K00{n}", "{d}", "1{n},50"]),
    "contracts": (
        ["Vertragsnr", "Kundennr", "Vertragsbeginn", "Vertragsende"],
        ["V{n}", "K00{n}", "{d}", "31.12.2025"],
    ),
    "feedback": (["レビューID", "会員番号", "投稿日", "評価", "コメント"], ["r{n}", "K00{n}", "{d}", "4", "いい"]),
}


@pytest.mark.parametrize("table", KNOWN)
def test_a_table_whose_names_are_sure_is_mapped(tmp_path, table):
    header, row = KNOWN[table]
    rows = [[cell.format(n=n, d=f"1{n}.04.2024") for cell in row] for n in range(9)]
    _, made = drafted(tmp_path, "more.csv", header, rows)
    source = made["source"]
    assert source["tables"][table]["files"] == ["more.csv"]
    assert source["mapping"][table]["source"] == table
    assert set(source["mapping"][table]["columns"].values()) == set(header)
    assert set(source["mapping"]) == {"transactions", table}


def test_codes_that_are_not_the_contracts_are_asked(tmp_path):
    header = ["event_id", "customer_id", "timestamp", "session", "event type"]
    rows = [[f"e{n}", "K001", f"1{n}.04.2024", "s1", ("VIEW", "cart", "scroll")[n % 3]] for n in range(9)]
    text, made = drafted(tmp_path, "hits.csv", header, rows)
    assert made["source"]["mapping"]["events"]["values"]["kind"] == {"VIEW": "view", "cart": "cart", "scroll": "?"}
    assert "QUESTION: what does scroll mean as kind?" in text


def test_a_table_that_lacks_what_it_needs_is_asked(tmp_path):
    rows = [[f"K00{n}", "Stil", f"F{n}"] for n in range(9)]
    text, made = drafted(tmp_path, "antworten.csv", ["Kundennr", "Umfrage", "Frage"], rows)
    assert "answers" not in made["source"]["mapping"]
    assert made["source"]["tables"]["unused_1"]["files"] == "?"
    assert "antworten.csv, which may be answers" in text


def test_customers_with_an_industry_are_customers(tmp_path):
    rows = [[f"K00{n}", f"Firma {n}", f"a{n}@example.com", "47"] for n in range(9)]
    _, made = drafted(tmp_path, "kunden.csv", ["Kundennr", "Firma", "E-Mail", "Branche"], rows)
    assert set(made["source"]["mapping"]) == {"transactions", "customers"}


def test_sales_that_name_a_campaign_are_sales(tmp_path):
    header = ["Belegnr", "Kundennr", "Datum", "Betrag", "Kampagne"]
    rows = [[f"B{n}", f"K00{n}", f"1{n}.04.2024", f"{n},50", "F1"] for n in range(9)]
    _, made = draft_of("DE", {"sales.csv": text_of(header, rows)}, tmp_path / "DE")
    assert set(made["source"]["mapping"]) == {"transactions"}


def test_products_are_mapped_by_what_they_belong_to_and_their_price_is_not_guessed(tmp_path):
    rows = [[f"A{n}", f"Tee {n}", "Tee", "Haus", f"{n},90"] for n in range(9)]
    text, made = drafted(tmp_path, "artikel.csv", ["Artikelnr", "Bezeichnung", "Warengruppe", "Marke", "Preis"], rows)
    columns = {"product_id": "Artikelnr", "product_name": "Bezeichnung", "category": "Warengruppe", "brand": "Marke"}
    assert made["source"]["mapping"]["products"] == {"source": "products", "columns": columns}
    assert "price and cost are not mapped" in text


def test_a_list_of_products_needs_no_price(tmp_path):
    rows = [[f"A{n}", "Tee"] for n in range(9)]
    _, made = drafted(tmp_path, "artikel.csv", ["Artikelnr", "Warengruppe"], rows)
    assert made["source"]["mapping"]["products"]["columns"] == {"product_id": "Artikelnr", "category": "Warengruppe"}


SOLD = text_of(
    ["Belegnr", "Kundennr", "Artikelnr", "Datum", "Betrag"],
    [[f"B{n}", f"K{n % 20:03}", f"A{n % 30:03}", f"{n % 28 + 1:02}.03.2024", f"{n},50"] for n in range(60)],
)
HEAD = ["Artikelnr", "Bezeichnung", "Warengruppe", "Preis"]
GOODS = [[f"A{n:03}", f"Tee {n}", "Tee", f"{n},90"] for n in range(40)]
LISTS = {
    "more than were sold": GOODS,
    "a few that were sold are not there": GOODS[2:],
    "some rows twice": [*GOODS, *GOODS[:3]],
    "rows without a number": [*GOODS, ["", "Tee", "Tee", "1,00"], ["", "Tee", "Tee", "2,00"]],
}


def of_goods(tmp_path, rows, header=HEAD, sales=SOLD):
    text, made = draft_of("DE", {"sales.csv": sales, "artikel.csv": text_of(header, rows)}, tmp_path / "DE")
    return re.sub(r"\n +# +(?!NOTE|QUESTION)", " ", text), made["source"]


@pytest.mark.parametrize("rows", LISTS.values(), ids=LISTS)
def test_a_list_of_products_need_not_be_that_of_the_sales_nor_clean(tmp_path, rows):
    _, source = of_goods(tmp_path, rows)
    assert source["tables"]["products"]["files"] == ["artikel.csv"]
    assert source["mapping"]["products"]["columns"]["product_id"] == "Artikelnr"


def test_products_of_which_most_stand_several_times_are_asked_with_how_many_were_sold(tmp_path):
    text, source = of_goods(tmp_path, [*GOODS, *GOODS[5:]])
    assert source["tables"]["unused_1"]["files"] == "?"
    assert "nothing reads artikel.csv, though 30 of the 40 values of its Artikelnr stand in the sales" in text


def test_what_is_not_used_says_which_columns_are_known(tmp_path):
    strangers = [[f"X{n:03}", *row[1:]] for n, row in enumerate(GOODS)]
    text, source = of_goods(tmp_path, [*strangers, *strangers])
    assert set(source["tables"]) == {"sales"}
    known = "not used: artikel.csv; its known columns (Artikelnr, Bezeichnung, Warengruppe, Preis) fit no table"
    assert f"{known} that drafts know, and none named as a number of receipts, customers or products" in text


def test_what_is_not_used_says_that_no_column_is_known(tmp_path):
    text, _ = of_goods(tmp_path, [["x", "y"]], header=["Spalte 1", "Spalte 2"])
    assert "not used: artikel.csv; no column of it is known, and none named as" in text


PIECES = text_of(
    ["Belegnr", "Kundennr", "Artikelnr", "Datum", "Menge"],
    [[f"B{n}", f"K{n % 20:03}", f"A{n % 30:03}", f"{n % 28 + 1:02}.03.2024", 1 + n % 3] for n in range(60)],
)


def test_prices_come_from_a_list_in_which_rows_stand_twice(tmp_path):
    _, source = of_goods(tmp_path, LISTS["some rows twice"], sales=PIECES)
    assert 'products."Preis" AS unit_price' in source["mapping"]["transactions"]["select"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([*GOODS, ["A001", "Tee", "Tee", "7,00"]], "1 of its 40 products have several, and 0 of 30 sold are not there"),
        (GOODS[2:], "0 of its 38 products have several, and 2 of 30 sold are not there"),
    ],
)
def test_prices_that_a_list_does_not_settle_are_asked_with_why(tmp_path, rows, told):
    text, source = of_goods(tmp_path, rows, sales=PIECES)
    assert source["mapping"]["transactions"]["columns"]["amount"] == "?"
    assert f"artikel.csv has Preis, but {told}" in text
