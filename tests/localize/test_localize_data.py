"""The distilled data: of Babel's release, complete for every main locale, equal to Babel's where Babel has the fact."""

from __future__ import annotations

from importlib import resources

import pytest
from babel import Locale, localedata
from babel.core import get_cldr_version

from tasks.localize import main_locales
from tasks.localize.data import cldr, facts, resolve

TAGS = sorted({resolve(tag) for tag in main_locales()})


def test_the_release_is_babels():
    """A Babel of another release asks for newly distilled data, and for a judge with that release's ICU."""
    assert cldr()["release"].split(".")[0] == get_cldr_version().split(".")[0]


def test_source_and_licence_travel_with_the_data():
    notice = (resources.files("tasks.localize.cldr") / "NOTICE").read_text(encoding="utf-8")
    assert "UNICODE LICENSE V3" in notice
    assert "47.0.0" in notice


@pytest.mark.parametrize(
    "name", ["number", "percentage", "money", "accounting", "decimal", "group", "minus", "percent", "gap_before", "nan"]
)
def test_every_main_locale_has_what_its_default_digits_need(name):
    assert [tag for tag in TAGS if f"{facts(tag)['digits']}.{name}" not in facts(tag)] == []


def test_signs_beside_latin_digits_are_those_that_babel_has_but_for_three_locales():
    """Babel 2.18 has az-Cyrl's and fr-MA's from elsewhere, and de-AT's grouping sign of money; ICU sides with us."""
    names = (("decimal", "decimal"), ("group", "group"), ("minus", "minusSign"), ("percent", "percentSign"))
    unlike = set()
    for tag in (tag for tag in TAGS if facts(tag)["digits"] == "latn" and localedata.exists(tag.replace("-", "_"))):
        theirs = Locale.parse(tag, sep="-").number_symbols.get("latn", {})
        unlike |= {tag for name, their in names if facts(tag)[f"latn.{name}"] != theirs.get(their)}
    assert unlike == {"az-Cyrl", "de-AT", "fr-MA"}
