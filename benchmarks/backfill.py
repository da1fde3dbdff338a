"""How long a backfill of the Global Electronics Retailer takes from an empty root, and the second time.

    python benchmarks/backfill.py [--data DIR] [--months N] [--markets N] [--at-once N] [--folder DIR] [--profile FILE]

36 months of 8 markets (2018-01 to 2020-12) by default: `strata backfill` as a process of its own, twice over the same
root; then once more with an empty work folder, as a new machine has it. All dates must be published the first time and
unchanged the second, and no object may differ: else exit code 1. DIR has the chain's CSV files (Sales.csv ...).

Wall seconds depend on what else the machine does, so seconds of processor time stand beside them. `--profile` writes
what the first time's steps took, from the attempts' own records, as CSV.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROFILES = ROOT / "region_profiles" / "examples" / "global_electronics_retailer"
MARKETS = ("AU", "CA", "DE", "FR", "GB", "IT", "NL", "US")
#: The last whole month before the stores closed in 2021: sales thin out from February on.
LAST = date(2020, 12, 31)


def months(count: int) -> tuple[str, str]:
    """The first day of the first of so many months, and the last day of the last."""
    at = LAST.year * 12 + LAST.month - count
    return f"{at // 12:04}-{at % 12 + 1:02}-01", LAST.isoformat()


def backfill(name: str, folder: Path, markets: tuple[str, ...], count: int, at_once: int) -> Counter[str]:
    """Run it, print how long it took, and count the dates by state."""
    since, until = months(count)
    own = {key: value for key, value in os.environ.items() if not key.startswith(("STRATA_", "PREFECT_"))}
    environ = {**own, "STRATA_WORK": str(folder / "work"), "PYTHONPATH": str(ROOT), "STRATA_PSEUDONYM_KEY": "0" * 32}
    command = [
        *(sys.executable, "-m", "flows.cli", "backfill", *markets, "--from", since, "--to", until, "--every", "month"),
        *("--landing", str(folder / "landing"), "--publish", str(folder / "published"), "--profiles", str(PROFILES)),
        *("--at-once", str(at_once), "--yes", "--json"),
    ]
    log, started = folder / f"{name}.jsonl", time.monotonic()
    load = os.getloadavg()[0]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environ, stdout=out, cwd=ROOT)
        _, _, usage = os.wait4(process.pid, 0)
    wall, cpu = time.monotonic() - started, usage.ru_utime + usage.ru_stime
    told = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    states = Counter(one["state"] for one in told)
    counted = ", ".join(f"{number} {state}" for state, number in states.items())
    print(
        f"{name:24} {wall:9.1f} s {cpu:9.1f} CPU s {usage.ru_maxrss / 1024:7.0f} MiB  load {load:.1f}  {counted}",
        flush=True,
    )
    return states


def digests(published: Path) -> dict[str, str]:
    """sha256 of every object of a publication, and of the pointers; attempts and pages come and go."""
    found = sorted(path for path in published.rglob("*") if path.is_file() and ".strata" not in path.parts)
    return {
        str(path.relative_to(published)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in found
        if "runs" not in path.parts and path.suffix != ".html"
    }


def steps(published: Path, target: Path) -> None:
    """Seconds of each step of each attempt, as CSV."""
    with target.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["market", "as_of", "outcome", "step", "seconds"])
        for path in sorted(published.glob("country=*/runs/*.json")):
            told = json.loads(path.read_bytes())
            for step, seconds in told["timings"].items():
                writer.writerow([told["country"], told["as_of"], told["outcome"], step, seconds])


def main() -> int:
    """The three times, and what they came to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = ROOT.parent / "shared" / "data" / "global_electronics_retailer" / "pristine"
    parser.add_argument("--data", type=Path, default=shared)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--markets", type=int, default=len(MARKETS))
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--profile", type=Path)
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="strata-backfill-"))
    try:
        shutil.copytree(given.data, folder / "landing" / "global_electronics")
        markets = MARKETS[: given.markets]
        dates = given.months * len(markets)
        first = backfill("from an empty root", folder, markets, given.months, given.at_once)
        made = digests(folder / "published")
        second = backfill("the second time", folder, markets, given.months, given.at_once)
        shutil.move(folder / "work", folder / "work of the first")
        if given.profile:
            steps(folder / "published", given.profile)
        third = backfill("without the work folder", folder, markets, given.months, given.at_once)
        same = digests(folder / "published") == made
        print(f"{dates} dates; objects {'are the same' if same else 'DIFFER'} after all three")
        good = first == {"published": dates} and second == third == {"unchanged": dates}
        return 0 if good and same else 1
    finally:
        if given.folder is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
