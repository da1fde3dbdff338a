"""territories.yaml's overrides: each still says what the package does not, and names who says so and when."""

from __future__ import annotations

from datetime import date

import pycountry
import pytest
from babel import Locale, localedata
from babel.core import get_global
from babel.languages import get_official_languages

from region_profiles.model_types import Weekday
from region_profiles.territories import HERE, _currencies, _facts, defaults, overrides, territories, zones
from tasks.export.labels import Labels, languages
from tasks.localize import display_digits
from tasks.localize.patterns import precision

TOPICS = ("currencies", "languages", "weekends", "zones", "display_digits", "names")
DAYS = Weekday.__args__


def languages_of_babel(country):
    return [tag.replace("_", "-") for tag in get_official_languages(country, de_facto=True)]


def weekend_of_babel(country):
    """Babel tells weekends of locales; all of a territory's agree."""
    locales = [Locale.parse(name) for name in localedata.locale_identifiers() if name.endswith(f"_{country}")]
    (ends,) = {(locale.weekend_start, locale.weekend_end) for locale in locales}
    return [DAYS[day] for day in range(ends[0], ends[1] + 1)]


def zone_of_babel(zone):
    return get_global("zone_territories").get(zone)


def digits_of_the_formatter(currency):
    return precision(currency).digits


def country_of_packages(name):
    """The territory that CLDR or pycountry calls so in English today."""
    of_cldr = {Locale("en").territories[code]: code for code in territories()}
    return of_cldr.get(name) or {country.name: country.alpha_2 for country in pycountry.countries}.get(name)


PACKAGE = {
    "currencies": _currencies,
    "languages": languages_of_babel,
    "weekends": weekend_of_babel,
    "zones": zone_of_babel,
    "display_digits": digits_of_the_formatter,
    "names": country_of_packages,
}


def unnecessary(topic, package):
    """What to delete: the overrides with which the package agrees by now."""
    return [
        f"delete overrides.{topic}.{key}, region_profiles/territories.yaml:{one.line}: the package says the same by now"
        for key, one in overrides(topic).items()
        if package(key) == one.value
    ]


@pytest.mark.parametrize("topic", TOPICS)
def test_each_override_is_still_needed(topic):
    """When this fails, delete the lines it names."""
    assert unnecessary(topic, PACKAGE[topic]) == []


def test_a_package_that_caught_up_is_told_with_the_line_to_delete():
    told = unnecessary("display_digits", lambda _: 0)
    lines = dict(enumerate((HERE / "territories.yaml").read_text(encoding="utf-8").splitlines(), start=1))
    assert len(told) == 4, "COP, HUF, IDR, PKR; RSD's is 2"
    for sentence in told:
        line = int(sentence.split(".yaml:")[1].split(":")[0])
        assert lines[line].strip().startswith(sentence.split(".")[2].split(",")[0])


@pytest.mark.parametrize("topic", TOPICS)
def test_each_override_has_a_source_and_a_date(topic):
    for key, one in overrides(topic).items():
        assert len(one.source) > 10, key
        assert date(2026, 1, 1) <= one.checked <= date(2100, 1, 1), key


def test_no_override_stands_without_a_comparison():
    assert set(_facts().get("overrides").value) == set(TOPICS)


def test_a_zone_is_chosen_only_where_the_country_has_several_or_none():
    for country in _facts().get("time_zones").value:
        assert len(zones(country)) != 1, f"delete time_zones.{country}: it has one zone"


def test_weekends_that_are_no_overrides_are_cldrs():
    names = {name.rsplit("_", 1)[-1] for name in localedata.locale_identifiers() if "_" in name}
    for country in sorted(names & set(territories()) - set(overrides("weekends"))):
        assert [day.value for day in defaults(country).get("market").get("weekend").value] == weekend_of_babel(country)


def test_money_is_current_iso_4217():
    """pycountry has the codes in force: BGN, ANG, ZWL, SLL, HRK are none any more; XCG, ZWG, SLE are."""
    current = {currency.alpha_3 for currency in pycountry.currencies}
    for country in territories():
        open_ones = [
            period.get("code").value
            for period in defaults(country).get("market").get("currencies").value
            if period.get("until") is None
        ]
        assert open_ones, country
        assert set(open_ones) <= current, country


@pytest.mark.parametrize(
    ("country", "currency"),
    [("BG", "EUR"), ("HR", "EUR"), ("CW", "XCG"), ("SX", "XCG"), ("SL", "SLE"), ("ZW", "USD"), ("VE", "VES"),
     ("NA", "NAD"), ("LS", "LSL"), ("BT", "BTN"), ("SZ", "SZL"), ("PA", "PAB"), ("CU", "CUP"), ("MR", "MRU")],
)  # fmt: skip
def test_the_first_open_money_is_the_countrys_own(country, currency):
    periods = defaults(country).get("market").get("currencies").value
    assert next(p.get("code").value for p in periods if p.get("until") is None) == currency


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("COP", 0), ("HUF", 0), ("IDR", 0), ("PKR", 0), ("RSD", 2),  # CLDR 48 (Intl of ICU 78.2); CLDR 47: 2 2 2 2 0
     ("JPY", 0), ("KWD", 3), ("EUR", 2), ("IQD", 0), ("XCG", 2)],
)  # fmt: skip
def test_prices_have_the_decimals_of_todays_screens(currency, digits):
    assert display_digits(currency) == digits


def test_countries_of_the_catalogs_have_no_former_names():
    """Renamed since 2018: none of the languages that have catalogs calls them as before."""
    former = {
        "MK": {"Macedonia", "Mazedonien", "Macédoine", "Македония"},
        "SZ": {"Swaziland", "Swasiland", "Suazilandia"},
    }
    for language in sorted(languages()):
        for country, names in former.items():
            assert Labels(language).country_name(country) not in names, language
