"""A market's files: everyone in every locale, only what a team may see, the same bytes each time, nothing lost."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from tasks.errors import ProfileError, Terminal
from tasks.export.background import Background
from tasks.export.customers import customer_columns
from tasks.export.dialect import excel_dialect
from tasks.export.job import languages_of
from tasks.export.labels import Labels
from tasks.export.market import export_market

LOCALES = (
    "de-DE", "en-US", "ja-JP", "ar-AE", "ar-EG", "zh-CN", "de-CH", "fr-CH", "it-CH", "en-IN", "pt-BR", "vi-VN",
    "es-MX", "bg-BG", "en-NG", "ko-KR",
)  # fmt: skip
NAMES = ["=1+1", '+cmd|"x"', "-2", "@SUM(A1)", "Müller; Hans, jr.", "山田 太郎", "محمد", "'t Hart", "a\r\nb", "＝1"]


@pytest.fixture(scope="module")
def small(market, write):
    """Ten customers: hostile names, a refund, a prospect without money, other languages and countries."""
    traits = [market.trait(number) for number in range(len(NAMES))]
    traits[3] |= {"monetary_local": "-12.50", "language": None, "segment_language": "unknown"}
    traits[4] |= {"language": "zh-Hant", "segment_language": "zh-Hant", "home_country": "TW"}
    traits[5] |= {
        "orders": 0, "frequency": 0, "monetary_local": None, "monetary_reference": None, "monetary_ppp": None,
        "effort": None, "r_score": None, "f_score": None, "m_score": None, "first_order_date": None,
        "last_order_date": None, "recency_days": None, "segment_lifecycle": "prospect", "segment_value": "none",
        "stratum": "prospect", "home_store": None,
    }  # fmt: skip
    contacts = [market.contact(number, name=name) for number, name in enumerate(NAMES)]
    contacts[6] |= {"member_number": "123456789012345678"}
    return write(traits, contacts)


def run(con, profile, written, out, market):
    return {file.path: file for file in export_market(con, profile, *written, out, as_of=market.as_of)}


def typed(text, dialect, kind):
    """The value that the cell's text stands for."""
    if text == "":
        return None
    if kind == "date":
        pattern = dialect.strftime.replace("%-", "%")
        return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a date has no zone
    return Decimal(text.replace(dialect.decimal, "."))


@pytest.fixture(scope="module")
def everywhere(con, market, small, tmp_path_factory):
    """The small market in all locales: folder, and files by path."""
    out = tmp_path_factory.mktemp("everywhere")
    return out, run(con, market.profile(("team", LOCALES, market.all)), small, out, market)


@pytest.mark.parametrize("locale", LOCALES)
def test_customers_read_back_are_those_of_the_parquet(con, market, small, everywhere, parse, locale):
    out, files = everywhere
    path = f"{locale}/customers/DE_2026-10-31_{locale}_customers.csv"
    dialect = excel_dialect(locale)
    rows = [list(row.values()) for row in parse(out / path, dialect)]
    columns = customer_columns(market.profile(("team", [locale], [])), frozenset(market.all))
    read = [dict(zip(columns, row, strict=True)) for row in rows]
    numbers = ("recency_days", "orders", "frequency", "monetary_local", "monetary_reference", "monetary_ppp", "r_score")
    codes = ("segment_lifecycle", "segment_value", "segment_language", "segment_residence", "stratum")
    folder, contacts = small
    stored = con.execute(
        f"""SELECT member_number, name, phone, first_order_date, {", ".join(numbers)}, {", ".join(codes)}, t.currency
            FROM '{folder}/customers.parquet' t JOIN '{contacts}' USING (customer_id)
            ORDER BY monetary_local DESC NULLS LAST, customer_id"""
    ).fetchall()
    found = [
        (
            row["member_number"].removeprefix("'"),
            row["name"] if row["name"] == "'t Hart" else row["name"].removeprefix("'"),
            row["phone"].removeprefix("tel:"),
            typed(row["first_order_date"], dialect, "date"),
            *(typed(row[name], dialect, "number") for name in numbers),
            *(row[f"{name}|code"] for name in codes),
            row["currency"],
        )
        for row in read
    ]
    assert found == stored
    assert files[path].rows == len(NAMES)


