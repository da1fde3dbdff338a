"""Newer figures: only what is what it says, not older, without jumps, whole or not at all."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tasks.errors import ReferenceDataError, StoreUnavailable
from tasks.reference import ecb
from tasks.reference.purchasing_power import prices
from tasks.reference.rates import RateBook
from tasks.reference.refresh import refresh
from tasks.reference.tables import BUILT_IN, Reference


def ecb_text():
    return ecb.read_text(ecb.built_in())


def with_days(rows):
    head, rest = ecb_text().split("\n", 1)
    return "\n".join([head, *rows, rest])


def next_day(**changes):
    """A line for the day after the newest, its rates as before but for some."""
    head, newest = ecb_text().split("\n", 2)[:2]
    day = date.fromisoformat(newest[:10]) + timedelta(days=3)
    cells = dict(zip(head.split(","), newest.split(","), strict=True)) | {"Date": str(day)} | changes
    return day, ",".join(cells.values())


def world_bank(kind, column, change=lambda _country, _year, figure: figure, years=(), without=()):
    """The World Bank's own form, a column for each year after four title lines, with what is built in."""
    import pycountry

    rows = [row for row in Reference().rows(kind) if row.get("aggregate", "gdp") == "gdp"]
    columns = sorted({int(row["year"]) for row in rows} | set(years))
    figures = {}
    for row in rows:
        figures.setdefault(row["country"], {})[int(row["year"])] = row[column]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows(
        [["Data Source", "World Development Indicators", ""], [], ["Last Updated Date", "2026-07-01", ""], []]
    )
    writer.writerow(["Country Name", "Country Code", "Indicator Name", "Indicator Code", *columns, ""])
    writer.writerow(["World", "WLD", "", "", *["1"] * len(columns), ""])
    for country, known in figures.items():
        code = "XKX" if country == "XK" else pycountry.countries.get(alpha_2=country).alpha_3
        if country not in without:
            last = known[max(known)]
            cells = [change(country, year, known.get(year, last if year in years else "")) for year in columns]
            writer.writerow([country, code, "", "", *cells, ""])
    return "\ufeff" + out.getvalue()


def zipped(path, text):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Metadata_Country_API.csv", "TableName\n")
        archive.writestr("API_DS2_en_csv_v2.csv", text)
    return path


def test_a_newer_history_of_the_ecb_holds_at_once(tmp_path):
    day, line = next_day(USD="1.2")
    source = tmp_path / "eurofxref-hist.csv"
    source.write_text(with_days([line]))
    done = refresh("ecb", source, tmp_path / "figures")
    assert (done.last, done.path) == (str(day), tmp_path / "figures" / "eurofxref-hist.csv")
    assert RateBook(Reference(tmp_path / "figures")).rate("EUR", "USD", day).value == Decimal("1.2")


def test_the_ecbs_own_zip_is_read_and_an_address_too(tmp_path):
    day, line = next_day()
    source = tmp_path / "eurofxref-hist.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("eurofxref-hist.csv", with_days([line]))
    assert refresh("ecb", source.as_uri(), tmp_path / "figures").last == str(day)


