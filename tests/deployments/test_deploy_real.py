"""A real server and worker: deployed, scheduled, run, tried again, cancelled, and killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import urllib.error
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.deployments.conftest import ROOT, free_port, marked, until, up

pytestmark = pytest.mark.slow

AS_OF = "2026-06-30"
#: The marker for which runs of BG wait: until a test puts it there, such a run does nothing else.
MARKER = "fertig.txt"


@pytest.fixture(scope="module")
def receiver():
    """A web server that keeps what is posted to it."""
    got = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keep)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}", got
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def mailbox():
    """A mail server that keeps what it is given."""
    from aiosmtpd.controller import Controller

    got = []

    class Keep:
        async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
            got.append((envelope.rcpt_tos, envelope.content.decode()))
            return "250 OK"

    port = free_port()
    controller = Controller(Keep(), hostname="127.0.0.1", port=port)
    controller.start()
    yield f"127.0.0.1:{port}", got
    controller.stop()


def profiles(folder, schedule="every: never"):
    """The profiles of CH, with that schedule, and of DE and BG, which never run by themselves: BG waits for a file."""
    markets = folder / "profiles" / "markets"
    markets.mkdir(parents=True, exist_ok=True)
    bulgarian, swiss, german = (
        (ROOT / f"region_profiles/markets/{name}.yaml").read_text() for name in ("bg", "ch", "de")
    )
    arrival = f"source:\n  arrival: {{marker: {MARKER}, wait_minutes: 30}}\n"
    (markets / "ch.yaml").write_text(f"{swiss}\nschedule: {{{schedule}}}\n")
    (markets / "de.yaml").write_text(f"{german}\nschedule: {{every: never}}\n")
    (markets / "bg.yaml").write_text(bulgarian.replace("source:\n", arrival, 1) + "\nschedule: {every: never}\n")
    return folder / "profiles"


@pytest.fixture(scope="module")
def at_work(market_drops, tmp_path_factory, receiver, mailbox):
    """`strata up` on SQLite, with every channel set up."""
    folder = tmp_path_factory.mktemp("sqlite")
    shutil.copytree(ROOT / "deployments", folder / "deployments")
    with up(
        folder,
        market_drops,
        STRATA_PROFILES=str(profiles(folder)),
        STRATA_NOTIFY__WEBHOOK=f"http://{receiver[0]}/hook",
        STRATA_NOTIFY__SLACK=f"json://{receiver[0]}/slack",
        STRATA_NOTIFY__EMAIL=f"mailto://{mailbox[0]}?from=ops@example.com&to=team@example.com",
    ) as installation:
        yield installation


def test_a_second_deploy_changes_nothing_and_says_so(at_work):
    found = at_work.strata("deploy", "--json")
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    assert (told["changes"], told["left_over"]) == ([], [])
    code, said = at_work.deploy()
    assert (code, said.split(":")[0]) == (0, "nothing to change")


def test_a_dry_run_says_what_would_change_and_changes_nothing(at_work):
    with changed(at_work, "prefect.yaml", 'cron: "0 7 * * 1"', 'cron: "0 8 * * 1"'):
        for _ in range(2):
            assert "0 7 * * 1 UTC -> 0 8 * * 1 UTC" in at_work.deploy(dry_run=True)[1]
    assert at_work.deployment("reviews/weekly")["schedules"][0]["schedule"]["cron"] == "0 7 * * 1"


def test_a_paused_schedule_stays_paused_when_it_is_changed(at_work):
    deployment = at_work.deployment("reviews/weekly")
    (schedule,) = deployment["schedules"]
    at_work.ask(f"/deployments/{deployment['id']}/schedules/{schedule['id']}", "PATCH", active=False)
    with changed(at_work, "prefect.yaml", 'cron: "0 7 * * 1"', 'cron: "0 9 * * 1"'):
        at_work.deploy()
    (now,) = at_work.deployment("reviews/weekly")["schedules"]
    assert (now["schedule"]["cron"], now["active"]) == ("0 9 * * 1", False)
    assert "0 9 * * 1 UTC -> 0 7 * * 1 UTC" in at_work.deploy()[1]


@contextmanager
def changed(at_work, name, before, after):
    """A file of deployments/ with something else in it."""
    file = at_work.folder / "deployments" / name
    whole = file.read_text()
    assert before in whole
    file.write_text(whole.replace(before, after))
    yield
    file.write_text(whole)


@pytest.fixture(scope="module")
def planned(at_work):
    """A run of CH that the profile plans, a minute or two from now: it starts by itself, beside the others."""
    flow_runs = {"state": {"type": {"any_": ["SCHEDULED"]}}}
    for _ in range(5):  # a machine so busy that the minute was over before it was deployed gets a later one
        moment = datetime.now(UTC) + timedelta(seconds=100)
        zone = "UTC" if 1 <= moment.hour <= 22 else "Asia/Tokyo"  # no clock on which a day is about to end
        profiles(at_work.folder, f'at: "{moment.astimezone(ZoneInfo(zone)):%H:%M}", time_zone: {zone}')
        code, said = at_work.deploy()
        assert code == 0, said
        found = until(
            lambda: [run for run in at_work.ask("/flow_runs/filter", flow_runs=flow_runs) if run["auto_scheduled"]
                     and run["parameters"] == {"markets": ["CH"]}],
            at_work.said,
        )  # fmt: skip
        first = min(found, key=lambda run: run["expected_start_time"])
        if datetime.fromisoformat(first["expected_start_time"]) < datetime.now(UTC) + timedelta(minutes=3):
            return first["id"]
    raise AssertionError(at_work.said())


def test_a_changed_profile_changes_its_schedule_at_the_next_deploy(at_work, planned):
    assert at_work.run(planned)["state_type"] in {"SCHEDULED", "PENDING", "RUNNING", "COMPLETED"}
    (schedule,) = at_work.deployment("stratify/europe")["schedules"]
    assert (schedule["slug"], schedule["parameters"]) == ("ch", {"markets": ["CH"]})


def test_what_no_file_names_is_listed_and_deleted_only_on_demand(at_work):
    flow = at_work.ask("/flows/", name="stratify")["id"]
    at_work.ask("/deployments/", name="atlantis", flow_id=flow, tags=["strata"], entrypoint="flows.stratify.stratify")
    assert "in no file" in at_work.deploy()[1]
    assert at_work.deployment("stratify/atlantis")
    assert "deleted" in at_work.deploy(prune=True, yes=True)[1]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        at_work.deployment("stratify/atlantis")


def test_a_manual_run_with_parameters_publishes_and_its_name_says_market_and_date(at_work):
    number = at_work.start("stratify/europe", markets=["DE"], as_of=AS_OF)
    run = at_work.ended(number, "Completed")
    assert run["name"] == f"stratify DE as of {AS_OF}"
    assert run["state"]["message"] == "1 of 1 markets published"
    artifacts = at_work.ask("/artifacts/filter", artifacts={"flow_run_id": {"any_": [number]}})
    assert sorted(one["key"] for one in artifacts) == ["market-de", "operations"]
    pointer = json.loads((at_work.published / "country=DE" / "current.json").read_text())
    assert pointer["current"] == AS_OF


def test_a_parameter_of_another_type_is_refused_before_anything_runs(at_work):
    with pytest.raises(urllib.error.HTTPError, match="409"):
        at_work.start("stratify/europe", markets="DE")


def test_a_failed_run_is_told_to_every_channel_and_completes_when_it_is_tried_again(at_work, receiver, mailbox):
    away = at_work.folder / "away"
    (at_work.landing / "DE").rename(away)
    number = at_work.start("stratify/europe", markets=["DE"], as_of=AS_OF)
    failed = at_work.ended(number, "Failed")
    assert "no such folder" in failed["state"]["message"]
    subject = f"strata: stratify DE as of {AS_OF}: Failed"
    until(lambda: {path for path, body in receiver[1] if subject in body.values()} == {"/hook", "/slack"}, receiver[1])
    until(lambda: any(to == ["team@example.com"] and subject in text for to, text in mailbox[1]), mailbox[1])
    away.rename(at_work.landing / "DE")
    at_work.set_state(number, "SCHEDULED", "AwaitingRetry")
    again = at_work.ended(number, "Completed")
    assert again["run_count"] == 2  # the second try of the same run
    assert again["name"] == failed["name"]


def test_a_held_publication_is_told_with_what_holds_it(at_work, receiver):
    """The event is what `flows.running.serving.tell` emits; that a gate holds is the gate's own test."""
    held = {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": "strata.market.held",
        "resource": {
            "prefect.resource.id": "strata.market.DE",
            "prefect.resource.name": "DE",
            "strata.as-of": AS_OF,
            "strata.publication": "4fb8eb5177161db9c5ba3807",
        },
        "payload": {"detail": "held, 4fb8eb5177161db9c5ba3807", "error": "", "hints": ["rows_read is 50"]},
    }
    at_work.send("/events", [held])
    bodies = until(
        lambda: [body["body"] for path, body in receiver[1] if body.get("subject") == "strata: DE is held"], receiver[1]
    )
    assert f"DE as of {AS_OF}: held, 4fb8eb5177161db9c5ba3807\n- rows_read is 50" in bodies[0]


