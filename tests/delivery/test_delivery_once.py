"""Delivered once for each publication, team and means: whatever dies, whoever else is at it, whatever comes after."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest

from flows.delivering import outgoing, recalling, teams
from flows.delivering.teams import deliver, deliver_market, recall
from tasks.delivery import log
from tasks.errors import PublicationError, Terminal
from tasks.publish.deciding import approving, holding
from tasks.publish.pointer import update_pointer
from tests.delivery.desk import JUNE, MAY, team

EMAIL = {"means": "email", "to": ["one@example.org", "two@example.org"]}


def states(found):
    return [(one.means, one.state) for one in found]


@pytest.fixture
def shared(market, tmp_path):
    """A team with a folder of its own; the folder."""
    market.teams = [team(deliver=[{"means": "folder", "to": str(tmp_path / "crm")}])]
    return tmp_path / "crm"


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_a_second_time_nothing_is_delivered_and_the_pointer_stays_as_it_is(market, shared):
    market.publish()
    assert states(deliver(market.order)) == [("folder", "delivered")]
    assert files(shared) == ["DE_2026-06-30_de-DE.txt", "DE_2026-06-30_de-DE.zip"]
    revision = market.pointer.revision
    (shared / "DE_2026-06-30_de-DE.zip").unlink()
    assert states(deliver(market.order)) == [("folder", "already")]
    assert (market.pointer.revision, files(shared)) == (revision, ["DE_2026-06-30_de-DE.txt"])


def test_the_pointer_says_who_got_what_when_and_no_address(market, letters):
    market.teams = [team(deliver=[EMAIL])]
    manifest = market.publish()
    deliver(market.order)
    event = market.pointer.events[-1]
    assert (event.event, event.team, event.means) == ("delivered", "crm", "email")
    assert (event.publication, event.as_of) == (manifest.publication, JUNE)
    assert "delivering" not in [one.event for one in market.pointer.events], "the claim gave way"
    assert len(letters.got) == 1
    assert "@example" not in market.store.read("country=DE/current.json").decode()


def test_a_second_means_of_a_kind_is_one_of_its_own(market, tmp_path):
    places = [{"means": "folder", "to": str(tmp_path / name)} for name in ("here", "there")]
    market.teams = [team(deliver=places)]
    market.publish()
    assert states(deliver(market.order)) == [("folder", "delivered"), ("folder-2", "delivered")]
    assert files(tmp_path / "here") == files(tmp_path / "there")


def test_what_failed_is_tried_again_and_what_did_not_is_left(market, tmp_path, letters):
    market.teams = [team(deliver=[{"means": "sftp", "server": "crm"}, {"means": "folder", "to": str(tmp_path / "f")}])]
    market.publish()
    found = deliver(market.order)
    assert states(found) == [("sftp", "failed"), ("folder", "delivered")]
    assert "no SFTP server crm is set; set STRATA_SFTP__CRM__HOST" in found[0].detail
    market.teams = [team(deliver=[EMAIL, {"means": "folder", "to": str(tmp_path / "f")}])]
    assert states(deliver(market.order)) == [("folder", "already"), ("email", "delivered")]
    assert len(letters.got) == 1


def test_no_message_goes_out_before_the_files_are_where_it_says(market, letters):
    market.teams = [team(deliver=[EMAIL, {"means": "sftp", "server": "crm"}])]
    market.publish()
    assert states(deliver(market.order)) == [("sftp", "failed"), ("email", "underway")]
    assert letters.got == []


# --- who is at it, who died ---


@pytest.mark.parametrize(("mode", "sent"), [("cas", 1), ("single_writer", 2)])
def test_without_compare_and_swap_two_at_once_may_both_deliver(market, letters, monkeypatch, mode, sent):
    """As docs/delivery.md says: with `single_writer` nothing keeps two apart that read the pointer at once."""
    market.mode, market.teams = mode, [team(deliver=[EMAIL])]
    market.publish()
    real, begun = log.recording, []

    def another_first(pointer, fact):
        if not begun:
            begun.append("another process, after this one has read the pointer")
            deliver(market.order)
        return real(pointer, fact)

    monkeypatch.setattr(log, "recording", another_first)
    deliver(market.order)
    assert len(letters.got) == sent


def test_two_at_once_deliver_once(market, letters):
    market.teams = [team(deliver=[EMAIL])]
    market.publish()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: deliver(market.order), range(4)))
    assert len(letters.got) == 1
    assert sorted(one.state for (one,) in found if one.state == "delivered") == ["delivered"]
    assert {one.state for (one,) in found} <= {"delivered", "underway", "already"}
    assert market.events.count(("delivered", "crm", "email")) == 1


SCRIPT = """
import sys
from datetime import date
from pathlib import Path
from flows.delivering.teams import deliver
from tests.delivery.desk import Market, team
market = Market(Path(sys.argv[1]), Path(sys.argv[1]).parent)
market.teams = [team(deliver=[{"means": "email", "to": ["one@example.org", "two@example.org"]}])]
if len(sys.argv) > 2:
    import os
    from tasks.delivery import mail
    real = mail.send
    mail.send = lambda *given: (real(*given) if sys.argv[2] == "after" else None, os._exit(9))
