"""`strata status` and `strata diff` on publications whose every number is written down here."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest

from tasks.errors import Terminal
from tasks.objects import open_store
from tasks.publish.manifest import Manifest, exports_of, publication_id
from tasks.publish.publication import find_previous, publish
from tasks.publish.runs import record_end, record_start

MAY, JUNE = date(2026, 5, 31), date(2026, 6, 30)

#: lifecycle -> customers, by number; each spent 10.00 EUR gross, which are 9.00 USD net. DE withholds under 10.
BEFORE = {"loyal": range(40), "new": range(40, 60), "at_risk": range(60, 72)}
#: 12 of the new became loyal, 3 of the loyal are at risk; 12 at risk are gone; 11 are new customers.
AFTER = {
    "loyal": [*range(3, 40), *range(40, 52)],
    "new": [*range(52, 60), *range(100, 111)],
    "at_risk": range(3),
}


@pytest.fixture
def published(tmp_path):
    """A function that publishes DE with these customers as of a day; gives the manifest."""
    store = open_store(tmp_path / "published")

    def make(as_of, lifecycle, key="3" * 16, profile="1" * 64):
        staged = tmp_path / f"staged{len(list(tmp_path.iterdir()))}"
        (staged / "canonical").mkdir(parents=True)
        rows = ", ".join(f"('c{number}', '{segment}')" for segment, found in lifecycle.items() for number in found)
        with duckdb.connect() as con:
            con.execute(
                f"COPY (SELECT id AS customer_id, 10.00::DECIMAL(18,2) AS monetary_local, 'EUR' AS currency,"
                f" 9.00::DECIMAL(18,2) AS monetary_reference, 'USD' AS reference_currency,"
                f" segment AS segment_lifecycle, 'all' AS stratum FROM (VALUES {rows}) AS t(id, segment))"
                f" TO '{staged}/canonical/customers.parquet' (FORMAT parquet)"
            )
        previous = find_previous(store, "DE", as_of)
        identity = {
            "country": "DE",
            "as_of": as_of,
            "profile": profile,
            "references": {},
            "tombstones": None,
            "pseudonym_key": key,
            "output_version": 1,
            "previous": previous.sha256 if previous else None,
        }
        manifest = Manifest(
            **identity,
            publication=publication_id(inputs=[], **identity),
            inputs=[],
            ledger={},
            columns={},
            exports=exports_of(staged),
        )
        publish(store, staged, manifest, who="test")
        return manifest

    make.root = tmp_path / "published"
    make.store = store
    return make


def table(found):
    """The rows of the first table that was printed, as words."""
    return [line.split() for line in found.out.splitlines()]


# --- diff -------------------------------------------------------------------------------------------------------------


def test_sizes_and_revenue_before_and_after_and_what_is_small_is_withheld(strata, published):
    published(MAY, BEFORE)
    published(JUNE, AFTER)
    found = strata("diff", "de", MAY, JUNE, "--publish", published.root)
    assert found.code == 0
    rows = table(found)
    assert ["DE:", "2026-05-31", "->", "2026-06-30"] in rows
    assert ["lifecycle", "loyal", "40", "49", "+9", "400.00", "490.00"] in rows
    # 3 are at risk: withheld, and the next smaller segment with it, or 71 - 49 - 19 would tell.
    assert ["lifecycle", "at_risk", "12", "withheld", "120.00", "withheld"] in rows
    assert ["lifecycle", "new", "20", "withheld", "200.00", "withheld"] in rows
    assert "before: 72 customers, revenue 720.00 EUR gross, 648.00 USD net" in found.out
    assert "after: 71 customers, revenue 710.00 EUR gross, 639.00 USD net" in found.out


def test_moves_with_counts_but_no_small_one_and_new_and_gone_customers(strata, published):
    published(MAY, BEFORE)
    published(JUNE, AFTER)
    found = strata("diff", "DE", MAY, JUNE, "--publish", published.root)
    moves = [line for line in found.out.splitlines() if " -> " in line and line.startswith("  ")]
    assert moves == ["  new -> loyal: 12"]
    assert "new customers: 11; gone: 12" in found.out


def test_new_and_gone_are_withheld_together_where_one_is_small(strata, published):
    published(MAY, BEFORE)
    published(JUNE, {**BEFORE, "new": [*range(40, 60), *range(100, 104)]})
    found = strata("diff", "DE", MAY, JUNE, "--publish", published.root)
    assert "new customers: withheld; gone: withheld" in found.out
    assert "no moves of 10 customers or more" in found.out


def test_as_json_a_withheld_count_is_null(strata, published):
    published(MAY, BEFORE)
    published(JUNE, AFTER)
    told = json.loads(strata("diff", "DE", MAY, JUNE, "--publish", published.root, "--json").out)
    assert told["moves"] == [{"dimension": "lifecycle", "from": "new", "to": "loyal", "customers": 12}]
    assert (told["new"], told["gone"]) == (11, 12)
    by_segment = {row["segment"]: row for row in told["segments"] if row["dimension"] == "lifecycle"}
    assert by_segment["at_risk"]["before"] == {"customers": 12, "revenue_local": "120.00"}
    assert by_segment["at_risk"]["after"] == {"customers": None, "revenue_local": None}
    assert told["after"]["revenue_reference"] == "639.00"


def test_a_changed_profile_is_said(strata, published):
    published(MAY, BEFORE)
    published(JUNE, BEFORE, profile="2" * 64)
    found = strata("diff", "DE", MAY, JUNE, "--publish", published.root)
    assert "the profile changed between the two: moves may come from its rules" in found.out


def test_a_market_under_the_minimum_shows_nothing_at_all(strata, published):
    published(MAY, {"loyal": range(5)})
    published(JUNE, {"loyal": range(4)})
    found = strata("diff", "DE", MAY, JUNE, "--publish", published.root)
    assert found.code == 0
    assert "before: under 10 customers" in found.out
    assert not {"4", "5", "40.00", "50.00"} & {word for row in table(found) for word in row}


def test_customers_of_different_keys_cannot_be_compared(strata, published):
    published(MAY, BEFORE)
    published(JUNE, AFTER, key="4" * 16)
    found = strata("diff", "DE", MAY, JUNE, "--publish", published.root)
    assert found.code == 2
    assert "STRATA_PSEUDONYM_KEY changed between them" in found.err


def test_a_date_without_a_publication_is_told_which_there_are(strata, published):
    published(MAY, BEFORE)
    found = strata("diff", "DE", MAY, JUNE, "--publish", published.root)
    assert found.code == 2
    assert "nothing is published as of 2026-06-30" in found.err
    assert "published dates: 2026-05-31" in found.err
    assert "the market has no publication there" in strata("diff", "FR", MAY, JUNE, "--publish", published.root).err


def test_a_damaged_object_is_refused(strata, published):
    published(MAY, BEFORE)
    published(JUNE, AFTER)
    (path,) = published.root.glob("country=DE/as_of=2026-05-31/*/canonical/customers.parquet")
    path.write_bytes(path.read_bytes()[:-1])
    found = strata("diff", "DE", MAY, JUNE, "--publish", published.root)
    assert found.code == 2
    assert "an object is not what its manifest says" in found.err


def test_a_publish_root_is_needed(strata):
    for words in (("diff", "DE", MAY, JUNE), ("status",)):
        found = strata(*words)
        assert found.code == 2
        assert "say --publish URI or set STRATA_PUBLISH" in found.err


# --- status -----------------------------------------------------------------------------------------------------------


def attempt(store, outcome, *, age=timedelta(minutes=1), market="DE", error=None):
    """An attempt that began so long ago; `running` never ended."""
    begun = record_start(store, market, JUNE, "run", engine="duckdb", started=datetime.now(UTC) - age)
    if outcome != "running":
        record_end(store, begun, outcome=outcome, step="ingest" if error else None, error=error)


def test_the_current_publication_its_age_and_the_last_attempt(strata, published):
    published(MAY, BEFORE)
    published(JUNE, AFTER)
    attempt(published.store, "published")
    found = strata("status", "--publish", published.root)
    assert found.code == 1  # the profile's schedule is daily, and June is long ago
    (row,) = [row for row in table(found) if row[0] == "DE"]
    days = (datetime.now(ZoneInfo("Europe/Berlin")).date() - JUNE).days
    assert row[1:5] == ["late", str(JUNE), str(days), "d"]
    assert row[-2:] == [str(JUNE), "published"]


def test_a_failed_attempt_needs_a_look_and_says_why(strata, published):
    published(JUNE, BEFORE)
    attempt(published.store, "failed", error=Terminal("no such column", column="Kd-Nr", hint="check the header"))
    found = strata("status", "--publish", published.root)
    assert found.code == 1
    assert "DE: the last attempt failed in ingest: column Kd-Nr: no such column; check the header" in found.out


@pytest.mark.parametrize(("age", "code"), [(timedelta(minutes=5), 0), (timedelta(hours=7), 1)])
def test_an_attempt_without_an_end_runs_at_first_and_has_died_later(strata, published, age, code):
    attempt(published.store, "running", age=age)
    found = strata("status", "--publish", published.root)
    assert found.code == code
    assert ("never ended: run it again" in found.out) == bool(code)
    assert next(row for row in table(found) if row[0] == "DE")[2] == "none"


def test_a_date_built_on_another_predecessor_is_stale(strata, published):
    published(JUNE, AFTER)
    published(MAY, BEFORE)  # published later than June, which did not know it
    found = strata("status", "--publish", published.root)
    assert found.code == 1
    assert "stale, because an earlier date was published again: 2026-06-30" in found.out


def test_a_pointer_that_cannot_be_read_hides_no_other_market(strata, published):
    published(JUNE, BEFORE)
    broken = published.root / "country=FR" / "current.json"
    broken.parent.mkdir()
    broken.write_text("{}")
    found = strata("status", "--publish", published.root)
    assert found.code == 1
    assert {"DE", "FR"} <= {row[0] for row in table(found) if row}
    assert "FR: " in found.out
    assert "current.json" in found.out
    assert "FR" not in strata("status", "de", "--publish", published.root).out


def test_an_empty_root_is_no_fault(strata, tmp_path):
    found = strata("status", "--publish", tmp_path)
    assert found.code == 0
    assert "nothing is published" in found.out
    assert strata("status", "DE", "--publish", tmp_path).code == 1


# --- decisions --------------------------------------------------------------------------------------------------------


@pytest.fixture
def minutes(monkeypatch):
    """Decisions are a minute apart, as those of people are."""
    moments = (datetime.now(UTC) + timedelta(minutes=number) for number in range(100))

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return next(moments).astimezone(tz)

    monkeypatch.setattr("flows.commands.deciding.datetime", Clock)


@pytest.mark.usefixtures("minutes")
def test_a_decision_writes_the_page_of_operations_anew_as_status_says_it(strata, published, monkeypatch):
    monkeypatch.setattr("flows.delivering.teams.order_for", lambda *_: pytest.fail("no team is told in a dry run"))
    published(MAY, BEFORE)
    gone = published(JUNE, AFTER).publication
    decide = ("DE", "--publish", published.root, "--why", "checked")
    strata("withdraw", *decide, "--dry-run")
    assert not published.store.exists("operations.html")

    monkeypatch.setattr("flows.delivering.teams.order_for", _nobody)
    assert strata("withdraw", *decide, "--yes").code == 1
    withdrawn = published.store.read("operations.html").decode()
    assert f"{JUNE} was withdrawn by" in withdrawn
    approved = strata("approve", *decide, "--as-of", JUNE, "--yes")
    assert "approved by" in approved.out, approved.err
    assert f"{JUNE} was withdrawn by" not in published.store.read("operations.html").decode()
    assert gone in published.store.read("country=DE/current.json").decode()


@pytest.mark.usefixtures("minutes")
def test_a_decision_renews_the_artifact_where_a_server_is_named_and_stands_where_that_fails(
    strata, published, monkeypatch, caplog
):
    monkeypatch.setattr("flows.delivering.teams.order_for", _nobody)
    made = []

    class Client:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def create_artifact(self, artifact):
            made.append(artifact)
            if len(made) > 1:
                raise OSError

    monkeypatch.setattr("prefect.client.orchestration.get_client", lambda **_: Client())
    published(MAY, BEFORE)
    published(JUNE, AFTER)
    decide = ("DE", "--publish", published.root, "--why", "checked", "--yes")
    monkeypatch.setenv("PREFECT_API_URL", "http://ops/api")
    strata("withdraw", *decide)
    (artifact,) = made
    assert (artifact.key, artifact.type) == ("operations", "markdown")
    assert f"{JUNE} was withdrawn by" in artifact.data
    with caplog.at_level("WARNING", "strata"):
        strata("approve", *decide, "--as-of", JUNE)
    assert "the artifact of operations is not made: OSError" in caplog.text
    assert f"{JUNE} was withdrawn by" not in published.store.read("operations.html").decode()


def test_a_decision_is_told_with_all_its_facts(strata, published, monkeypatch):
    monkeypatch.setattr("flows.delivering.teams.order_for", _nobody)
    before = published(MAY, BEFORE).publication
    gone = published(JUNE, AFTER).publication
    decide = ("DE", "--publish", published.root, "--why", "wrong", "--who", "Ada", "--json")
    told = json.loads(strata("withdraw", *decide, "--yes").out)
    assert told.pop("when")
    assert told == {
        "market": "DE", "as_of": str(JUNE), "publication": gone, "who": "Ada", "why": "wrong", "dry_run": False,
        "state": "withdrawn", "again": None, "current": str(MAY), "stale": [],
        "recall": ["not delivered: nobody is there"],
    }  # fmt: skip
    would = json.loads(strata("approve", *decide, "--as-of", JUNE, "--dry-run").out)
    assert (would["state"], would["dry_run"]) == ("dry_run", True)
    told = json.loads(strata("approve", *decide, "--as-of", JUNE, "--yes").out)
    assert (told["state"], told["current"]) == ("approved", str(JUNE))
    assert told["delivery"] == ["not delivered: nobody is there"]
    again = json.loads(strata("approve", *decide, "--as-of", JUNE, "--yes").out)
    assert again["state"] == "unchanged"
    assert before != gone


def _nobody(*_):
    raise Terminal("nobody is there")
