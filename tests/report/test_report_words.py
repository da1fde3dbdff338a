"""How a report joins what it tells (items, sentences, names of the shop), its columns of shares, and its size."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from tasks.export.labels import Labels
from tasks.export.report import segments
from tasks.export.report.rules import off
from tasks.export.report.words import Words
from tasks.export.report.write import LARGE, write_report
from tasks.export.summary import MARK

ISOLATES = re.compile("[\u2066-\u2069]")


def words_of(made, locale):
    return Words(locale, made.profile)


# --- joined -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("locale", "told"), [
    ("en-GB", "One. Two."), ("ja-JP", "One.Two."), ("zh-CN", "One.Two."), ("zh-Hant-TW", "One.Two."),
    ("ko-KR", "One. Two."), ("th-TH", "One. Two."),
])  # fmt: skip
def test_sentences_have_a_blank_between_them_where_the_language_has_one(usual, locale, told):
    assert words_of(usual, locale).sentences(["One.", "Two."]) == told


@pytest.mark.parametrize("locale", ["ja-JP", "zh-CN", "zh-Hant-TW"])
def test_no_sentence_of_a_japanese_or_chinese_report_follows_a_blank(usual, locale):
    assert not re.search(r"[。：！] +[^\s<]", re.sub(r"<style>.*?</style>", "", usual.page(locale), flags=re.DOTALL))


@pytest.mark.parametrize("language", ["ja", "zh-Hans", "zh-Hant"])
def test_what_stands_behind_another_without_a_blank_ends_as_a_sentence(language):
    """Or two would read as one."""
    labels = Labels(language)
    joined = [("prediction", one) for one in ("tested", "baseline", "top_tenth")]
    joined += [("delivery", one) for one in ("todo_more", "todo_lists")]
    assert [one for one in joined if not str(labels.find(one[1], one[0])).endswith("。")] == []


def test_who_is_new_and_who_is_gone_are_told_one_by_one(usual):
    """Some languages count them without a verb: nothing would part the two."""
    first, second, *_ = segments.changed(
        words_of(usual, "ja-JP"), usual.profile, usual.facts(), usual.figures, usual.background.previous_as_of
    ).blocks
    assert first.text.endswith("30人")
    assert second.text.endswith("20人")


def test_labelled_items_are_joined_without_an_and(usual):
    assert words_of(usual, "en-GB").items(["Email: 60", "Letter: 12"]) == "Email: 60, Letter: 12"
    assert words_of(usual, "en-GB").items([]) == ""
    found = usual.page("en-GB")
    assert re.search(r"<dd>(?:<bdi>)?Email: [\d*,]+, Text message: [\d*,]+", found)
    assert not re.search(r"Email: [\d*,]+ and ", found)


def test_items_of_a_report_from_right_to_left_keep_their_isolates_and_have_none_around_them(usual):
    """Around an item that begins with an isolate another one would take its direction from nothing, and turn it."""
    words = words_of(usual, "ar-AE")
    item = words.labelled("البريد", "60")
    assert ISOLATES.search(item)
    assert words.items([item, item]).split(words.say("separator", "list")) == [item, item]


def test_names_of_stores_stand_apart_from_the_text_around_them(usual):
    names = ["Downtown وسط المدينة", "JBR"]
    assert ISOLATES.sub("", words_of(usual, "ar-AE").places(names)) == words_of(usual, "ar-AE").say(
        "separator", "list"
    ).join(names)
    assert len(ISOLATES.findall(words_of(usual, "ar-AE").places(names))) == 4
    assert words_of(usual, "en-GB").places(names) == ", ".join(names), "as other values are"
    assert words_of(usual, "en-GB").places([]) == ""


# --- shares of one column ---------------------------------------------------------------------------------------------


def test_shares_of_one_column_have_as_many_decimals(usual):
    words = words_of(usual, "en-GB")
    assert words.percents([Decimal("0.097"), 0.02, 0.26, None]) == ["9.7%", "2.0%", "26.0%", MARK]
    assert words.percents([0.02, Decimal("0.26"), 0.0]) == ["2%", "26%", "0%"]
    assert words.percents([0.0004, 0.25]) == ["0%", "25%"], "what rounds to a whole number needs no decimal"
    assert words.percents([]) == []


def test_columns_of_a_report_do_not_mix_decimals(usual):
    columns = 0
    for table in re.findall(r"<table.*?</table>", usual.page("en-GB"), re.DOTALL):
        rows = [re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) for row in table.split("</tr>")]
        for column in zip(*(row for row in rows if row), strict=False):
            shares = [share for cell in column if (share := re.sub(r"<[^>]+>", "", cell)).endswith("%")]
            columns += bool(shares)
            assert len({"." in share for share in shares if re.fullmatch(r"[\d.]+%", share)}) < 2, shares
    assert columns > 10


# --- why a dimension is off -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dimension", "one", "said"), [
    ("lifestyle", {"code": "off", "share": None, "trait": "lifestyle"}, "not in the data"),
    ("lifestyle", {"code": "few", "share": 0.07, "trait": "lifestyle"}, "known of 7% only"),
    ("lifestyle", {"code": "few", "share": 0.0, "trait": "lifestyle"}, "not in the data"),
    ("attitude", {"code": "off", "share": None, "trait": "orders"}, "not in the data: Orders"),
    ("attitude", {"code": "few", "share": 0.07, "trait": "orders"}, "known of 7% only: Orders"),
    ("attitude", {"code": "few", "share": 0.0004, "trait": "orders"}, "known of hardly any customer: Orders"),
])  # fmt: skip
def test_the_reason_of_a_dimension_that_is_off_does_not_say_its_name_again(market, dimension, one, said):
    made = market(first=True, background={"segments": {"dimensions_off": {dimension: {"reason": "", **one}}}})
    (group,) = off(words_of(made, "en-GB"), made.background)
    assert group.blocks[0].rows[0][1] == said


# --- size -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [20, 1500])
def test_a_report_beyond_300_kb_says_so_in_its_notes(market, sql, tmp_path, many):
    """Plans, sizes, movements and shares of every segment: a market may have as many as it likes."""
    rules = [{"code": f"s{number}", "when": f"orders = {number}"} for number in range(many)]
    dimension = {"kind": "rules", "segments": rules, "else": "rest"}
    now = f"SELECT * REPLACE ('s' || (i % {many}) AS segment_lifecycle) FROM ({sql.numbered})"
    made = market(now, first=True, dimensions={"lifecycle": dimension}, playbooks={}, audiences={},
                  stratum={"dimensions": ["lifecycle"]}, privacy={"minimum_count": 1})  # fmt: skip
    file = write_report(made.profile, made.facts(), made.figures, made.background, "en-GB", tmp_path)
    large = [note for note in file.notes if note.startswith("report: ")]
    assert (file.bytes > LARGE) == (many == 1500)
    assert bool(large) == (file.bytes > LARGE)
    assert not large or f"{-(-file.bytes // 1000)} kB, more than 300 kB" in large[0]