def test_every_locale_has_the_same_rows_and_totals(everywhere, parse):
    out, files = everywhere
    seen = set()
    for locale in LOCALES:
        dialect, labels = excel_dialect(locale), Labels(locale)
        path = f"{locale}/customers/DE_2026-10-31_{locale}_customers.csv"
        rows = parse(out / path, dialect)
        money = next(name for name in rows[0] if labels.text("column", "monetary_local") in name)
        total = sum(typed(row[money], dialect, "number") or 0 for row in rows)
        assert files[path].rows == len(rows)
        seen.add((len(rows), total, tuple(next(iter(row.values())) for row in rows)))
    assert len(seen) == 1


def test_rows_go_from_high_to_low_revenue_without_money_last_then_by_pseudonym(con, market, write, tmp_path):
    """The market's own revenue, as lists show it: rates of other days put the group's in another order."""
    traits = [market.trait(1, monetary_local=None), market.trait(3, monetary_local="5.00", monetary_reference="9.00")]
    traits += [market.trait(2, monetary_local="5.00", monetary_reference="1.00")]
    traits += [market.trait(4, monetary_local="7.00", monetary_reference="2.00")]
    written = write(traits, [market.contact(number) for number in (4, 3, 2, 1)])
    run(con, market.profile(("team", ["en-US"], [])), written, tmp_path, market)
    lines = (tmp_path / "tags/DE_2026-10-31_tags.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["00004", "00002", "00003", "00001"]


def test_tags_are_plain_for_machines(con, market, small, tmp_path):
    files = run(con, market.profile(("team", ["de-DE"], [])), small, tmp_path, market)
    text = (tmp_path / "tags/DE_2026-10-31_tags.csv").read_bytes()
    assert text.split(b"\n")[:2] == [
        b"member_number,lifecycle,value,language,residence,stratum,audiences,holdout,as_of",
        b"00000,loyal,high,de,resident,active_high,,,2026-10-31",
    ]
    assert b"\r" not in text
    assert b"\n123456789012345678,loyal," in text
    assert files["tags/DE_2026-10-31_tags.csv"].locale == ""


def test_team_without_the_grant_for_rows_gets_the_summary_alone(con, market, small, tmp_path):
    files = run(con, market.profile(("team", ["de-DE"], ["names", "emails"])), small, tmp_path, market)
    assert sorted(files) == ["de-DE/summary/DE_2026-10-31_de-DE_segments.csv", "tags/DE_2026-10-31_tags.csv"]
    assert files["tags/DE_2026-10-31_tags.csv"].teams == ()
    assert files["de-DE/summary/DE_2026-10-31_de-DE_segments.csv"].teams == ("team",)


@pytest.mark.parametrize(
    ("grants", "shown"),
    [
        (("customers",), set()),
        (("customers", "names"), {"Name", "Anrede"}),
        (("customers", "emails"), {"E-Mail"}),
        (("customers", "phones"), {"Telefon", "Telefon (nationale Schreibweise)"}),
        (("customers", "addresses"), {"Postanschrift"}),
    ],
)
def test_contact_data_stands_only_where_it_is_granted(con, market, small, tmp_path, parse, grants, shown):
    run(con, market.profile(("team", ["de-DE"], grants)), small, tmp_path, market)
    path = tmp_path / "de-DE/customers/DE_2026-10-31_de-DE_customers.csv"
    personal = {"Name", "Anrede", "E-Mail", "Telefon", "Telefon (nationale Schreibweise)", "Postanschrift"}
    assert set(parse(path, excel_dialect("de-DE"))[0]) & personal == shown
    text = path.read_text(encoding="utf-8")
    assert ("@example.com" in text) == ("emails" in grants)
    assert ("+4915" in text) == ("01511" in text) == ("phones" in grants)
    assert ("Hauptstr." in text) == ("addresses" in grants)
    assert ("Hart" in text) == ("names" in grants)


def test_teams_of_one_locale_with_different_grants_get_files_of_their_own(con, market, small, tmp_path):
    profile = market.profile(
        ("crm", ["de-DE"], market.all),
        ("stores", ["de-DE"], ["customers"]),
        ("shops", ["de-DE"], ["customers"]),
        ("board", ["de-DE"], []),
    )
    files = run(con, profile, small, tmp_path, market)
    folder = "de-DE/customers/DE_2026-10-31_de-DE_customers"
    assert {path: file.teams for path, file in files.items() if path.startswith(folder)} == {
        f"{folder}_crm.csv": ("crm",),
        f"{folder}_stores-shops.csv": ("stores", "shops"),
    }
    assert b"Hart" not in (tmp_path / f"{folder}_stores-shops.csv").read_bytes()


CONSENTS = [
    # what differs from a customer who said yes to all: may be emailed, called, texted, written to
    ({}, "yes", "yes", "yes", "yes"),
    ({"consent_email": "no"}, "no", "yes", "yes", "yes"),
    ({"consent_email": "unknown"}, "no", "yes", "yes", "yes"),
    ({"consent_email": None}, "no", "yes", "yes", "yes"),
    ({"consent_phone": "unknown"}, "yes", "no", "yes", "yes"),
    ({"consent_phone": "no", "consent_sms": None}, "yes", "no", "no", "yes"),
    ({"email": None}, "no", "yes", "yes", "yes"),
    ({"phone": None}, "yes", "no", "no", "yes"),
    ({"phone_status": "invalid"}, "yes", "no", "no", "yes"),
    ({"consent_post": "no"}, "yes", "yes", "yes", "no"),
    ({"consent_post": "unknown"}, "yes", "yes", "yes", "no"),
    ({"consent_post": None}, "yes", "yes", "yes", "no"),
    ({"address": None}, "yes", "yes", "yes", "no"),  # a city alone is no address
]


def test_unknown_consent_is_not_contactable(con, market, write, tmp_path, parse):
    written = write(
        [market.trait(number) for number in range(len(CONSENTS))],
        [market.contact(number, **case[0]) for number, case in enumerate(CONSENTS)],
    )
    run(con, market.profile(("team", ["en-US"], market.all)), written, tmp_path, market)
    rows = parse(tmp_path / "en-US/customers/DE_2026-10-31_en-US_customers.csv", excel_dialect("en-US"))
    columns = customer_columns(market.profile(("team", ["en-US"], [])), frozenset(market.all))
    for cells, (consent, email, phone, sms, post) in zip(rows, CONSENTS, strict=True):
        row = dict(zip(columns, cells.values(), strict=True))
        said = tuple(row[f"contactable_{channel}"] for channel in ("email", "phone", "sms", "post"))
        assert said == (email, phone, sms, post), consent
        assert (row["email"] != "") == (email == "yes"), consent
        assert (row["phone"] != "") == (row["phone_national"] != "") == ("yes" in {phone, sms}), consent
        assert (row["address"] != "") == (post == "yes"), consent


FORMS = [
    # locale, then what its file holds of one customer of Germany: text for Excel, marked as identifiers are
    ("de-DE", "tel:+4915112345000", "'01511 2345000"),
    ("ar-AE", "tel:+4915112345000", "'\u200e01511 2345000"),  # groups keep their order in a line that runs leftwards
]


@pytest.mark.parametrize(("locale", "phone", "national"), FORMS)
def test_phones_stand_typed_safely_and_for_reading(con, market, write, tmp_path, parse, locale, phone, national):
    run(
        con,
        market.profile(("team", [locale], market.all)),
        write([market.trait(0)], [market.contact(0)]),
        tmp_path,
        market,
    )
    path = tmp_path / f"{locale}/customers/DE_2026-10-31_{locale}_customers.csv"
    columns = customer_columns(market.profile(("team", [locale], [])), frozenset(market.all))
    row = dict(zip(columns, parse(path, excel_dialect(locale))[0].values(), strict=True))
    assert (row["phone"], row["phone_national"]) == (phone, national)


def test_people_are_named_addressed_and_written_to_in_their_own_form(con, market, write, tmp_path, parse):
    """Whatever language the reader has; hostile signs stay text where they come first after all is put together."""
    traits = [
        market.trait(0, language="ja", home_country="JP"),
        market.trait(1, language="hu", home_country="HU"),
        market.trait(2, language=None, home_country="DE"),
        market.trait(3, language="hu", home_country=None),
    ]
    given = [
        {"given_name": "太郎", "family_name": "山田", "address": "神南1-2-3", "city": "渋谷区", "subdivision": "東京都",
         "postcode": "150-0041"},
        {"given_name": "János", "family_name": "Kovács", "address": "Fő utca 1.", "city": "Győr", "postcode": "9021"},
        {"given_name": "Anna", "family_name": "Schmidt", "gender": "female"},
        {"given_name": "Anna", "family_name": "=1+1;A", "address": "@Hauptstr. 1"},
    ]  # fmt: skip
    contacts = [market.contact(number, name=None) | values for number, values in enumerate(given)]
    run(con, market.profile(("team", ["en-US"], market.all)), write(traits, contacts), tmp_path, market)
    rows = parse(tmp_path / "en-US/customers/DE_2026-10-31_en-US_customers.csv", excel_dialect("en-US"))
    columns = customer_columns(market.profile(("team", ["en-US"], [])), frozenset(market.all))
    found = [dict(zip(columns, row.values(), strict=True)) for row in rows]
    assert [tuple(row[column] for column in ("name", "salutation", "address")) for row in found] == [
        ("山田太郎", "山田太郎 様", "〒150-0041 東京都 渋谷区神南1-2-3, Japan"),
        ("Kovács János", "Kovács János", "GYŐR, FŐ UTCA 1., 9021, Ungarn"),
        ("Anna Schmidt", "Frau Schmidt", "Hauptstr. 2, 10115 Berlin"),
        ("'=1+1;A Anna", "'=1+1;A Anna", "'@Hauptstr. 1, 10115 Berlin"),
    ]


PARTS = [
    ({"given_name": "Hans", "family_name": "Müller"}, "Hans Müller"),
    ({"given_name": "太郎", "family_name": "山田"}, "山田太郎"),
    ({"family_name": "김", "given_name": "민준"}, "김민준"),
    ({"family_name": "Öz"}, "Öz"),
    ({"company": "ACME"}, "ACME"),
    ({}, ""),
]


def test_name_in_parts_is_put_together_as_its_script_does(con, market, write, tmp_path, parse):
    written = write(
        [market.trait(number) for number in range(len(PARTS))],
        [market.contact(number, name=None, **parts) for number, (parts, _) in enumerate(PARTS)],
    )
    run(con, market.profile(("team", ["en-US"], market.all)), written, tmp_path, market)
    rows = parse(tmp_path / "en-US/customers/DE_2026-10-31_en-US_customers.csv", excel_dialect("en-US"))
    assert [row["Name"] for row in rows] == [shown for _, shown in PARTS]


def test_contact_lists_split_by_language_leave_nobody_out(con, market, small, tmp_path, parse):
    profile = market.profile(("team", ["de-DE"], market.all), exports={"split_by_language": True})
    files = run(con, profile, small, tmp_path, market)
    lists = {path.rsplit("_", 1)[1]: file.rows for path, file in files.items() if file.kind == "contacts"}
    assert lists == {"de.csv": 8, "zh-Hant.csv": 1, "und.csv": 1}
    folder, dialect = tmp_path / "de-DE/customers", excel_dialect("de-DE")
    parts = [row for path in folder.glob("*contacts*") for row in parse(path, dialect)]
    whole = parse(folder / "DE_2026-10-31_de-DE_customers.csv", dialect)
    assert sorted(row["Kundennummer"] for row in parts) == sorted(row["Kundennummer"] for row in whole)


def test_same_inputs_give_the_same_bytes_whatever_ran_before(con, market, small, tmp_path):
    locales = ["de-DE", "ja-JP", "ar-AE", "vi-VN", "en-NG"]
    profile = market.profile(("team", locales, market.all), exports={"split_by_language": True})
    backwards = market.profile(("team", locales[::-1], market.all), exports={"split_by_language": True})
    con.execute("SET threads = 1")
    first = run(con, profile, small, tmp_path / "first", market)
    con.execute("SET threads = 4")
    second = run(con, backwards, small, tmp_path / "second", market)
    assert {path: file.sha256 for path, file in first.items()} == {path: file.sha256 for path, file in second.items()}


def test_record_of_a_file_is_that_of_its_bytes(con, market, small, tmp_path):
    files = run(con, market.profile(("team", ["ja-JP", "de-DE"], market.all)), small, tmp_path, market)
    assert sorted(files) == sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.csv") if path.is_file()
    )
    for path, file in files.items():
        text = (tmp_path / path).read_bytes()
        assert (file.bytes, file.sha256) == (len(text), hashlib.sha256(text).hexdigest())


