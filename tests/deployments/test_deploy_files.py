"""The files of deployments/: everything in them exists, loads and fits; what does not is told before anything is."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml

from flows.deploying.notifying import automation, faults, silent
from flows.deploying.preflight import preflight
from flows.deploying.wanted import BESIDE_MB, REGION, runs_at_once, wanted
from flows.settings import Settings
from region_profiles.loader import list_markets
from tasks.errors import Terminal

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "deployments"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    import os

    for name in [name for name in os.environ if name.startswith("STRATA_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def edited(tmp_path):
    """A function that writes prefect.yaml with something else in it, and gives the folder."""
    shutil.copytree(PLACE, tmp_path / "deployments")

    def change(before, after, name="prefect.yaml"):
        file = tmp_path / "deployments" / name
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))
        return tmp_path / "deployments"

    return change


# --- prefect.yaml -----------------------------------------------------------------------------------------------------


def test_every_entrypoint_loads_and_every_parameter_of_every_schedule_fits_its_flow():
    flows, wrong = preflight(wanted(PLACE, Settings()))
    assert wrong == ()
    assert {flow.name for flow in flows.values()} == {"stratify", "backfills", "chain", "references", "reviews"}


def test_every_region_of_the_world_has_its_deployment():
    regions = {file.stem for file in (ROOT / "region_profiles/regions").glob("*.yaml")}
    assert {one.region for one in wanted(PLACE, Settings()).deployments if one.region} == regions


def test_every_market_with_a_profile_has_one_schedule_of_its_own_and_a_limit():
    found = wanted(PLACE, Settings())
    scheduled = [(one.region, timed) for one in found.deployments if one.region for timed in one.schedules]
    assert sorted(timed.parameters["markets"][0] for _, timed in scheduled) == sorted(list_markets())
    assert len({(region, timed.slug) for region, timed in scheduled}) == len(scheduled)
    assert set(found.limits) == {f"strata-market-{market.lower()}" for market in list_markets()}


def test_residency_zones_become_deployments_of_their_own_on_pools_of_their_own(monkeypatch):
    for zone in ("eu", "jp", "cn", "kr"):
        for root in ("LANDING", "PUBLISH"):
            monkeypatch.setenv(f"STRATA_ZONES__{zone.upper()}__{root}", f"s3://{zone}-{root.lower()}")
    by_name = {one.name: one for one in wanted(PLACE, Settings()).deployments}
    assert by_name["europe-eu"].parameters == {"zone": "eu"}
    assert by_name["europe-eu"].work_pool.name == "strata-eu"
    assert [timed.slug for timed in by_name["east_asia-jp"].schedules] == ["jp"]
    assert by_name["backfills-jp"].tags == ("strata", "zone:jp")
    assert by_name["daily"].work_pool.name == "strata", "the chain reads aggregates of all zones"
    assert preflight(wanted(PLACE, Settings()))[1] == ()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("flows.reviews.reviews", "flows.reviews.review_all", "does not load: AttributeError"),
        ("flows.reviews.reviews", "flows.reviews.markdown", "is no flow"),
        ("flows.reviews.reviews", "flows.nothing.there", "ModuleNotFoundError"),
        ("tables: { ecb:", "table: { ecb:", "the flow has no parameter table; it has tables, into"),
        ("tables: { ecb:", "tables: { bundesbank:", "tables"),
        ('cron: "0 7 * * 1"', 'cron: "0 7 * * moonday"', "cron"),
        ("name: backfills\n", "name: daily\n", None),
        ("name: figures\n", "name: rates\n", "stands in the file twice"),
    ],
)
def test_what_would_break_a_run_is_told_before_anything_is_deployed(edited, before, after, says):
    _, wrong = preflight(wanted(edited(before, after), Settings()))
    if says is None:  # the same name under another flow is no fault
        assert wrong == ()
    else:
        assert any(says in str(fault) for fault in wrong), wrong


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("timezone: Europe/Berlin", "timezone: Europe/Belin", "no IANA time zone"),
        (", timezone: Europe/Berlin", "", "timezone: Field required"),
        ('tags: ["region:europe"]', "tags: []", "no deployment runs the markets of europe"),
        ("concurrency_limit: 1", "concurency_limit: 1", "concurency_limit: Extra inputs are not permitted"),
        ("deployments:\n", "deploy:\n", "has no list `deployments`"),
    ],
)
def test_a_file_that_cannot_be_meant_so_is_an_error_that_names_it(edited, before, after, says):
    place = edited(before, after)
    with pytest.raises(Terminal, match=re.escape(says)) as caught:
        wanted(place, Settings())
    assert caught.value.file == str(place / "prefect.yaml")


def test_a_profile_with_a_fault_stops_the_deployment_and_not_one_market_in_silence(tmp_path):
    markets = tmp_path / "markets"
    markets.mkdir()
    (markets / "de.yaml").write_text("market: {country: DE, time_zone: Mars/Olympus}\n")
    _, wrong = preflight(wanted(PLACE, Settings(profiles=tmp_path)))
    assert any("Mars/Olympus" in str(fault) for fault in wrong)


def test_as_many_runs_at_once_as_memory_holds_and_at_least_one():
    assert runs_at_once(Settings(memory="900MB", pool_memory="8GB")) == 8000 // (900 + BESIDE_MB) == 5
    assert runs_at_once(Settings(memory="4GB", pool_memory="2GB")) == 1
    with pytest.raises(Terminal, match="not a size"):
        runs_at_once(Settings(pool_memory="eight"))


def test_the_file_keeps_to_the_keys_of_prefects_own():
    """Keys of a deployment in prefect 3.8's prefect.yaml."""
    known = {"name", "description", "tags", "entrypoint", "parameters", "schedules", "work_pool", "concurrency_limit"}
    data = yaml.safe_load((PLACE / "prefect.yaml").read_text())
    assert all(set(entry) <= known for entry in data["deployments"])
    assert all(entry["entrypoint"].startswith("flows.") for entry in data["deployments"])
    assert any(REGION in tag for entry in data["deployments"] for tag in entry.get("tags", ()))


