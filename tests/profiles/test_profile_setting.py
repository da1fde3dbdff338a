"""`--set` changes what it names and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from region_profiles.loader import resolve
from region_profiles.setting import with_settings

ROOT = Path(__file__).resolve().parents[2]
#: FR of the benchmarks sets most dimensions, audiences and playbooks of the base to null.
MARKETS = {"FR": ROOT / "benchmarks" / "profiles", "US": ROOT / "region_profiles" / "examples" / "cdnow", "CH": None}


@pytest.mark.parametrize("market", MARKETS)
def test_what_a_market_has_cleared_or_emptied_does_not_come_back(market):
    before = resolve(market, MARKETS[market]).profile.model_dump()
    after = with_settings(market, ["traits.window=13"], MARKETS[market]).profile.model_dump()
    assert after["traits"].pop("window") == 13
    before["traits"].pop("window")
    assert after == before