@pytest.mark.parametrize(
    ("formats", "endings"),
    [(("csv",), {".csv"}), (("xlsx",), {".xlsx"}), (("xlsx", "csv"), {".csv", ".xlsx"})],
)
def test_a_profile_chooses_the_kinds_of_files(con, market, small, tmp_path, formats, endings):
    profile = market.profile(("team", ["de-DE"], market.all), exports={"formats": formats})
    contacts, segmented = small[1], small[0]
    told = Background(publication="0" * 24)
    files = export_market(con, profile, segmented, contacts, tmp_path, as_of=market.as_of, background=told)
    assert {Path(file.path).suffix for file in files if file.kind != "tags"} == endings
    assert "tags" in {file.kind for file in files}


def test_what_is_not_in_the_reader_s_language_is_noted(con, market, write, tmp_path):
    traits = [market.trait(number, segment_value="vip") for number in range(6)]
    written = write(traits, [market.contact(number) for number in range(6)])
    files = run(con, market.profile(("team", ["en-NG", "el-GR"], ["customers"])), written, tmp_path, market)
    vip = "labels: segment value vip has no translation; its code stands for it"
    assert files["en-NG/customers/DE_2026-10-31_en-NG_customers.csv"].notes[1:] == (vip,)
    assert files["el-GR/summary/DE_2026-10-31_el-GR_segments.csv"].notes == (
        "labels: no catalog el-GR; en instead",
        vip,
    )


