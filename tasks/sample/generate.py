"""Write sample drops: for each drop its customers, purchases, stores, corrections and rates, and `SAMPLE.json`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tasks.sample.drop import write_drop
from tasks.sample.neutral import PROFILES, write_neutral, write_profile
from tasks.sample.spec import FIRST, LAST
from tasks.sample.specs import drops, drops_of, load

#: Told how far it is, such as 'DE: 120,000 purchases'.
Progress = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written. `facts` is what stands in SAMPLE.json: by drop, table and market what a ledger must find."""

    out: Path
    markets: tuple[str, ...]
    rows: int
    files: int
    bytes: int
    first: date
    as_of: date
    facts: dict[str, Any]


def generate(
    out: Path,
    *,
    markets: Sequence[str] | None = None,
    customers: int = 2000,
    seed: int = 1,
    progress: Progress | None = None,
) -> Summary:
    """Write a drop for each of `markets` (codes, or names of shared drops) below `out`; where None, all sample markets.

    A territory that is no sample market gets a neutral drop, which `seed` does not change, and a profile in
    `out / PROFILES` to read it with (tasks/sample/neutral.py).
    `customers` is the number of each drop. The same seed gives the same bytes, whichever other markets are chosen.
    The history runs from 2023-07-01 to 2026-06-30 in local days of the stores: run with that as-of date.

    Raises:
        Terminal: for a market that is neither a territory of ISO 3166 nor a shared drop.
    """
    out.mkdir(parents=True, exist_ok=True)
    written: dict[str, Any] = {}
    for name in drops_of(None if markets is None else tuple(markets)):
        if name in drops():
            written[name] = write_drop(out, load(name), customers, seed, progress)
        else:
            written[name] = write_neutral(out, name, customers)
            write_profile(out / PROFILES, name)
    facts = {"seed": seed, "customers": customers, "first": str(FIRST), "as_of": str(LAST), "drops": written}
    (out / "SAMPLE.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
    files = [file for drop in written.values() for file in drop["files"]]
    return Summary(
        out,
        tuple(sorted({market for drop in written.values() for market in drop["markets"]})),
        sum(file["rows"] for file in files),
        len(files),
        sum(file["bytes"] for file in files),
        FIRST,
        LAST,
        facts,
    )
