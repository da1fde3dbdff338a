"""Each market's files stand in the encoding, signs and digits that its shops use."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest
import yaml

from tasks.sample.specs import FOLDER, drops, load


def text_of(sample, path, encoding):
    return (sample.folder / path).read_bytes().decode(encoding, errors="replace")


@pytest.mark.parametrize(
    ("path", "encoding", "sign"),
    [
        ("DE/kunden.csv", "cp1252", "Müller"),
        ("BG/klienti.csv", "cp1251", "Иванови"),
        ("CN/销售明细_2024.csv", "gb18030", "马克杯"),
        ("CH/2026-06-30/kunden.csv", "cp1252", "Bünzli"),
        ("JP/会員.csv", "cp932", "髙田"),
        ("DE/kartenbewegungen_2026.csv", "cp1252", "Einlösung"),
        ("DE/befragung.csv", "cp1252", "stöbern"),
        ("BG/anketa.csv", "cp1251", "Препоръка"),
        ("CN/小程序行为_2026.csv", "gb18030", "加入购物车"),
        ("CH/2026-03-31/vertraege.csv", "cp1252", "Kündigungsfrist"),
        ("JP/お客様の声.csv", "cp932", "レビュー"),
    ],
)
def test_code_pages_are_no_utf_8(sample, path, encoding, sign):
    data = (sample.folder / path).read_bytes()
    assert sign in data.decode(encoding, errors="replace")
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")


@pytest.mark.parametrize(
    ("path", "encoding", "cell"),
    [
        ("DE/umsaetze_2024.csv", "cp1252", ",95;"),
        ("CH/2026-06-30/verkauf.csv", "cp1252", ";1'"),
        ("BG/prodazhbi_2025.csv", "cp1251", ";1 "),
        ("IN/sales_register_2024.csv", "utf-8-sig", '"1,00,000.00"'),
        ("EG/مبيعات_2024_05.tsv", "utf-8", "/٠٥/٢٠٢٤"),
        ("EG/مبيعات_2024_05.tsv", "utf-8", "٫٠٠"),
        ("JP/会員.csv", "cp932", "昭和"),
        ("JP/会員.csv", "cp932", "１００－０００１"),
        ("JP/市区町村.csv", "cp932", "１００－０００１"),
        ("DE/artikel.csv", "cp1252", ",95;"),
        ("CH/2026-06-30/firmen.csv", "cp1252", "'000.00;"),
        ("EG/حملات.tsv", "utf-8", "٠٧/٠٦/٢٠٢٦"),
        ("MX/2026-05-31/servicio.csv", "utf-8", "/05/2026,garantía,"),
        ("AE/feedback.csv", "utf-8-sig", '"Lovely shop, very helpful staff"'),
    ],
)
def test_numbers_and_dates_look_as_they_do_there(sample, path, encoding, cell):
    assert cell in text_of(sample, path, encoding)


def test_a_japanese_zip_holds_full_width_quantities_and_no_decimals(sample):
    with zipfile.ZipFile(sample.folder / "JP/売上明細_2024.zip") as archive:
        (name,) = archive.namelist()
        text = archive.read(name).decode("cp932", errors="replace")
    assert name == "売上明細_2024.csv"
    row = text.splitlines()[5].split(",")
    assert row[8] in set("１２３４５")
    assert "." not in ",".join(row[9:])


def test_american_amounts_are_net_with_the_tax_of_the_state_apart(sample):
    with gzip.open(sample.folder / "US/sales_2024.csv.gz", "rt", encoding="utf-8") as file:
        header, *rows = [line.rstrip("\n").split(",") for line in file]
    at = {name: number for number, name in enumerate(header)}
    plain = [row for row in rows if len(row) == len(header) and '"' not in "".join(row)]
    new_york = [row for row in plain if row[at["Store"]] == "0101" and row[at["SKU"]][0] == "0"]
    cents = lambda text: round(float(text.replace("$", "")) * 100)  # noqa: E731
    sound = [row for row in new_york if row[at["Net Amount"]][:1] == "$"]
    assert sound
    assert all(
        abs(cents(row[at["Sales Tax"]]) - 0.08875 * cents(row[at["Net Amount"]])) <= 0.5
        for row in sound
        if cents(row[at["Net Amount"]]) < 2_000_000
    )


def test_nigerian_moments_carry_their_offset_and_korean_ones_are_utc(sample):
    import pyarrow.parquet as pq

    with gzip.open(sample.folder / "NG/purchases_2024.jsonl.gz", "rt", encoding="utf-8") as file:
        assert json.loads(next(file))["at"].endswith("+01:00")
    schema = pq.read_schema(sample.folder / "KR/purchases_2024.parquet")
    assert str(schema.field("sold_at").type) == "timestamp[us, tz=UTC]"


def test_web_analytics_export_json_lines_and_warehouses_parquet(sample):
    import pyarrow.parquet as pq

    with gzip.open(sample.folder / "US/web_events_2026.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    assert {"session_start", "view_item", "add_to_cart", "purchase"} <= {row["event"] for row in rows}
    assert min(row["ts"] for row in rows if row["ts"] > "2") >= "2026-03-01"  # analytics forget
    assert not list((sample.folder / "US").glob("web_events_2025*"))
    schema = pq.read_schema(sample.folder / "KR/events_2026.parquet")
    assert str(schema.field("ts").type) == "timestamp[us]"


def test_points_that_are_taken_away_are_negative_in_japan_and_told_by_their_kind_in_germany(sample):
    with zipfile.ZipFile(sample.folder / "JP/ポイント履歴.zip") as archive:
        text = archive.read(archive.namelist()[0]).decode("cp932", errors="replace")
    assert re.search(r",利用,-\d+,", text)
    assert re.search(r";Einlösung;\d+;", text_of(sample, "DE/kartenbewegungen_2026.csv", "cp1252"))


def test_an_indian_workbook_has_numbers_and_days_in_their_own_cells(sample):
    import python_calamine

    (title, header, *rows) = (
        python_calamine.CalamineWorkbook.from_path(sample.folder / "IN/quotations.xlsx")
        .get_sheet_by_name("Quotations")
        .to_python()
    )
    assert title[0] == "Quotations register"
    row = dict(zip(header, rows[20], strict=True))
    assert isinstance(row["Date"], date)
    assert isinstance(row["Value"], float)
    assert row["Customer Code"].startswith("C")


def test_a_name_that_a_spreadsheet_would_run_is_in_every_drop(sample):
    for path, encoding in [("DE/kunden.csv", "cp1252"), ("AE/customers.csv", "utf-8"), ("NG/customers.jsonl", "utf-8")]:
        assert "=HYPERLINK(" in text_of(sample, path, encoding)


def test_egypts_first_month_came_twice(sample):
    folder = sample.folder / "EG"
    assert (folder / "مبيعات_2023_07.tsv").read_bytes() == (folder / "مبيعات_2023_07_نسخة.tsv").read_bytes()


def test_no_mail_address_or_domain_can_belong_to_somebody():
    for path in FOLDER.glob("[!_]*.yaml"):
        for domain in yaml.safe_load(path.read_text("utf-8"))["people"]["email"][1]:
            assert domain.split(".")[0] == "example" or domain.endswith(".test")


def test_bulgaria_pays_in_euros_from_2026_on(sample):
    spec = load("BG")
    assert [period.currency for period in spec.money.periods] == ["BGN", "EUR"]
    amounts = sample.facts["drops"]["BG"]["tables"]["transactions"]["markets"]["BG"]["sound"]["amounts"]
    assert {name.split()[-1] for name in amounts} == {"BGN", "EUR"}


PACKED = {".zst": "zstd", ".gz": "gzip", ".zip": "zip", ".parquet": "Parquet", ".jsonl": "JSON Lines", ".csv": "CSV"}


def test_the_page_names_each_drop_and_how_its_files_are_packed(sample):
    page = (Path(__file__).parents[2] / "docs" / "sample.md").read_text(encoding="utf-8")
    forms = {
        row.split(" ")[1]: row.split(" | ")[1] for row in page.splitlines() if re.match(r"\| (\w\w|benelux) ", row)
    }
    assert set(forms) == set(drops())
    for drop, form in forms.items():
        endings = {end for path in (sample.folder / drop).rglob("*") if path.is_file() for end in path.suffixes}
        for ending, word in PACKED.items():
            assert (ending in endings) <= (word in form), f"{drop}: {ending}"