def test_locales_of_the_markets_own_languages_go_before_those_of_others(market):
    profile = market.profile(("team", ["en-DE", "de-DE", "fr-DE"], []))
    assert profile.market.languages == ("de",)
    assert languages_of(profile) == ["de-DE", "en-DE", "fr-DE"]


def test_labels_stand_beside_codes_in_the_reader_s_language(con, market, small, tmp_path, parse):
    run(con, market.profile(("team", ["ja-JP", "de-DE"], market.all)), small, tmp_path, market)
    rows = parse(tmp_path / "ja-JP/customers/DE_2026-10-31_ja-JP_customers.csv", excel_dialect("ja-JP"))
    (row,) = (row for row in rows if row["言語（コード）"] == "zh-Hant")
    assert (row["言語"], row["居住国"]) == ("繁体中国語", "台湾")
    assert (row["顧客ライフサイクル"], row["顧客ライフサイクル（コード）"]) == ("ロイヤル顧客", "loyal")
    assert (row["顧客層"], row["メール配信可"]) == ("アクティブ・高額", "はい")


def test_headings_name_the_window_and_the_base_year(con, market, small, tmp_path):
    run(con, market.profile(("team", ["de-DE", "zh-CN"], market.all)), small, tmp_path, market)
    german = (tmp_path / "de-DE/customers/DE_2026-10-31_de-DE_customers.csv").read_text(encoding="utf-8-sig")
    chinese = (tmp_path / "zh-CN/customers/DE_2026-10-31_zh-CN_customers.csv").read_text(encoding="utf-8-sig")
    assert "Käufe, 24-Monats-Zeitraum;" in german
    assert "(internationale Dollar, Preise von 2021), 24-Monats-Zeitraum" in german
    assert "订单数，近24个月" in chinese


