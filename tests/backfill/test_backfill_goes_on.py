"""Oldest first, each date upon the one before; what is there is left alone; interrupted anywhere, it goes on."""

from __future__ import annotations

import random
import signal
import threading
import time
from dataclasses import replace
from datetime import date

import pytest

from flows.backfilling.dates import backfill, backfill_market
from flows.running.outcomes import MarketOutcome
from tasks.errors import DropError, NoPurchases, Terminal
from tasks.objects import open_store
from tasks.publish.pointer import stale_successors
from tasks.publish.reading import verify
from tests.backfill.conftest import profile_of
from tests.deaths import Worker, reader, started

JAN, FEB, MAR, APR = date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)


def states(found):
    return [(one.as_of, one.state) for one in found]


def test_oldest_first_whatever_the_order_of_the_dates(world, quick):
    found = backfill_market(world.run(), [MAR, JAN, FEB], make=quick)
    assert states(found) == [(JAN, "published"), (FEB, "published"), (MAR, "published")]
    assert [run.as_of for run in quick.made] == [JAN, FEB, MAR]
    assert stale_successors(world.pointer()) == ()
    assert world.pointer().current == MAR


def test_a_second_time_nothing_is_run_and_the_reason_is_told(world, quick):
    first = backfill_market(world.run(), [JAN, FEB], make=quick)
    before = world.pointer()
    again = backfill_market(world.run(), [JAN, FEB], make=quick)
    assert len(quick.made) == 2
    assert states(again) == [(JAN, "unchanged"), (FEB, "unchanged")]
    assert [one.publication for one in again] == [one.publication for one in first]
    assert again[0].why == ("files, profile and figures are those of the publication",)
    assert world.pointer() == before


def test_without_the_work_folder_a_run_looks_and_finds_it_unchanged(world, quick, tmp_path):
    backfill_market(world.run(), [JAN], make=quick)
    world.work = tmp_path / "another machine's"
    (again,) = backfill_market(world.run(), [JAN], make=quick)
    assert (again.state, again.looked, len(quick.made)) == ("unchanged", True, 2)
    (third,) = backfill_market(world.run(), [JAN], make=quick)
    assert (third.state, third.looked) == ("unchanged", False)


def test_a_changed_profile_supersedes_and_the_reason_names_it(world, quick):
    backfill_market(world.run(), [JAN, FEB], make=quick)
    found = backfill_market(world.with_dimension(world.run()), [JAN, FEB], make=quick)
    assert states(found) == [(JAN, "published"), (FEB, "published")]
    assert found[0].why == ("profile",)
    assert found[1].why == ("profile", "the publication before")
    assert [event.event for event in world.pointer().events].count("superseded") == 2
    assert quick.made[-1].facts["because"] == "changed; profile; the publication before"


def test_a_late_file_supersedes_and_the_reason_names_it(world, quick):
    backfill_market(world.run(), [JAN], make=quick)
    world.put("DE/sales_late.csv", b"id;amount\n2;20\n")
    world.put("DE/people.csv", b"id;name\n1;A\n2;B\n")
    (found,) = backfill_market(world.run(), [JAN], make=quick)
    assert found.why == ("files: DE/people.csv changed, DE/sales_late.csv new",)


def test_newer_figures_are_looked_at_by_a_run(world, quick, tmp_path, monkeypatch):
    """Only the run knows which figures it used: that the files of all figures are the same is enough not to ask."""
    backfill_market(world.run(), [JAN], make=quick)
    newer = tmp_path / "figures"
    newer.mkdir()
    (newer / "pegs.csv").write_text("currency,anchor,rate,since,until,source\n")
    monkeypatch.setenv("STRATA_REFERENCE", str(newer))
    (found,) = backfill_market(world.run(), [JAN], make=quick)
    assert (found.state, found.looked) == ("unchanged", True)


def test_the_same_bytes_twice_are_unchanged(world, quick):
    (first,) = backfill_market(world.run(), [JAN], make=quick)
    world.put("DE/sales (1).csv", (world.landing / "DE/sales.csv").read_bytes())
    (again,) = backfill_market(world.run(), [JAN], make=quick)
    assert (again.state, again.publication) == ("unchanged", first.publication)
    assert world.pointer().revision == 1


