"""One word for each market, and what needs a hand, from what happened to it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from region_profiles.operation_models import Schedule
from tasks.errors import DropError, Terminal
from tasks.publish.operations.due import Plan
from tasks.publish.operations.reading import look, look_at_all, markets_of
from tasks.publish.operations.standings import standing_of, standings
from tests.seen.conftest import BERLIN, LEDGER, NOW, YESTERDAY

HELD = {
    "holds": True,
    "passed": 30,
    "checks": [
        {"check": "quarantined", "subject": "transactions", "value": 0.3, "expected": [None, 0.2], "outcome": "hold"}
    ],
}
WARNED = {"holds": False, "passed": 30, "checks": [{"check": "sales", "value": 1.0, "outcome": "warn"}]}
MAY = date(2026, 5, 31)


@pytest.fixture
def stand(shop):
    """How a market stands now, by a daily schedule in Berlin."""
    return lambda market="DE", plan=BERLIN, now=NOW: standing_of(look(shop.store, market, now), plan, now)


def said(standing):
    return [(need.word, need.says) for need in standing.needs]


# --- words ------------------------------------------------------------------------------------------------------------


def test_yesterdays_publication_is_ok(shop, stand):
    publication = shop.publish()
    found = stand()
    assert (found.word, found.needs, found.current, found.publication) == ("ok", (), YESTERDAY, publication)
    assert (found.age_days, found.missed) == (1, 0)


def test_the_day_before_yesterdays_is_late_once_the_run_has_had_its_time(shop, stand):
    shop.publish(as_of=date(2026, 6, 29))
    assert stand(now=NOW - timedelta(hours=6)).word == "ok"  # 04:00 in Berlin: it began an hour ago
    found = stand()
    assert found.word == "late"
    assert said(found) == [("late", "2026-06-30 should be there, 1 run missed; current is 2026-06-29")]


def test_late_goes_by_the_schedule(shop, stand):
    shop.publish(as_of=date(2026, 6, 28))
    assert stand(plan=Plan(schedule=Schedule(every="week"), time_zone="Europe/Berlin")).word == "ok"
    assert stand(plan=Plan(schedule=Schedule(every="never"), time_zone="Europe/Berlin")).word == "ok"
    assert stand(plan=None).word == "ok"  # no profile: nobody says when it is due


def test_who_is_at_it_is_not_late(shop, stand):
    shop.publish(as_of=date(2026, 6, 29))
    shop.attempt("running")
    found = stand()
    assert (found.word, found.doing) == ("ok", "running since 2026-07-01 07:20 UTC, for 2026-06-30")


def test_a_backfill_that_runs_excuses_nobody(shop, stand):
    shop.publish(as_of=date(2026, 6, 29))
    shop.attempt("running", as_of=MAY)
    assert stand().word == "late"


def test_a_run_that_waits_says_for_what(shop, stand):
    shop.attempt("waiting", facts={"missing": ["sales", "a marker"]})
    assert stand().doing == "waiting since 2026-07-01 07:20 UTC, for 2026-06-30: sales, a marker"


def test_a_market_that_waits_for_its_drop_is_waiting_and_needs_nobody(shop, stand):
    shop.publish(as_of=date(2026, 6, 29))
    shop.attempt("waiting", facts={"missing": ["sales"]})
    assert (stand().word, stand().needs) == ("waiting", ())
    held = shop.hold(as_of=date(2026, 6, 30), gate=HELD)
    assert (stand().word, bool(held)) == ("held", True), "what needs a hand comes first"


def test_a_failed_attempt_says_where_and_why_and_how_to_repeat_it(shop, stand):
    shop.publish(as_of=date(2026, 6, 29))
    error = DropError("no such column", market="DE", file="kunden.csv", column="Kd-Nr", hint="check the header")
    shop.attempt("failed", step="ingest", error=error)
    (need,) = stand().needs
    assert need.word == "failed"
    assert need.says == (
        "the last attempt failed in ingest: kunden.csv: column Kd-Nr: no such column; check the header"
    )
    assert need.todo == "`strata rerun --failed --market DE`"


def test_a_failure_that_a_later_run_made_good_is_over(shop, stand):
    shop.attempt("failed", step="ingest", error=Terminal("no drop"), ago=timedelta(hours=3))
    shop.attempt("published")
    shop.publish()
    assert stand().word == "ok"


def test_a_failed_newest_date_is_not_hidden_by_a_backfill(shop, stand):
    shop.publish(as_of=date(2026, 6, 29))
    shop.attempt("failed", step="ingest", error=Terminal("no drop"), ago=timedelta(hours=3))
    shop.attempt("published", as_of=MAY)
    assert said(stand()) == [("failed", "the last attempt for 2026-06-30 failed in ingest: no drop")]


def test_an_attempt_without_an_end_has_died_after_six_hours(shop, stand):
    shop.publish(as_of=date(2026, 6, 29))
    shop.attempt("running", ago=timedelta(hours=7))
    assert said(stand()) == [("failed", "the last attempt began 7 h ago and never ended: run it again")]


def test_an_attempt_whose_process_is_gone_from_this_machine_has_died_at_once(shop, stand):
    import socket

    shop.attempt("running", ago=timedelta(minutes=1), facts={"process": f"{socket.gethostname()}:4194305"})
    assert stand().word == "failed"  # above the highest process number that Linux gives


def test_what_is_held_is_named_with_its_checks_and_how_to_approve_it(shop, stand):
    shop.publish(as_of=date(2026, 6, 29), gate=WARNED)
    held = shop.hold(gate=HELD)
    shop.attempt("held")
    found = stand()
    (need,) = found.needs
    assert found.word == "held"
    assert need.says == f"2026-06-30 is held by quarantined of transactions since 2026-07-01 08:00 UTC: {held}"
    assert '`strata approve DE --as-of 2026-06-30 --why "..."`' in need.todo
    assert (found.gate, found.warnings) == ("warned", ("sales",))  # of the one that is current


def test_an_approval_lifts_a_hold(shop, stand):
    held = shop.hold(gate=HELD)
    shop.approve("DE", YESTERDAY, held)
    found = stand()
    assert (found.word, found.current, found.gate) == ("ok", YESTERDAY, "approved")


def test_a_withdrawn_publication_waits_for_something_better(shop, stand):
    shop.publish(as_of=date(2026, 6, 29))
    shop.withdraw("DE", YESTERDAY, shop.publish())
    assert said(stand()) == [("held", "2026-06-30 was withdrawn by ops on 2026-07-01, and nothing newer has come")]
    shop.publish(mark="mended")
    assert stand().word == "ok"


def test_a_date_built_on_another_predecessor_is_stale(shop, stand):
    shop.publish()
    shop.publish(as_of=MAY)  # published later than June, which did not know it
    found = stand()
    assert (found.word, found.stale) == ("stale", (YESTERDAY,))
    assert found.needs[0].todo == "`strata backfill DE --rebuild`"


@pytest.mark.parametrize("evidence", ["attempt", "page"])
def test_a_lost_pointer_is_told_with_where_it_comes_from_and_is_not_never(shop, stand, evidence):
    shop.publish()
    if evidence == "attempt":
        shop.attempt("published")
    else:
        shop.store.replace("country=DE/index.html", b"<p>")
    shop.store.delete("country=DE/current.json")
    found = stand()
    (need,) = found.needs
    assert (found.word, need.word) == ("failed", "failed")
    assert need.says.startswith("the pointer is lost: publications are there")
    for words in ("`country=DE/current.json`", "versions or the backup", "run nothing before", "docs/runbook.md"):
        assert words in need.todo


def test_a_first_attempt_that_died_before_the_pointer_lost_none(shop, stand):
    shop.manifest("DE", YESTERDAY)
    shop.attempt("failed", error=Terminal("no drop"))
    assert [need.word for need in stand().needs] == ["failed"]
    assert "pointer" not in stand().needs[0].says


def test_a_published_market_whose_publications_are_gone_with_the_pointer_is_never(shop, stand):
    shop.attempt("published")
    assert said(stand()) == [("never", "nothing was ever published")]


def test_what_is_held_for_its_key_says_what_to_put_back(shop, stand):
    check = {"check": "pseudonym_key", "outcome": "hold", "why": ["pseudonym_key"]}
    shop.publish(as_of=date(2026, 6, 29))
    shop.hold(gate={"holds": True, "checks": [check]})
    (need,) = stand().needs
    assert "STRATA_PSEUDONYM_KEY is another key" in need.todo
    assert need.todo.index("put the key before back") < need.todo.index("strata approve DE")


def test_nothing_published_and_nothing_tried_is_never(stand):
    found = stand()
    assert said(found) == [("never", "nothing was ever published")]


def test_a_first_run_under_way_needs_nobody(shop, stand):
    shop.attempt("running")
    assert (stand().word, stand().needs) == ("never", ())


def test_a_pointer_or_record_that_cannot_be_read_is_a_need_and_hides_nothing(shop, stand):
    shop.publish()
    shop.store.replace("country=DE/runs/20260701T070000Z-x.json", b"{}", "application/json")
    shop.store.replace("country=FR/current.json", b"{}", "application/json")
    assert (stand().word, stand().current) == ("failed", YESTERDAY)
    assert "current.json" in stand("FR").needs[0].says


def test_a_faulty_profile_is_told_as_its_market_cannot_run(shop, stand):
    shop.publish()
    assert said(stand(plan="de.yaml:3: no such zone")) == [("failed", "de.yaml:3: no such zone")]


# --- figures ----------------------------------------------------------------------------------------------------------


def test_the_share_of_refused_rows_and_whether_the_ledger_balances(shop, stand):
    shop.publish(ledger={"transactions": LEDGER, "customers": {**LEDGER, "read": 3000, "kept": 2990}})
    found = stand()
    assert (found.balanced, found.quarantined) == (True, 10 / 4000)


def test_a_ledger_that_does_not_balance_is_a_need(shop, stand):
    shop.publish(ledger={"transactions": {**LEDGER, "read": 1001}})
    assert said(stand()) == [("failed", "the ledger is not balanced: transactions")]


def test_a_team_that_has_not_got_it_within_an_hour_needs_a_hand(shop, stand):
    plan = Plan(schedule=Schedule(), time_zone="UTC", deliveries=(("crm", "link"), ("crm", "email"), ("shop", "sftp")))
    shop.publish(when=NOW - timedelta(minutes=59))
    shop.event("DE", "delivered", "crm", "link")
    shop.event("DE", "delivering", "shop", "sftp")
    assert [one.state for one in stand(plan=plan).deliveries] == ["delivered", "missing", "open"]
    assert stand(plan=plan).word == "ok"
    later = stand(plan=plan, now=NOW + timedelta(minutes=2))
    assert said(later) == [
        ("failed", "not delivered to crm (email)"),
        ("failed", "begun and never ended: delivery to shop (sftp)"),
    ]
    assert {need.todo for need in later.needs} == {"`strata deliver DE`"}


def test_the_newest_purchase_and_days_without_a_rate_come_from_the_manifest(shop, stand):
    rates = {
        "EUR": {"first": "2024-01-02", "last": "2026-06-27", "quality": {"ecb": 900}},
        "CHF": {
            "first": "2024-01-02", "last": "2026-06-28", "quality": {"ecb": 890, "none": 10},
            "without_rate": {"days": 10, "first": "2024-01-02", "last": "2024-01-11"},
        },
    }  # fmt: skip
    shop.publish(notes={"money": {"rates": rates}})
    found = stand()
    assert found.newest_purchase == date(2026, 6, 28)
    assert (found.rates.without, found.rates.kinds) == ({"CHF": 10}, ("ecb", "none"))


def test_seconds_are_those_of_work_without_waiting_for_the_drop(shop, stand):
    shop.attempt("published", timings={"arrival": 1800.0, "ingest": 1.25, "traits": 2.5})
    (tried,) = stand().attempts
    assert (tried.seconds, tried.outcome) == (3.8, "published")  # 3.75, to a tenth


# --- order ------------------------------------------------------------------------------------------------------------


def test_what_needs_a_hand_comes_first_the_most_urgent_before_all(shop):
    shop.publish("AT")
    shop.publish("BE", as_of=date(2026, 6, 29))
    shop.publish("CH", as_of=date(2026, 6, 20))
    shop.publish("DK")
    shop.publish("DK", as_of=MAY)
    shop.hold("EE", gate=HELD)
    shop.attempt("failed", "FI", error=Terminal("no drop"))
    markets = markets_of(shop.store)
    found = standings(look_at_all(shop.store, markets, NOW), dict.fromkeys(markets, BERLIN), NOW)
    assert [(one.market, one.word) for one in found] == [
        ("FI", "failed"), ("EE", "held"), ("CH", "late"), ("BE", "late"), ("DK", "stale"), ("AT", "ok")
    ]  # fmt: skip