@pytest.mark.parametrize(
    ("amounts", "local", "reference"),
    [("gross", "Umsatz brutto", "Konzernumsatz netto"), ("untaxed", "Umsatz", "Konzernumsatz")],
)
def test_a_heading_says_with_or_without_tax_only_where_the_drop_knows(
    con, market, small, tmp_path, amounts, local, reference
):
    profile = market.profile(("team", ["de-DE"], market.all), tax={"amounts": amounts})
    written = [path for path in run(con, profile, small, tmp_path, market) if path.startswith("de-DE")]
    assert len(written) == 2
    for path in written:
        headings = (tmp_path / path).read_text(encoding="utf-8-sig").splitlines()[0].split(";")
        money = [name.split(",")[0] for name in headings if name.startswith(("Umsatz", "Konzernumsatz"))]
        assert money[:2] == [local, reference], path


# --- the summary ------------------------------------------------------------------------------------------------------


def summary_of(market, con, written, out, parse, **parts):
    profile = market.profile(("team", ["de-DE"], []), **parts)
    run(con, profile, written, out, market)
    return parse(out / "de-DE/summary/DE_2026-10-31_de-DE_segments.csv", excel_dialect("de-DE"))


def test_summary_has_each_dimension_adding_up_to_the_market_guests_included(con, market, write, tmp_path, parse):
    traits = [market.trait(number, segment_value="low" if number % 2 else "high") for number in range(20)]
    written = write(traits, [market.contact(number) for number in range(20)])
    rows = summary_of(market, con, written, tmp_path, parse)
    money = next(name for name in rows[0] if name.startswith("Umsatz brutto"))
    totals = Counter()
    for row in rows:
        totals[row["Merkmal (Code)"]] += Decimal(row[money].replace(",", "."))
    expected = sum(Decimal(trait["monetary_local"]) for trait in traits) + 4  # the guests' 4.00
    assert dict.fromkeys(totals, expected) == dict(totals)
    assert list(totals) == ["market", "lifecycle", "value", "language", "residence", "stratum"]
    value = [row for row in rows if row["Merkmal (Code)"] == "value"]
    assert [(row["Segment"], row["Kunden"]) for row in value] == [
        ("Geringer Wert", "10"),  # the profile's order, not the alphabet's
        ("Hoher Wert", "10"),
        ("Gäste (ohne Kundennummer)", "0"),
    ]


