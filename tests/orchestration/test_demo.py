"""`strata demo`, small: what a newcomer sees first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.commands.demo import MARKETS
from tasks.objects import open_store
from tasks.publish.reading import read_current, verify

pytestmark = pytest.mark.slow


def test_every_market_of_the_demo_is_published_and_the_files_to_open_are_named(strata, prefect_server, tmp_path):
    found = strata(
        *("demo", tmp_path / "demo", "--customers", "60"),
        PREFECT_API_URL=prefect_server.url,
        STRATA_WORK=str(tmp_path / "work"),
    )
    assert found.code == 0, found.said
    facts = json.loads((tmp_path / "demo" / "landing" / "SAMPLE.json").read_text())
    markets = sorted({market for drop in facts["drops"].values() for market in drop["markets"]})
    assert markets == sorted(MARKETS.split(","))
    assert f"{len(markets)} of {len(markets)} markets in" in found.out
    store = open_store(tmp_path / "demo" / "published")
    for market in markets:
        assert verify(store, market) == ()
        _, manifest = read_current(store, market)
        for entry in manifest.ledger.values():
            assert entry["read"] == sum(entry[name] for name in ("kept", "duplicate", "filtered", "quarantined"))
    named = [Path(line.strip()) for line in found.out.splitlines() if line.strip().endswith("index.html")]
    assert {path.parent.name.removeprefix("country=") for path in named} == set(markets)
    assert all(path.is_file() for path in named)
