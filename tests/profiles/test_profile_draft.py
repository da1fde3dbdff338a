"""A draft guesses nothing: what the files prove is written, the rest is a question; ten answered lines are enough."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from shutil import copyfile

import pytest

from region_profiles.loader import load_profile, resolve
from tasks.draft.profile import draft
from tasks.engine import open_duckdb
from tasks.errors import ProfileErrors, Terminal
from tasks.ingest.drop import read_drop
from tasks.normalize.canonical import normalize
from tasks.objects.opening import open_store

#: The issue's bound.
EDITS = 10


def answered(text, answers):
    """The draft with the `?` of the nth question's line replaced; every question takes exactly one line."""
    for answer in answers:
        assert '"?"' in text
        text = text.replace('"?"', answer, 1)
    return text


def folder(tmp_path, files, name="drop"):
    drop = tmp_path / name
    drop.mkdir()
    for file in files:
        copyfile(file, drop / file.name)
    return drop


def tried(tmp_path, market, text):
    path = tmp_path / f"{market}.yaml"
    path.write_text(text, encoding="utf-8")
    return resolve(market, file=path).profile


def questions(text):
    return re.findall(r"# QUESTION: (.*)", text)


@pytest.fixture
def read(tmp_path):
    """`read(market, draft, answers)`: the profile of the answered draft, and the ledger of its drop read by it.

    The answers edit no more lines than the issue allows.
    """

    def call(market, text, answers):
        full = answered(text, answers)
        edited = sum(one != other for one, other in zip(text.splitlines(), full.splitlines(), strict=True))
        assert edited == len(questions(text)) <= EDITS
        (work := tmp_path / "work").mkdir()
        con = open_duckdb("1GiB", 2, tmp_path / "spill").cursor()
        profile, as_of = tried(tmp_path, market, full), date(2026, 6, 30)
        sources = read_drop(con, profile, open_store(tmp_path), work, as_of=as_of)
        return profile, normalize(con, profile, sources, work, as_of=as_of, pseudonym_key="k" * 32).ledger

    return call


def kept(ledger, **expected):
    """Whether each table has so many rows, of which none was refused or left out."""
    assert all(entry.quarantined == entry.filtered == 0 for entry in ledger.values())
    assert {name: ledger[name].kept for name in expected} == expected
    return ledger["transactions"].amounts["kept"]["sale"]


def test_unanswered_questions_are_refused_line_by_line(tmp_path, shared_data):
    text = draft("US", folder(tmp_path, [shared_data("cdnow/CDNOW_master.txt")]))
    with pytest.raises(ProfileErrors) as caught:
        tried(tmp_path, "US", text)
    lines = text.splitlines()
    assert [error.problem for error in caught.value.errors] == ["question is not answered"] * len(questions(text))
    assert all('"?"' in lines[error.line - 1] for error in caught.value.errors)


def test_cdnow(tmp_path, shared_data, read):
    text = draft("US", folder(tmp_path, [shared_data("cdnow/CDNOW_master.txt")]))
    profile, ledger = read("US", text, ["USD", "untaxed"])
    assert kept(ledger, transactions=69_659) == {"USD": Decimal("2500315.63")}  # as the file's column adds up
    source = profile.source
    assert source.tables["sales"].delimiter == "whitespace"
    assert source.formats.dates == ("%Y%m%d",)
    assert source.mapping["transactions"].columns == {
        "member_number": "customer_id",
        "date": "date",
        "quantity": "number_of_cds",
        "amount": "dollar_value",
    }
    assert source.mapping["transactions"].constants == {"currency": "USD"}


@pytest.mark.parametrize(
    ("market", "book", "currency", "total", "word", "columns"),
    [
        (
            "JP",
            "superstore/japan_ja.xls",
            "JPY",
            "227176841.5",
            "○",
            ("行 ID", "オーダー日", "顧客 ID", "製品 ID", "売上", "数量"),
        ),
        (
            "CN",
            "superstore/china_zh.xls",
            "CNY",
            "16117548.237",
            "是",
            ("行 ID", "订单日期", "客户 ID", "产品 ID", "销售额", "数量"),
        ),
    ],
)
def test_superstore(tmp_path, shared_data, read, market, book, currency, total, word, columns):
    text = draft(market, folder(tmp_path, [shared_data(book)]))
    profile, ledger = read(market, text, [currency, f'"{word}"', "untaxed"])
    assert kept(ledger, transactions=10_000) == {currency: Decimal(total)}  # as the sheet's column adds up
    mapping = profile.source.mapping["transactions"]
    names = ("line_id", "date", "member_number", "product_id", "amount", "quantity")
    chosen = {name: raw for raw, name in re.findall(r'sales\."([^"]+)" AS (\w+)', mapping.select)}
    # The order number is shared by several customers, discount is a share, profit and delivery date are no columns.
    assert chosen == dict(zip(names, columns, strict=True))
    assert mapping.formats["returned"].yes == (word,)
    assert mapping.constants == {"currency": currency}
    assert set(profile.source.mapping["customers"].columns) == {"member_number", "name"}