def test_a_cancelled_run_ends_within_a_minute_and_its_attempt_says_so(at_work):
    number = at_work.start("stratify/europe", markets=["BG"], as_of=AS_OF)
    at_work.waiting("BG")
    began = datetime.now(UTC)
    at_work.set_state(number, "CANCELLING", "Cancelling")
    at_work.ended(number, "Cancelled", seconds=60)
    assert datetime.now(UTC) - began < timedelta(seconds=60)
    assert at_work.attempts("BG")[-1]["outcome"] == "cancelled"
    assert not at_work.engines(number)
    slots = at_work.ask("/v2/concurrency_limits/strata-market-bg", "GET")["active_slots"]
    assert slots == 0


def test_a_run_whose_process_is_killed_is_crashed_by_its_worker(at_work):
    tried = len(at_work.attempts("BG"))
    number = at_work.start("stratify/europe", markets=["BG"], as_of=AS_OF)
    at_work.waiting("BG", tried)
    for pid in until(lambda: at_work.engines(number), at_work.said):
        os.kill(pid, signal.SIGKILL)
    at_work.ended(number, "Crashed")


def test_a_run_goes_on_when_its_worker_is_killed_and_the_worker_is_started_again(at_work):
    tried = len(at_work.attempts("BG"))
    number = at_work.start("stratify/europe", markets=["BG"], as_of=AS_OF)
    at_work.waiting("BG", tried)  # once the killed run's claim on BG is over
    (worker,) = at_work.processes("worker start")
    os.kill(worker, signal.SIGKILL)
    until(lambda: [one for one in at_work.processes("worker start") if one != worker], at_work.said)
    (at_work.landing / "BG" / MARKER).touch()
    assert at_work.ended(number, "Completed")["state"]["message"] == "1 of 1 markets published"
    (at_work.landing / "BG" / MARKER).unlink()


