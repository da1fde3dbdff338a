"""The short summary tells aggregates as they were published: what is withheld there is withheld here."""

from __future__ import annotations

import pytest

from flows.delivering.teams import deliver
from tests.delivery.desk import JUNE, MAY, team

pytestmark = pytest.mark.usefixtures("worded")


def text(market, manifest, locale="de-DE"):
    deliver(market.order)
    return market.bundle(manifest, locale=locale).with_suffix(".txt").read_bytes().decode()


def test_what_has_changed_is_the_difference_of_two_published_tables(market):
    market.publish(MAY)
    found = text(market, market.publish(JUNE))
    # 49 + 19 + 12 shown, 11 withheld; then 40 + 20 and 11.
    assert "- total 91 was 71\r\n" in found
    assert "- Stammkunden now 49 was 40\r\n- Neukunden now 19 was 20\r\n" in found
    assert "31. Mai 2026" in found


def test_a_segment_that_either_report_withholds_is_not_told(market):
    market.publish(MAY)
    found = text(market, market.publish(JUNE))
    told = found.split("todo")[0]
    assert "12" not in told, "lost has 12 now and was withheld in May"
    assert "Abwanderung" not in found, "at risk is withheld in both"
    assert "*" not in found


def test_a_market_whose_total_is_withheld_has_no_figure(market):
    found = text(market, market.publish(total="*"))
    assert "Dieser Markt ist zu klein" in found
    assert not any(sign in found for sign in ("49", "19 ", "todo"))


def test_a_first_report_compares_with_nothing(market):
    found = text(market, market.publish())
    assert "- total 91\r\n- Dies ist der erste Bericht" in found
    assert "was" not in found.split("todo")[0].replace("Was sich", "")


def test_sizes_are_not_compared_where_the_rules_have_changed(market):
    market.publish(MAY)
    found = text(market, market.publish(JUNE, rules="others"))
    assert "- rules changed" in found
    assert "now 49" not in found


def test_nothing_moved(market):
    sizes = {"loyal": "40", "new": "20", "at_risk": "*", "lost": "*"}
    market.publish(MAY, sizes)
    assert "- steady" in text(market, market.publish(JUNE, sizes))


def test_what_to_do_are_the_goals_of_the_segments_of_most_revenue(market):
    found = text(market, market.publish())
    lines = [line for line in found.splitlines() if " has " in line]
    # 900.50 of loyal, 300 of lost, 100 of new; at risk is withheld.
    assert [line.split(" has ")[0] for line in lines] == ["- Stammkunden", "- Verlorene Kunden", "- Neukunden"]
    assert lines[0].startswith("- Stammkunden has 49: ")
    assert len(lines[0]) > len("- Stammkunden has 49: ") + 10, "a goal"
    assert "more lists" in found


def test_without_lists_none_are_spoken_of(market):
    market.teams = [team(grants=())]
    found = text(market, market.publish())
    assert "- more\r\n" in found


def test_the_compared_publication_is_the_one_it_was_made_from_even_if_another_is_selected_now(market):
    market.publish(MAY)
    june = market.publish(JUNE)
    market.publish(MAY, {"loyal": "1000", "new": "20", "at_risk": "*", "lost": "*"}, seed="b")
    assert "now 49 was 40" in text(market, june)


def test_who_got_another_report_of_that_date_is_told_that_this_one_replaces_it(market):
    market.publish(JUNE)
    deliver(market.order)
    second = market.publish(JUNE, seed="b")
    assert "replaces" in text(market, second)


@pytest.mark.parametrize("locale", ["ar-AE", "fa-IR", "he-IL"])
def test_from_right_to_left_each_line_begins_so_and_has_the_readers_digits(market, locale):
    market.teams = [team(locales=(locale,))]
    market.publish(MAY)
    found = text(market, market.publish(JUNE), locale)
    lines = found.removeprefix("\ufeff").split("\r\n")
    assert all(line.startswith("\u200f") for line in lines if line)
    assert ("۴۹" if locale == "fa-IR" else "49") in found


def test_the_text_is_utf_8_with_a_mark_and_lines_as_notepad_has_them(market):
    manifest = market.publish()
    deliver(market.order)
    raw = market.bundle(manifest).with_suffix(".txt").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\n") == raw.count(b"\r\n")
