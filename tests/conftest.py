"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

pytest_plugins = ["tests.servers_plugin"]

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("STRATA_SHARED_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data():
    """A function from a path below shared/data to that path; skips where it is absent."""

    def at(relative: str) -> Path:
        path = SHARED / relative
        if not path.exists():
            pytest.skip(f"shared data absent: {relative}")
        return path

    return at


@pytest.fixture(scope="session")
def java():
    """Skips where there is no Java for Spark; CI installs one and refuses this skip."""
    home = os.environ.get("JAVA_HOME")
    if shutil.which(Path(home) / "bin" / "java" if home else "java") is None:
        pytest.skip("Java absent: Spark needs 17 or 21, and both engines must be equal")


@pytest.fixture(scope="session")
def chromium():
    """The system's browser, once for all tests; skips where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: reports are only looked at where there is one")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


ALLOWED_SKIP = "shared data absent"
_unexpected_skips: list[str] = []


def pytest_runtest_logreport(report):
    """Remember skips for any other reason than absent shared data: CI must not pass by leaving tests out."""
    if report.skipped and not hasattr(report, "wasxfail") and ALLOWED_SKIP not in str(report.longrepr):
        _unexpected_skips.append(f"{report.nodeid}: {report.longrepr}")


def pytest_sessionfinish(session):
    """In CI, an unexpected skip fails the run."""
    if _unexpected_skips and os.environ.get("STRATA_CI") and session.exitstatus == 0:
        print("\nskipped without leave:", *_unexpected_skips, sep="\n  ")
        session.exitstatus = 1