def test_small_counts_are_withheld_with_all_their_figures_and_another_row(con, market, write, tmp_path, parse):
    tiers = ["low"] * 3 + ["mid"] * 7 + ["high"] * 30
    traits = [market.trait(number, segment_value=tier) for number, tier in enumerate(tiers)]
    written = write(traits, [market.contact(number) for number in range(40)])
    rows = summary_of(market, con, written, tmp_path, parse)
    value = {row["Segment (Code)"]: row for row in rows if row["Merkmal (Code)"] == "value"}
    for code in ("low", "mid"):
        figures = [text for name, text in value[code].items() if not name.startswith(("Merkmal", "Segment"))]
        assert figures == ["*", "*", "*", "*", "EUR", "*", "USD", "*", "*", value[code]["Hinweis"]]
        assert value[code]["Hinweis"].startswith("nicht ausgewiesen: unter 5 Kunden")
    assert (value["high"]["Kunden"], value["high"]["Hinweis"]) == ("30", "")


def test_minimum_is_the_profile_s(con, market, write, tmp_path, parse):
    tiers = ["low"] * 3 + ["high"] * 7
    traits = [market.trait(number, segment_value=tier) for number, tier in enumerate(tiers)]
    written = write(traits, [market.contact(number) for number in range(10)])
    rows = summary_of(market, con, written, tmp_path, parse, privacy={"minimum_count": 3})
    assert not [row for row in rows if "*" in row.values()]