print([one.state for one in deliver(market.order)])
"""


def process(market, *fate):
    return subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", SCRIPT, str(market.root), *fate],
        stdout=subprocess.PIPE, text=True, cwd=teams.__file__.rsplit("/", 3)[0],
    )  # fmt: skip


def test_two_processes_at_once_deliver_once(market, letters):
    market.teams = [team(deliver=[EMAIL])]
    market.publish()
    told = [one.communicate(timeout=60)[0] for one in [process(market), process(market)]]
    assert len(letters.got) == 1
    assert sum("delivered" in one for one in told) == 1
    assert market.events.count(("delivered", "crm", "email")) == 1


@pytest.mark.parametrize(("fate", "sent"), [("before", 0), ("after", 1)])
def test_who_dies_between_claim_and_record_is_told_and_asked_for_again(market, letters, monkeypatch, fate, sent):
    market.teams = [team(deliver=[EMAIL])]
    market.publish()
    with process(market, fate) as dying:
        dying.communicate(timeout=60)
    assert (dying.returncode, len(letters.got)) == (9, sent)
    assert market.events[-1] == ("delivering", "crm", "email")
    (found,) = deliver(market.order)
    assert (found.state, found.good) == ("underway", True), "it may still be at it"
    monkeypatch.setattr(log, "DEAD_AFTER", timedelta(0))
    (found,) = deliver(market.order)
    assert (found.state, found.good) == ("unclear", False)
    assert "`strata deliver DE --again crm` sends it once more" in found.detail
    assert len(letters.got) == sent, "nothing is sent twice by itself"
    assert states(deliver(market.order, again=["crm"])) == [("email", "delivered")]
    assert len(letters.got) == sent + 1
    assert len({message_from_bytes(content)["Message-ID"] for _, content, _ in letters.got}) == 1
    assert market.events == [("published",), ("delivered", "crm", "email")]


def test_files_that_a_dead_process_may_have_brought_are_brought_again_without_a_hand(market, shared, monkeypatch):
    manifest = market.publish()
    claim = log.Fact("delivering", JUNE, manifest.publication, log.Slot("crm", "folder"), "dead", datetime.now(UTC))
    market.order.swap(lambda pointer: log.recording(pointer, claim))
    assert states(deliver(market.order)) == [("folder", "underway")]
    monkeypatch.setattr(log, "DEAD_AFTER", timedelta(0))
    assert states(deliver(market.order)) == [("folder", "delivered")]
    assert len(files(shared)) == 2
    assert market.events == [("published",), ("delivered", "crm", "folder")]


@pytest.mark.parametrize(("kind", "left"), [("folder", False), ("email", True)])
def test_who_interrupts_gives_files_back_and_leaves_a_message_to_be_decided(
    market, tmp_path, letters, monkeypatch, kind, left
):
    means = {"folder": {"means": "folder", "to": str(tmp_path / "f")}, "email": EMAIL}[kind]
    market.teams = [team(deliver=[means])]
    market.publish()

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(outgoing, "hand_over", interrupted)
        with pytest.raises(KeyboardInterrupt):
            deliver(market.order)
    assert (("delivering", "crm", kind) in market.events) == left
    assert letters.got == []


def test_a_fault_that_nobody_foresaw_is_told_by_its_kind_and_fails_no_run(market, shared, monkeypatch):
    manifest = market.publish()

    def broken(*_):
        raise ValueError("Erika Mustermann")

    monkeypatch.setattr(outgoing, "hand_over", broken)
    (found,) = deliver_market(run_of(market), manifest.publication)
    assert (found.state, found.detail, found.error) == ("failed", "ValueError", "ValueError")
    assert not shared.exists()
    assert market.events == [("published",)]


def run_of(market):
    from tasks.run import MarketRun

    order = market.order
    return MarketRun("DE", JUNE, order.profile, order.digest, "landing", order.publish, market.folder, pointer="cas")


# --- what counts ---


def test_what_is_held_is_not_delivered_and_is_once_it_is_approved(market, shared):
    manifest = market.publish(MAY)
    deliver(market.order)
    held = manifest.model_copy(update={"publication": "f" * 24, "as_of": JUNE})
    moment = market.pointer.events[0].when
    update_pointer(market.store, "DE", lambda found: holding(found, held, who="gate", when=moment), "cas")
    assert deliver_market(run_of(market), held.publication) == ()
    assert states(deliver(market.order)) == [("folder", "already")]
    assert not [name for name in files(shared) if "06-30" in name]
    (market.store.root / f"country=DE/as_of={MAY}/publication={manifest.publication}").rename(
        market.store.root / f"country=DE/as_of={MAY}/x"
    )
    with pytest.raises(PublicationError, match="nothing is published for that date"):
        deliver(market.order, as_of=JUNE)


def test_an_approved_one_is_delivered(market, shared):
    manifest = market.publish()
    market.withdraw(manifest)
    assert deliver_market(run_of(market), manifest.publication) == ()
    moment = market.pointer.events[0].when
    update_pointer(
        market.store, "DE",
        lambda found: approving(found, JUNE, manifest.publication, who="x", when=moment, why="right"), "cas",
    )  # fmt: skip
    assert states(deliver_market(run_of(market), manifest.publication)) == [("folder", "delivered")]
    assert len(files(shared)) == 2


def test_a_backfilled_older_date_is_not_delivered_unless_asked(market, shared):
    market.publish(JUNE)
    deliver(market.order)
    older = market.publish(MAY)
    assert deliver_market(run_of(market), older.publication) == ()
    assert states(deliver(market.order)) == [("folder", "already")]
    assert not [name for name in files(shared) if "05-31" in name]
    assert states(deliver(market.order, as_of=MAY)) == [("folder", "delivered")]
    assert [name for name in files(shared) if "05-31" in name]


def test_a_newer_publication_of_the_date_takes_the_place_of_the_bundle(market, shared):
    market.publish()
    deliver(market.order)
    before = (shared / "DE_2026-06-30_de-DE.zip").read_bytes()
    market.publish(seed="b")
    assert states(deliver(market.order)) == [("folder", "delivered")]
    assert (shared / "DE_2026-06-30_de-DE.zip").read_bytes() != before


def test_a_dry_run_sends_nothing_and_claims_nothing(market, shared):
    market.publish()
    assert states(deliver(market.order, dry_run=True)) == [("folder", "planned")]
    assert not shared.exists()
    assert market.events == [("published",)]


def test_only_the_teams_that_are_named_get_it(market, tmp_path):
    places = [{"means": "folder", "to": str(tmp_path / "all")}]
    market.teams = [team("crm", deliver=places), team("board", deliver=places)]
    market.publish()
    assert [one.team for one in deliver(market.order, teams=["board"])] == ["board"]
    with pytest.raises(Terminal, match="no such team; found 'shops'; expected board or crm"):
        deliver(market.order, teams=["shops"])


# --- recalls ---


def test_a_withdrawal_takes_the_bundle_back_where_it_was_put_and_says_so_there(market, shared):
    market.publish(MAY)
    manifest = market.publish(JUNE)
    deliver(market.order)
    market.withdraw(manifest)
    assert states(recall(market.order, manifest.publication)) == [("folder", "recalled")]
    (notice,) = files(shared)
    assert notice.startswith("DE_2026-06-30_de-DE_")
    assert notice.endswith(".txt")
    assert "30. Juni 2026" in (shared / notice).read_text(encoding="utf-8-sig")
    assert market.events[-1] == ("recalled", "crm", "folder")
    assert recall(market.order, manifest.publication) == (), "nobody is told twice"


def test_only_who_had_got_it_is_told(market, letters, tmp_path):
    market.teams = [team("crm", deliver=[EMAIL]), team("board", deliver=[{"means": "email", "to": ["b@example.org"]}])]
    manifest = market.publish()
    deliver(market.order, teams=["crm"])
    market.withdraw(manifest)
    assert [(one.team, one.state) for one in recall(market.order, manifest.publication)] == [("crm", "recalled")]
    report, taken_back = (message_from_bytes(content) for _, content, _ in letters.got)
    assert taken_back["In-Reply-To"] == taken_back["References"] == report["Message-ID"]
    assert taken_back["Message-ID"] != report["Message-ID"]
    assert tmp_path.exists()


def test_who_may_have_got_it_is_told_too(market, letters):
    market.teams = [team(deliver=[EMAIL])]
    manifest = market.publish()
    with process(market, "after") as dying:
        dying.communicate(timeout=60)
    market.withdraw(manifest)
    assert states(recall(market.order, manifest.publication)) == [("email", "recalled")]
    assert len(letters.got) == 2
    assert "delivering" not in {event for event, *_ in market.events}


def test_a_recall_that_failed_is_made_by_the_next_delivery(market, letters, monkeypatch):
    market.teams = [team(deliver=[EMAIL])]
    market.publish(MAY)
    manifest = market.publish(JUNE)
    deliver(market.order)
    market.withdraw(manifest)
    with monkeypatch.context() as patched:
        patched.delenv("STRATA_SMTP__HOST")
        patched.delenv("STRATA_SMTP__FROM")
        for name in ("PORT", "TLS", "CA_BUNDLE", "TIMEOUT"):
            patched.delenv(f"STRATA_SMTP__{name}")
        (found,) = recall(market.order, manifest.publication)
        assert (found.state, "no mail server is set" in found.detail) == ("failed", True)
    assert states(deliver(market.order)) == [("email", "recalled"), ("email", "delivered")]
    assert len(letters.got) == 3


def test_after_a_withdrawal_the_one_before_of_the_same_date_is_delivered_again(market, shared):
    market.publish(JUNE)
    deliver(market.order)
    first = (shared / "DE_2026-06-30_de-DE.zip").read_bytes()
    second = market.publish(JUNE, seed="b")
    deliver(market.order)
    market.withdraw(second)
    assert states(deliver(market.order)) == [("folder", "recalled"), ("folder", "delivered")]
    assert (shared / "DE_2026-06-30_de-DE.zip").read_bytes() == first
    assert len(files(shared)) == 2, "the note is gone"


def test_a_late_recall_leaves_alone_what_has_come_in_the_bundles_place(market, shared, monkeypatch):
    market.publish()
    deliver(market.order)
    second = market.publish(seed="b")
    deliver(market.order)
    market.withdraw(second)

    def broken(*_):
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(recalling, "take_back", broken)
        assert states(deliver(market.order)) == [("folder", "failed"), ("folder", "delivered")]
    before = {name: (shared / name).read_bytes() for name in files(shared)}
    assert states(deliver(market.order)) == [("folder", "recalled"), ("folder", "already")]
    assert {name: (shared / name).read_bytes() for name in files(shared)} == before


def test_what_was_recalled_and_approved_after_all_is_another_message(market, letters):
    market.teams = [team(deliver=[EMAIL])]
    manifest = market.publish()
    deliver(market.order)
    market.withdraw(manifest)
    recall(market.order, manifest.publication)
    moment = market.pointer.events[0].when
    update_pointer(
        market.store, "DE",
        lambda found: approving(found, JUNE, manifest.publication, who="x", when=moment, why="right"), "cas",
    )  # fmt: skip
    assert states(deliver(market.order)) == [("email", "delivered")]
    assert len({message_from_bytes(content)["Message-ID"] for _, content, _ in letters.got}) == 3


def test_a_team_that_is_gone_is_noted_and_does_not_come_up_again(market, shared):
    market.publish(MAY)
    manifest = market.publish()
    deliver(market.order)
    market.withdraw(manifest)
    market.teams = [team("others", grants=())]
    (found,) = recall(market.order, manifest.publication)
    assert (found.state, "no such means any more" in found.detail) == ("recalled", True)
    assert market.pointer.events[-1].why == found.detail
    assert recall(market.order, manifest.publication) == ()
    assert len(files(shared)) == 2
