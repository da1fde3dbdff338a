"""A market's public holidays: right days, in the reader's language, without the package's marks."""

import subprocess
import sys
import warnings
from datetime import date

import pytest

from region_profiles.territories import territories
from tasks.culture.calendar import holidays_between, why_none, workdays_between
from tasks.culture.calendar.feasts import _kind, _language
from tasks.errors import ProfileError


def year(country, number, locale="en", subdivision=None):
    return holidays_between(country, subdivision, date(number, 1, 1), date(number, 12, 31), locale)


# --- published days ---------------------------------------------------------------------------------------------------

#: country, day, its English name, source.
PUBLISHED = [
    ("AE", "2025-12-02", "National Day", "Cabinet Resolution 27 of 2024"),
    ("AE", "2025-03-30", "Eid al-Fitr", "WAM, 29 March 2025: crescent sighted"),
    ("BE", "2026-07-21", "National Day", "belgium.be, jours fériés"),
    ("BG", "2024-05-03", "Good Friday", "Labour Code, Art. 154; Orthodox Easter 5 May 2024"),
    ("BR", "2024-11-20", "National Day of Zumbi and Black Awareness", "Lei 14.759/2023"),
    ("CH", "2026-08-01", "National Day", "Federal Constitution, Art. 110"),
    ("CN", "2025-01-28", "Chinese New Year's Eve", "State Council Order 795"),
    ("DE", "2025-10-03", "German Unity Day", "Einigungsvertrag, Art. 2"),
    ("EG", "2025-01-07", "Coptic Christmas Day", "Cabinet, sis.gov.eg"),
    ("IN", "2025-10-20", "Diwali (Deepavali)", "DoPT F.No.12/2/2023-JCA, holidays of 2025"),
    ("JP", "2026-09-22", "National Holiday", "Cabinet Office: 国民の休日 between 21 and 23 September 2026"),
    ("KR", "2025-10-06", "Chuseok", "Korea Astronomy and Space Science Institute, 2025 calendar"),
    ("LU", "2026-05-09", "Europe Day", "Loi du 25 avril 2019"),
    ("MX", "2026-11-16", "Revolution Day", "Ley Federal del Trabajo, Art. 74: third Monday of November"),
    ("NG", "2026-06-12", "Democracy Day", "Public Holidays (Amendment) Act 2019"),
    ("NL", "2025-04-26", "King's Day", "rijksoverheid.nl: 27 April 2025 is a Sunday"),
    ("US", "2026-11-26", "Thanksgiving Day", "5 U.S.C. 6103"),
    ("VN", "2026-02-17", "Lunar New Year", "Labour Code 2019, Art. 112"),
    ("TR", "2025-06-06", "Eid al-Adha", "Diyanet, 2025 calendar"),
    ("SA", "2025-02-22", "Founding Day Holiday", "Royal Order A/371"),
]


@pytest.mark.parametrize(("country", "day", "name", "source"), PUBLISHED)
def test_published_days_are_holidays(country, day, name, source):
    found = [item.name for item in year(country, int(day[:4])) if item.date == date.fromisoformat(day)]
    assert name in found, source


@pytest.mark.parametrize("subdivision", ["BY", "DE-BY", "de-by"])
def test_a_subdivisions_own_days_are_there(subdivision):
    epiphany = date(2026, 1, 6)  # Bayerisches Feiertagsgesetz, Art. 1
    assert epiphany in {day.date for day in year("DE", 2026, "de", subdivision)}
    assert epiphany not in {day.date for day in year("DE", 2026, "de")}


def test_an_unknown_subdivision_is_an_error_with_those_that_are_known():
    with pytest.raises(ProfileError, match=r"unknown subdivision.*XX.*BY"):
        year("DE", 2026, "de", "XX")


def test_chinese_make_up_days_are_worked_and_no_holidays():
    """State Council's notice of 4 November 2025 for 2026."""
    published = ("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10")
    worked = workdays_between("CN", date(2026, 1, 1), date(2026, 12, 31))
    assert [day.isoformat() for day in worked] == list(published)
    assert not set(worked) & {day.date for day in year("CN", 2026)}


def test_feasts_on_which_people_work_are_no_days_off():
    assert {day.day_off for day in year("UA", 2026, "uk")} == {False}  # Law 2136-IX, Art. 6
    assert {day.day_off for day in year("PL", 2026, "pl")} == {True}


def test_de_facto_holidays_of_sweden_are_there():
    assert date(2026, 6, 19) in {day.date for day in year("SE", 2026, "sv")}  # Midsommarafton