# --- automations.yaml -------------------------------------------------------------------------------------------------


def test_prefect_takes_every_automation():
    assert list(faults(wanted(PLACE, Settings()).automations)) == []


def test_an_automation_that_prefect_does_not_take_is_told_before_anything_is_deployed(edited):
    place = edited("posture: Reactive", "posture: Relaxed", "automations.yaml")
    _, wrong = preflight(wanted(place, Settings()))
    assert {fault.deployment for fault in wrong} >= {"automation strata failed runs"}


def test_a_message_goes_to_every_channel_and_without_any_nobody_is_told_which_is_said():
    entries = wanted(PLACE, Settings()).automations
    failed = next(entry for entry in entries if entry["name"] == "strata failed runs")
    from uuid import uuid4

    ids = {"webhook": uuid4(), "email": uuid4()}
    assert [action.block_document_id for action in automation(failed, ids).actions] == list(ids.values())
    assert automation(failed, {}) is None
    assert "strata failed runs" in silent(Settings(), entries)
    assert silent(Settings(notify={"webhook": "https://example.com"}), entries) == ()


def test_a_silent_run_is_declared_dead_only_after_three_heartbeats():
    zombie = next(one for one in wanted(PLACE, Settings()).automations if one["name"] == "strata zombie runs")
    every = {
        int(one.work_pool.job_variables["env"]["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"])
        for one in wanted(PLACE, Settings()).deployments
    }
    assert zombie["trigger"]["within"] >= 3 * max(every)


def test_the_server_of_this_environment_knows_our_block_types():
    """Else it could not send mail: the server sends messages, and it knows what entry points name."""
    assert "flows.blocks" in {one.value for one in entry_points(group="prefect.collections")}


# --- the image and the compose example --------------------------------------------------------------------------------


