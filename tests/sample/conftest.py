"""The whole sample, written once for these tests."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tasks.sample.generate import generate


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """`folder` of all drops with 2,000 customers each, and the `facts` of SAMPLE.json."""
    folder = tmp_path_factory.mktemp("sample")
    return SimpleNamespace(folder=folder, facts=generate(folder, customers=2000, seed=1).facts)
