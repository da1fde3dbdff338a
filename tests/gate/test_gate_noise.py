"""Ordinary noise over two years holds next to nothing, at any size of market; half a drop and a doubled one are caught.

`python tests/gate/test_gate_noise.py 40` prints the table of docs/gate.md, of 40 markets a line.
"""

from __future__ import annotations

import sys
from collections import Counter
from datetime import date

import numpy as np
import pytest

from region_profiles.loader import load_profile
from tasks.gate.against import against
from tasks.gate.drift import drifted
from tasks.gate.history import wanted
from tests.gate.conftest import Shop, times

SIZES = (20, 200, 2_000, 20_000)
FAULTS = {"half": (0.5, False), "double": (2.0, False), "new half": (0.5, True), "new tenth": (0.1, True)}


def holds(profile, now, past):
    dates = set(wanted(now.as_of, [one.as_of for one in past]))
    read = [one for one in past if one.as_of in dates]
    return {check.check for check in against(profile, now, read, drifted(now, read)) if check.outcome == "hold"}


def simulated(profile, drops, size, markets, before=24, seed=1):
    """How many good publications were held, of how many, by what; and of each fault (name, year) how many were."""
    rng = np.random.default_rng(seed)
    held, good, caught, tried = Counter(), 0, Counter(), Counter()
    for _ in range(markets):
        shop = Shop(size, drops, growth=float(rng.choice([0.99, 1.0, 1.03])), mood=float(rng.choice([0.04, 0.08])))
        series = shop.months(rng, 28, before)
        for at in range(4, 28):
            good += 1
            held[bool(found := holds(profile, series[at], series[:at]))] += 1
            held.update(found)
            if at in (6, 11, 21, 24, 27):
                year = 1 if at < 13 else 2
                for name, (factor, new_only) in FAULTS.items():
                    tried[name, year] += 1
                    caught[name, year] += bool(
                        holds(profile, times(series[at], factor, new_only=new_only), series[:at])
                    )
    return held, good, caught, tried


@pytest.mark.parametrize(("drops", "before"), [("whole", 24), ("whole", 0), ("two_years", 24), ("new_days", 0)])
def test_two_years_of_noise_hold_next_to_nothing(profile, drops, before):
    held = good = 0
    for size in SIZES:
        wrong, all_, _, _ = simulated(profile, drops, size, 2, before)
        held, good = held + wrong[True], good + all_
    assert held <= 0.01 * good, f"{held} of {good}"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("drops", ["whole", "two_years"])
def test_half_a_drop_and_a_doubled_one_are_always_held(profile, drops, size):
    _, _, caught, tried = simulated(profile, drops, size, 1)
    for fault in ("half", "double"):
        assert caught[fault, 1] + caught[fault, 2] == tried[fault, 1] + tried[fault, 2] == 5


def test_in_drops_of_new_days_alone_a_tenth_of_them_is_held(profile):
    _, _, caught, tried = simulated(profile, "new_days", 2_000, 2, 0)
    assert caught["new tenth", 1] + caught["new tenth", 2] == tried["new tenth", 1] + tried["new tenth", 2] == 10


def test_days_of_a_shop_with_a_week_hold_next_to_nothing(profile):
    rng = np.random.default_rng(2)
    held = good = 0
    for size in (100, 3_000):
        series = Shop(size, season=(1,) * 12, mood=0.1).days(rng, 130, start=date(2025, 1, 7))
        for at in range(30, 130):
            good += 1
            held += bool(holds(profile, series[at], series[:at]))
    assert held <= 0.01 * good, f"{held} of {good}"


def main(markets: int) -> None:
    """Print the table."""
    profile = load_profile("DE")
    for drops, before in (("whole", 24), ("whole", 0), ("two_years", 24), ("new_days", 0)):
        for size in SIZES:
            held, good, caught, tried = simulated(profile, drops, size, markets, before)
            shares = [f"{caught[one] / tried[one]:.0%}" for one in ((name, year) for name in FAULTS for year in (1, 2))]
            by = ", ".join(f"{name} {n}" for name, n in held.items() if isinstance(name, str))
            print(f"| {drops}, {before} | {size:,} | {held[True] / good:.2%} | {' | '.join(shares)} | {by}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
