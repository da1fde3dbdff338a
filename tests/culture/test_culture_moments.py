"""The table of shopping moments: dates that were published, rules that are checked, codes that have words."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from region_profiles.models import Calendar
from region_profiles.territories import territories
from tasks.culture.calendar import moments_between
from tasks.culture.calendar.table import read_table, table
from tasks.errors import ProfileError

#: The codes that have a message in the catalogs, context `moment`.
CODES = [
    "lunar_new_year", "ramadan", "eid_al_fitr", "eid_al_adha", "diwali", "dhanteras", "holi", "raksha_bandhan",
    "dussehra", "durga_puja", "pohela_boishakh", "akshaya_tritiya", "golden_week", "obon", "midsummer_gifts",
    "year_end_gifts", "national_day_week", "mid_autumn", "qixi", "mid_year_618", "singles_day", "double_twelve",
    "new_year_sales", "white_day", "chuseok", "pepero_day", "songkran", "white_friday", "black_friday",
    "cyber_monday", "buen_fin", "hot_sale", "consumer_day", "thanksgiving", "halloween", "day_of_the_dead",
    "advent", "christmas", "boxing_day", "new_year", "epiphany", "valentines_day", "sweethearts_day",
    "womens_day", "defenders_day", "mothers_day", "fathers_day", "childrens_day", "teachers_day", "easter",
    "orthodox_easter", "carnival", "saint_nicholas", "kings_day", "midsummer", "back_to_school", "winter_sales",
    "summer_sales", "nowruz", "yalda", "hanukkah", "rosh_hashanah", "passover", "national_day",
    "independence_day", "republic_day",
]  # fmt: skip


def moments(country, year, code):
    found = moments_between(country, date(year, 1, 1), date(year, 12, 31))
    return [moment for moment in found if moment.code == code and moment.start.year == year]


def test_the_table_has_the_codes_that_have_words_and_no_other():
    assert {entry.code for entry in table().moments} == set(CODES)


def test_every_source_is_of_an_entry():
    assert set(table().sources) == {entry.source for entry in table().moments}


def test_the_docs_say_how_many_sources_nobody_has_read():
    sources = table().sources.values()
    unread = sum(source.checked is None for source in sources)
    docs = (Path(__file__).resolve().parents[2] / "docs" / "calendar.md").read_text(encoding="utf-8")
    assert f"Of the {len(sources)} sources of `moments.yaml` {unread} have `checked: null`" in docs


# --- published days ---------------------------------------------------------------------------------------------------

#: country, code, first days, source.
FIRST_DAYS = [
    # Mother's Day: Wikipedia's table of dates, Code de l'action sociale D215-1 for France (7 June 2020 would be the
    # first Sunday of June after Pentecost, 31 May 2020).
    ("AE", "mothers_day", "2025-03-21 2026-03-21", "wikipedia"),
    ("EG", "mothers_day", "2025-03-21", "wikipedia"),
    ("SA", "mothers_day", "2025-03-21", "wikipedia"),
    ("MX", "mothers_day", "2025-05-10 2026-05-10", "wikipedia"),
    ("TH", "mothers_day", "2025-08-12", "wikipedia"),
    ("US", "mothers_day", "2024-05-12 2025-05-11 2026-05-10", "36 U.S.C. 117"),
    ("DE", "mothers_day", "2025-05-11 2026-05-10", "wikipedia"),
    ("JP", "mothers_day", "2025-05-11", "wikipedia"),
    ("CN", "mothers_day", "2025-05-11", "wikipedia"),
    ("FR", "mothers_day", "2020-06-07 2023-06-04 2024-05-26 2025-05-25 2026-05-31", "service-public.fr"),
    ("SE", "mothers_day", "2023-05-28 2025-05-25", "wikipedia"),
    ("GB", "mothers_day", "2024-03-10 2025-03-30 2026-03-15", "wikipedia, Mothering Sunday"),
    ("NG", "mothers_day", "2025-03-30", "wikipedia"),
    ("ES", "mothers_day", "2025-05-04 2026-05-03", "wikipedia"),
    ("LU", "mothers_day", "2025-06-08", "wikipedia"),
    ("BR", "fathers_day", "2025-08-10", "wikipedia"),
    ("DE", "fathers_day", "2025-05-29 2026-05-14", "Ascension Day"),
    ("SE", "fathers_day", "2025-11-09", "wikipedia"),
    ("US", "fathers_day", "2025-06-15 2026-06-21", "36 U.S.C. 109"),
    ("BR", "sweethearts_day", "2026-06-12", "wikipedia"),
    # Sales of the trade
    ("US", "thanksgiving", "2023-11-23 2024-11-28 2025-11-27 2026-11-26", "5 U.S.C. 6103"),
    ("CA", "thanksgiving", "2025-10-13", "canada.ca"),
    ("DE", "black_friday", "2023-11-24 2024-11-29 2025-11-28", "wikipedia"),
    ("AE", "white_friday", "2024-11-29 2025-11-28", "wikipedia"),
    ("GB", "cyber_monday", "2024-12-02 2025-12-01", "wikipedia"),
    ("CN", "singles_day", "2025-11-11", "wikipedia"),
    ("CN", "mid_year_618", "2025-06-18", "wikipedia"),
    # Calendars
    ("CN", "mid_autumn", "2023-09-29 2024-09-17 2025-10-06 2026-09-25", "Hong Kong Observatory"),
    ("CN", "qixi", "2024-08-10 2025-08-29", "Xinhua, 28 August 2025"),
    ("IN", "diwali", "2023-11-12 2024-10-31 2025-10-20 2026-11-08", "DoPT lists of holidays"),
    ("IN", "holi", "2024-03-25 2025-03-14 2026-03-04", "DoPT lists of holidays"),
    ("IN", "dhanteras", "2024-10-29 2025-10-18", "drikpanchang.com"),
    ("IR", "nowruz", "2024-03-20 2025-03-21 2026-03-21", "University of Tehran, Institute of Geophysics"),
    ("IR", "yalda", "2024-12-20 2025-12-21", "ICU 77, Persian calendar: 30 Azar"),
    ("IL", "passover", "2024-04-23 2025-04-13 2026-04-02", "hebcal.com"),
    ("IL", "rosh_hashanah", "2024-10-03 2025-09-23 2026-09-12", "hebcal.com"),
    ("IL", "hanukkah", "2024-12-26 2025-12-15 2026-12-05", "hebcal.com"),
    ("DE", "easter", "2024-03-31 2025-04-20 2026-04-05", "US Naval Observatory"),
    ("BG", "orthodox_easter", "2024-05-05 2025-04-20 2026-04-12", "Orthodox Church"),
    ("AE", "eid_al_fitr", "2024-04-10 2025-03-30 2026-03-20", "WAM"),
    ("SA", "eid_al_adha", "2024-06-16 2025-06-06", "SPA"),
    # Feasts
    ("NL", "kings_day", "2024-04-27 2025-04-26 2026-04-27", "rijksoverheid.nl"),
    ("SE", "midsummer", "2024-06-21 2025-06-20 2026-06-19", "Almanackan"),
    ("KR", "chuseok", "2024-09-16 2025-10-05", "KASI"),
    ("RU", "christmas", "2026-01-07", "Labour Code, Art. 112"),
    ("EG", "christmas", "2026-01-07", "Cabinet"),
    ("BR", "christmas", "2025-12-25", "Lei 662/1949"),
    ("NL", "saint_nicholas", "2025-12-05", "wikipedia"),
    ("IN", "republic_day", "2026-01-26", "DoPT"),
    ("US", "independence_day", "2026-07-04", "5 U.S.C. 6103"),
    ("VN", "national_day", "2026-09-02", "Labour Code 2019, Art. 112"),
    ("FR", "national_day", "2026-07-14", "Code du travail, L3133-1"),
    # Official sales
    ("FR", "winter_sales", "2023-01-11 2024-01-10 2025-01-08 2026-01-07", "service-public.fr"),
    ("FR", "summer_sales", "2023-06-28 2024-06-26 2025-06-25", "service-public.fr"),
    ("IT", "winter_sales", "2023-01-05 2025-01-04 2026-01-03", "blitzquotidiano.it 2023, open.online 2026"),
    ("IT", "summer_sales", "2024-07-06 2025-07-05", "Confcommercio"),
    ("BE", "summer_sales", "2018-06-30 2025-07-01", "FOD Economie: 1 July 2018 is a Sunday"),
    ("BE", "winter_sales", "2020-01-03 2021-01-04", "vrt.be 2020, lesoir.be 1 December 2020"),
    ("GR", "winter_sales", "2016-01-11", "tempo24.news 3 January 2016"),
    ("GR", "summer_sales", "2016-07-11", "tempo24.news 3 January 2016"),
]


@pytest.mark.parametrize(("country", "code", "days", "source"), FIRST_DAYS)
def test_moments_begin_on_published_days(country, code, days, source):
    for day in days.split():
        found = [moment.start.isoformat() for moment in moments(country, int(day[:4]), code)]
        assert found == [day], source


#: country, code, first and last days, source.
SPANS = [
    ("JP", "golden_week", "2026-04-29", "2026-05-05", "wikipedia"),
    ("JP", "obon", "2026-08-13", "2026-08-16", "wikipedia"),
    ("CN", "national_day_week", "2023-09-29", "2023-10-06", "State Council, 8 December 2022"),
    ("CN", "national_day_week", "2025-10-01", "2025-10-08", "State Council, 12 November 2024"),
    ("CN", "national_day_week", "2026-10-01", "2026-10-07", "State Council, 4 November 2025"),
    ("CN", "lunar_new_year", "2026-02-16", "2026-02-23", "State Council, 4 November 2025: until 23 February"),
    ("MX", "buen_fin", "2021-11-10", "2021-11-16", "eluniversal.com.mx"),
    ("MX", "buen_fin", "2020-11-09", "2020-11-20", "sopitas.com"),
    ("MX", "buen_fin", "2024-11-15", "2024-11-18", "retodiario.com"),
    ("MX", "buen_fin", "2025-11-13", "2025-11-17", "informador.mx"),
    ("MX", "hot_sale", "2025-05-26", "2025-06-03", "dedinero.com.mx"),
    ("MX", "hot_sale", "2026-05-25", "2026-06-02", "ofertasincreiblesmx.com"),
    ("AR", "hot_sale", "2025-05-12", "2025-05-14", "eldiarioar.com"),
    ("BR", "carnival", "2026-02-14", "2026-02-17", "Easter 2026-04-05 less 50 to 47 days"),
    ("DE", "advent", "2025-11-30", "2025-12-24", "wikipedia"),
    ("DE", "advent", "2026-11-29", "2026-12-24", "wikipedia"),
    ("TH", "songkran", "2026-04-13", "2026-04-15", "wikipedia"),
    ("FR", "winter_sales", "2023-01-11", "2023-02-07", "tf1info.fr"),
    ("FR", "summer_sales", "2023-06-28", "2023-07-25", "tf1info.fr"),
    ("GR", "winter_sales", "2016-01-11", "2016-02-29", "tempo24.news"),
    ("BE", "winter_sales", "2020-01-03", "2020-01-31", "commerceliegeoisasbl.be"),
    ("AE", "ramadan", "2024-03-11", "2024-04-09", "WAM"),
    ("AE", "ramadan", "2025-03-01", "2025-03-29", "WAM"),
    ("IN", "durga_puja", "2025-09-28", "2025-10-02", "wikipedia: Shashthi to Vijayadashami"),
]


@pytest.mark.parametrize(("country", "code", "first", "last", "source"), SPANS)
def test_seasons_last_as_published(country, code, first, last, source):
    (found,) = moments(country, int(first[:4]), code)
    assert (found.start.isoformat(), found.end.isoformat()) == (first, last), source


def test_white_friday_stands_in_for_black_friday_and_buen_fin_too():
    for country in ("AE", "SA", "EG", "KW", "QA", "BH", "OM", "MX"):
        assert not moments(country, 2026, "black_friday"), country


def test_hot_sales_that_were_not_announced_are_not_guessed():
    assert not moments("MX", 2031, "hot_sale")


def test_a_buen_fin_that_was_not_announced_is_expected():
    assert [moment.expected for year in (2025, 2027) for moment in moments("MX", year, "buen_fin")] == [False, True]


def test_ramadan_is_expected_lasts_29_or_30_days_and_ends_before_the_feast():
    for country in ("AE", "EG", "ID", "IN", "MY", "NG", "SA", "TR"):
        for year in range(2019, 2030):
            for moment in moments(country, year, "ramadan"):
                days = (moment.end - moment.start).days + 1
                assert days in {29, 30}, (country, moment)
                fitr = moments_between(country, moment.end + timedelta(days=1), moment.end + timedelta(days=1))
                assert "eid_al_fitr" in {other.code for other in fitr}, (country, moment)
                assert moment.expected or country == "MY"  # Malaysia's calendar is fixed years ahead


# --- every territory --------------------------------------------------------------------------------------------------


def test_every_territory_has_moments_in_the_years_that_were_asked_for():
    first, last = date(2024, 1, 1), date(2027, 12, 31)
    for country in territories():
        found = moments_between(country, first, last)
        assert found, country
        assert list(found) == sorted(found, key=lambda moment: (moment.start, moment.code))
        for moment in found:
            assert moment.start <= moment.end, (country, moment)
            assert moment.start <= last, (country, moment)
            assert moment.end >= first, (country, moment)
            assert (moment.end - moment.start).days < 60, (country, moment)


def test_a_moment_falls_once_a_year():
    """But Christmas, which some keep in both calendars, a second national day, and feasts of the shorter Hijri year."""
    twice = {"christmas", "national_day", "ramadan", "eid_al_fitr", "eid_al_adha"}
    for country in territories():
        for year in (2024, 2025, 2026):
            found = moments_between(country, date(year, 1, 1), date(year, 12, 31))
            starts = [moment.code for moment in found if moment.start.year == year]
            assert not {code for code in starts if starts.count(code) > 1} - twice, (country, year)


def test_sample_markets_have_their_great_moments():
    great = {
        "AE": "ramadan eid_al_fitr eid_al_adha white_friday",
        "BG": "orthodox_easter christmas womens_day",
        "BR": "sweethearts_day carnival black_friday",
        "CN": "lunar_new_year mid_year_618 singles_day national_day_week",
        "IN": "diwali dhanteras holi raksha_bandhan",
        "JP": "golden_week obon midsummer_gifts year_end_gifts white_day",
        "KR": "lunar_new_year chuseok pepero_day",
        "MX": "buen_fin hot_sale day_of_the_dead",
        "NG": "eid_al_fitr christmas boxing_day",
        "NL": "kings_day saint_nicholas",
        "VN": "lunar_new_year mid_autumn",
    }
    for country, codes in great.items():
        found = {moment.code for moment in moments_between(country, date(2026, 1, 1), date(2026, 12, 31))}
        assert set(codes.split()) <= found, country


# --- a market's own ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("calendar", [Calendar(drop=("halowen",)), Calendar(add={"halowen": "US"})])
def test_an_unknown_moment_in_a_profile_is_an_error_with_the_nearest(calendar):
    with pytest.raises(ProfileError, match=r"unknown moment.*halowen.*did you mean 'halloween'"):
        moments_between("DE", date(2026, 1, 1), date(2026, 12, 31), calendar)


def test_a_moment_that_the_other_country_does_not_have_cannot_be_added():
    with pytest.raises(ProfileError, match=r"calendar.add.obon: DE has no such moment"):
        moments_between("CH", date(2026, 1, 1), date(2026, 12, 31), Calendar(add={"obon": "DE"}))


# --- mistakes in the table --------------------------------------------------------------------------------------------

SOUND = """
holidays: {categories: {}, working: [], none: {}}
sources: {s: {url: "https://example.org", checked: 2026-01-01}}
moments:
  - code: obon
    where: [JP]
    start: {on: "08-13"}
    source: s
