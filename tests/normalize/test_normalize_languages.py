"""A customer's language: stated, else as they write, else their region's, else unknown; and on what it rests."""

from __future__ import annotations

import pytest

SOLD = {
    "source": "sales",
    "columns": {"order_id": "order", "line_id": "line", "member_number": "member", "date": "date", "amount": "amount"},
}
SALES = "order;line;member;date;amount\nA;1;999;2024-01-02;10\n"
COLUMNS = {
    "member_number": "member", "name": "name", "language": "tongue", "home_country": "land", "subdivision": "state",
    "postcode": "zip", "visitor": "tourist",
}  # fmt: skip
MESSAGE = {"feedback_id": "id", "member_number": "member", "date": "date", "text": "text"}
GERMAN = "Vielen Dank, die Jacke passt sehr gut und ist schön warm."
FRENCH = "Bonjour, je voudrais échanger la chemise bleue, merci beaucoup."


@pytest.fixture
def languages(make):
    """languages({member: {column: value}}, messages, ...) -> {member: (language, evidence)}, and what was made."""

    def found(people, messages=(), corrections="", **more):
        header = list(dict.fromkeys(COLUMNS.values()))
        rows = [";".join([member, *(of.get(column, "") for column in header[1:])]) for member, of in people.items()]
        tables = {"sales": SALES, "people": "\n".join([";".join(header), *rows])}
        mapping = {"transactions": SOLD, "customers": {"source": "people", "columns": COLUMNS}}
        if messages:
            lines = [f'{number};{member};2024-03-0{number % 9 + 1};"{text}"' for number, (member, text) in
                     enumerate(messages)]  # fmt: skip
            tables["messages"] = "\n".join(["id;member;date;text", *lines])
            mapping["feedback"] = {"source": "messages", "columns": MESSAGE}
        if corrections:
            tables["fixes"] = "member;action;value;from\n" + corrections
            columns = {"member_number": "member", "action": "action", "value": "value", "effective": "from"}
            mapping["corrections"] = {"source": "fixes", "columns": columns}
        made = make(tables, mapping, **more)
        rows = made.rows("customers", "member_number, language, language_evidence", "file IS NOT NULL")
        return {member: (language, evidence) for member, language, evidence in rows}, made

    return found


def test_a_choice_goes_before_messages_and_they_before_the_region(languages):
    people = {"1": {"tongue": "it", "land": "DE"}, "2": {"land": "DE"}, "3": {"land": "DE"}, "4": {"land": "AE"}}
    messages = [("1", FRENCH), ("2", FRENCH), ("3", "ok"), ("4", "ana 3ayez a3raf el order hayewsal emta")]
    found, made = languages(people, messages)
    assert found == {"1": ("it", "stated"), "2": ("fr", "messages"), "3": ("de", "region"), "4": (None, "none")}
    assert made.canonical.evidence["language"] == {
        "messages": {"customers_with_messages": 3, "answered": 1},
        "evidence": {"stated": 1, "messages": 1, "region": 1, "none": 2},  # 999 is known from a purchase alone
    }


def test_a_correction_counts_as_stated(languages):
    people = {"1": {"tongue": "de"}, "2": {}}
    found, _ = languages(people, [("2", GERMAN)], "1;language;fr;2024-01-01\n2;language;tr;2024-01-01\n")
    assert found == {"1": ("fr", "stated"), "2": ("tr", "stated")}


def test_a_correction_holds_for_a_customer_known_from_purchases_alone(languages):
    _, made = languages({"1": {}}, corrections="999;language;fr;2024-01-01\n")
    assert made.rows("customers", "language, language_evidence", "file IS NULL") == [("fr", "stated")]


def test_nothing_is_said_of_a_customer_known_from_purchases_alone(languages):
    _, made = languages({"1": {}})
    assert made.rows("customers", "language, language_evidence", "file IS NULL") == [(None, "none")]


def test_neither_a_name_nor_an_unreadable_home_says_a_language(languages):
    found, _ = languages({"1": {"name": "Yıldız Öztürk", "land": "DE"}, "2": {"land": "Atlantis"}})
    assert found == {"1": ("de", "region"), "2": (None, "none")}


def test_a_home_that_the_profile_does_not_name_is_not_taken_for_the_market(make):
    columns = {"member_number": "member", "home_country": "land"}
    values = {"home_country": {"Frankreich": "FR", "-": ""}}
    mapping = {"transactions": SOLD, "customers": {"source": "people", "columns": columns, "values": values}}
    people = "member;land\n1;Frankreich\n2;Atlantis\n3;-\n4;\n"
    made = make({"sales": SALES, "people": people}, mapping)
    found = made.rows("customers", "language, language_evidence", "file IS NOT NULL")
    assert found == [("fr", "region"), (None, "none"), ("de", "region"), ("de", "region")]


