"""What a Prefect server shows of a run, and what it must never hold."""

from __future__ import annotations

import csv
import re
import sqlite3
import time
from pathlib import Path

import duckdb
import pytest

from tasks.contract import CUSTOMERS

SECRET = "0123456789abcdef-secret-of-the-pseudonyms"
WHOLE, BROKEN = "stratify DE as of 2026-06-30", "stratify BG, DE, JP as of 2026-06-30"
#: Started instead of flows.cli: normalizing BG fails in a way nobody foresaw, with a customer's data in the message.
BREAKS = """
import sys
import tasks.normalize.task as stage
real = stage.to_canonical
def breaks(con, profile, *rest, **named):
    if profile.market.country == "BG":
        raise ValueError("could not convert 'Erika Mustermann-Unverwechselbar'")
    return real(con, profile, *rest, **named)
stage.to_canonical = breaks
from flows.cli import main
sys.argv[0] = "strata"
main()
"""


@pytest.fixture(scope="module")
def history(strata, prefect_server, drops, drops_with_a_broken_one, tmp_path_factory):
    """Two runs on the server: DE whole; DE, JP (broken drop) and BG (breaks unforeseen)."""
    publish = tmp_path_factory.mktemp("published")
    options = ("--publish", publish, "--as-of", "2026-06-30")
    environ = {"PREFECT_API_URL": prefect_server.url, "STRATA_WORK": str(tmp_path_factory.mktemp("work"))}
    environ["STRATA_PSEUDONYM_KEY"] = SECRET
    good = strata("run", "DE", "--landing", drops, *options, **environ)
    bad = strata("run", "--verbose", "--landing", drops_with_a_broken_one, *options, program=("-c", BREAKS), **environ)
    for _ in range(60):  # the server records what clients tell it a little later
        tasks = task_runs(prefect_server)
        if len(tasks) >= 15 and all(task["state_type"] in {"COMPLETED", "FAILED"} for task in tasks):
            break
        time.sleep(0.5)
    return good, bad, environ["STRATA_WORK"], publish


def flow_runs(server):
    """The two runs of this module: other tests use the same server."""
    wanted = {"flow_runs": {"name": {"any_": [WHOLE, BROKEN]}}}
    return {run["name"]: run for run in server.ask("/flow_runs/filter", **wanted)}


def task_runs(server):
    ids = [run["id"] for run in flow_runs(server).values()]
    return server.ask("/task_runs/filter", flow_runs={"id": {"any_": ids}})


def test_the_flow_run_has_a_name_and_its_state_says_who_failed_and_why(history, prefect_server):
    good, bad, *_ = history
    assert (good.code, bad.code) == (0, 1), good.said + bad.said
    runs = flow_runs(prefect_server)
    assert set(runs) == {WHOLE, BROKEN}
    whole, broken = runs[WHOLE], runs[BROKEN]
    assert whole["state_type"] == "COMPLETED"
    assert whole["state"]["message"] == "1 of 1 markets published"
    assert broken["state_type"] == "FAILED"
    message = broken["state"]["message"]
    assert message.startswith("2 of 3 markets failed: ")
    assert "JP: DropError" in message
    assert "BG: Unforeseen" in message


def test_steps_show_as_market_and_step(history, prefect_server):
    assert history
    tasks = task_runs(prefect_server)
    names = {task["name"] for task in tasks}
    steps = ("ingest", "normalize", "reference", "traits", "segment", "export", "publish")
    assert names >= {f"DE: {step}" for step in steps} | {
        "DE 2026-06-30",
        "JP 2026-06-30",
        "JP: ingest",
        "BG: normalize",
    }
    failed = {task["name"] for task in tasks if task["state_type"] == "FAILED"}
    assert failed == {"JP: ingest", "BG: normalize"}


