"""Names in the order of their own culture, and people addressed as their language does, never by a guessed gender."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from region_profiles.catalogs.messages import languages as catalog_languages
from tasks.culture.names import display_name, facts, honorific, salutation
from tasks.export import cells
from tasks.export.dialect import excel_dialect
from tasks.sql import literal

COLUMNS = ("name", "given_name", "family_name", "company", "type", "gender", "language", "home_country")


@pytest.fixture(scope="module")
def con():
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


@pytest.fixture(scope="module")
def say(con):
    """Name and salutation of one customer of a market."""

    def _say(market="DE", market_language="de", **given):
        row = dict.fromkeys(COLUMNS) | {"type": "person"} | given
        con.register("rows", pa.Table.from_pylist([row], pa.schema([(column, pa.string()) for column in COLUMNS])))
        shown = display_name([row["language"]], [row["home_country"]], market_language)
        said = salutation([row["language"]], market, market_language, shown="shown")
        return con.execute(f"SELECT shown, {said} FROM (SELECT *, {shown} AS shown FROM rows)").fetchall()[0]

    return _say


PARTS = [
    # given, family, language, home country -> shown. Orders: CLDR 48.2 person names (region_profiles/culture/README.md)
    ("Hans", "Müller", "de", "DE", "Hans Müller"),
    ("János", "Kovács", "hu", "HU", "Kovács János"),
    ("János", "Kovács", None, "HU", "Kovács János"),
    ("János", "Kovács", "de", "HU", "János Kovács"),
    ("Янош", "Ковач", "hu", "HU", "Янош Ковач"),  # in other letters it is read as a foreign name
    ("Văn An", "Nguyễn", "vi", "VN", "Nguyễn Văn An"),
    ("Văn An", "Nguyễn", "vi-VN", None, "Nguyễn Văn An"),
    ("Болд", "Батын", "mn", "MN", "Батын Болд"),
    ("太郎", "山田", "ja", "JP", "山田太郎"),
    ("太郎", "山田", "de", "DE", "山田太郎"),  # the script says it, not the reader
    ("Taro", "Yamada", "ja", "JP", "Taro Yamada"),
    ("さくら", "佐藤", "ja", "JP", "佐藤さくら"),
    ("タロウ", "ヤマダ", "ja", "JP", "ヤマダタロウ"),
    ("マイケル", "ジャクソン", "en", "US", "マイケル・ジャクソン"),
    ("민준", "김", "ko", "KR", "김민준"),
    ("小明", "王", "zh-Hant", "TW", "王小明"),
    ("Jack", "王", "zh", "CN", "王 Jack"),
    ("Ana", "García López", "es", "MX", "Ana García López"),  # both surnames, as given
    ("Ayşe", "Yılmaz", "tr", "TR", "Ayşe Yılmaz"),
    ("محمد", "العلي", "ar", "AE", "محمد العلي"),
    (None, "Öz", "tr", "TR", "Öz"),
    ("Madonna", None, "en", "US", "Madonna"),
    ("Hans", "Müller", None, None, "Hans Müller"),
]


@pytest.mark.parametrize(("given", "family", "language", "country", "shown"), PARTS)
def test_parts_are_put_together_in_the_order_of_the_name_s_own_culture(say, given, family, language, country, shown):
    found, _ = say(given_name=given, family_name=family, language=language, home_country=country)
    assert found == shown


def test_the_market_s_language_decides_where_nothing_is_known_of_the_customer(say):
    assert say("HU", "hu", given_name="János", family_name="Kovács")[0] == "Kovács János"


def test_a_full_name_stays_as_the_store_wrote_it(say):
    full = {"name": "KOVÁCS, János dr.", "given_name": "János", "family_name": "Kovács", "language": "hu"}
    assert say(**full)[0] == "KOVÁCS, János dr."
    assert say(company="ACME")[0] == "ACME"
    assert say() == (None, None)


ADDRESSED = [
    # language, gender, given -> salutation
    ("ja", None, {"name": "山田太郎"}, "山田太郎 様"),
    ("ja", "female", {"given_name": "花子", "family_name": "山田"}, "山田花子 様"),
    ("ko", None, {"name": "김민준"}, "김민준 님"),
    ("th", None, {"name": "สมชาย ใจดี"}, "คุณสมชาย ใจดี"),
    ("th", None, {"name": "John Smith"}, "คุณ John Smith"),
    ("tr", "other", {"name": "Ayşe Yılmaz"}, "Sayın Ayşe Yılmaz"),
    ("hi", None, {"name": "अमित शर्मा"}, "अमित शर्मा जी"),
    ("zh-Hans", "male", {"given_name": "小明", "family_name": "王"}, "王先生"),
    ("zh-Hant", "female", {"given_name": "小美", "family_name": "林"}, "林女士"),
    ("zh", "male", {"name": "王小明"}, "王小明先生"),
    ("zh", "male", {"given_name": "John", "family_name": "Smith"}, "Smith 先生"),
    ("zh", None, {"given_name": "小明", "family_name": "王"}, "王小明"),
    ("de", "female", {"given_name": "Anna", "family_name": "Schmidt"}, "Frau Schmidt"),
    ("de-CH", "male", {"name": "Max Muster"}, "Herr Max Muster"),
    ("de", None, {"given_name": "Anna", "family_name": "Schmidt"}, "Anna Schmidt"),
    ("de", "other", {"given_name": "Anna", "family_name": "Schmidt"}, "Anna Schmidt"),
    ("en-GB", "female", {"given_name": "Jane", "family_name": "Doe"}, "Ms Doe"),
    ("en-US", "male", {"given_name": "John", "family_name": "Doe"}, "Mr. Doe"),
    ("fr", "female", {"given_name": "Anne", "family_name": "Dupont"}, "Madame Dupont"),
    ("es-419", "male", {"given_name": "Juan", "family_name": "García López"}, "Sr. García López"),
    ("it", "female", {"given_name": "Anna", "family_name": "Rossi"}, "Sig.ra Rossi"),
    ("nl", "male", {"given_name": "Jan", "family_name": "van der Berg"}, "de heer Jan van der Berg"),
    ("pt-BR", "female", {"given_name": "Maria", "family_name": "Silva"}, "Sra. Maria Silva"),
    ("pl", "female", {"given_name": "Anna", "family_name": "Nowak"}, "Pani Anna Nowak"),
    ("ar", "male", {"name": "محمد العلي"}, "السيد محمد العلي"),
    ("fa", "male", {"given_name": "علی", "family_name": "محمدی"}, "آقای محمدی"),
    ("he", "female", {"given_name": "נועה", "family_name": "כהן"}, "גב׳ כהן"),
    ("id", "male", {"name": "Suharto"}, "Bapak Suharto"),
    ("ms", "female", {"name": "Siti binti Ahmad"}, "Puan Siti binti Ahmad"),
    ("vi", "female", {"given_name": "Thị Hoa", "family_name": "Nguyễn"}, "Bà Nguyễn Thị Hoa"),
    ("sw", "male", {"name": "Juma Ali"}, "Bw. Juma Ali"),
    ("sv", "male", {"name": "Lars Berg"}, "Lars Berg"),
    ("ru", "male", {"name": "Иван Петров"}, "Иван Петров"),
    ("uk", "female", {"name": "Олена Коваль"}, "Олена Коваль"),
    ("bn", "male", {"name": "রহিম উদ্দিন"}, "রহিম উদ্দিন"),
    ("el", "male", {"name": "Νίκος Παππάς"}, "Νίκος Παππάς"),
    (None, "male", {"name": "Max Muster"}, "Herr Max Muster"),  # the market's language
]


@pytest.mark.parametrize(("language", "gender", "given", "said"), ADDRESSED)
def test_people_are_addressed_as_their_language_does(say, language, gender, given, said):
    assert say(language=language, gender=gender, **given)[1] == said


@pytest.mark.parametrize("language", sorted(facts().honorifics))
@pytest.mark.parametrize("gender", [None, "other"])
def test_no_honorific_needs_a_gender_that_is_not_given(say, language, gender):
    own = facts().honorifics[language]
    _, said = say(language=language, gender=gender, name="Kim Lee")
    assert (said == "Kim Lee") == (own.person is None)


def test_every_language_of_the_catalogs_has_its_honorifics_or_a_reason_to_have_none():
    without = {language for language in catalog_languages() if honorific(language, "ZZ") is None}
    assert without == {"bn", "ru", "sv", "uk"}  # the reasons stand in names.yaml


def test_english_follows_the_market_where_the_customer_s_tag_names_no_country(say):
    person = {"language": "en", "gender": "female", "given_name": "Jane", "family_name": "Doe"}
    assert [say(market, **person)[1] for market in ("US", "KE")] == ["Ms. Doe", "Ms Doe"]


UNKNOWN = [
    # the market's language, gender, name -> salutation where the customer's language is not known
    ("AE", "ar", "male", "محمد العلي", "السيد محمد العلي"),
    ("AE", "ar", "male", "John Smith", "John Smith"),
    ("DE", "de", "male", "山田太郎", "山田太郎"),
    ("JP", "ja", None, "John Smith", "John Smith 様"),
    ("TR", "tr", None, "山田太郎", "Sayın 山田太郎"),
]


@pytest.mark.parametrize(("market", "language", "gender", "name", "said"), UNKNOWN)
def test_an_unknown_language_takes_the_market_s_gendered_honorific_only_in_its_letters(
    say, market, language, gender, name, said
):
    assert say(market, language, gender=gender, name=name)[1] == said


COMPANIES = [
    ("ja", {"company": "株式会社山田", "type": "account"}, "株式会社山田 御中"),
    ("ja", {"name": "株式会社山田", "company": "株式会社山田", "type": "account"}, "株式会社山田 御中"),
    (
        "ja",
        {"name": "山田太郎", "company": "株式会社山田", "type": "account"},
        "山田太郎 様",
    ),  # a person of the company
    ("ja", {"name": "山田太郎", "type": "contact"}, "山田太郎 様"),
    ("ko", {"company": "주식회사 대한"}, "주식회사 대한 귀중"),
    ("de", {"company": "ACME GmbH", "type": "account", "gender": "male"}, "ACME GmbH"),
    ("tr", {"company": "Deniz A.Ş.", "type": "account"}, "Deniz A.Ş."),
]


@pytest.mark.parametrize(("language", "given", "said"), COMPANIES)
def test_companies_have_no_honorific_but_one_of_their_own(say, language, given, said):
    assert say(language=language, **given)[1] == said


THERE = [
    ("de", "male", "Herr Max Muster"),
    ("ja", None, "山田太郎様"),
    ("tr", None, "Sayın Ayşe Yılmaz"),
    ("th", None, "คุณสมชาย"),
]


@pytest.mark.parametrize(("language", "gender", "name"), THERE)
def test_an_honorific_that_the_name_has_is_not_said_twice(say, language, gender, name):
    assert say(language=language, gender=gender, name=name)[1] == name


def test_a_name_that_only_begins_or_ends_like_an_honorific_gets_one(say):
    assert say("KE", language="en", gender="male", name="Mrisho Ali")[1] == "Mr Mrisho Ali"
    assert say(language="hi", name="सोमनाथ बनर्जी")[1] == "सोमनाथ बनर्जी जी"


def test_a_whole_name_in_its_sorted_form_is_left_alone(say):
    assert say(language="de", gender="male", name="Müller, Hans")[1] == "Müller, Hans"


NO_LETTER = ["\u0301\u0308", "\u200b\u200d", "---", ".", "12345", "\ufffd", "😀", "\u3000"]


@pytest.mark.parametrize("name", NO_LETTER)
@pytest.mark.parametrize("language", ["ja", "th", "tr", "de"])
def test_a_name_without_a_letter_is_shown_but_addresses_nobody(say, name, language):
    """Combining marks alone would sit on the honorific's letters."""
    assert say(language=language, gender="male", name=name) == (name, None)


def test_a_family_name_without_a_letter_leaves_the_whole_name_to_be_addressed(say):
    assert say(language="de", gender="male", given_name="Max", family_name="\u0301")[1] == "Herr Max \u0301"


def test_joiners_inside_a_name_stay(say):
    name = "علی‌رضا"  # a zero-width non-joiner spells it
    assert say(language="fa", gender="male", name=name) == (name, f"آقای {name}")


FORMULAS = ["=1+1", "+cmd|'x'!A1", "-2+A1", "@SUM(A1)", "\t=A1", "＝A1"]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize(("language", "gender"), [("ja", None), ("hu", None), ("zh", "male"), ("de", "female")])
def test_names_that_look_like_formulas_stay_text_after_reordering_and_honorifics(con, say, formula, language, gender):
    """The cell's guard comes last, so it sees what stands first in the end."""
    for part in ({"name": formula + "X"}, {"given_name": "Al", "family_name": formula + "X"}):
        for text in say(language=language, gender=gender, **part):
            cell = con.execute(f"SELECT {cells.sql_text(literal(text), excel_dialect('en-US'))}").fetchall()[0][0]
            assert cell.lstrip('"')[0] not in "=+-@\t\r\n\0＝＋－＠", (text, cell)