def test_messages_of_one_customer_are_read_together_the_latest_first(languages):
    short = [("1", "Danke, die"), ("1", "Jacke ist"), ("1", "sehr schön")]
    found, _ = languages({"1": {"land": "AE"}, "2": {"land": "AE"}}, [*short, ("2", short[0][1])])
    assert found == {"1": ("de", "messages"), "2": (None, "none")}
    latest, _ = languages({"1": {}}, [("1", FRENCH), ("1", GERMAN)], languages={"characters": len(GERMAN)})
    assert latest == {"1": ("de", "messages")}


def test_a_merged_customers_messages_are_the_survivors(languages):
    found, _ = languages({"1": {"land": "AE"}, "2": {"land": "AE"}}, [("1", FRENCH)], "1;merge;2;2024-01-01\n")
    assert found == {"2": ("fr", "messages")}


def test_the_bounds_are_the_profiles(languages):
    found, _ = languages({"1": {"land": "AE"}}, [("1", GERMAN)], languages={"minimum_letters": 100})
    assert found == {"1": (None, "none")}


@pytest.mark.parametrize(
    ("home", "language"),
    [
        ({}, "de"),  # registered in the market, and nothing says that they live elsewhere
        ({"tourist": "yes"}, None),  # lives elsewhere, nobody knows where
        ({"tourist": "yes", "land": "JP"}, "ja"),
        ({"land": "FR"}, "fr"),
        ({"land": "CH"}, None),
        ({"land": "CH", "state": "ZH"}, "de"),
        ({"land": "CH", "state": "zürich"}, "de"),
        ({"land": "CH", "state": "Geneve"}, "fr"),
        ({"land": "CH", "state": "CH-TI"}, "it"),
        ({"land": "CH", "state": "Fribourg"}, None),
        ({"land": "CH", "state": "Fribourg", "zip": "8001"}, None),  # the part's name goes before the postcode
        ({"land": "CH", "zip": "CH-8001"}, "de"),
        ({"land": "CH", "zip": "1950"}, "fr"),  # Sion
        ({"land": "CH", "zip": "3900"}, None),  # Brig, in the Valais
        ({"land": "CH", "state": "Atlantis", "zip": "6900"}, "it"),
        ({"land": "BE", "zip": "1000"}, None),
        ({"land": "BE", "zip": "B-2000"}, "nl"),
        ({"land": "BE", "zip": "4700"}, "de"),
        ({"land": "BE", "state": "Hainaut"}, "fr"),
        ({"land": "CA", "state": "QC"}, "fr"),
        ({"land": "CA", "zip": "h2x 1y4"}, "fr"),
        ({"land": "CA", "state": "New Brunswick"}, None),
        ({"land": "CA", "state": "Ontario"}, "en"),
        ({"land": "CA"}, None),
        ({"land": "ES", "zip": "28013"}, "es"),
        ({"land": "ES", "zip": "08001"}, None),  # Barcelona
        ({"land": "FI", "zip": "22100"}, "sv"),  # Mariehamn
        ({"land": "FI", "zip": "00100"}, "fi"),
        ({"land": "IT", "zip": "39100"}, None),  # Bolzano
        ({"land": "IT", "state": "MI"}, "it"),
        ({"land": "IN", "state": "Tamil Nadu"}, "ta"),
        ({"land": "IN", "zip": "560 001"}, None),  # Bengaluru
        ({"land": "US", "state": "Vermont"}, "en"),
        ({"land": "US", "zip": "90210"}, None),  # California
        ({"land": "US", "zip": "00901"}, "es"),  # San Juan
        ({"land": "SG"}, None),
    ],
)  # fmt: skip
def test_the_region_of_residence(languages, home, language):
    found, _ = languages({"1": home})
    assert found == {"1": (language, "region" if language else "none")}


def test_a_market_of_several_languages_says_one_only_where_the_part_does(languages):
    people = {"1": {"zip": "8001"}, "2": {}, "3": {"land": "DE"}}
    market = {"country": "CH", "currencies": [{"code": "CHF"}], "languages": ["de", "fr", "it"]}
    found, _ = languages(people, market=market)
    assert found == {"1": ("de", "region"), "2": (None, "none"), "3": ("de", "region")}


def test_the_profile_may_say_more_of_a_country(languages):
    people = {"1": {"land": "UA"}, "2": {"land": "FR"}, "3": {}}
    found, _ = languages(people, languages={"by_country": {"UA": "uk", "FR": "und"}})
    assert found == {"1": ("uk", "region"), "2": (None, "none"), "3": ("de", "region")}