@pytest.mark.parametrize(
    ("fault", "text", "problem"),
    [
        (
            "older",
            lambda: ecb_text().split("\n")[0] + "\n" + "\n".join(ecb_text().split("\n")[9:]),
            "before what is there",
        ),
        ("another_table", lambda: "a,b\n1,2\n", "not a history of the ECB's rates"),
        ("empty", lambda: "", "not a history of the ECB's rates"),
        ("a_page_of_html", lambda: "<html><body>Service unavailable</body></html>", "not a history"),
        ("rate_times_five", lambda: with_days([next_day(USD="5.6")[1]]), "the rate of USD"),
        ("rate_over_five", lambda: with_days([next_day(USD="0.22")[1]]), "the rate of USD"),
        ("rate_no_number", lambda: with_days([next_day(USD="1.1.7")[1]]), "a rate is no number"),
        ("rate_negative", lambda: with_days([next_day(USD="-1.1")[1]]), "the rate of USD"),
        (
            "changed_past",
            lambda: ecb_text().replace("2021-02-19,1.2139", "2021-02-19,1.3139"),
            "on 2021-02-19 cannot be",
        ),
        ("currency_lost", lambda: ecb_text().replace(",GBP,", ",GBQ,", 1), "lacks GBP"),
        ("date_no_date", lambda: with_days(["11/21/2026,1.1"]), "Invalid isoformat"),
    ],
)
def test_a_faulty_history_is_refused_and_nothing_is_written(tmp_path, fault, text, problem):
    source = tmp_path / f"{fault}.csv"
    source.write_text(text())
    with pytest.raises(ReferenceDataError, match=problem):
        refresh("ecb", source, tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_the_world_banks_download_of_factors_is_read(tmp_path):
    source = zipped(tmp_path / "API_PA.NUS.PPP.zip", world_bank("purchasing_power", "factor", years=[2025]))
    done = refresh("purchasing_power", source, tmp_path / "figures")
    assert (done.last, done.before) == ("2025", "2024")
    figures = Reference(tmp_path / "figures")
    assert [row["year"] for row in figures.of("purchasing_power", "TW")] == ["2011", "2017"]  # household ones stay
    assert prices(figures, "BG").currency == "BGN"
    assert prices(figures, "AR").last == 2024  # American prices end there


def test_the_same_figures_again_give_the_built_in_table(tmp_path):
    for kind, column in (("purchasing_power", "factor"), ("consumer_prices", "inflation"), ("incomes", "gdp_per_head")):
        source = tmp_path / f"{kind}.csv"
        source.write_text(world_bank(kind, column), encoding="utf-8")
        refresh(kind, source, tmp_path / "figures")
        assert (tmp_path / "figures" / f"{kind}.csv").read_text() == (BUILT_IN / f"{kind}.csv").read_text()


def test_bulgarias_factors_in_euro_are_recognised_by_the_irrevocable_rate(tmp_path):
    def in_euro(country, _year, figure):
        return str(Decimal(figure) / Decimal("1.95583")) if country == "BG" and figure else figure

    source = tmp_path / "in_euro.csv"
    source.write_text(world_bank("purchasing_power", "factor", in_euro))
    done = refresh("purchasing_power", source, tmp_path / "figures")
    assert done.notices == ("BG: now in EUR",)
    figures = Reference(tmp_path / "figures")
    assert prices(figures, "BG").currency == "EUR"
    again = refresh("purchasing_power", source, tmp_path / "figures")
    assert again.notices == ()
    assert prices(Reference(tmp_path / "figures"), "BG").currency == "EUR"


@pytest.mark.parametrize(
    ("fault", "text", "problem"),
    [
        (
            "a_country_in_thousands",
            lambda: world_bank(
                "purchasing_power", "factor", lambda c, _y, f: str(Decimal(f) / 1000) if c == "VN" and f else f
            ),
            "the figures of VN are 0.001 times",
        ),
        (
            "older",
            lambda: world_bank("purchasing_power", "factor", lambda _c, y, f: f if y < 2023 else ""),
            "ends with 2022, before what is there",
        ),
        (
            "half_of_the_countries",
            lambda: world_bank(
                "purchasing_power", "factor", without=[chr(65 + i) + chr(65 + j) for i in range(12) for j in range(26)]
            ),
            "lacks [0-9]+ countries",
        ),
        ("another_table", lambda: "a,b\n1,2\n", "is not a table of purchasing_power"),
        (
            "figure_no_number",
            lambda: world_bank("purchasing_power", "factor", lambda _c, _y, f: f and "n/a"),
            "is not a table",
        ),
    ],
)
def test_a_faulty_table_is_refused_and_nothing_is_written(tmp_path, fault, text, problem):
    source = tmp_path / f"{fault}.csv"
    source.write_text(text())
    with pytest.raises(ReferenceDataError, match=problem):
        refresh("purchasing_power", source, tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_a_history_of_income_groups_is_read(tmp_path, shared_data):
    workbook = shared_data("reference/worldbank_income_groups_history.xlsx")
    refresh("income_groups", workbook, tmp_path)
    assert (tmp_path / "income_groups.csv").read_text() == (BUILT_IN / "income_groups.csv").read_text()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ReferenceDataError, match="no such file"):
        refresh("ecb", tmp_path / "nowhere.zip", tmp_path)


def test_an_address_that_does_not_answer_is_worth_a_retry(tmp_path):
    with pytest.raises(StoreUnavailable):
        refresh("ecb", (tmp_path / "nowhere.zip").as_uri(), tmp_path)


def test_strata_reference_names_the_folder_that_runs_read(tmp_path, monkeypatch):
    (tmp_path / "pegs.csv").write_text("currency,anchor,rate,since,until,source\nVND,USD,25000,2020-01-01,,test\n")
    monkeypatch.setenv("STRATA_REFERENCE", str(tmp_path))
    assert RateBook().rate("USD", "VND", date(2024, 1, 1)) == (25000, "peg")


def test_a_table_without_a_column_is_refused(tmp_path):
    (tmp_path / "pegs.csv").write_text("currency,anchor,rate\nVND,USD,25000\n")
    with pytest.raises(ReferenceDataError, match="columns since, until, source are missing"):
        Reference(tmp_path).rows("pegs")
