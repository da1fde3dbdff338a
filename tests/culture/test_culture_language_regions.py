"""Language of regions: sourced tables, no guess where residents speak other languages than the main one."""

from __future__ import annotations

import pycountry
import pytest
from babel import Locale

from tasks.culture.languages import regions


def test_every_territory_has_an_answer_or_none():
    assert set(regions.of_territories()) == {country.alpha_2 for country in pycountry.countries}


@pytest.mark.parametrize(
    "country", ["AE", "QA", "KW", "BH", "OM", "SG", "LU", "MY", "MT", "CH", "BE", "CA", "IN", "ZA"]
)
def test_where_residents_speak_several_languages_it_is_unknown(country):
    assert regions.of_territories()[country] is None


@pytest.mark.parametrize(
    ("country", "language"),
    [
        ("DE", "de"), ("FI", "fi"), ("AX", "sv"), ("HK", "zh-Hant"), ("TW", "zh-Hant"), ("CN", "zh-Hans"), ("SA", "ar"),
        ("NO", "nb"), ("PK", "ur"), ("IE", "en"), ("BR", "pt"), ("LI", "de"), ("NL", "nl"),
    ],
)  # fmt: skip
def test_a_learnt_language_does_not_make_the_main_one_doubtful(country, language):
    assert regions.of_territories()[country] == language


def test_all_languages_are_ones_that_cldr_can_name():
    found = {language for language in regions.of_territories().values() if language}
    found |= {part.language for part in regions.of_subdivisions() if part.language}
    assert {tag for tag in found if tag.split("-")[0] not in Locale("en").languages} == set()


def test_the_tables_say_where_a_row_comes_from():
    for table in ("languages_by_territory.csv", "languages_by_subdivision.csv"):
        for row in regions.rows(table):
            assert row["source"], row
            assert 1900 < int(row["date"]) <= 2026, row


def test_every_code_of_the_subdivisions_is_one_of_iso_3166_2_or_a_former_one():
    known = {one.code for one in pycountry.subdivisions}
    codes = {code for row in regions.rows("languages_by_subdivision.csv") for code in row["codes"].split("|")}
    assert codes - known == {"", "*", "IN-CT", "IN-OR", "IN-UT"}  # former codes, still on invoices


@pytest.mark.parametrize("country", ["CH", "CA", "US"])
def test_every_subdivision_of_a_country_listed_in_full_is_placed(country):
    keys = {part.key for part in regions.of_subdivisions() if part.country == country}
    listed = {one.code for one in pycountry.subdivisions.get(country_code=country)}
    assert listed - keys == set()


def test_no_prefix_stands_twice():
    prefixes = [(post.country, post.prefix) for post in regions.of_postcodes()]
    assert len(prefixes) == len(set(prefixes))


def test_a_mended_territory_differs_from_what_the_shares_say():
    """A row that CLDR has come to agree with is to go."""
    for row in regions.rows("languages_by_territory.csv"):
        assert regions.by_shares(row["country"]) != (row["language"] or None), row["country"]
