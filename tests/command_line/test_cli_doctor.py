"""`strata doctor`: a verdict for each thing that a run needs, and exit code 1 only if a run cannot work."""

from __future__ import annotations

import http.server
import os
import socket
import threading
from datetime import date, timedelta

import pytest


def verdicts(found):
    """What was looked at -> (verdict, what was said)."""
    rows = {}
    for line in found.out.splitlines():
        verdict, rest = line.split(None, 1)
        what, _, says = rest.partition("  ")
        rows[what] = (verdict, says.strip())
    return rows


@pytest.fixture
def landing(tmp_path):
    (tmp_path / "drops" / "DE").mkdir(parents=True)
    (tmp_path / "drops" / "DE" / "kunden.csv").write_text("a\n")
    return tmp_path / "drops"


@pytest.fixture
def server():
    """Something that answers as a Prefect server does when asked for its version."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/api/admin/version" else 404)
            self.end_headers()
            self.wfile.write(b'"3.8.8"')

        def log_message(self, *_arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_folder_can_do_all_and_what_is_not_set_is_a_note(strata, landing, tmp_path):
    found = strata("doctor", "--landing", landing, "--publish", tmp_path / "published")
    rows = verdicts(found)
    assert found.code == 0
    assert rows["landing"] == ("ok", f"{landing}: drops DE")
    assert rows["conditional put"] == ("ok", "yes")
    assert rows["compare-and-swap"] == ("ok", "yes")
    assert rows["Prefect server"][0] == "note"
    assert rows["pseudonyms"][0] == "note"
    assert [path for path in (tmp_path / "published").rglob("*") if path.is_file() and "probe" in str(path)] == []


def test_nothing_given_is_only_notes(strata):
    found = strata("doctor")
    rows = verdicts(found)
    assert found.code == 0
    assert rows["landing"] == ("note", "not given: --landing or STRATA_LANDING")
    assert rows["publish root"] == ("note", "not given: --publish or STRATA_PUBLISH")


def test_a_work_folder_that_workers_share_is_told_beside_this_machines_own(strata, monkeypatch, tmp_path):
    assert verdicts(strata("doctor"))["work"] == ("ok", ".strata/work on this machine")
    monkeypatch.setenv("STRATA_WORK", str(tmp_path / "mounted"))
    assert verdicts(strata("doctor"))["work"] == ("ok", f"{tmp_path}/mounted on this machine")
    monkeypatch.setenv("STRATA_SCRATCH", "local")
    assert verdicts(strata("doctor"))["work"][1] == f"{tmp_path}/mounted, shared by all workers; local on this machine"


def test_a_landing_without_drops_is_wrong_and_says_what_a_drop_is(strata, tmp_path):
    (tmp_path / "sales.csv").write_text("a\n1\n")
    found = strata("doctor", "--landing", tmp_path)
    assert found.code == 1
    assert verdicts(found)["landing"] == ("wrong", f"{tmp_path}: holds no folder of files, such as DE")


def test_a_server_that_answers(strata, server, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", f"http://{server}/api")
    assert verdicts(strata("doctor"))["Prefect server"] == ("ok", f"http://{server}/api answers, version 3.8.8")


def test_a_server_that_does_not_answer_is_wrong_and_its_password_is_not_shown(strata, server, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", f"http://ops:hush@{server}/nothing")
    found = strata("doctor")
    assert found.code == 1
    assert verdicts(found)["Prefect server"][0] == "wrong"
    assert "hush" not in found.out + found.err


def test_spark_without_java_is_wrong_and_says_what_to_install(strata, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert verdicts(strata("doctor"))["Java"][0] == "note"
    monkeypatch.setenv("STRATA_ENGINE", "spark")
    found = strata("doctor")
    assert found.code == 1
    assert verdicts(found)["Java"] == ("wrong", "not found; Spark needs 17 or 21 (package openjdk-17-jre-headless)")


@pytest.mark.parametrize("place", ["PATH", "JAVA_HOME"])
@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("exit 3", "{java} does not start: exit code 3"),
        (
            """echo 'openjdk version "11.0.2" 2019-01-15' >&2""",
            'openjdk version "11.0.2" 2019-01-15; Spark needs 17 or 21',
        ),
        ("""echo 'java version "1.8.0_292"' >&2""", 'java version "1.8.0_292"; Spark needs 17 or 21'),
    ],
)
def test_a_java_that_fails_or_is_another_release_is_wrong_for_spark(strata, monkeypatch, tmp_path, place, script, says):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    if place == "PATH":
        monkeypatch.setenv("PATH", f"{java.parent}{os.pathsep}{os.environ['PATH']}")
    else:
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("STRATA_ENGINE", "spark")
    found = strata("doctor")
    assert found.code == 1
    assert verdicts(found)["Java"] == ("wrong", says.format(java=java))


def test_a_host_name_without_an_address_is_wrong_for_spark_alone(strata, monkeypatch):
    def no_address(*_arguments, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "gethostname", lambda: "till-7")
    monkeypatch.setattr(socket, "getaddrinfo", no_address)
    assert "host name" not in verdicts(strata("doctor"))
    monkeypatch.setenv("STRATA_ENGINE", "spark")
    found = strata("doctor")
    assert found.code == 1
    assert verdicts(found)["host name"][0] == "wrong"
    assert "127.0.1.1 till-7" in verdicts(found)["host name"][1]


def test_old_rates_are_a_note_with_the_command_that_helps(strata, monkeypatch):
    last = date.today() - timedelta(days=90)  # noqa: DTZ011 - as doctor counts
    monkeypatch.setattr("tasks.reference.rates.last_ecb_day", lambda: last)
    verdict, says = verdicts(strata("doctor"))["ECB rates"]
    assert verdict == "note"
    assert f"until {last}, 90 days ago" in says
    assert "strata reference refresh" in says


def test_a_key_is_told_as_set_and_never_shown(strata, monkeypatch):
    monkeypatch.setenv("STRATA_PSEUDONYM_KEY", "a-key-to-keep")
    found = strata("doctor")
    assert verdicts(found)["pseudonyms"] == ("ok", "keyed")
    assert "a-key-to-keep" not in found.out


def test_a_server_without_compare_and_swap_is_wrong_unless_a_single_writer_is_set(strata, s3_root, monkeypatch):
    found = strata("doctor", "--publish", s3_root)
    assert found.code == 1
    assert verdicts(found)["compare-and-swap"][0] == "wrong"
    assert "STRATA_POINTER=single_writer" in verdicts(found)["compare-and-swap"][1]
    monkeypatch.setenv("STRATA_POINTER", "single_writer")
    found = strata("doctor", "--publish", s3_root)
    assert found.code == 0
    assert verdicts(found)["compare-and-swap"] == ("ok", "no")


def test_a_bucket_that_is_not_there_is_wrong(strata, s3_root):
    found = strata("doctor", "--landing", f"{s3_root}-absent", "--publish", f"{s3_root}-absent")
    assert found.code == 1
    assert verdicts(found)["landing"][0] == "wrong"
    assert verdicts(found)["publish root"][0] == "wrong"
