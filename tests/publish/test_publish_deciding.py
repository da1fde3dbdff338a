"""Holding, approving, withdrawing: what counts afterwards, who is told to have decided, and what cannot be decided."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from tasks.errors import Terminal
from tasks.gate.verdict import Check, Verdict
from tasks.objects import open_store
from tasks.publish.deciding import (
    approving,
    holding,
    predecessor,
    standing,
    taken_back,
    to_approve,
    waiting,
    withdrawing,
)
from tasks.publish.pointer import read_pointer, selecting, stale_successors, update_pointer
from tasks.publish.publication import find_previous, publish, standing_of
from tasks.publish.reading import read_current, verify

JANUARY, FEBRUARY, MARCH = date(2021, 1, 31), date(2021, 2, 28), date(2021, 3, 31)
HOLDS = Verdict.of([Check(check="quarantined", subject="transactions", value=0.5, outcome="hold")])


class Desk:
    """A pointer, and decisions on it, each an hour after the one before."""

    def __init__(self, made):
        self.made, self.pointer, self.hours = made, None, count()

    def manifest(self, as_of, seed, previous=None):
        return self.made(seed, str(as_of), previous)[1]

    def by(self):
        return {"who": "ops", "when": datetime(2021, 4, 1, tzinfo=UTC) + timedelta(hours=next(self.hours))}

    def publish(self, as_of, seed, previous=None):
        manifest = self.manifest(as_of, seed, previous)
        self.pointer = selecting(self.pointer, manifest, **self.by()) or self.pointer
        return manifest.publication

    def hold(self, as_of, seed, previous=None):
        manifest = self.manifest(as_of, seed, previous)
        self.pointer = holding(self.pointer, manifest, **self.by(), gate={"holds": True}) or self.pointer
        return manifest.publication

    def approve(self, as_of, publication):
        self.pointer = approving(self.pointer, as_of, publication, **self.by(), why="looked") or self.pointer

    def withdraw(self, as_of, publication):
        self.pointer = withdrawing(self.pointer, as_of, publication, **self.by(), why="wrong") or self.pointer

    def told(self):
        return [(event.event, event.publication) for event in self.pointer.events]


@pytest.fixture
def desk(made):
    return Desk(made)


def test_what_is_held_selects_nothing_and_leaves_the_current_one(desk):
    good = desk.publish(JANUARY, "a")
    bad = desk.hold(FEBRUARY, "b")
    assert (desk.pointer.current, desk.pointer.selected, desk.pointer.revision) == (JANUARY, {JANUARY: good}, 2)
    assert standing(desk.pointer, FEBRUARY, bad) == "held"
    assert [event.publication for event in waiting(desk.pointer)] == [bad]
    assert desk.pointer.events[-1].gate == {"holds": True}


def test_a_first_publication_that_is_held_leaves_the_market_without_one(desk):
    desk.hold(JANUARY, "a")
    assert (desk.pointer.current, desk.pointer.selected, desk.pointer.publication) == (None, {}, None)


def test_holding_the_same_publication_again_changes_nothing(desk):
    desk.hold(JANUARY, "a")
    before = desk.pointer
    desk.hold(JANUARY, "a")
    assert desk.pointer is before


def test_holding_what_was_approved_meanwhile_changes_nothing(desk):
    held = desk.hold(JANUARY, "a")
    desk.approve(JANUARY, held)
    assert holding(desk.pointer, desk.manifest(JANUARY, "a"), **desk.by()) is None


def test_an_approval_selects_it_and_says_who_when_and_why(desk):
    good = desk.publish(FEBRUARY, "a")
    held = desk.hold(FEBRUARY, "b")
    desk.approve(FEBRUARY, held)
    assert (desk.pointer.current, desk.pointer.publication) == (FEBRUARY, held)
    assert desk.told()[-2:] == [("superseded", good), ("approved", held)]
    event = desk.pointer.events[-1]
    assert (event.who, event.why, event.when.hour) == ("ops", "looked", 2)
    assert event.customers == desk.manifest(FEBRUARY, "b").customers
    assert waiting(desk.pointer) == ()


def test_approving_twice_changes_nothing_the_second_time(desk):
    held = desk.hold(JANUARY, "a")
    desk.approve(JANUARY, held)
    assert to_approve(desk.pointer) == (JANUARY, held)
    assert approving(desk.pointer, JANUARY, held, who="ops", when=desk.pointer.events[-1].when, why="again") is None


def test_an_approved_middle_month_never_hides_a_newer_one(desk):
    held = desk.hold(FEBRUARY, "b")
    newest = desk.publish(MARCH, "c")
    desk.approve(FEBRUARY, held)
    assert (desk.pointer.current, desk.pointer.publication) == (MARCH, newest)
    assert desk.pointer.selected[FEBRUARY] == held
    assert stale_successors(desk.pointer) == (MARCH,)


@pytest.mark.parametrize("as_of", [FEBRUARY, MARCH])
def test_a_newer_good_publication_of_the_same_or_a_later_date_lifts_the_hold(desk, as_of):
    desk.hold(FEBRUARY, "a")
    desk.publish(as_of, "b")
    assert waiting(desk.pointer) == ()
    with pytest.raises(Terminal, match="nothing is held"):
        to_approve(desk.pointer)


def test_what_a_later_date_lifted_can_still_be_approved_by_its_date(desk):
    held = desk.hold(FEBRUARY, "a")
    desk.publish(MARCH, "b")
    assert to_approve(desk.pointer, FEBRUARY) == (FEBRUARY, held)


def test_what_a_newer_one_of_its_date_overtook_cannot_be_approved_until_that_is_withdrawn(desk):
    held = desk.hold(FEBRUARY, "a")
    newer = desk.publish(FEBRUARY, "b")
    with pytest.raises(Terminal, match=f"{newer}.*strata withdraw DE --as-of 2021-02-28"):
        to_approve(desk.pointer, FEBRUARY)
    with pytest.raises(Terminal, match="a newer publication"):
        desk.approve(FEBRUARY, held)
    desk.withdraw(FEBRUARY, newer)
    assert to_approve(desk.pointer, publication=held) == (FEBRUARY, held)
    desk.approve(FEBRUARY, held)
    assert desk.pointer.publication == held


def test_a_good_backfilled_month_lifts_no_hold_of_a_later_one(desk):
    held = desk.hold(MARCH, "a")
    desk.publish(JANUARY, "b")
    assert to_approve(desk.pointer) == (MARCH, held)


def test_what_was_neither_held_nor_withdrawn_cannot_be_approved(desk):
    old = desk.publish(FEBRUARY, "a")
    desk.publish(FEBRUARY, "b")
    with pytest.raises(Terminal, match="waits for no approval"):
        desk.approve(FEBRUARY, old)


def test_a_withdrawal_brings_back_what_was_superseded(desk):
    first, second = desk.publish(FEBRUARY, "a"), desk.publish(FEBRUARY, "b")
    assert predecessor(desk.pointer, FEBRUARY) == first
    desk.withdraw(FEBRUARY, second)
    assert (desk.pointer.current, desk.pointer.publication) == (FEBRUARY, first)
    assert desk.told()[-2:] == [("withdrawn", second), ("published", first)]
    assert standing(desk.pointer, FEBRUARY, second) == "withdrawn"
    assert [event.publication for event in taken_back(desk.pointer)] == [second]


def test_a_withdrawal_passes_over_what_was_withdrawn_before(desk):
    first, second, third = (desk.publish(FEBRUARY, seed) for seed in "abc")
    desk.withdraw(FEBRUARY, third)
    desk.withdraw(FEBRUARY, second)
    assert desk.pointer.publication == first


def test_a_withdrawal_does_not_bring_back_what_was_only_held(desk):
    good = desk.publish(FEBRUARY, "a")
    desk.hold(FEBRUARY, "b")
    latest = desk.publish(FEBRUARY, "c")
    desk.withdraw(FEBRUARY, latest)
    assert desk.pointer.publication == good


def test_going_back_and_forth_a_withdrawal_brings_back_the_other_one(desk):
    first, second, again = (desk.publish(FEBRUARY, seed) for seed in "aba")
    assert first == again
    desk.withdraw(FEBRUARY, first)
    assert desk.pointer.publication == second


def test_without_a_predecessor_the_date_has_none_and_current_falls_to_the_greatest_before(desk):
    january, february = desk.publish(JANUARY, "a"), desk.publish(FEBRUARY, "b")
    desk.withdraw(FEBRUARY, february)
    assert (desk.pointer.current, desk.pointer.selected) == (JANUARY, {JANUARY: january})


def test_withdrawing_the_only_publication_leaves_none(desk):
    only = desk.publish(JANUARY, "a")
    desk.withdraw(JANUARY, only)
    assert (desk.pointer.current, desk.pointer.selected) == (None, {})
    desk.approve(JANUARY, only)
    assert desk.pointer.publication == only


def test_withdrawing_a_middle_month_names_its_stale_successors(desk):
    january = desk.manifest(JANUARY, "a")
    february = desk.manifest(FEBRUARY, "b", january.customers)
    desk.publish(JANUARY, "a")
    desk.publish(FEBRUARY, "b", january.customers)
    newest = desk.publish(MARCH, "c", february.customers)
    assert stale_successors(desk.pointer) == ()
    desk.withdraw(FEBRUARY, february.publication)
    assert (desk.pointer.publication, stale_successors(desk.pointer)) == (newest, (MARCH,))


def test_withdrawing_twice_takes_back_one(desk):
    desk.publish(JANUARY, "a")
    february = desk.publish(FEBRUARY, "b")
    desk.withdraw(FEBRUARY, february)
    before = desk.pointer
    desk.withdraw(FEBRUARY, february)
    assert desk.pointer is before


def test_only_what_is_selected_can_be_withdrawn(desk):
    old = desk.publish(FEBRUARY, "a")
    new = desk.publish(FEBRUARY, "b")
    with pytest.raises(Terminal, match=new):
        desk.withdraw(FEBRUARY, old)


def test_what_a_withdrawal_brings_back_lifts_no_hold(desk):
    desk.publish(FEBRUARY, "a")
    second = desk.publish(FEBRUARY, "b")
    held = desk.hold(FEBRUARY, "c")
    desk.withdraw(FEBRUARY, second)
    assert to_approve(desk.pointer) == (FEBRUARY, held)


def test_an_id_that_an_erasure_renamed_is_approved_and_withdrawn_under_its_new_name(desk):
    held = desk.hold(FEBRUARY, "a")
    desk.pointer = desk.pointer.model_copy(update={"renamed": {held: f"{held}-e1"}})
    assert to_approve(desk.pointer) == (FEBRUARY, f"{held}-e1")
    desk.approve(FEBRUARY, held)
    assert desk.pointer.publication == f"{held}-e1"
    assert standing(desk.pointer, FEBRUARY, held) == "selected"
    desk.withdraw(FEBRUARY, held)
    assert desk.pointer.selected == {}
    assert standing(desk.pointer, FEBRUARY, held) == "withdrawn"


# --- on a store -------------------------------------------------------------------------------------------------------


def test_a_held_publication_is_whole_and_no_reader_sees_it(made, tmp_path):
    store = open_store(tmp_path)
    good = publish(store, *made("a"), who="test")
    staged, manifest = made("b", "2021-03-20")
    held = publish(store, staged, manifest, who="test", verdict=HOLDS)
    assert (held.state, held.current, held.superseded, held.stale) == ("held", False, None, ())
    assert read_current(store, "DE")[1].publication == good.id
    for export in manifest.exports:
        assert store.exists(f"country=DE/as_of=2021-03-20/publication={held.id}/{export.path}")
    event = read_pointer(store, "DE").pointer.events[-1]
    assert Verdict.from_json(event.gate).holding[0].check == "quarantined"


def test_the_next_publication_builds_upon_none_that_is_held_or_withdrawn(made, tmp_path):
    store = open_store(tmp_path)
    january = publish(store, *made("a", "2021-01-31"), who="test")
    publish(store, *made("b", "2021-02-28"), who="test", verdict=HOLDS)
    assert find_previous(store, "DE", MARCH).publication == january.id


def test_what_was_withdrawn_is_not_published_again_by_a_rerun(made, tmp_path):
    store = open_store(tmp_path)
    staged, manifest = made("a")
    done = publish(store, staged, manifest, who="test")
    day = manifest.as_of
    update_pointer(
        store, "DE", lambda at: withdrawing(at, day, done.id, who="ops", when=at.events[-1].when, why="x"), "cas"
    )
    assert standing_of(store, "DE", day, done.id) == "withdrawn"
    again = publish(store, staged, manifest, who="test", verdict=Verdict.of([]))
    assert (again.state, read_current(store, "DE")) == ("held", None)
    update_pointer(
        store, "DE", lambda at: approving(at, day, done.id, who="ops", when=at.events[-1].when, why="y"), "cas"
    )
    assert verify(store, "DE") == ()


def test_of_many_who_approve_at_once_one_is_recorded(made, tmp_path):
    store = open_store(tmp_path)
    held = publish(store, *made("a"), who="test", verdict=HOLDS)

    def approve(number):
        return update_pointer(
            store,
            "DE",
            lambda at: approving(at, held.as_of, held.id, who=f"ops {number}", when=at.events[0].when, why="x"),
            "cas",
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(approve, range(8)))
    events = read_pointer(store, "DE").pointer.events
    assert [event.event for event in events] == ["held", "approved"]


def test_an_approval_and_a_newer_publication_at_once_end_in_one_that_counts(made, tmp_path):
    """Whoever comes first: the newer one counts in the end, or the approval is refused by name."""
    store = open_store(tmp_path)
    held = publish(store, *made("a"), who="test", verdict=HOLDS)
    newer = made("b")

    def approve():
        return update_pointer(
            store,
            "DE",
            lambda at: approving(at, held.as_of, held.id, who="ops", when=at.events[0].when, why="x"),
            "cas",
        )

    with ThreadPoolExecutor(2) as pool:
        approval, other = pool.submit(approve), pool.submit(publish, store, *newer, who="test")
        other.result()
        refused = approval.exception()
    assert refused is None or "a newer publication" in str(refused)
    assert read_current(store, "DE")[1].publication == newer[1].publication