def test_a_date_that_fails_leaves_the_later_ones_and_stops_no_other_market(world, quick):
    quick.failing = {FEB: DropError("broken", market="DE")}
    found = backfill([(world.run(), [JAN, FEB, MAR]), (world.run("JP"), [JAN, MAR])], at_once=2, make=quick)
    german = [one for one in found if one.market == "DE"]
    assert states(german) == [(JAN, "published"), (FEB, "failed"), (MAR, "left")]
    assert german[1].error == "DropError: broken"
    assert german[2].why == ("2024-02-29 failed, and it builds upon that",)
    assert states(one for one in found if one.market == "JP") == [(JAN, "published"), (MAR, "published")]
    quick.failing = {}
    mended = backfill_market(world.run(), [JAN, FEB, MAR], make=quick)
    assert states(mended) == [(JAN, "unchanged"), (FEB, "published"), (MAR, "published")]


def test_a_date_that_is_held_says_why_and_stops_no_later_one(world, quick):
    def make(run):
        if run.as_of == FEB:
            return MarketOutcome("DE", FEB, "held", "0" * 24, hints=("rows_read of transactions is 50",))
        return quick(run)

    found = backfill_market(world.run(), [JAN, FEB, MAR], make=make)
    assert states(found) == [(JAN, "published"), (FEB, "held"), (MAR, "published")]
    assert found[1].why == ("rows_read of transactions is 50",)
    # It is not remembered as done: once somebody has approved it, or its files have changed, a run finds out.
    assert states(backfill_market(world.run(), [FEB], make=make)) == [(FEB, "held")]


def test_months_before_the_first_sale_are_skipped(world, quick):
    quick.failing = {JAN: NoPurchases("no purchase is left after the checks", market="DE")}
    found = backfill_market(world.run(), [JAN, FEB], make=quick)
    assert states(found) == [(JAN, "skipped"), (FEB, "published")]


def test_markets_go_at_once_as_many_as_allowed_and_each_in_order(world, quick):
    under_way, most, lock = set(), [], threading.Lock()

    def make(run):
        with lock:
            assert run.market not in under_way, "two dates of one market at once"
            under_way.add(run.market)
            most.append(len(under_way))
        time.sleep(0.02)
        outcome = quick(run)
        with lock:
            under_way.remove(run.market)
        return outcome

    backfill([(world.run(), [JAN, FEB, MAR]), (world.run("JP"), [JAN, FEB, MAR])], at_once=2, make=make)
    assert max(most) == 2
    most.clear()
    backfill([(world.run(), [APR]), (world.run("JP"), [APR])], at_once=1, make=make)
    assert max(most) == 1


def test_an_interrupt_lets_no_further_date_begin_and_is_raised_again(world, quick):
    def interrupted(run):
        if run.as_of == FEB:
            raise KeyboardInterrupt
        return quick(run)

    with pytest.raises(KeyboardInterrupt):
        backfill([(world.run(), [JAN, FEB, MAR])], at_once=1, make=interrupted)
    assert sorted(world.pointer().selected) == [JAN]
    found = backfill([(world.run(), [JAN, FEB, MAR])], at_once=1, make=quick)
    assert states(found) == [(JAN, "unchanged"), (FEB, "published"), (MAR, "published")]


def test_only_the_newest_date_goes_to_the_teams(world, quick):
    backfill_market(world.run(), [JAN, FEB, MAR], make=quick)
    assert [run.deliver for run in quick.made] == [False, False, True]


# --- stale successors -------------------------------------------------------------------------------------------------


def test_an_earlier_date_makes_later_ones_stale_and_rebuild_makes_them_fresh_oldest_first(world, quick):
    backfill_market(world.run(), [FEB, MAR, APR], make=quick)
    backfill_market(world.run(), [JAN], make=quick)
    assert stale_successors(world.pointer()) == (FEB, MAR, APR)
    quick.made.clear()
    found = backfill_market(world.run(), [], rebuild=True, make=quick)
    # What February's customers are does not follow from January: its file is the same, and March is fresh with it.
    assert states(found) == [(FEB, "published")]
    assert found[0].why == ("the publication before",)
    assert stale_successors(world.pointer()) == ()


