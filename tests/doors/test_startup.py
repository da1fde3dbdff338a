"""What keeps the start of a run cheap, and that nothing else changes by it."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from flows.startup import YOUNG, heavy_imports


def test_the_collector_rests_while_importing_and_comes_back_even_after_a_failure():
    before = gc.get_threshold()
    try:
        with heavy_imports():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_threshold() == (YOUNG, *before[1:])
        with pytest.raises(ImportError), heavy_imports():
            raise ImportError
        assert gc.isenabled()
    finally:
        gc.set_threshold(*before)


@pytest.mark.parametrize(
    ("what", "code", "out"),
    [
        ("pass", 0, "thread\natexit\n"),
        ("raise SystemExit(3)", 3, "thread\natexit\n"),
        ("raise SystemExit", 0, "thread\natexit\n"),
        ("raise SystemExit('words')", 1, "thread\natexit\n"),
        ("raise ValueError('words')", 1, "thread\natexit\n"),
    ],
)
def test_a_process_ends_with_its_own_code_when_all_that_was_to_be_done_is_done(what, code, out):
    script = (
        "import atexit, threading, time\nimport flows.cli\n"
        "def late(): time.sleep(0.2); print('thread')\n"
        f"def main():\n atexit.register(print, 'atexit')\n threading.Thread(target=late).start()\n {what}\n"
        "flows.cli.main = main\nfrom flows.startup import program\nprogram()\n"
    )
    found = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert (found.returncode, found.stdout) == (code, out)
    assert ("words" in found.stderr) == ("words" in what)


def test_parameters_are_written_down_as_prefect_would_write_them():
    from prefect import Flow

    from flows.stratify import stratify

    given = {"markets": ["DE", "JP"], "as_of": date(2026, 6, 30), "landing": "s3://b/landing", "zone": None}
    written = stratify.serialize_parameters(given)
    assert written == Flow.serialize_parameters(stratify, given)
    assert written["as_of"] == "2026-06-30"


def test_a_user_without_a_home_has_prefects_files_in_the_work_folder(monkeypatch, tmp_path):
    from flows.commands.run import quiet_prefect

    (tmp_path / "file").touch()
    monkeypatch.setattr(os, "environ", {"HOME": str(tmp_path / "file" / "nobody")})
    quiet_prefect(tmp_path / "work", verbose=False)
    home = Path(os.environ["PREFECT_HOME"])
    assert home == tmp_path / "work" / "prefect"
    assert home.is_dir()
    monkeypatch.setattr(os, "environ", {"HOME": str(tmp_path)})
    quiet_prefect(tmp_path / "work", verbose=False)
    assert "PREFECT_HOME" not in os.environ
