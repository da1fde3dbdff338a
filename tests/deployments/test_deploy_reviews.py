"""The weekly look: what `strata status` says needs a hand, what is old - and nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from flows.settings import Settings
from flows.telling.operations import operations
from flows.telling.reviewing import facts_due, markdown, review
from tasks.objects import open_store
from tests.seen.conftest import NOW, YESTERDAY, Shop

OF_MARKETS = {"failed", "held", "late", "stale", "never"}


@pytest.fixture
def shop(tmp_path):
    """A publish root, and what happens in it."""
    return Shop(open_store(tmp_path / "published"))


@pytest.fixture
def look(shop):
    """What the review finds of the markets."""

    def found(now=NOW):
        every = review(Settings(), publish=shop.store.uri, now=now)
        return [one for one in every if one.topic in OF_MARKETS]

    return found


def test_a_market_that_is_up_to_date_wants_no_look(shop, look):
    shop.publish("AT")
    assert look() == []


def test_it_says_what_status_says_of_each_market_whatever_it_needs(shop, look):
    """One rule for late, held and stale: that of the schedule, with the same two hours."""
    shop.publish("AT")
    shop.publish("BE", YESTERDAY - timedelta(days=1))
    shop.publish("CH", YESTERDAY - timedelta(days=1))
    shop.hold("CH")
    shop.publish("DK", YESTERDAY - timedelta(days=1))
    shop.publish("DK")
    shop.publish("DK", YESTERDAY - timedelta(days=1), mark="mended", when=NOW)
    shop.publish("FI", YESTERDAY - timedelta(days=1))
    shop.attempt("failed", "FI", step="ingest")
    for now in (NOW, NOW + timedelta(days=1)):
        markets = operations(shop.store, None, now=now).markets
        said = {(need.word, f"{one.market}: {need.says}", need.todo) for one in markets for need in one.needs}
        assert {(one.topic, one.what, one.todo) for one in look(now)} == said
        assert {topic for topic, *_ in said} >= {"failed", "held", "late", "stale"}


def test_a_late_market_is_told_since_its_last_good_date_and_a_stale_one_since_the_first_that_is(shop, look):
    shop.publish("BE", YESTERDAY - timedelta(days=1))
    shop.publish("DK", YESTERDAY - timedelta(days=1))
    shop.publish("DK")
    shop.publish("DK", YESTERDAY - timedelta(days=1), mark="mended", when=NOW)
    assert {one.topic: one.since for one in look()} == {"late": YESTERDAY - timedelta(days=1), "stale": YESTERDAY}


def test_a_pointer_that_cannot_be_read_is_said_and_hides_no_other(shop, look):
    shop.publish("BE", YESTERDAY - timedelta(days=9))
    shop.store.replace("country=FR/current.json", b"{", "application/json")
    assert {(one.topic, one.what[:3]) for one in look()} == {("failed", "FR:"), ("late", "BE:")}


def test_rates_that_end_over_a_week_ago_are_old(shop):
    """The bundled history ends in 2026: years later it is old, on its last day it is not."""
    later = review(Settings(), publish=shop.store.uri, now=NOW + timedelta(days=3650))
    assert any(one.topic == "rates" for one in later)


def test_curated_facts_are_due_a_year_after_they_were_checked_and_null_was_never(tmp_path):
    (tmp_path / "facts.yaml").write_text(
        "overrides:\n"
        "  TR: {value: Türkiye, source: ISO, checked: 2025-06-01}\n"
        "  CZ: {value: Czechia, source: ISO, checked: 2026-06-01}\n"
        "sources:\n  feast: {url: x, checked: null}\n"
    )
    due = facts_due(tmp_path, date(2026, 6, 22), 365)
    assert [(one.since, one.what) for one in due] == [
        (date(2025, 6, 1), "region_profiles/facts.yaml: 1 facts were checked over 365 days ago, first overrides.TR"),
        (None, "region_profiles/facts.yaml: 1 sources were never looked up: sources.feast"),
    ]
    assert facts_due(tmp_path, date(2026, 5, 1), 365)[0].since is None


def test_the_artifact_says_so_when_nothing_wants_a_look():
    assert markdown((), YESTERDAY).endswith("Nothing wants a look.")