def instructions():
    """(word, rest) of the Containerfile's instructions."""
    lines = [line for line in (PLACE / "Containerfile").read_text().splitlines() if line and not line.startswith("#")]
    text = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines()]


def test_the_image_copies_only_what_is_there_and_its_context_leaves_out_nothing_of_it():
    copied = [
        source
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]
    allowed = [line[1:] for line in (PLACE / "Containerfile.dockerignore").read_text().splitlines() if line[:1] == "!"]
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source in allowed
    packages = {"flows", "tasks", "region_profiles"}
    assert packages <= set(copied)


def test_no_stage_of_the_image_runs_as_root_at_the_end_and_none_has_a_secret():
    words = [word for word, _ in instructions()]
    assert words.index("USER") > len(words) - 1 - words[::-1].index("FROM")
    assert not re.search(r"(PASSWORD|SECRET|KEY)\s*=", (PLACE / "Containerfile").read_text())


def programs_of(command):
    """The command as a list of words, whether it is written as JSON or as a line."""
    return json.loads(command) if command.lstrip().startswith("[") else shlex.split(command)


def commands():
    compose = yaml.safe_load((PLACE / "compose.yaml").read_text())
    own = [
        (name, service["command"])
        for name, service in compose["services"].items()
        if service.get("image") == "strata:latest" and "command" in service
    ]
    image = [("image", programs_of(rest)) for word, rest in instructions() if word == "CMD"]
    return [*own, *image]


@pytest.mark.parametrize(("where", "command"), commands(), ids=[name for name, _ in commands()])
def test_every_command_exists_with_every_option_that_is_given(where, command):
    program, *rest = command
    if program == "python":
        script, names = rest[0], rest[1:]
        path = ROOT / script.removeprefix("/opt/strata/")
        assert path.is_file(), where
        assert names
        compile(path.read_text(), str(path), "exec")
        return
    module = {"prefect": "prefect", "strata": "flows.cli"}[program]
    words = [word for word in rest[:2] if not word.startswith("-")]
    found = subprocess.run(  # noqa: S603 - our own programs
        [sys.executable, "-m", module, *words, "--help"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert found.returncode == 0, found.stderr
    for option in (word for word in rest if word.startswith("--")):
        assert option in found.stdout, f"{where}: {' '.join(command)}"


def test_every_service_of_the_compose_example_hangs_together():
    compose = yaml.safe_load((PLACE / "compose.yaml").read_text())
    services = compose["services"]
    assert {"server", "database", "worker", "store", "deploy"} <= set(services)
    for name, service in services.items():
        assert "image" in service, name
        depends = service.get("depends_on", {})
        for other in depends:
            assert other in services
            condition = depends[other].get("condition") if isinstance(depends, dict) else None
            assert condition != "service_healthy" or "healthcheck" in services[other], (name, other)
        for volume in service.get("volumes", ()):
            assert volume.split(":")[0] in compose["volumes"]
        build = service.get("build")
        assert build is None or (PLACE / build["context"] / build["dockerfile"]).is_file()
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_every_variable_of_the_compose_example_stands_in_the_example_file_and_none_has_a_value_that_is_secret():
    asked = set(re.findall(r"\$\{([A-Z_]+)", (PLACE / "compose.yaml").read_text()))
    lines = [line for line in (PLACE / "example.env").read_text().splitlines() if line and not line.startswith("#")]
    given = dict(line.split("=", 1) for line in lines)
    assert asked == set(given)
    assert {name for name, value in given.items() if value} == {"STRATA_POOL_MEMORY"}


def test_the_settings_of_the_compose_example_are_settings():
    compose = yaml.safe_load((PLACE / "compose.yaml").read_text())
    names = {
        name for service in compose["services"].values() for name in service.get("environment", {}) if "STRATA_" in name
    }
    s3 = {"STRATA_S3_ENDPOINT", "STRATA_S3_REGION", "STRATA_S3_ADDRESSING"}
    for name in names - s3:
        assert name.removeprefix("STRATA_").split("__")[0].lower() in Settings.model_fields, name
