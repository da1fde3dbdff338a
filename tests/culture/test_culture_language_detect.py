"""Language of messages: what is answered is right, what cannot be known is not answered.

`messages.csv` are messages such as shops get, written for this test: `written` is how (a romanized language ends with
-Latn, und-Latn are mixtures and the ones written after all words were listed), `answer` what may be answered, if
anything. The catalogs of region_profiles are texts that others wrote and translated.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from region_profiles.models import Languages
from tasks.culture.languages.detect import Bounds, detect

HERE = Path(__file__).parent
with (HERE / "messages.csv").open(encoding="utf-8", newline="") as lines:
    MESSAGES = list(csv.DictReader(lines))
ANSWERABLE = [row for row in MESSAGES if row["answer"]]
UNANSWERABLE = [row["text"] for row in MESSAGES if not row["answer"]]
#: A market's own languages may make an answer likelier, never a romanized text one of them.
MARKETS = [(), ("ar", "en"), ("en", "hi", "ta"), ("ja",), ("de", "fr", "it"), ("el",)]


@pytest.fixture(scope="module")
def answers():
    return [(row["answer"], detect(row["text"])) for row in ANSWERABLE]


def test_the_set_is_large_enough_to_mean_something():
    by_language = Counter(row["answer"] for row in ANSWERABLE)
    assert sum(count >= 20 for count in by_language.values()) >= 19
    assert sum(row["written"].endswith("-Latn") for row in MESSAGES) >= 150


def test_of_a_hundred_answers_ninety_nine_are_right(answers):
    answered = [(true, said) for true, said in answers if said is not None]
    assert sum(true == said for true, said in answered) >= 0.99 * len(answered)


def test_nine_of_ten_single_messages_are_answered(answers):
    assert sum(said is not None for _, said in answers) >= 0.9 * len(answers)


def test_texts_that_others_translated_are_answered_right():
    """Every fourth sentence of the catalogs, which were not written for this."""
    written = {"es-419": "es", "pt-BR": "pt", "pt-PT": "pt"}
    answered = wrong = 0
    for source in sorted((resources.files("region_profiles") / "catalogs").iterdir(), key=lambda one: one.name):
        if not (source / "strata.po").is_file():
            continue
        with (source / "strata.po").open("rb") as file:
            texts = sorted({m.string for m in read_po(file) if m.id and isinstance(m.string, str)})
        said = [detect(text) for text in texts[::4]]
        answered += len(said) - said.count(None)
        wrong += sum(one not in {None, written.get(source.name, source.name)} for one in said)
    assert answered > 500
    assert wrong <= 0.005 * answered


def test_three_messages_together_are_nearly_always_answered():
    by_language = defaultdict(list)
    for row in ANSWERABLE:
        by_language[row["answer"]].append(row["text"])
    said = [
        (language, detect("\n".join((texts[start:] + texts[:start])[:3])))
        for language, texts in by_language.items()
        for start in range(len(texts))
    ]
    assert {(true, answer) for true, answer in said if answer not in {true, None}} == set()
    assert sum(answer is not None for _, answer in said) >= 0.97 * len(said)


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: "-".join(market) or "none")
def test_romanized_and_mixed_messages_are_unknown(market):
    assert {text: said for text in UNANSWERABLE if (said := detect(text, Bounds(expected=market)))} == {}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Galaxy S24 Ultraのケースを買いました", "ja"),
        ("iPhone 15 Pro 케이스 있나요?", "ko"),
        ("Nike Air Max ราคาเท่าไหร่คะ", "th"),
        ("请问iPhone什么时候到货", "zh-Hans"),
        ("請問iPhone什麼時候到貨", "zh-Hant"),
        ("呢件衫有冇細碼呀，唔該晒", "zh-Hant"),
        ("İADE SÜRESİ NE KADAR? ÜRÜNÜ ÇOK GEÇ GÖNDERDİNİZ", "tr"),
        ("I love it! See https://example.com/это-по-русски or mail me@example.com, thank you for this", "en"),
    ],
)
def test_brands_addresses_and_capitals_do_not_mislead(text, language):
    assert detect(text) == language


@pytest.mark.parametrize(
    "text",
    ["", "   ", "👍👍👍", "12345 67890", "ok", "???", "CHANEL No 5 eau de parfum", "商品到着済 返品希望", "\x00\ud7ff"],
)
def test_what_says_nothing_is_unknown(text):
    assert detect(text) is None


def test_two_scripts_at_once_are_unknown():
    assert detect("شكرا جزيلا على الرد السريع Thank you so much for the quick reply!") is None
    assert detect("Where can I return them? Wo kann ich sie zurückgeben, die Schuhe?") is None


def test_languages_of_one_script_are_told_apart():
    texts = {
        "ar": "طلبي لم يصل حتى الآن", "fa": "سفارش من هنوز نرسیده است", "ur": "میرا آرڈر ابھی تک نہیں پہنچا",
        "ru": "Мой заказ до сих пор не пришёл", "uk": "Моє замовлення досі не надійшло",
        "bg": "Поръчката ми още не е пристигнала", "hi": "मेरा ऑर्डर अभी तक नहीं आया है", "mr": "माझी ऑर्डर अजून आली नाही",
    }  # fmt: skip
    assert {language: detect(text) for language, text in texts.items()} == {language: language for language in texts}


def test_kurdish_and_pashto_are_no_arabic():
    assert detect("داواکارییەکەم هێشتا نەگەیشتووە، تکایە پێم بڵێن") is None
    assert detect("زما پارسل لا نه دی رارسېدلی، مهرباني وکړئ") is None


def test_the_bounds_hold():
    text = "Wo ist meine Bestellung?"
    assert detect(text) == "de"
    assert detect(text, Bounds(letters=21)) is None  # it has 20
    assert detect(text, Bounds(confidence=1.0)) is None


def test_the_profiles_defaults_are_the_measured_bounds():
    settings = Languages()
    assert Bounds() == Bounds(settings.minimum_letters, float(settings.confidence))


def test_the_market_makes_its_own_language_believed_sooner_and_no_other_its_own():
    danish, norwegian = "Min bestilling er ikke kommet endnu", "Bestillingen min har ikke kommet ennå"
    assert detect(danish) is None  # Norwegian is near
    assert detect(danish, Bounds(expected=("da",))) == "da"
    assert detect(norwegian, Bounds(expected=("da",))) in {None, "nb"}
    assert detect(danish, Bounds(expected=("nb",))) in {None, "da"}
