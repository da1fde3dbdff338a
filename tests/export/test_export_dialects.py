"""Each team's own Excel: separator, decimal sign and dates are those of its Windows culture, never derived."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from region_profiles.reference_cultures.distill import TARGET, distil
from tasks.errors import ProfileError
from tasks.export.dialect import MACHINE, cultures, excel_dialect

# Separator, decimal sign and short date of windows_cultures.tsv (Mono's table of Windows cultures); the date that a
# file shows for 5 January 2026. en-NG is in no such table: see its own test.
WINDOWS = {
    "de-DE": (";", ",", "dd.MM.yyyy", "05.01.2026"),
    "en-US": (",", ".", "M/d/yyyy", "1/5/2026"),
    "ja-JP": (",", ".", "yyyy/MM/dd", "2026/01/05"),
    "ar-AE": (";", ".", "dd/MM/yyyy", "05/01/2026"),
    "ar-EG": (";", ".", "dd/MM/yyyy", "05/01/2026"),
    "zh-CN": (",", ".", "yyyy/M/d", "2026/1/5"),
    "de-CH": (";", ".", "dd.MM.yyyy", "05.01.2026"),
    "fr-CH": (";", ".", "dd.MM.yyyy", "05.01.2026"),
    "it-CH": (";", ".", "dd.MM.yyyy", "05.01.2026"),
    "en-IN": (",", ".", "dd-MM-yyyy", "05-01-2026"),
    "pt-BR": (";", ",", "dd/MM/yyyy", "05/01/2026"),
    "vi-VN": (",", ",", "dd/MM/yyyy", "05/01/2026"),
    "es-MX": (",", ".", "dd/MM/yyyy", "05/01/2026"),
    "bg-BG": (";", ",", "d.M.yyyy 'г.'", "5.1.2026"),
    "ko-KR": (",", ".", "yyyy-MM-dd", "2026-01-05"),
}


@pytest.mark.parametrize("locale", WINDOWS)
def test_dialect_is_that_of_the_windows_culture(locale):
    separator, decimal, _, shown = WINDOWS[locale]
    dialect = excel_dialect(locale)
    assert (dialect.separator, dialect.decimal, dialect.newline) == (separator, decimal, "\r\n")
    assert date(2026, 1, 5).strftime(dialect.strftime) == shown
    assert dialect.mark
    assert dialect.guard
    assert not dialect.notes


def test_table_above_and_the_distilled_one_are_the_source_s(shared_data, tmp_path):
    source = shared_data("reference/windows_cultures.tsv")
    rows = [line.split("\t") for line in source.read_text(encoding="utf-8").splitlines()]
    known = {row[0]: (row[1], row[2], row[7]) for row in rows}
    assert {locale: known[locale] for locale in WINDOWS} == {k: v[:3] for k, v in WINDOWS.items()}
    assert distil(source, tmp_path / "again.csv") == 207
    assert (tmp_path / "again.csv").read_bytes() == TARGET.read_bytes()


def test_separator_does_not_follow_from_the_decimal_sign():
    pairs = [(separator, decimal) for separator, decimal, _ in cultures().values()]
    # facts of the culture table: 102 ; with , - 59 ; with . - 43 , with . - 2 , with , - 1 ; with /
    assert [pairs.count(p) for p in [(";", ","), (";", "."), (",", "."), (",", ","), (";", "/")]] == [102, 59, 43, 2, 1]


def test_no_culture_writes_years_of_two_digits_or_months_by_name():
    for separator, decimal, pattern in cultures().values():
        assert pattern.count("y") == 4
        assert "MMM" not in pattern
        assert "'" not in pattern
        assert len(separator) == len(decimal) == 1


@pytest.mark.parametrize("locale", ["ar-SA", "fa-IR", "th-TH", "ps-AF"])
def test_cultures_with_another_calendar_get_iso_dates(locale):
    assert excel_dialect(locale).date == "yyyy-MM-dd"


def test_script_subtags_do_not_hide_the_culture():
    assert excel_dialect("zh-Hans-CN") == excel_dialect("zh-CN")


def test_locale_without_a_windows_culture_takes_cldr_s_sign_a_near_separator_and_iso_dates():
    nigeria, emirates, germany = (excel_dialect(locale) for locale in ("en-NG", "en-AE", "en-DE"))
    assert (nigeria.separator, nigeria.decimal, nigeria.date) == (",", ".", "yyyy-MM-dd")
    assert (emirates.separator, emirates.decimal) == (",", ".")  # the language's, not ar-AE's semicolon
    assert (germany.separator, germany.decimal) == (";", ",")  # en-DE has a decimal comma in CLDR
    assert nigeria.notes
    assert emirates.notes
    assert "de-DE" in germany.notes[0]


def test_locale_that_nobody_s_computer_can_have_takes_its_territory_s_culture():
    bulgaria = excel_dialect("en-BG")
    assert (bulgaria.separator, bulgaria.decimal, bulgaria.date) == (";", ",", "d.M.yyyy")
    assert bulgaria.notes == ("dialect: no culture en-BG; that of its territory, bg-BG",)


@pytest.mark.parametrize("tag", ["xx-YY", "deutsch", ""])
def test_unknown_language_is_an_error_with_the_tag(tag):
    with pytest.raises(ProfileError) as caught:
        excel_dialect(tag)
    assert caught.value.value == tag


def test_machine_dialect_is_plain():
    assert (MACHINE.separator, MACHINE.decimal, MACHINE.newline, MACHINE.date) == (",", ".", "\n", "yyyy-MM-dd")
    assert not MACHINE.mark
    assert not MACHINE.guard


def test_dialects_and_names_do_not_depend_on_which_locale_came_before():
    """Babel writes resolved aliases into shared data (its issue 1234): our look-ups must not show it."""
    code = (
        "import sys; from tasks.export.dialect import excel_dialect; from tasks.export.locales import cldr\n"
        "tags = 'en-NG en-AE ar-SD fr-DZ ur-PK de-AT zh-TW ja-JP ar-EG es-419 pt-AO hi-IN'.split()\n"
        "order = tags if sys.argv[1] == 'forwards' else tags[::-1]\n"
        "seen = {t: (excel_dialect(t), cldr(t).languages['de'], cldr(t).territories['JP']) for t in order}\n"
        "print([seen[t] for t in tags])"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code, way], capture_output=True, check=True, text=True).stdout  # noqa: S603 - our own interpreter
        for way in ("forwards", "backwards")
    ]
    assert runs[0] == runs[1]
