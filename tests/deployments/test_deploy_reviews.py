"""The weekly look: what waits, what stands still, what is old - and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from flows.settings import Settings
from flows.telling.reviewing import facts_due, markdown, review
from tasks.objects import open_store
from tasks.publish.pointer import Event, Pointer, pointer_key

#: A Monday, 07:00 UTC: in Berlin the local yesterday is Sunday the 21st.
NOW = datetime(2026, 6, 22, 7, 0, tzinfo=UTC)
YESTERDAY = date(2026, 6, 21)
ID, OTHER = "4fb8eb5177161db9c5ba3807", "5735154593bab65faec094b9"


def event(kind, as_of, publication=ID, customers="a" * 64, **more):
    when = datetime(as_of.year, as_of.month, as_of.day, 5, tzinfo=UTC) + timedelta(days=1)
    return Event(event=kind, as_of=as_of, publication=publication, who="ops", when=when, customers=customers, **more)


@pytest.fixture
def published(tmp_path):
    """A function that writes the pointer of DE and gives the publish root."""

    def write(*events):
        selected = {one.as_of: one.publication for one in events if one.event == "published"}
        pointer = Pointer(
            country="DE", revision=1, current=max(selected, default=None), selected=selected, renamed={}, events=events
        )
        open_store(tmp_path).replace(pointer_key("DE"), pointer.to_bytes(), "application/json")
        return str(tmp_path)

    return write


def topics(root):
    found = review(Settings(), publish=root, now=NOW)
    return {one.topic: one for one in found if one.topic not in {"rates", "facts"}}


def test_a_market_that_is_up_to_date_wants_no_look(published):
    assert topics(published(event("published", YESTERDAY))) == {}


def test_a_held_publication_is_named_until_it_is_lifted(published):
    held = event("held", YESTERDAY, OTHER)
    found = topics(published(event("published", YESTERDAY - timedelta(days=1)), held))
    assert found["held"].what == f"DE as of {YESTERDAY}, {OTHER}"
    assert found["held"].since == date(2026, 6, 22)
    lifted = event("published", YESTERDAY)
    assert "held" not in topics(published(event("published", YESTERDAY - timedelta(days=1)), held, lifted))


@pytest.mark.parametrize(("days", "late"), [(2, False), (3, True), (40, True)])
def test_a_market_is_late_after_two_runs_that_it_missed(published, days, late):
    found = topics(published(event("published", YESTERDAY - timedelta(days=days))))
    assert ("late" in found) is late


def test_dates_built_upon_another_predecessor_are_stale(published):
    one, two = "a" * 64, "b" * 64
    before, after = YESTERDAY - timedelta(days=1), YESTERDAY
    found = topics(
        published(
            event("published", before, ID, customers=one),
            event("published", after, OTHER, customers=two, previous="c" * 64),
        )
    )
    assert found["stale"].todo == "`strata backfill DE --rebuild`"


def test_a_pointer_that_cannot_be_read_is_said_and_hides_no_other(published, tmp_path):
    root = published(event("held", YESTERDAY, OTHER), event("published", YESTERDAY - timedelta(days=9)))
    (tmp_path / "country=FR").mkdir()
    (tmp_path / "country=FR" / "current.json").write_text("{")
    found = topics(root)
    assert {"unreadable", "held", "late"} <= set(found)
    assert found["unreadable"].what == "FR"


def test_rates_that_end_over_a_week_ago_are_old(published):
    """The bundled history ends in 2026: years later it is old, on its last day it is not."""
    root = published(event("published", YESTERDAY))
    later = review(Settings(), publish=root, now=NOW + timedelta(days=3650))
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