def test_each_step_leads_to_those_that_use_what_it_found_and_to_no_other(history, prefect_server):
    """Prefect draws the run by them. It does not walk through profiles and results for more."""
    assert history
    whole = flow_runs(prefect_server)[WHOLE]["id"]
    tasks = [task for task in task_runs(prefect_server) if task["flow_run_id"] == whole]
    name_of = {task["id"]: task["name"].removeprefix("DE: ") for task in tasks}
    leads = {
        name_of[task["id"]]: {
            name_of[one["id"]] for key, found in task["task_inputs"].items() if key != "__parents__" for one in found
        }
        for task in tasks
    }
    assert leads["ingest"] == set()
    assert leads["normalize"] == {"ingest"}
    assert leads["traits"] >= {"normalize", "reference"}
    assert leads["publish"] >= {"ingest", "normalize", "segment", "export", "gate"}
    assert all(len(task["task_inputs"].get("run", ())) == 0 for task in tasks)


def test_each_market_has_an_artifact_with_its_ledger(history, prefect_server):
    assert history
    made = {run["id"]: name for name, run in flow_runs(prefect_server).items()}
    found = prefect_server.ask("/artifacts/filter", artifacts={"flow_run_id": {"any_": list(made)}})
    assert sorted((made[one["flow_run_id"]], one["key"]) for one in found) == [
        *((BROKEN, f"market-{market}") for market in ("bg", "de", "jp")),
        (BROKEN, "operations"),
        (WHOLE, "market-de"),
        (WHOLE, "operations"),
    ]
    artifacts = {one["key"]: one["data"] for one in found}
    assert "| transactions |" in artifacts["market-de"]
    assert "DropError" not in artifacts["market-de"]
    assert "# JP, 2026-06-30: failed" in artifacts["market-jp"]


def test_no_secret_and_no_personal_value_is_in_what_the_server_holds(history, prefect_server, drops):
    held = database(prefect_server.home)
    assert "DE: normalize" in held  # so that an empty answer cannot pass
    assert leaks(held, history[2], drops) == []
    assert "Unverwechselbar" not in held
    assert history[1].said.count("unforeseen ValueError at") >= 1
    assert "Unverwechselbar" not in history[1].said


def test_no_secret_and_no_personal_value_is_in_records_manifests_pointers_and_pages(history, drops):
    found = [path for path in history[3].rglob("*") if path.suffix in {".json", ".html"}]
    assert {path.name for path in found} >= {"current.json", "manifest.json", "index.html"}
    assert any(path.parent.name == "runs" for path in found)
    assert leaks("\n".join(path.read_text() for path in found), history[2], drops) == []


def database(home):
    """Every text of every table of the server's database, and its log."""
    (path,) = home.glob("*.db")
    parts = [(home / "log.txt").read_text()]
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as con:
        for (table,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            parts += [str(cell) for row in con.execute(f'SELECT * FROM "{table}"') for cell in row if cell is not None]
    con.close()
    return "\n".join(parts)


def leaks(held, work, drops):
    """Which personal values of the sample, or the key, are in a text; words, not parts of longer ones."""
    words = set(re.findall(r"[\w@.+-]+", held)) | set(re.findall(r"[\w@.+-]+", _unescaped(held)))
    values = personal(work, drops)
    assert len(values) > 200
    found = {value for value in values if (value in words if re.fullmatch(r"[\w@.+-]+", value) else value in held)}
    return sorted(found | ({SECRET} & words))


def _unescaped(text):
    return re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text)


def personal(work, drops):
    """Names, addresses, mails, phones and member numbers: as DE's shops wrote them, and as they became canonical."""
    with (drops / "DE" / "kunden.csv").open(encoding="cp1252", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    columns = ("Kunden-Nr.", "Nachname", "Straße", "E-Mail", "Telefon", "Vorname")
    values = {row[column].strip() for row in rows for column in columns}
    names = sorted(
        column.name
        for column in CUSTOMERS.columns
        if column.personal
        and not column.codes
        and column.type == "text"
        and column.mapped
        # These hold codes of the profile, which say nothing without a name: `employee` is also a reason of the ledger.
        and column.name not in {"education", "occupation", "income_band"}
    )
    picked = ", ".join(f'"{name}"' for name in names)
    with duckdb.connect() as con:
        (path,) = Path(work, "DE").glob("canonical-*/customers.parquet")
        values |= {
            cell
            for row in con.execute(f"SELECT {picked} FROM read_parquet('{path}')").fetchall()
            for cell in row
            if cell
        }
    return {value for value in values if len(value) > 3}