def test_global_electronics_retailer(tmp_path, shared_data, read):
    files = sorted(shared_data("global_electronics_retailer/pristine").glob("*.csv"))
    text = draft("US", folder(tmp_path, files))
    asked = questions(text)
    assert len(asked) <= EDITS
    assert any("Unit Price USD names USD" in question for question in asked), "the currency column is a label"
    profile, ledger = read("US", text, ["true", "cp1252", "USD", "USD", "untaxed"])
    # Of 62,884 lines those of the customers who live in the United States.
    sold = kept(ledger, transactions=33_767, customers=6_828, stores=67, rates=11_215, products=2_517)
    assert sold == {"USD": Decimal("29871631.17")}
    source = profile.source
    assert source.formats.date_order == "mdy"
    assert source.tables["customers"].encoding == "cp1252"
    assert source.tables["sales"].encoding is None
    assert source.markets["United Kingdom"] == "GB"
    select = source.mapping["transactions"].select
    assert 'products."Unit Price USD" AS unit_price' in select
    assert 'customers."Country" AS market' in select
    assert 'sales."Order Date" AS date' in select
    assert "Currency Code" not in select
    assert source.mapping["customers"].columns["birth_date"] == "Birthday"
    assert source.mapping["rates"].columns == {"date": "Date", "currency": "Currency", "rate": "Exchange"}


def drop_of(tmp_path, content, name="sales.csv", encoding="utf-8"):
    drop = tmp_path / "drop"
    drop.mkdir(exist_ok=True)
    (drop / name).write_bytes(content.encode(encoding))
    return drop


def test_open_date_order_is_a_question(tmp_path):
    text = draft("DE", drop_of(tmp_path, "Kd-Nr;Datum;Betrag\n1;03.04.2024;1,50\n2;05.06.2024;12,25\n"))
    assert "sales.csv: Datum fits dmy or mdy" in text
    assert 'date_order: "?"' in text
    assert 'decimal_sign: ","' in text


def test_open_decimal_sign_is_a_question(tmp_path):
    text = draft("DE", drop_of(tmp_path, "Kd-Nr;Datum;Betrag\n1;30.04.2024;1.500\n2;05.06.2024;12.250\n"))
    assert 'decimal_sign: "?"' in text


def test_two_columns_that_could_be_the_date_are_a_question(tmp_path):
    text = draft("GB", drop_of(tmp_path, "customer id,order date,invoice date,amount\n1,31/01/2024,31/01/2024,2\n"))
    assert "which is date: order date, invoice date?" in text


def test_headers_in_the_shops_code_page_are_read(tmp_path):
    text = draft("JP", drop_of(tmp_path, "会員番号,購入日,金額\n001,2024/01/31,1500\n", encoding="cp932"))
    assert "member_number: 会員番号" in text
    assert "amount: 金額" in text
    assert 'encoding: "?"' in text
    assert re.search(r"These\s+#?\s*fit:\s+#?\s*cp932", text)


def test_rows_above_the_header_are_skipped(tmp_path):
    drop = drop_of(
        tmp_path, "Umsatzbericht;;\n;;\nKundennummer;Kaufdatum;Betrag\n1;31.01.2024;1,50\n2;28.02.2024;2,50\n"
    )
    assert "skip: 2" in draft("DE", drop)


def test_a_file_without_a_header_asks_for_each_column(tmp_path):
    text = draft("US", drop_of(tmp_path, "1,2024-01-31,9.99\n2,2024-02-01,5.25\n"))
    assert "header: false" in text or 'sales: "?"' in text
    assert '"?"' in text


def test_negative_quantities_are_a_question(tmp_path):
    text = draft(
        "GB", drop_of(tmp_path, "customer id,order date,quantity,amount\n1,31/01/2024,-1,-5.00\n2,1/2/2024,1,5.00\n")
    )
    assert 'negative_quantity_is_return: "?"' in text


