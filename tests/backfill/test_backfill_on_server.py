"""Where a server is named, its deployments do it: which of them, with which parameters, and how their end is told."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace

import pytest
from rich.console import Console

from flows.backfilling import serverside
from flows.backfilling.rerun import Again
from tasks.errors import Terminal
from tasks.publish.runs import record_end, record_start

MAR = date(2024, 3, 31)


class Server:
    """What the commands ask of Prefect's client: deployments by flow and tags, runs of them, how these went."""

    def __init__(self, **deployments):
        self.deployments, self.started, self.ends = deployments, [], []

    def read_deployments(self, *, flow_filter, deployment_filter):
        (flow,) = flow_filter.name.any_
        asked = set(deployment_filter.tags.all_)
        return [
            SimpleNamespace(id=name) for name, (of, tags) in self.deployments.items() if of == flow and asked <= tags
        ]

    def create_flow_run_from_deployment(self, deployment_id, *, parameters, name):
        self.started.append((deployment_id, parameters))
        return SimpleNamespace(id=uuid.uuid4(), name=name)

    def read_flow_run(self, _):
        done = self.ends.pop(0) if self.ends else "Completed"
        state = SimpleNamespace(name=done, message="told", is_final=lambda: done != "Running")
        state.is_completed = lambda: done == "Completed"
        return SimpleNamespace(state=state)


@pytest.fixture
def server(monkeypatch):
    ours = {"strata"}
    found = Server(
        backfills=("backfills", ours),
        europe=("stratify", {*ours, "region:europe"}),
        east_asia=("stratify", {*ours, "region:east_asia"}),
    )

    @contextmanager
    def client():
        yield found

    monkeypatch.setattr(serverside, "_client", client)
    monkeypatch.setattr(serverside, "POLL_SECONDS", 0)
    return found


@pytest.fixture
def console(capsys):
    assert capsys
    return Console(width=200)


def in_region(run, region):
    market = run.profile.market.model_copy(update={"region": region})
    object.__setattr__(run, "profile", run.profile.model_copy(update={"market": market}))
    return run


def failed(world, market="DE", **facts):
    attempt = record_start(world.store, market, MAR, "one", engine="duckdb", facts=facts)
    return Again(record_end(world.store, attempt, outcome="failed"), "failed")


def test_a_backfill_is_one_run_of_its_deployment_with_what_was_asked(world, server, console, capsys):
    wanted = [(world.run(), [MAR]), (world.run("JP"), [MAR])]
    assert serverside.run_backfills(console, wanted, {"since": "2024-01-01", "every": "month"}) == 0
    assert server.started == [("backfills", {"since": "2024-01-01", "every": "month", "markets": ["DE", "JP"]})]
    assert "backfill DE, JP: Completed: told" in capsys.readouterr().out


def test_each_zone_has_a_run_of_its_own(world, server, console):
    server.deployments = {f"backfills-{zone}": ("backfills", {"strata", f"zone:{zone}"}) for zone in ("eu", "apac")}
    wanted = [(world.run(zone="eu"), [MAR]), (world.run("JP", zone="apac"), [MAR])]
    serverside.run_backfills(console, wanted, {})
    assert server.started == [("backfills-eu", {"markets": ["DE"]}), ("backfills-apac", {"markets": ["JP"]})]


def test_a_failed_market_is_run_again_by_the_deployment_of_its_region(world, server, console):
    run = in_region(world.run("JP"), "east_asia")
    assert serverside.run_again(console, [(run, [failed(world, "JP")])], {"publish": "p"}) == 0
    asked = {"publish": "p", "markets": ["JP"], "as_of": "2024-03-31", "engine": "duckdb"}
    assert server.started == [("east_asia", asked)]


def test_one_of_the_drops_known_then_stays_one(world, server, console):
    run = in_region(world.run(), "europe")
    serverside.run_again(console, [(run, [failed(world, drops="known")])], {})
    day = "2024-03-31"
    asked = {"markets": ["DE"], "since": day, "until": day, "every": "day", "known": "then"}
    assert server.started == [("backfills", asked)]


def test_the_exit_code_is_that_of_the_worst_run(world, server, console):
    server.ends = ["Running", "Failed"]
    assert serverside.run_backfills(console, [(world.run(), [MAR])], {}) == 1


def test_a_server_without_the_deployment_says_what_to_do(world, server, console):
    server.deployments = {}
    with pytest.raises(Terminal, match=r"0 deployments of the flow backfills with the tags strata.*strata deploy"):
        serverside.run_backfills(console, [(world.run(), [MAR])], {})
