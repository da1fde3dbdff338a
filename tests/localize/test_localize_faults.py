"""Bad input has a defined message that says what to do."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from tasks.errors import Terminal
from tasks.localize import formatter

DE = formatter("de-DE")


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: formatter("xx-YY"), "unknown locale; found 'xx-YY'"),
        (lambda: formatter("german"), "unknown locale"),
        (lambda: formatter(""), "unknown locale"),
        (lambda: formatter("und"), "unknown locale"),
        (lambda: formatter("arc-SY"), "CLDR 47 has no data to format arc"),
        (lambda: DE.money([1], "XAU"), "a currency without digits; found 'XAU'"),
        (lambda: DE.money([1], "EURO"), "a currency without digits; found 'EURO'"),
        (lambda: DE.money([1], "EUR", digits=40), "impossible decimals; found 40"),
        (lambda: DE.decimal([1], least=3, most=2), "impossible decimals"),
        (lambda: DE.decimal(["12"]), "not a column of numbers; found 'string'"),
        (lambda: DE.compact(["12"]), "not a column of numbers; found 'string'"),
        (lambda: DE.date([1]), "not a column of days; found 'int64'"),
        (lambda: DE.time([date(2026, 1, 1)]), "not a column of times; found 'date32"),
        (lambda: DE.joined(["Bern"]), "not a column of lists; found 'string'"),
        (lambda: DE.joined([[1]]), "not a column of lists; found 'list<"),
        (lambda: DE.date([date(2026, 1, 1)], "tiny"), "unknown form of date; found 'tiny'"),
        (lambda: DE.time([], "long"), "unknown form of time; found 'long'"),
        (lambda: formatter("de-DE", "roman"), "unknown digits; found 'roman'"),
        (lambda: formatter("de-DE", calendar="hebrew"), "unknown calendar; found 'hebrew'"),
        (lambda: DE.date(pa.array([10**7], pa.int32()).cast(pa.date32())), "a day outside the years 1 to 9999"),
    ],
)
def test_the_message_names_the_fault_and_the_value(work, message):
    with pytest.raises(Terminal) as caught:
        work()
    assert message in str(caught.value)
    assert caught.value.expected or caught.value.hint


def test_an_unknown_locale_gets_the_nearest_known_ones():
    with pytest.raises(Terminal, match=r"did you mean .*-CH"):
        formatter("dx-CH")


def test_a_locale_without_data_of_its_own_has_its_languages():
    """ICU too shows English for an Englishman in Bulgaria; CLDR has no en-BG."""
    assert formatter("en-BG").data == "en"


def test_numbered_months_are_noted():
    assert formatter("dv-MV").notes == ("formats: CLDR has no names of months for dv-MV; they are numbered",)
    assert formatter("de-CH").notes == ()
