"""Every catalog says everything, in the same shape, and covers every code that the base profile can bring."""

from __future__ import annotations

import re
from importlib import resources

import pytest
from babel.messages.pofile import read_po

from tasks.contract import CUSTOMERS
from tasks.export.customers import CONTACT, TRAITS
from tasks.export.labels import Labels, catalog_digests, languages, part_codes, segment_codes
from tasks.export.summary import MEASURES

CATALOGS = resources.files("region_profiles") / "catalogs"
LANGUAGES = sorted(languages())
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def messages(path):
    with path.open("rb") as lines:
        return {(message.context, message.id): message for message in read_po(lines) if message.id}


def catalog(language):
    return messages(CATALOGS / language / "strata.po")


def test_the_languages_are_these():
    said = "en de fr es es-419 pt-BR pt-PT it nl pl sv tr ru uk ar he fa hi bn th vi id ms ja ko zh-Hans zh-Hant sw"
    assert sorted(said.split()) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalog_has_just_the_messages_of_the_template_with_their_comments(language):
    template, own = messages(CATALOGS / "strata.pot"), catalog(language)
    assert own.keys() == template.keys()
    assert all(context for context, _ in own)
    assert {k: m.auto_comments for k, m in own.items()} == {k: m.auto_comments for k, m in template.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalog_is_complete_and_not_fuzzy(language):
    unfinished = [key for key, message in catalog(language).items() if message.fuzzy or not str(message.string).strip()]
    assert unfinished == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_the_same_in_every_language(language):
    english = catalog("en")
    for key, message in catalog(language).items():
        text = str(message.string)
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(str(english[key].string))), key
        assert "%" not in PLACEHOLDER.sub("", text), key  # a lone percent sign would break the filling


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_one_context_are_told_apart(language):
    """Two segments of a dimension, or two headings of a file, under one name could not be told apart."""
    seen = {}
    for (context, code), message in catalog(language).items():
        if context.startswith("segment ") or context in {"column", "column untaxed", "dimension", "group"}:
            kind = context.removesuffix(" untaxed")
            other = seen.setdefault((kind, str(message.string)), code)
            assert other == code, f"{context}: {other} and {code} are both {message.string}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_the_base_profile_has_a_name(language, market):
    profile = market.profile(("team", [language], ["customers"]))
    labels = Labels(language)
    for dimension, kind in profile.dimensions.items():
        labels.text("dimension", dimension)
        labels.segments(profile, dimension, [*segment_codes(kind), "unknown", "guest"])
    residence = CUSTOMERS["residence"].codes
    labels.segments(profile, "residence", residence)
    groups = part_codes(profile, "lifecycle")
    strata = [f"{group}_{value}" for group in groups for value in part_codes(profile, "value")]
    names = labels.segments(profile, "stratum", [*strata, *groups, profile.stratum.otherwise, "guest"])
    assert labels.notes == ()
    assert len(set(names.values())) == len(names)
    assert not set(names) & set(names.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_has_a_heading(language):
    own = catalog(language)
    columns = {*CONTACT, *TRAITS, *MEASURES} - {"customer_id", "stratum"}
    assert {("column", column) for column in columns} <= own.keys()
    assert {("type", code) for code in CUSTOMERS["type"].codes} <= own.keys()


def test_reader_of_a_language_without_catalog_gets_english_and_a_note():
    labels = Labels("el-GR")
    assert labels.text("word", "yes") == "yes"
    assert labels.language_name("de") == "German"
    assert labels.notes == ("labels: no catalog el-GR; en instead",)


def test_regional_locales_read_their_language_and_scripts_are_not_mixed():
    assert [Labels(tag).language for tag in ("de-AT", "ar-EG", "zh-CN", "zh-Hans-SG", "zh-TW", "en-NG")] == [
        "de",
        "ar",
        "zh-Hans",
        "zh-Hans",
        "zh-Hant",  # traditional characters are not simplified ones
        "en",
    ]
    regional = ("es-ES", "es-MX", "es-AR", "pt-AO", "pt-BR", "zh-HK", "fr-CA", "it-CH")
    assert [Labels(tag).language for tag in regional] == [
        *("es", "es-419", "es-419", "pt-PT", "pt-BR", "zh-Hant", "fr", "it"),
    ]


def test_languages_and_countries_have_their_names_from_cldr():
    japanese = Labels("ja-JP")
    assert [japanese.language_name(tag) for tag in ("de", "zh-Hant", "pt-BR")] == [
        "ドイツ語",
        "繁体中国語",
        "ポルトガル語 (ブラジル)",
    ]
    assert Labels("ar-AE").country_name("JP") == "اليابان"
    assert Labels("de-DE").country_name("NA") == "Namibia"


def test_code_that_a_profile_adds_shows_itself_and_is_noted(market):
    labels = Labels("de-DE")
    profile = market.profile(("team", ["de-DE"], ["customers"]))
    assert labels.segments(profile, "value", ["low", "vip"]) == {"low": "Geringer Wert", "vip": "vip"}
    assert labels.notes == ("labels: segment value vip has no translation; its code stands for it",)


def test_stratum_is_named_by_its_parts(market):
    profile = market.profile(("team", ["de-DE"], ["customers"]))
    names = Labels("de-DE").segments(profile, "stratum", ["at_risk_high", "at_risk", "lapsed_none", "other"])
    assert list(names.values()) == ["Gefährdet · Hoher Wert", "Gefährdet", "Abgewandert · Ohne", "Sonstige"]
    three = market.profile(("team", ["de-DE"], []), stratum={"dimensions": ["lifecycle", "value", "language"]})
    assert Labels("de-DE").segments(three, "stratum", ["at_risk_high_ja", "vip"]) == {
        "at_risk_high_ja": "Gefährdet · Hoher Wert · Japanisch",
        "vip": "vip",
    }


def test_a_publication_follows_from_the_catalogs_that_its_teams_read():
    assert list(catalog_digests(["de-AT", "es-MX"])) == ["catalog de", "catalog en", "catalog es-419", "excel cultures"]
