"""A market without a file works: its defaults follow from ISO 3166, CLDR and territories.yaml."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from zoneinfo import ZoneInfo

import pycountry
import pytest
from babel.core import get_global

from region_profiles.loader import list_markets, load_profile
from region_profiles.territories import territories
from tasks.errors import ProfileError


def test_the_territories_are_those_of_iso_3166():
    assert list(territories()) == sorted(country.alpha_2 for country in pycountry.countries)
    assert len(territories()) == 249


def test_every_territory_loads_with_one_real_zone_money_and_language():
    zones = get_global("zone_territories")
    for country in territories():
        market = load_profile(country).market
        assert market.country == country
        ZoneInfo(market.time_zone)
        assert country in {"AQ", "BV", "HM"} or zones[market.time_zone] == country
        assert market.currencies
        assert market.languages


def test_several_zones_are_never_a_matter_of_chance():
    zones = list(get_global("zone_territories").values())
    several = {country for country in territories() if zones.count(country) > 1}
    from region_profiles.reading import plain
    from region_profiles.territories import _facts

    assert several <= set(plain(_facts())["time_zones"])


@pytest.mark.parametrize(
    ("country", "currencies"),
    [
        # CLDR 47 has BGN to this day; Bulgaria's euro began 2026-01-01.
        ("BG", [("EUR", date(2026, 1, 1), None), ("BGN", date(1999, 7, 5), date(2025, 12, 31))]),
        # CLDR lists the neighbour's money first.
        ("NA", [("NAD", date(1993, 1, 1), None), ("ZAR", date(1961, 2, 14), None)]),
        ("LS", [("LSL", date(1980, 1, 22), None), ("ZAR", date(1961, 2, 14), None)]),
        ("BT", [("BTN", date(1974, 4, 16), None), ("INR", date(1907, 1, 1), None)]),
        # CLDR 47, Croatia's euro.
        ("HR", [("EUR", date(2023, 1, 1), None), ("HRK", date(1994, 5, 30), date(2023, 1, 14))]),
    ],
)
def test_currencies(country, currencies):
    found = load_profile(country).market.currencies
    assert [(period.code, period.since, period.until) for period in found] == currencies


@pytest.mark.parametrize(
    ("country", "weekend"),
    [
        ("AE", ("saturday", "sunday")),  # since 2022-01-01
        ("EG", ("friday", "saturday")),
        ("IR", ("friday",)),
        ("IN", ("sunday",)),
        ("DE", ("saturday", "sunday")),
    ],
)
def test_weekends(country, weekend):
    assert load_profile(country).market.weekend == weekend


@pytest.mark.parametrize(
    ("country", "locale"),
    [
        ("IS", "is-IS"),
        ("HK", "zh-Hant-HK"),
        ("CN", "zh-Hans-CN"),
        ("AS", "en-AS"),
        ("NO", "nb-NO"),
        ("SN", "fr-SN"),
        ("BA", "bs-BA"),
        ("FI", "fi-FI"),
    ],
)
def test_one_team_in_a_language_that_can_be_formatted(country, locale, tmp_path):
    if country in list_markets():
        (tmp_path / "markets").mkdir()
        (tmp_path / "markets" / f"{country.lower()}.yaml").write_text("")
        profile = load_profile(country, tmp_path)
    else:
        profile = load_profile(country)
    (team,) = profile.teams
    assert team.locales == (locale,)
    assert team.grants == ()


@pytest.mark.parametrize(
    ("country", "regime"),
    [("FR", "gdpr"), ("NO", "gdpr"), ("GB", "uk_gdpr"), ("CH", "fadp"), ("RS", "national"), ("ZA", "popia")],
)
def test_the_law_is_the_countrys_own(country, regime):
    assert load_profile(country).privacy.regime == regime


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("Germny", "did you mean DE (Germany)?"),
        ("DEU", "did you mean DE (Germany)?"),
        ("UK", "did you mean GB?"),
        ("vietnam", "did you mean VN"),
        ("XK", None),
    ],
)
def test_an_unknown_territory_is_an_error_with_the_nearest(asked, hint):
    with pytest.raises(ProfileError) as caught:
        load_profile(asked)
    assert caught.value.value == asked
    if hint:
        assert hint in caught.value.hint


def test_codes_are_taken_in_any_case():
    assert load_profile("de") == load_profile("DE")


def test_loading_imports_nothing_heavy():
    code = (
        "import sys; from region_profiles.loader import load_profile; load_profile('DE'); "
        "print({'pandas', 'prefect', 'duckdb', 'pyarrow', 'ibis', 'pycountry', 'boto3'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "set()"


# --- what lifecycle promises ------------------------------------------------------------------------------------------


def test_lifecycle_has_the_named_segments_grouped_and_in_order():
    lifecycle = load_profile("IS").dimensions["lifecycle"]
    groups = {segment.code: segment.group for segment in lifecycle.segments}
    groups[lifecycle.otherwise] = lifecycle.otherwise_group
    assert set(groups.values()) == {"prospect", "new", "active", "at_risk", "lapsed"}
    order = list(groups)
    assert order[:3] == ["net_negative", "prospect", "lapsed"], "those without scores come before any score is asked"
    assert set(order) >= {
        "champions",
        "loyal",
        "potential_loyalist",
        "new",
        "promising",
        "needs_attention",
        "about_to_sleep",
        "at_risk",
        "cannot_lose",
        "hibernating",
        "lost",
    }


def lifecycle_of(**traits):
    """The segment by the base's rules, evaluated as SQL by sqlite: an engine of its own, nulls as in SQL."""
    import sqlite3

    lifecycle = load_profile("IS").dimensions["lifecycle"]
    names = ("lifetime_local", "lifetime_orders", "orders", "r_score", "f_score", "m_score", "recency_days")
    whens = " ".join(f"WHEN {segment.when} THEN '{segment.code}'" for segment in lifecycle.segments)
    con = sqlite3.connect(":memory:")
    row = ", ".join(f"? AS {name}" for name in names)
    sql = f"SELECT CASE {whens} ELSE '{lifecycle.otherwise}' END FROM (SELECT {row})"
    (result,) = con.execute(sql, [traits.get(name) for name in names]).fetchone()
    con.close()
    return result


