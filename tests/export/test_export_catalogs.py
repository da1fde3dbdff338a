"""Every catalog says everything, in the same shape, and covers every code that the base profile can bring."""

from __future__ import annotations

import re
import shutil

import pytest

from region_profiles.catalogs.messages import ROOT, faults, languages, profile_faults, read, texts
from region_profiles.loader import load_profile
from region_profiles.models import RulesDimension
from tasks.catalogue import CATALOGUE
from tasks.contract import CUSTOMERS, TABLES
from tasks.export.customers import CONTACT, TRAITS
from tasks.export.labels import Labels, catalog_digests, part_codes, segment_codes
from tasks.export.summary import MEASURES

LANGUAGES = languages()
#: Contexts in which no two codes may go by one name: they stand beside each other in a file or a list.
TOLD_APART = {"column", "dimension", "group", "reason", "fault", "field", "table", "moment", "channel", "cadence"}


def catalog(language):
    return read(ROOT / language / "strata.po")


def test_the_languages_are_these():
    said = "en de fr es es-419 pt-BR pt-PT it nl pl sv tr ru uk ar he fa hi bn th vi id ms ja ko zh-Hans zh-Hant sw"
    assert sorted(said.split()) == list(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalog_is_whole_and_has_the_placeholders_and_plurals_of_its_language(language):
    assert list(faults(language)) == []


def test_teams_of_the_built_in_profiles_have_a_catalog_or_are_said_to_read_english(monkeypatch):
    assert list(profile_faults()) == []
    monkeypatch.setattr("region_profiles.catalogs.messages.READ_IN_ENGLISH", frozenset({"de"}))
    found = list(profile_faults())
    assert "de: has a catalog and stands in READ_IN_ENGLISH" in found
    assert any("bg-BG has no catalog" in fault for fault in found)


#: A fault made in the German catalog, and what the check says of it.
BAD = {
    "missing": ('msgctxt "word"\nmsgid "yes"\nmsgstr "ja"\n', "", "('word', 'yes') is missing"),
    "unknown": ('msgid "yes"', 'msgid "perhaps"', "('word', 'perhaps') is not in strata.pot"),
    "empty": ('msgstr "ja"', 'msgstr ""', "('word', 'yes'): is not translated"),
    "fuzzy": ('msgctxt "word"\nmsgid "yes"', '#, fuzzy\nmsgctxt "word"\nmsgid "yes"', "is fuzzy"),
    "lone_percent": ('msgstr "ja"', 'msgstr "ja 100 %"', "has a lone percent sign"),
    "other_placeholder": ("%(minimum)s", "%(maximum)s", "has placeholders ['maximum'], expected ['minimum']"),
    "plural_header": ("nplurals=2", "nplurals=3", "its header lacks"),
    "other_than_glossary": ('msgstr "Stammkunden"', 'msgstr "Treue Kunden"', "in glossary.csv Stammkunden"),
    "sheet_name": ('msgid "definitions"\nmsgstr "', 'msgid "definitions"\nmsgstr "/', "is no name of a worksheet"),
    "other_comment": ("#. Column heading: the segment before", "#. Column", "has other comments than strata.pot"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_catalog_with_a_fault_is_refused(fault, tmp_path):
    before, after, said = BAD[fault]
    text = (ROOT / "de" / "strata.po").read_text("utf-8")
    assert before in text
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "strata.po").write_text(text.replace(before, after, 1), "utf-8")
    shutil.copy(ROOT / "de" / "glossary.csv", tmp_path / "de")
    assert any(said in found for found in faults("de", tmp_path))


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_one_context_are_told_apart(language):
    """Two segments of a dimension, or two headings of a file, under one name could not be told apart."""
    seen = {}
    for (context, code), message in catalog(language).items():
        kind = context.removesuffix(" untaxed")
        if context.startswith("segment ") or kind in TOLD_APART:
            other = seen.setdefault((kind, texts(message)), code)
            assert other == code, f"{context}: {other} and {code} are both {message.string}"


@pytest.mark.parametrize("table", TABLES)
def test_every_column_of_a_drop_has_a_name_by_which_its_faults_are_told(table):
    """The ledger counts `question:missing` among the refused rows: the report says it in words."""
    labels = Labels("en")
    assert [one.name for one in TABLES[table].mapped if labels.find(one.name, "field", "column") is None] == []


def test_every_trait_with_borders_or_a_dimension_of_its_own_has_a_name():
    """The report tells how many customers stand near a border of it, or that the data lacks it.

    `language_local` is neither: whether it is yes or no is part of `culture`, by whose name it goes.
    """
    profile, labels = load_profile("DE"), Labels("en")
    used = {getattr(one, "trait", None) for one in profile.dimensions.values()} - {None}
    for kind in profile.dimensions.values():
        texts_ = [one.when for one in kind.segments] if isinstance(kind, RulesDimension) else []
        used |= {word for text in texts_ for word in re.findall(r"\w+", text) if word in CATALOGUE}
        used |= set(kind.covers)
        used |= {fallback.trait} if (fallback := getattr(kind, "fallback", None)) else set()
    assert {"r_score", "monetary_ppp", "discount_share", "tier_days_left", "overdue", "nps_class"} <= used
    lacking = {one for one in used if labels.find(one, "column", "prediction", "dimension") is None}
    assert lacking == {"language_local"}


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


#: Columns of lists of audiences, contacts and sheets that no customers file has.
_OF_LISTS = (
    "population", "expected_revenue", "next_purchase_date", "holdout", "account", "account_name", "role", "audience",
    "audience_rank", "audience_reason", "audience_goal", "figures", "reason",
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_has_a_heading(language):
    own = catalog(language)
    columns = {*CONTACT, *TRAITS, *MEASURES, *_OF_LISTS} - {"customer_id", "stratum"}
    said = {column for context, column in catalog("en") if context == "column"}
    assert {("column", column) for column in columns & (said | {*TRAITS, *MEASURES})} <= own.keys()
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
    assert list(names.values()) == ["Gefährdet · Hoher Wert", "Gefährdet", "Abgewandert · Ohne Wertklasse", "Sonstige"]
    three = market.profile(("team", ["de-DE"], []), stratum={"dimensions": ["lifecycle", "value", "language"]})
    assert Labels("de-DE").segments(three, "stratum", ["at_risk_high_ja", "vip"]) == {
        "at_risk_high_ja": "Gefährdet · Hoher Wert · Japanisch",
        "vip": "vip",
    }


def test_a_publication_follows_from_the_catalogs_that_its_teams_read():
    words = [name for name in catalog_digests(["de-AT", "es-MX"]) if name.startswith("catalog ")]
    assert words == ["catalog de", "catalog en", "catalog es-419"]
    assert {"excel cultures", "culture moments.yaml", "culture names.yaml", "territories"} <= set(catalog_digests([]))


#: The form of the noun that CLDR's rule for the number asks for, as the languages' grammars have it.
MONTHS = {
    ("ar", 1): "آخر شهر", ("ar", 2): "آخر شهرين", ("ar", 6): "آخر ٦ أشهر", ("ar", 24): "آخر ٢٤ شهرًا",
    ("ru", 1): "за 1 месяц", ("ru", 24): "за 24 месяца", ("ru", 12): "за 12 месяцев",
    ("uk", 3): "за 3 місяці", ("uk", 36): "за 36 місяців",
    ("pl", 1): "ostatni miesiąc", ("pl", 24): "ostatnie 24 miesiące", ("pl", 12): "ostatnich 12 miesięcy",
    ("he", 24): "24 החודשים האחרונים", ("es", 1): "último mes", ("it", 24): "ultimi 24 mesi",
    ("ja", 24): "直近24か月",
}  # fmt: skip


@pytest.mark.parametrize(("language", "months"), MONTHS)
def test_the_period_agrees_with_its_number_of_months(language, months):
    labels = Labels("ar-EG" if language == "ar" else language)
    assert labels.count("template", "window_months", months) == MONTHS[language, months]


#: Languages of which CLDR 47 says that names of months, languages or currencies that stand alone take a capital
#: (contextTransforms, stand-alone); of the other languages it says nothing, and never that they take none.
CAPITALS = ("es", "es-419", "fr", "it", "nl", "pl", "pt-BR", "pt-PT", "ru", "sv", "uk")


@pytest.mark.parametrize("language", CAPITALS)
def test_names_that_stand_alone_take_the_capital_that_cldr_asks_for(language):
    labels = Labels(language)
    assert labels.alone(labels.language_name("fr"))[0].isupper()


def test_a_name_that_stands_alone_keeps_its_other_letters():
    assert Labels("de").alone("US-Dollar") == "US-Dollar"
    assert Labels("ar").alone("يورو") == "يورو"