def test_customers_living_abroad_do_not_prove_a_shared_drop(tmp_path):
    drop = drop_of(tmp_path, "Kundennummer;Kaufdatum;Betrag\n1;31.01.2024;1,50\n")
    drop_of(tmp_path, "Kundennummer;Name;Land\n1;A B;Deutschland\n2;C D;Frankreich\n", "kunden.csv")
    text = draft("DE", drop)
    assert 'shared: "?"' in text
    assert "false if one market's customers live there" in text
    assert "Frankreich: FR" in text


def test_no_personal_value_is_in_a_draft(tmp_path):
    drop = drop_of(
        tmp_path, "Kundennummer;Name;E-Mail;Kaufdatum;Betrag\n77001;Erika Muster;erika@example.org;31.01.2024;1,50\n"
    )
    text = draft("DE", drop)
    assert "Erika" not in text
    assert "77001" not in text


@pytest.mark.parametrize(("market", "locale"), [("JP", "ja-JP"), ("DE", "de-DE"), ("BR", "pt-BR")])
def test_the_team_that_a_draft_suggests_reads_the_countrys_language(tmp_path, market, locale):
    drop = drop_of(tmp_path, "customer id,order date,amount\n1,2024-01-31,5.00\n")
    drop_of(tmp_path, "customer id,first name\n1,A\n", "customers.csv")
    suggested = re.search(r"locales: \[(.*?)\]", re.sub(r"\n# +", " ", draft(market, drop)))
    assert suggested[1] == locale


def test_without_files_the_country_gives_a_profile_that_loads(tmp_path):
    profile = tried(tmp_path, "IS", draft("IS"))
    assert profile.market.time_zone == "Atlantic/Reykjavik"
    assert profile == load_profile("IS")


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(Terminal, match="holds no table"):
        draft("DE", tmp_path)


def test_a_name_beside_given_names_is_not_taken_for_the_full_name(tmp_path):
    drop = drop_of(tmp_path, "Kundennummer;Kaufdatum;Betrag\n1;31.01.2024;1,50\n")
    drop_of(tmp_path, "Kundennummer;Vorname;Name\n1;A;B\n", "kunden.csv")
    text = draft("DE", drop)
    assert "given_name: Vorname" in text
    assert "NOTE: Name is not mapped: the full name, or the rest of one?" in text


def test_grouped_thousands_prove_no_decimal_comma(tmp_path):
    text = draft("JP", drop_of(tmp_path, "会員番号\t購入日\t金額\n1\t2024/01/31\t1,500\n2\t2024/02/28\t500\n", "a.tsv"))
    assert 'decimal_sign: "?"' in text


def test_months_to_come_are_caught_by_the_glob(tmp_path):
    for month in ("2024_01", "2024_02"):
        drop = drop_of(tmp_path, "Kundennummer;Kaufdatum;Betrag\n1;31.01.2024;1,50\n", f"umsatz_{month}.csv")
    assert "files: [umsatz_*.csv]" in draft("DE", drop)


def test_dated_folders_are_drops_and_ask_what_they_hold(tmp_path):
    drop = tmp_path / "drop"
    for day in ("2024-01-31", "2024-02-29"):
        (drop / day).mkdir(parents=True)
        (drop / day / "umsatz.csv").write_text("Kundennummer;Kaufdatum;Betrag\n1;31.01.2024;1,50\n")
    text = draft("DE", drop)
    profile = tried(tmp_path, "DE", answered(text, ["snapshot", "[]", "EUR", "gross"]))
    assert profile.source.drop_date.by == "path"
    assert re.search(profile.source.drop_date.pattern, "2024-01-31/umsatz.csv")["month"] == "01"
    assert profile.source.tables["sales"].mode == "snapshot"


@pytest.mark.parametrize("market", ["DE", "CN", "EG"])
def test_no_column_of_the_samples_drops_is_mapped_wrongly(market, tmp_path):
    """The sample's own profile is the truth: three scripts, code pages, native digits, dirt."""
    from region_profiles.reading import plain, read_yaml
    from tasks.sample.generate import generate

    generate(tmp_path, markets=[market], customers=120)
    node, _ = read_yaml(draft(market, tmp_path / market).encode(), "draft")
    drafted = plain(node)["source"]["mapping"]
    found = 0
    for table, truth in load_profile(market).source.mapping.items():
        for column, raw in drafted.get(table, {}).get("columns", {}).items():
            assert raw in {"?", truth.columns.get(column)}, f"{table}.{column}"
            found += 1
    assert found > 20
    assert ("products" in drafted) == (market == "DE"), "its list has products that never sold and rows without number"
