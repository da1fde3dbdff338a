"""Whole runs at the gate: what is held is whole and unseen, what is approved counts, what is withdrawn goes."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from flows.cli import app
from tasks.gate.verdict import Verdict
from tasks.objects import open_store
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import publication_prefix, read_current, read_manifest, verify
from tasks.publish.runs import attempts
from tests.gate.shop import Till, month_end, run

APRIL, MAY = month_end(4), month_end(5)


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """Profiles, drops and the work of all runs; `published` holds three good months."""
    root = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRATA_WORK", str(root / "work"))
        states = [run(root, root / "published", Till(month_end(number)), f"m{number}").state for number in (1, 2, 3)]
    assert states == ["published"] * 3  # a first publication, and a second, have no past to be held by
    return root


@pytest.fixture
def at(shop, monkeypatch):
    monkeypatch.setenv("STRATA_WORK", str(shop / "work"))
    return shop


@pytest.fixture
def publish(shop, tmp_path):
    """A publish root with three good months."""
    shutil.copytree(shop / "published", tmp_path / "published")
    return tmp_path / "published"


@pytest.fixture(scope="session")
def with_april_held(shop, tmp_path_factory):
    """A publish root in which April, half of whose purchases cannot be read, is held; and how its run ended."""
    publish = tmp_path_factory.mktemp("held") / "published"
    shutil.copytree(shop / "published", publish)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRATA_WORK", str(shop / "work"))
        return publish, run(shop, publish, Till(APRIL, broken=0.5), "broken")


@pytest.fixture
def held(with_april_held, tmp_path):
    """A copy of that root."""
    shutil.copytree(with_april_held[0], tmp_path / "published")
    return tmp_path / "published"


def strata(at, publish, *arguments):
    given = [*arguments, "--publish", str(publish), "--profiles", str(at / "profiles")]
    return CliRunner().invoke(app, given)


def last_event(publish):
    return read_pointer(open_store(publish), "DE").pointer.events[-1]


def test_a_drop_of_which_half_cannot_be_read_is_held_and_readers_keep_what_they_had(with_april_held):
    publish, outcome = with_april_held
    store = open_store(publish)
    assert (outcome.state, outcome.error, outcome.needs_a_person) == ("held", None, True)
    pointer, manifest = read_current(store, "DE")
    assert (pointer.current, APRIL in pointer.selected) == (month_end(3), False)
    assert verify(store, "DE") == ()
    event = pointer.events[-1]
    assert (event.event, event.as_of, event.publication) == ("held", APRIL, outcome.publication)
    whole = read_manifest(store, "DE", APRIL, outcome.publication)
    prefix = publication_prefix("DE", APRIL, outcome.publication)
    assert all(store.exists(prefix + export.path) for export in whole.exports)
    assert whole.previous == manifest.customers


def test_the_verdict_names_what_holds_it_with_value_bound_and_reasons(with_april_held):
    publish, outcome = with_april_held
    verdict = Verdict.from_json(last_event(publish).gate)
    found = {(check.check, check.subject): check for check in verdict.holding}
    quarantined = found["quarantined", "transactions"]
    assert quarantined.expected == (None, 0.2)
    assert 0.4 < quarantined.value < 0.6
    assert quarantined.detail == "date:unreadable"
    assert ("rows_kept", "transactions") in found
    assert verdict.passed > 0
    assert any("quarantined of transactions" in hint for hint in outcome.hints)
    (attempt,) = [one for one in attempts(open_store(publish), "DE") if one.outcome == "held"]
    assert "quarantined" in attempt.facts["held_by"]


def test_the_markets_pages_say_what_is_held_and_what_to_do(with_april_held):
    publish, outcome = with_april_held
    index, gate = ((publish / "country=DE" / name).read_text("utf-8") for name in ("index.html", "gate.html"))
    assert 'href="gate.html"' in index
    assert "30.04.2024" in index
    assert f"strata approve DE --as-of 2024-04-30 --publication {outcome.publication}" in gate
    assert "30.04.2024" in gate
    assert re.search(r"\d+,\d\s%", gate)  # the share, as a German writes it
    assert re.search(r"M00\d\d", index + gate) is None


def test_the_same_drop_again_is_held_again_without_computing(at, held):
    steps = []

    def call(step):
        steps.append(step.__name__)
        return step

    before = read_pointer(open_store(held), "DE")
    outcome = run(at, held, Till(APRIL, broken=0.5), "broken", call)
    assert outcome.state == "held"
    assert "traits" not in steps
    assert read_pointer(open_store(held), "DE") == before
    assert any("quarantined of transactions" in hint for hint in outcome.hints)


def test_approve_makes_it_current_and_withdraw_takes_it_back(at, held):
    told = json.loads(strata(at, held, "approve", "DE", "--why", "checked", "--who", "Ada", "--yes", "--json").stdout)
    assert (told["state"], told["as_of"], told["current"]) == ("approved", str(APRIL), str(APRIL))
    event = next(e for e in reversed(read_pointer(open_store(held), "DE").pointer.events) if e.event == "approved")
    assert (event.who, event.why) == ("Ada", "checked")
    assert verify(open_store(held), "DE") == ()
    assert "strata approve" not in (held / "country=DE" / "gate.html").read_text("utf-8")
    again = strata(at, held, "approve", "DE", "--why", "checked", "--yes")
    assert (again.exit_code, "counts already" in again.stdout) == (0, True)

    gone = json.loads(strata(at, held, "withdraw", "DE", "--why", "no", "--yes", "--json").stdout)
    assert (gone["publication"], gone["again"], gone["current"]) == (told["publication"], None, str(month_end(3)))
    outcome = run(at, held, Till(APRIL, broken=0.5), "broken")
    assert (outcome.state, "withdrawn by" in outcome.detail) == ("held", True)
    assert read_current(open_store(held), "DE")[0].current == month_end(3)


def test_a_good_drop_for_the_date_lifts_the_hold_and_the_held_one_cannot_be_approved_any_more(at, held):
    assert run(at, held, Till(APRIL), "good").state == "published"
    refused = strata(at, held, "approve", "DE", "--as-of", str(APRIL), "--why", "late", "--yes")
    assert refused.exit_code != 0
    assert "a newer publication" in str(refused.exception)
    assert "strata approve" not in (held / "country=DE" / "gate.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("till", "by"),
    [
        (Till(APRIL, twice=True), {"duplicates", "rows_read"}),
        (Till(APRIL, share=0.5), {"rows_kept", "revenue"}),
    ],
    ids=["a file that came twice", "half a drop"],
)
def test_a_drop_that_is_wrong_in_size_is_held(at, publish, till, by):
    outcome = run(at, publish, till, f"{till.twice} {till.share}")
    assert outcome.state == "held"
    assert by <= set(outcome.facts["held_by"])


def test_a_first_publication_that_is_held_leaves_a_page_and_no_current(at, tmp_path):
    publish = tmp_path / "published"
    outcome = run(at, publish, Till(month_end(1), broken=0.5), "first")
    assert (outcome.state, outcome.facts["held_by"]) == ("held", ["quarantined"])
    assert read_current(open_store(publish), "DE") is None
    page = (publish / "country=DE" / "index.html").read_text("utf-8")
    assert "strata approve DE" in page
    assert 'href="../index.html"' in page


@pytest.mark.parametrize("command", ["approve", "withdraw"])
def test_a_dry_run_and_a_question_that_nobody_can_answer_change_nothing(at, held, command):
    before = read_pointer(open_store(held), "DE")
    dry = strata(at, held, command, "DE", "--why", "x", "--dry-run")
    assert (dry.exit_code, "would be" in dry.stdout) == (0, True)
    asked = strata(at, held, command, "DE", "--why", "x")
    assert "--yes" in str(asked.exception)
    empty = strata(at, held, command, "DE", "--why", "  ", "--yes")
    assert "--why is empty" in str(empty.exception)
    assert read_pointer(open_store(held), "DE") == before


def test_what_an_erasure_took_away_cannot_be_approved(at, held, with_april_held):
    shutil.rmtree(held / "country=DE" / f"as_of={APRIL}" / f"publication={with_april_held[1].publication}")
    refused = strata(at, held, "approve", "DE", "--why", "x", "--yes")
    assert "not in the store any more" in str(refused.exception)


def test_bundles_with_an_erased_person_stay_while_the_report_without_them_is_held_and_go_once_it_counts(
    at, publish, tmp_path, monkeypatch
):
    (tmp_path / "erased.txt").write_text("0" * 32 + "\n")
    monkeypatch.setenv("STRATA_TOMBSTONES", str(tmp_path / "erased.txt"))
    store = open_store(publish)
    bundle = f"country=DE/deliveries/{read_current(store, 'DE')[1].publication}/crm/DE.zip"
    store.replace(bundle, b"PK")
    till = Till(month_end(3), broken=0.5)
    assert run(at, publish, till, "erased").state == "held"
    assert store.exists(bundle), "teams still have that report"
    approved = strata(at, publish, "approve", "DE", "--why", "checked", "--yes")
    assert (approved.exit_code, store.exists(bundle)) == (0, False)
    store.replace(bundle, b"PK")
    assert run(at, publish, till, "erased").state == "unchanged"
    assert not store.exists(bundle), "what died before the deletion is made good"


def test_an_outcome_that_is_held_shows_in_the_artifact(with_april_held):
    shown = replace(with_april_held[1], segments=()).markdown()
    assert "# DE, 2024-04-30: held" in shown
    assert "strata approve DE --as-of 2024-04-30" in shown
