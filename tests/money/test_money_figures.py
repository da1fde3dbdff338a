"""The reference figures themselves: reproducible, sourced, complete, without aggregates."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pycountry
import pytest
import yaml

from region_profiles.reference.distill import country_of, distill, indicator
from tasks.reference.tables import BUILT_IN, COLUMNS, Reference

DISTILLED = ("purchasing_power", "consumer_prices", "incomes", "income_groups", "currencies")


def test_the_committed_tables_are_what_the_script_makes_of_the_originals(shared_data):
    for table in distill(shared_data("reference")):
        assert table.text() == (BUILT_IN / f"{table.name}.csv").read_text("utf-8"), table.name


def test_each_original_is_the_one_that_sources_name(shared_data):
    sources = yaml.safe_load((BUILT_IN / "sources.yaml").read_text("utf-8"))
    for source in sources.values():
        files, digests = source.get("file", []), source.get("sha256", [])
        pairs = [(files, digests)] if isinstance(files, str) else list(zip(files, digests, strict=True))
        for file, digest in pairs:
            assert hashlib.sha256(shared_data(f"reference/{file}").read_bytes()).hexdigest() == digest


def test_every_figure_names_a_source_that_has_publisher_licence_and_date():
    sources = yaml.safe_load((BUILT_IN / "sources.yaml").read_text("utf-8"))
    named = {row["source"] for table in DISTILLED[:4] for row in Reference().rows(table)}
    assert named == {"wb_ppp", "wb_pip", "wb_inflation", "wb_gdp", "wb_groups"}
    for name in named:
        assert {"publisher", "licence", "retrieved", "covers", "page"} <= sources[name].keys()


@pytest.mark.parametrize("table", COLUMNS)
def test_tables_have_one_row_a_key(table):
    keys = {
        "purchasing_power": ("country", "year", "aggregate"),
        "currencies": ("currency",),
        "pegs": ("currency", "since"),
        "irrevocable": ("currency",),
        "annual_rates": ("currency", "year"),
    }.get(table, ("country", "year"))
    counted = Counter(tuple(row[name] for name in keys) for row in Reference().rows(table))
    assert [key for key, count in counted.items() if count > 1] == []


def test_countries_are_iso_codes_and_kosovo_never_aggregates():
    known = {country.alpha_2 for country in pycountry.countries} | {"XK"}
    for table in DISTILLED[:4]:
        assert {row["country"] for row in Reference().rows(table)} <= known
    assert [country_of(code) for code in ("WLD", "EUU", "SUN", "XKX", "NAM")] == [None, None, None, "XK", "NA"]


def test_every_currency_of_a_table_is_in_iso_4217():
    known = {row["currency"] for row in Reference().rows("currencies")}
    for table, columns in (("purchasing_power", ["currency"]), ("pegs", ["currency", "anchor"])):
        assert {row[name] for row in Reference().rows(table) for name in columns} <= known
    assert {row[name] for row in Reference().rows("irrevocable") for name in ("currency", "successor")} <= known


def test_the_figures_of_the_originals_arrive_whole():
    def of(table, country, year, column, **only):
        rows = [row for row in Reference().of(table, country) if row["year"] == year]
        return next(row[column] for row in rows if all(row[name] == value for name, value in only.items()))

    assert of("purchasing_power", "BG", "2021", "currency") == "BGN"
    assert of("purchasing_power", "HR", "2021", "currency", aggregate="gdp") == "EUR"
    assert of("purchasing_power", "HR", "2017", "currency", aggregate="household") == "HRK"
    assert of("income_groups", "BG", "2021", "group") == "UM"
    assert float(of("consumer_prices", "TR", "2022", "inflation")) == pytest.approx(72.3, abs=0.05)
    assert {row["minor_units"] for row in Reference().of("currencies", "BHD")} == {"3"}
    assert {row["withdrawn"] for row in Reference().of("currencies", "BGN")} == {"2026-01"}


def test_an_original_in_either_form_reads_the_same():
    long = "Country Name,Country Code,Year,Value\nNamibia,NAM,2020,5.5\nWorld,WLD,2020,9\nNamibia,NAM,2021,\n"
    wide = '\ufeff"Data Source","World Development Indicators",\n\n"Country Name","Country Code","2020","2021",\n'
    assert (
        indicator(long)
        == indicator(wide + '"Namibia","NAM","5.5","",\n"World","WLD","9","",\n')
        == {("NA", 2020): "5.5"}
    )


def test_pegs_of_one_currency_do_not_overlap():
    spans = sorted((row["currency"], row["since"], row["until"] or str(date.max)) for row in Reference().rows("pegs"))
    assert all(a[0] != b[0] or a[2] < b[1] for a, b in pairwise(spans))


def test_irrevocable_rates_lead_to_an_end():
    law = {row["currency"]: row["successor"] for row in Reference().rows("irrevocable")}
    for currency in law:
        seen = {currency}
        while (currency := law.get(currency)) is not None:
            assert currency not in seen
            seen.add(currency)


def test_a_peg_to_the_euro_ends_in_the_rate_that_became_law():
    law = {row["currency"]: Decimal(row["rate"]) for row in Reference().rows("irrevocable") if row["kind"] == "euro"}
    pegs = {row["currency"]: row for row in Reference().rows("pegs") if row["anchor"] == "EUR" and row["until"]}
    assert {code: Decimal(pegs[code]["rate"]) for code in ("BGN", "EEK", "LTL")} == {
        code: law[code] for code in ("BGN", "EEK", "LTL")
    }
