"""Synthetic publications, and processes that publish them."""

from __future__ import annotations

import importlib.util
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from tasks.objects import open_store
from tests.deaths import started
from tests.workers import Publisher

WORKER = Path(__file__).parent / "publish_worker.py"


@pytest.fixture(scope="session")
def synthetic():
    """`synthetic(folder, seed, as_of, previous)` of the worker, so that both publish the same."""
    spec = importlib.util.spec_from_file_location("publish_worker", WORKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.synthetic


@pytest.fixture
def made(synthetic, tmp_path):
    """A staged folder and its manifest, of a fresh folder each time."""
    count = iter(range(1000))

    def make(seed="a", as_of="2021-02-20", previous=None):
        return synthetic(tmp_path / "staged" / str(next(count)), seed, date.fromisoformat(as_of), previous)

    return make


@pytest.fixture(params=["folder", "swift"])
def place(request, tmp_path):
    """A store and the pointer mode that it can do."""
    if request.param == "folder":
        return open_store(tmp_path / "published"), "cas"
    return open_store(request.getfixturevalue("s3_root") + "/published"), "single_writer"


@pytest.fixture
def workers(tmp_path):
    """A function that starts worker processes; they end with the test."""
    with ExitStack() as running:

        def start(count):
            return [
                Publisher(running.enter_context(started("tests.publish.publish_worker")), tmp_path / f"worker{number}")
                for number in range(count)
            ]

        yield start
