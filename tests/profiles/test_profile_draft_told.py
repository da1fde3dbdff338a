"""Drafts of drops that tell more than sales: mapped where the names are sure, else asked."""

from __future__ import annotations

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