def test_a_run_that_dies_with_its_worker_is_crashed_by_the_automation(at_work):
    """With 15 seconds instead of 100: the first heartbeat comes at the start, the next would after 30."""
    with changed(at_work, "automations.yaml", "within: 100", "within: 15"):
        assert "changed: trigger" in at_work.deploy()[1]
    tried = len(at_work.attempts("BG"))
    number = at_work.start("stratify/europe", markets=["BG"], as_of=AS_OF)
    at_work.waiting("BG", tried)
    for pid in (*at_work.processes("worker start"), *at_work.engines(number)):
        os.kill(pid, signal.SIGKILL)
    crashed = at_work.ended(number, "Crashed")
    assert "No heartbeat" in crashed["state"]["message"]
    assert "changed: trigger" in at_work.deploy()[1]  # with its 100 seconds again


def test_a_scheduled_run_starts_by_itself_and_is_of_the_local_yesterday(at_work, planned):
    run = at_work.ended(planned, "Completed", "Held", seconds=240)
    due = datetime.fromisoformat(run["expected_start_time"]).astimezone(ZoneInfo("Europe/Zurich"))
    assert run["name"] == f"stratify CH as of {due.date() - timedelta(days=1)}"
    assert run["parameters"] == {"markets": ["CH"]}


def test_when_it_is_told_to_stop_runs_are_cancelled_and_no_process_is_left(at_work):
    tried = len(at_work.attempts("BG"))
    at_work.start("stratify/europe", markets=["BG"], as_of=AS_OF)
    at_work.waiting("BG", tried)
    at_work.process.send_signal(signal.SIGTERM)
    assert at_work.process.wait(60) == 0
    assert list(marked(at_work.environ["STRATA_TEST"])) == []
    assert "stopped, no process is left" in (at_work.folder / "up.log").read_text()
    assert at_work.attempts("BG")[-1]["outcome"] == "cancelled"


def test_on_postgresql_it_deploys_runs_and_cancels_as_well(postgres, market_drops, tmp_path_factory):
    folder = tmp_path_factory.mktemp("postgresql")
    postgres.do("CREATE DATABASE prefect")
    address = postgres.address("owner", database="prefect").replace("postgresql://", "postgresql+asyncpg://")
    environ = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": address, "STRATA_PROFILES": str(profiles(folder))}
    with up(folder, market_drops, **environ) as installation:
        assert "PostgreSQL" in (folder / "up.log").read_text()
        assert json.loads(installation.strata("deploy", "--json").stdout)["changes"] == []
        whole = installation.start("stratify/europe", markets=["DE"], as_of=AS_OF)
        waits = installation.start("stratify/europe", markets=["BG"], as_of=AS_OF)
        installation.waiting("BG")
        installation.set_state(waits, "CANCELLING", "Cancelling")
        installation.ended(waits, "Cancelled", seconds=60)
        assert installation.ended(whole, "Completed")["name"] == f"stratify DE as of {AS_OF}"
        (run,) = installation.attempts("BG")
        assert run["outcome"] == "cancelled"
        number = postgres.do("SELECT count(*) FROM pg_stat_database WHERE datname = 'prefect'")
        assert number[0][0] == 1
    assert list(marked(folder.name)) == []
    assert not Path(folder / "home" / "prefect.db").exists()
