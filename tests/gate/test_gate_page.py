"""The gate's page: from the pointer alone, in each team's language, with what holds, what was expected, what to do."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from tasks.export.labels import Labels
from tasks.gate.verdict import Check, Verdict
from tasks.publish.gate_page import has_gate, render_gate
from tasks.publish.pointer import Event, Pointer

JUNE = date(2026, 6, 30)
HELD, GOOD = "a" * 24, "b" * 24
CHECKS = (
    Check(check="quarantined", subject="transactions", value=0.504, expected=(None, 0.2), outcome="hold",
          detail="date:order"),
    Check(check="rows_kept", subject="transactions", unit="count", value=51234, expected=(98000, 143000), past=12,
          outcome="hold"),
    Check(check="customers", unit="count", value=None, expected=(40, 80), past=12, outcome="hold"),
    Check(check="new_revenue", subject="EUR", unit="money", value=9e5, expected=(1e5, 4e5), past=12, outcome="warn",
          why=("moving_feast",), detail="lunar_new_year"),
    Check(check="segments", subject="value", unit="index", value=0.31, expected=(None, 0.25), past=12, outcome="hold"),
    Check(check="nulls", subject="customers.email", value=0.1),
)  # fmt: skip


def event(kind, publication=HELD, verdict=None, why=None, hour=4):
    return Event(
        event=kind,
        as_of=JUNE,
        publication=publication,
        who="Ada",
        when=datetime(2026, 7, 1, hour, tzinfo=UTC),
        why=why,
        gate=None if verdict is None else verdict.brief().as_json(),
    )


def pointer(*events, selected=None):
    return Pointer(
        country="DE",
        revision=len(events),
        current=JUNE if selected else None,
        selected={JUNE: selected} if selected else {},
        renamed={},
        events=events,
    )


class Words(HTMLParser):
    """The texts of a page by tag, and that all tags are closed in order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.found, self.links = [], [], []
        self.feed(page.decode())
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "br", "link"}:
            self.open.append(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and "style" not in self.open:
            self.found.append(data.strip())


@pytest.fixture
def page():
    return lambda *events, locales=("de-DE",), **named: Words(render_gate(pointer(*events, **named), locales))


def test_each_check_that_is_not_ok_stands_there_as_its_reader_writes_numbers(page):
    words = page(event("held", verdict=Verdict.of(CHECKS))).found
    text = " | ".join(words)
    assert "50,4\N{NO-BREAK SPACE}%" in text
    assert "51.234" in text
    assert "98.000" in text
    assert "900.000\N{NO-BREAK SPACE}€" in text
    assert Labels("de-DE").text("moment", "lunar_new_year") in text
    assert Labels("de-DE").text("table", "transactions") in text
    assert Labels("de-DE").text("fault", "order", field=Labels("de-DE").find("date", "field", "column")) in text
    assert "customers.email" not in text


def test_it_says_how_to_approve_the_one_that_waits_and_nothing_once_it_counts(page):
    held = event("held", verdict=Verdict.of(CHECKS))
    assert f'strata approve DE --as-of 2026-06-30 --publication {HELD} --why "..."' in page(held).found
    approved = page(held, event("approved", why="checked", hour=5), selected=HELD)
    assert not [word for word in approved.found if word.startswith("strata approve")]
    assert {"Ada", "checked"} <= set(approved.found)


def test_a_withdrawn_report_stands_there_with_who_and_why_until_a_new_one_comes(page):
    gone = (event("published", GOOD), event("withdrawn", GOOD, why="wrong rates", hour=5))
    page_now = page(*gone)
    assert "wrong rates" in page_now.found
    assert page_now.links == ["../index.html"]  # the market has no other page now
    again = page(*gone, event("published", "c" * 24, hour=6), selected="c" * 24)
    assert again.links == ["index.html"]


def test_every_language_has_its_own_part_in_its_own_direction():
    markup = render_gate(pointer(event("held", verdict=Verdict.of(CHECKS))), ("de-DE", "ar-EG")).decode()
    assert re.findall(r'<article id="([^"]+)" lang="[^"]+" dir="(\w+)">', markup) == [
        ("de-DE", "ltr"),
        ("ar-EG", "rtl"),
    ]


def test_a_verdict_of_a_newer_program_hides_no_page(page):
    strange = event("held").model_copy(update={"gate": {"holds": True, "new": 1}})
    assert [word for word in page(strange).found if word.startswith("strata approve")]


def test_there_is_no_page_before_the_first_verdict_or_decision():
    assert not has_gate(pointer(event("published", GOOD), selected=GOOD))
    assert has_gate(pointer(event("published", GOOD, Verdict.of(CHECKS[-1:])), selected=GOOD))


def test_the_same_pointer_gives_the_same_bytes():
    one = pointer(event("held", verdict=Verdict.of(CHECKS)))
    again = Pointer.model_validate(json.loads(one.model_dump_json()))
    assert render_gate(one, ("de-DE",)) == render_gate(again, ("de-DE",))