# --- names ------------------------------------------------------------------------------------------------------------

NAMES = [
    ("BE", "nl-BE", "2026-07-21", "Nationale feestdag", "nl"),
    ("BE", "fr-BE", "2026-07-21", "Fête nationale", "fr"),
    ("CH", "it-CH", "2026-08-01", "Festa nazionale", "it"),
    ("CN", "zh-Hans-CN", "2026-02-17", "春节", "zh-Hans"),
    ("CN", "zh-Hant-TW", "2026-02-17", "春節", "zh-Hant"),
    ("IN", "hi-IN", "2026-11-08", "दिवाली (दीपावली)", "hi"),
    ("JP", "ja-JP", "2026-05-05", "こどもの日", "ja"),
    ("BR", "pt-PT", "2026-09-07", "Independência do Brasil", "pt-BR"),
    ("MX", "es-419", "2026-09-16", "Día de la Independencia", "es"),
    ("JP", "de-DE", "2026-05-05", "こどもの日", "ja"),  # the package has no German: Japan's own name
    ("NZ", "de-DE", "2026-02-06", "Waitangi Day", "en"),
]


@pytest.mark.parametrize(("country", "locale", "day", "name", "language"), NAMES)
def test_names_are_in_the_readers_language_else_the_territorys(country, locale, day, name, language):
    found = {item.date.isoformat(): (item.name, item.language) for item in year(country, 2026, locale)}
    assert found[day] == (name, language)


def test_the_machines_environment_has_no_say_in_names():
    """The package reads LANG where it is given no language that it has."""
    for country in territories():
        kind = _kind(country)
        assert _language(country, "tlh") == kind.default_language
        assert kind.default_language in {None, *kind.supported_languages}
        assert bool(kind.default_language) == bool(kind.supported_languages)


#: country, locale, the package's word for an estimated day.
ESTIMATED = [
    ("EG", "ar-EG", "تقديري"),
    ("EG", "en-US", "estimated"),
    ("EG", "fr-FR", "estimé"),
    ("DJ", "fr-DJ", "estimé"),
    ("BN", "ms-BN", "anggaran"),
    ("ET", "am-ET", "ግምት"),
    ("AL", "sq-AL", "vlerësuar"),
    ("MV", "en-MV", "estimated"),
    ("SA", "ar-SA", "تقديري"),
]


@pytest.mark.parametrize(("country", "locale", "word"), ESTIMATED)
def test_estimated_days_are_expected_and_named_without_the_mark(country, locale, word):
    days = year(country, 2029, locale)
    assert any(day.expected for day in days)
    assert not [day.name for day in days if word in day.name or "()" in day.name or "\x00" in day.name]


def test_no_territory_has_a_mark_left_in_any_language():
    """Every label of the package, as each language translates it, is looked for."""
    for country in territories():
        kind = _kind(country)
        label = getattr(kind, "estimated_label", None)
        for language in kind.supported_languages if label else ():
            own = kind(language=language).tr(label).replace("%s", "").strip(" ()（）")
            assert not [day for day in year(country, 2028, language) if own and own in day.name], (country, language)


def test_an_observed_day_of_an_estimated_feast_keeps_its_own_words_only():
    day = next(day for day in year("EG", 2029, "en") if "observed" in day.name and day.expected)
    assert day.name.endswith("(observed)")


def test_announced_days_are_not_expected():
    fitr = [day for day in year("AE", 2025) if day.date == date(2025, 3, 30)]  # WAM, 29 March 2025
    assert [day.expected for day in fitr] == [False]


# --- every territory --------------------------------------------------------------------------------------------------


def test_every_territory_answers_or_says_why_not():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for country in territories():
            days = year(country, 2026)
            assert bool(days) != bool(why_none(country)), country
            assert all(day.date.year == 2026 and day.name for day in days)
            assert list(days) == sorted(days)


@pytest.mark.parametrize("number", [1990, 2040])
def test_years_outside_indias_table_have_the_fixed_days_and_no_warning(number):
    assert date(number, 8, 15) in {day.date for day in year("IN", number)}


def test_the_package_is_not_imported_before_it_is_asked():
    code = "import sys, tasks.culture.calendar; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own code


def test_an_unknown_country_is_an_error():
    with pytest.raises(ProfileError, match="unknown market"):
        year("XX", 2026)


def test_no_days_lie_between_an_end_and_a_later_start():
    assert holidays_between("DE", None, date(2026, 12, 31), date(2026, 1, 1), "de") == ()