def test_rebuild_goes_on_to_dates_beyond_the_span(world, quick):
    backfill_market(world.run(), [JAN, FEB, MAR], make=quick)
    changed = world.with_dimension(world.run())
    found = backfill_market(changed, [JAN], rebuild=True, make=quick)
    assert states(found) == [(JAN, "published"), (FEB, "published"), (MAR, "published")]
    assert found[2].why == ("profile", "the publication before")
    assert stale_successors(world.pointer()) == ()


def test_without_rebuild_dates_beyond_the_span_stay_stale(world, quick):
    backfill_market(world.run(), [JAN, FEB, MAR], make=quick)
    backfill_market(world.with_dimension(world.run()), [JAN], make=quick)
    assert stale_successors(world.pointer()) == (FEB, MAR)


def test_a_rebuild_that_fails_ends_and_does_not_try_for_ever(world, quick):
    backfill_market(world.run(), [FEB, MAR], make=quick)
    backfill_market(world.run(), [JAN], make=quick)
    quick.failing = {FEB: Terminal("broken")}
    assert states(backfill_market(world.run(), [], rebuild=True, make=quick)) == [(FEB, "failed"), (MAR, "left")]


# --- killed -----------------------------------------------------------------------------------------------------------


class Killed(Worker):
    """A process that backfills DE, a day after another, in forks of its own."""

    def __init__(self, process, world):
        super().__init__(process)
        self.world = world

    def run(self, days, **fate):
        places = {name: str(getattr(self.world, name)) for name in ("landing", "publish", "work")}
        self.send(profile=profile_of().model_dump_json(by_alias=True), **places, first="2024-01-01", days=days, **fate)
        return self.answer()


@pytest.mark.parametrize("how", ["at a call of the store", "at an instant"])
def test_killed_again_and_again_it_goes_on_where_it_was(world, how):
    chance = random.Random(3)  # noqa: S311 - instants, not secrets
    store = open_store(str(world.publish))
    days, died = 1, 0
    with started("tests.backfill.backfill_worker") as process:
        worker = Killed(process, world)
        usual = worker.run(1)["seconds"]
        with reader(store, pause=0.01, at_least=3) as (_, complaints):
            while died < 6:
                days += 2
                fate = (
                    {"call": chance.randint(1, 60)} if how.endswith("store") else {"seconds": chance.uniform(0, usual)}
                )
                died += worker.run(days, **fate)["status"] == -signal.SIGKILL
        last = worker.run(days)
    assert (last["status"], set(last["states"])) in [(0, {"published", "unchanged"}), (0, {"unchanged"})]
    assert complaints == []
    assert len(world.pointer().selected) == len(last["states"]) == days
    assert stale_successors(world.pointer()) == ()
    assert verify(store, "DE") == ()
    # Each date was selected once: what was published before a death was recognized after it.
    assert [event.event for event in world.pointer().events] == ["published"] * days


# --- several markets --------------------------------------------------------------------------------------------------


def test_markets_of_one_shared_drop_and_of_two_zones_each_publish_in_their_own_root(world, quick):
    world.put("shops/sales.csv", b"id;amount\n1;10\n")
    world.put("shops/people.csv", b"id;name\n1;A\n")
    runs = [world.run(market, profile_of(market, drop="shops"), zone=market.lower()) for market in ("DE", "JP")]
    runs[1] = replace(runs[1], publish=str(world.folder / "elsewhere"))
    found = backfill([(run, [JAN, FEB]) for run in runs], at_once=2, make=quick)
    assert [(one.market, one.state) for one in found] == [("DE", "published")] * 2 + [("JP", "published")] * 2
    for run in runs:
        store = open_store(run.publish)
        assert list(store.folders("country=")) == [f"country={run.market}"]
        assert store.exists("index.html"), "each root has its list of markets"
        assert verify(store, run.market) == ()
