"""Two years of monthly publications, a change of rules in the middle: who moved, why, and what the chain adds up to.

    python benchmarks/months.py [--data DIR] [--months 24] [--markets DE,FR] [--folder DIR] [--quick]

The Global Electronics Retailer's markets are published as of each month's end, oldest first; from the middle on its
profile has other borders of value and other thresholds of frequency. Checked, and exit code 1 where it does not hold:

- each row of membership.parquet has a cause, and nothing is called a change of rules in any month but the one of the
  change, unless the whole dimension was not there the month before (a prediction too weak, a trait too rare); at the
  change it is exactly who was: the month before is published again under the new rules in a root of its own, and rows
  are restated where the two publications of that month differ, and nowhere else;
- like-for-like series have no break: what comparisons.parquet says of the month before is what that month published,
  and at the change what it would have published under the new rules, segment by segment;
- the chain's publication of each month adds up to the markets' own customers, orders and revenue.

Tiers with hysteresis are held by what was published the month before, which the second publication of that month does
not know: there sizes may differ by as many customers as are within the band around a border (counted apart).
DIR has the chain's CSV files. `--quick` writes no workbooks and no reports. Markets run two at a time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from months_checks import Found, Published, check

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
EXAMPLE = ROOT / "region_profiles" / "examples" / "global_electronics_retailer"
MARKETS = ("AU", "CA", "DE", "FR", "GB", "IT", "NL", "US")
#: The last month that the chain's orders fill.
LAST = date(2021, 1, 31)


def month_ends(count: int) -> list[date]:
    """So many ends of months up to LAST, oldest first."""
    days, day = [], LAST
    for _ in range(count):
        days.append(day)
        day = day.replace(day=1) - timedelta(days=1)
    return days[::-1]


def profiles(folder: Path, *, quick: bool) -> tuple[Path, Path]:
    """The example's profiles as they are, and with other rules."""
    made = []
    for name in ("before", "after"):
        made.append(folder / name)
        shutil.copytree(EXAMPLE, made[-1])
        base = made[-1] / "base.yaml"
        text = base.read_text(encoding="utf-8")
        if name == "after":
            text = _replaced(text, "borders: [1000, 5000]", "borders: [1200, 5000]")
            text = _replaced(text, "window: all", "window: all\n  scores: {frequency: {thresholds: [2, 3, 5, 8]}}")
        base.write_text(f"{text}\nexports: {{formats: [csv]}}\n" if quick else text, encoding="utf-8")
    return made[0], made[1]


def _replaced(text: str, before: str, after: str) -> str:
    if text.count(before) != 1:
        raise SystemExit(f"the example's base.yaml has {before!r} {text.count(before)} times")
    return text.replace(before, after)


def publish(market: str, as_of: date, rules: Path, root: Path, folder: Path) -> Any:
    """Publish a market and say what became of it."""
    from flows.planning.runs import plan
    from flows.publishing.market import stratify_market

    (run,) = plan([market], as_of=as_of, landing=str(folder / "landing"), publish=str(root), profiles=rules)
    return stratify_market(run)


def months_of(market: str, count: int, folder: Path, rules: tuple[Path, Path]) -> Found:
    """Publish a market's months, and check what each of them says of the one before."""
    found, started = Found(market), time.monotonic()
    days, root = month_ends(count), folder / "published"
    own, previous = Published(root, market), None
    for number, day in enumerate(days):
        changes = number == count // 2
        if changes and previous:
            again = folder / "again" / market
            shutil.copytree(own.folder, again / own.folder.name)
            publish(market, date.fromisoformat(previous), rules[1], again, folder)
        outcome = publish(market, day, rules[number >= count // 2], root, folder)
        found.states[outcome.state] += 1
        if outcome.state not in {"published", "held"}:
            found.wrong.append(f"{market} {day}: {outcome.state}: {outcome.detail or outcome.error}")
            continue
        if previous:
            then = Published(folder / "again" / market, market) if changes else own
            check(found, own, then, (previous, day.isoformat()), outcome.publication, changes=changes)
        if outcome.state == "published":
            previous = day.isoformat()
        print(f"{market} {day} {outcome.state} {time.monotonic() - started:.0f} s", flush=True)
    found.seconds = time.monotonic() - started
    return found


def chain_adds_up(folder: Path, days: list[date]) -> Iterator[str]:
    """Publish the chain as of each month, and compare with the sums of the markets' customers."""
    from flows.publishing.chain import publish_aggregates

    root, con = folder / "published", duckdb.connect()
    for day in days:
        outcome = publish_aggregates(publish=str(root), as_of=day, profiles=folder / "after")
        if outcome.state != "published":
            yield f"chain {day}: {outcome.state} {outcome.broken}"
            continue
        made = root / "chain" / f"as_of={day}" / f"publication={outcome.manifest.publication}" / "chain.parquet"
        said = {
            row[:2]: row[2:]
            for row in con.execute(
                "SELECT dimension, segment, customers, orders, monetary_reference"
                " FROM read_parquet(?, hive_partitioning=false)"
                " WHERE scope = 'chain' AND markets = ? AND markets_withheld = 0 AND segment <> '*'",
                [str(made), len(list(root.glob("country=*")))],
            ).fetchall()
        }
        own: dict[tuple[str, str], list[Decimal]] = {}
        for market in sorted(root.glob("country=*")):
            published = Published(root, market.name.removeprefix("country="))
            selected = [one for one in sorted(published.selected()) if one <= day.isoformat()]
            columns = "dimension, segment, customers, orders, monetary_reference"
            for dimension, segment, *figures in published.rows(selected[-1], "segments", columns) if selected else ():
                for key in ((dimension, segment), *([("market", "all")] if dimension == "lifecycle" else ())):
                    sums = own.setdefault(key, [Decimal(0)] * 3)
                    own[key] = [total + Decimal(one or 0) for total, one in zip(sums, figures, strict=True)]
        print(f"chain {day}: {said.get(('market', 'all'))}, {len(said)} sums compared", flush=True)
        if ("market", "all") not in said:
            yield f"chain {day}: no total"
        for key, figures in said.items():
            if [Decimal(one or 0) for one in figures] != own.get(key):
                yield f"chain {day}: {key}: {figures} is not the markets' {own.get(key)}"


def main() -> int:
    """Publish, check, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "global_electronics_retailer")
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--markets", default=",".join(MARKETS))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        shutil.copytree(asked.data, folder / "landing" / "global_electronics")
        os.environ |= {"STRATA_WORK": str(folder / "work"), "STRATA_PSEUDONYM_KEY": "0" * 32}
        rules, markets = profiles(folder, quick=asked.quick), asked.markets.split(",")
        with ProcessPoolExecutor(asked.at_once) as pool:
            count = len(markets)
            done = list(pool.map(months_of, markets, [asked.months] * count, [folder] * count, [rules] * count))
        wrong = [text for found in done for text in found.wrong]
        wrong += chain_adds_up(folder, month_ends(asked.months))
    for found in done:
        print(
            f"{found.market}: {dict(found.states)}, moves by cause {dict(found.moves)},"
            f" restated {dict(found.restated)},"
            f" {found.series} points of series, {found.held} customers apart by hysteresis,"
            f" {found.new} moves in a dimension that came on or went off, {found.seconds:.0f} s"
        )
    print(*wrong, sep="\n")
    print(f"{len(wrong)} contradictions")
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