def test_market_that_is_too_small_as_a_whole_shows_no_figure(con, market, write, tmp_path, parse):
    written = write([market.trait(1), market.trait(2)], [market.contact(1), market.contact(2)])
    rows = summary_of(market, con, written, tmp_path, parse)
    assert {row["Kunden"] for row in rows} == {"*", "0"}  # guests are no customers
    assert rows[0]["Segment (Code)"] == "all"
    assert rows[0]["Kunden"] == "*"


# --- what does not fit together ---------------------------------------------------------------------------------------


def test_customer_without_contacts_is_an_error_not_a_lost_row(con, market, write, tmp_path):
    written = write([market.trait(1), market.trait(2)], [market.contact(1)])
    with pytest.raises(Terminal, match="1 of 2 customers lack a member number"):
        run(con, market.profile(("team", ["de-DE"], [])), written, tmp_path, market)


def test_customer_with_two_rows_of_contacts_is_an_error_not_a_doubled_row(con, market, write, tmp_path):
    written = write([market.trait(1)], [market.contact(1), market.contact(1, member_number="9")])
    with pytest.raises(Terminal, match="1 rows are repeated"):
        run(con, market.profile(("team", ["de-DE"], [])), written, tmp_path, market)


def test_missing_column_is_named(con, market, small, tmp_path):
    folder, contacts = small
    con.execute(
        f"COPY (SELECT * EXCLUDE (segment_value) FROM '{folder}/customers.parquet') TO '{tmp_path}/customers.parquet'"
    )
    with pytest.raises(Terminal, match="segment_value") as caught:
        run(con, market.profile(("team", ["de-DE"], [])), (tmp_path, contacts), tmp_path / "out", market)
    assert caught.value.file == "customers.parquet"


def test_unknown_locale_is_an_error_of_the_profile(con, market, small, tmp_path):
    with pytest.raises(ProfileError):
        run(con, market.profile(("team", ["xx-DE"], [])), small, tmp_path, market)


def test_effort_has_six_decimals(con, market, write, tmp_path, parse):
    written = write([market.trait(1, effort=0.0123456)], [market.contact(1)])
    run(con, market.profile(("team", ["de-DE"], ["customers"])), written, tmp_path, market)
    row = parse(tmp_path / "de-DE/customers/DE_2026-10-31_de-DE_customers.csv", excel_dialect("de-DE"))[0]
    expected = Decimal("0.0123456").quantize(Decimal("0.000001"), ROUND_HALF_UP)
    assert row["Jahresausgaben als Anteil am BIP pro Kopf"] == str(expected).replace(".", ",")


def test_temporary_table_is_gone_afterwards(con, market, small, tmp_path):
    run(con, market.profile(("team", ["de-DE"], [])), small, tmp_path, market)
    assert con.execute("SELECT count(*) FROM duckdb_tables() WHERE temporary").fetchall() == [(0,)]