"""

MISTAKES = {
    "a_rule_of_an_unknown_kind": ('{on: "08-13"}', '{moon: "08-13"}', r"moments\.yaml:7.*moments\.0\.start"),
    "two_rules": ('{on: "08-13"}', '{on: "08-13", easter: western}', r"moments\.yaml:7.*not on and easter"),
    "no_rule": ('{on: "08-13"}', "{shift: 3}", r"moments\.yaml:7.*not no rule"),
    "a_day_that_is_none": ('"08-13"', '"13-08"', r"moments\.yaml:7.*moments\.0\.start\.on.*13-08"),
    "a_weekday_of_two_forms": (
        '{on: "08-13"}',
        '{weekday: {day: sunday, nth: 1, from: "01-01"}}',
        "either nth and month",
    ),
    "an_unknown_feast": ('{on: "08-13"}', "{islamic: mawlid}", r"moments\.yaml:7.*islamic.*mawlid"),
    "an_unknown_moment": ('{on: "08-13"}', "{after: {moment: bon, of: JP, days: 1}}", r"unknown moment.*'bon'"),
    "an_unknown_source": ("source: s", "source: t", r"moments\.yaml:8.*source is not listed"),
    "an_unknown_territory": ("[JP]", "[XX]", r"moments\.yaml:6.*neither a territory nor a region.*XX"),
    "an_unknown_region": ("[JP]", "[asia]", r"neither a territory nor a region.*asia"),
    "an_unknown_key": ("source: s", "source: s\n    wher: [JP]", r"moments\.yaml:9.*wher"),
    "days_and_an_end": ("source: s", 'source: s\n    days: 2\n    end: {on: "08-16"}', "days or an end, not both"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_table_says_where_and_what(mistake, tmp_path):
    old, new, message = MISTAKES[mistake]
    path = tmp_path / "moments.yaml"
    path.write_text(SOUND.replace(old, new, 1))
    with pytest.raises(ProfileError, match=message):
        read_table(path, "moments.yaml")


def test_two_entries_for_one_territory_and_code_are_a_mistake(tmp_path):
    path = tmp_path / "moments.yaml"
    path.write_text(SOUND + SOUND[SOUND.index("  - code") :])
    with pytest.raises(ProfileError, match="JP has another entry of obon"):
        read_table(path, "moments.yaml")


def test_the_sound_table_is_read(tmp_path):
    path = tmp_path / "moments.yaml"
    path.write_text(SOUND)
    assert read_table(path, "moments.yaml").moments[0].code == "obon"