BUYER = {"lifetime_local": 100, "lifetime_orders": 5, "orders": 3, "recency_days": 100}


@pytest.mark.parametrize(
    ("traits", "segment"),
    [
        ({"lifetime_orders": 0, "orders": 0}, "prospect"),
        ({"lifetime_orders": 0, "orders": 0, "lifetime_local": -20}, "net_negative"),
        ({"lifetime_orders": 2, "orders": 0, "lifetime_local": 50, "recency_days": 900}, "lapsed"),
        (BUYER | {"r_score": 5, "f_score": 5, "m_score": 5}, "champions"),
        (BUYER | {"r_score": 1, "f_score": 5, "m_score": 5}, "cannot_lose"),
        (BUYER | {"r_score": 2, "f_score": 3, "m_score": 1}, "at_risk"),
        (BUYER | {"r_score": 4, "f_score": 3, "m_score": 1}, "loyal"),
        (BUYER | {"r_score": 5, "f_score": 1, "m_score": 2, "lifetime_orders": 1}, "new"),
        (
            BUYER | {"r_score": 5, "f_score": 1, "m_score": 2, "lifetime_orders": 1, "recency_days": 700},
            "potential_loyalist",
        ),
        (BUYER | {"r_score": 3, "f_score": 1, "m_score": 2, "lifetime_orders": 1}, "promising"),
        (BUYER | {"r_score": 4, "f_score": 2, "m_score": 2}, "potential_loyalist"),
        (BUYER | {"r_score": 3, "f_score": 2, "m_score": 1}, "needs_attention"),
        (BUYER | {"r_score": 3, "f_score": 1, "m_score": 2}, "about_to_sleep"),
        (BUYER | {"r_score": 2, "f_score": 1, "m_score": 5}, "hibernating"),
        (BUYER | {"r_score": 1, "f_score": 1, "m_score": 5}, "lost"),
        # Money without a rate: frequency decides, nobody falls through.
        (BUYER | {"r_score": 5, "f_score": 5}, "loyal"),
        (BUYER | {"r_score": 1, "f_score": 5}, "at_risk"),
    ],
)
def test_lifecycle(traits, segment):
    assert lifecycle_of(**traits) == segment
