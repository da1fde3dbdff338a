"""`strata run` beside a `strata up`: one server writes to the database, not two."""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import sys
import threading

import pytest
import typer

from flows.commands import up
from flows.deploying import processes
from flows.deploying.at_hand import recorded, server_at_hand


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A PREFECT_HOME that is not there yet."""
    for name in [*os.environ]:
        if name.startswith("PREFECT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def api():
    """Something that answers as a server does when asked for its health."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/api/health" else 404)
            self.end_headers()
            self.wfile.write(b"true")

        def log_message(self, *_arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/api"
        running.shutdown()
        thread.join()


def test_it_is_found_while_it_runs_and_not_afterwards(home, api):
    assert server_at_hand() is None
    with recorded(api, os.getpid()):
        assert server_at_hand() == api
    assert server_at_hand() is None
    assert list(home.iterdir()) == []


def test_another_home_has_another_database(home, api, tmp_path, monkeypatch):
    with recorded(api, os.getpid()):
        monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "other"))
        assert server_at_hand() is None
        monkeypatch.setenv("PREFECT_HOME", str(home))


def test_a_server_that_is_named_is_the_one_that_is_used(home, api, monkeypatch):
    with recorded(api, os.getpid()):
        (home / "profiles.toml").write_text('active = "ops"\n[profiles.ops]\nPREFECT_API_URL = "http://ops/api"\n')
        assert server_at_hand() is None
        monkeypatch.setenv("PREFECT_PROFILE", "ephemeral")
        assert server_at_hand() == api
        monkeypatch.setenv("PREFECT_API_URL", "http://ops/api")
        assert server_at_hand() is None


@pytest.mark.usefixtures("home")
def test_what_was_left_by_one_that_was_killed_counts_for_nothing(api):
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    with recorded(api, ended.pid):
        assert server_at_hand() is None
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with recorded(f"http://127.0.0.1:{nobody.getsockname()[1]}/api", os.getpid()):
            assert server_at_hand() is None


@pytest.mark.usefixtures("home")
def test_the_record_of_another_one_stays(api):
    with recorded(api, os.getpid()):
        with recorded("http://127.0.0.1:1/api", os.getpid()):
            pass
        assert server_at_hand() is None  # the first one's is gone with what overwrote it
    with recorded("http://127.0.0.1:1/api", os.getpid()), recorded(api, os.getpid()):
        assert server_at_hand() == api


def test_up_is_found_once_its_server_answers_and_not_while_it_stops(home, api, monkeypatch):
    """`strata up` with parts that are nobody: what others see at each moment."""
    seen = {}

    class Nobody:
        pid = os.getpid()

    class Part:
        process, name = Nobody(), "server"

    def see(moment):
        monkeypatch.delenv("PREFECT_API_URL", raising=False)
        seen[moment] = server_at_hand()

    monkeypatch.setattr(processes, "free", lambda _: None)
    monkeypatch.setattr(processes.Running, "api", api)
    monkeypatch.setattr(processes.Running, "start", lambda *_, **__: see("starting") or Part())
    monkeypatch.setattr(processes.Running, "stop", lambda _: see("stopping") or 0)
    monkeypatch.setattr(processes, "wait_for_server", lambda *_: 1.0)
    monkeypatch.setattr(up, "checked", lambda _: None)
    monkeypatch.setattr(up, "execute", lambda *_: see("deploying"))
    monkeypatch.setattr(up, "_watch", lambda *_: see("running") or 0)
    monkeypatch.chdir(home.parent)
    for name in ("STRATA_LANDING", "STRATA_PUBLISH", "STRATA_WORK", processes.MARK):
        monkeypatch.setenv(name, str(home.parent / name))  # so that what the command sets is taken back
    with pytest.raises(typer.Exit) as end:
        up.up(landing=None, publish=None, port=4399, place=None)
    assert end.value.exit_code == 0
    assert (seen["deploying"], seen["running"], seen["stopping"]) == (api, api, None)
