"""Fixtures that every test may use."""

from __future__ import annotations

import os
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
