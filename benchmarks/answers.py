"""How long `strata explain` and `strata preview` take of a market with a million customers.

    python benchmarks/answers.py [--millions 16] [--repeat 3] [--folder DIR]

FR of benchmarks/make_purchases.py has a sixteenth as many customers as purchases. It is published once by `strata run`;
then each command runs as a process of its own, imports included, as a person would call it. Aims: explain within 2 s,
preview within 10 s. An aim that is missed is only told.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import duckdb
from make_purchases import make
from prepare import MARKET, PROFILES
from run import Measured, measure, server, strata

#: Seconds within which each is to answer.
AIMS = {"explain": 2.0, "preview": 10.0}


def commands(publish: Path, customer: str) -> dict[str, list[str]]:
    """Arguments of `strata` by name."""
    own = ["--publish", str(publish), "--profiles", str(PROFILES.resolve())]
    changes = {
        "preview, another border of value": "dimensions.value.borders=[300, 1500]",
        "preview, another threshold of frequency": "traits.scores.frequency.thresholds=[2, 3, 5, 8]",
    }
    return {
        "explain": ["explain", MARKET, customer, *own],
        "explain --locale de --json": ["explain", MARKET, customer, "--locale", "de", "--json", *own],
        **{name: ["preview", MARKET, "--set", change, *own] for name, change in changes.items()},
    }


def main() -> None:
    """Make the market, publish it, ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=float, default=16, help="of purchases (default 16: a million customers)")
    parser.add_argument("--repeat", type=int, default=3, help="repetitions of each; the best counts")
    parser.add_argument("--folder", type=Path, help="where to write instead of the system's temporary folder")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="strata-answers-", dir=args.folder) as name:
        folder = Path(name)
        make(folder / "landing", int(args.millions * 1_000_000))
        with server(folder) as env:
            _, publication = strata(folder, folder / "landing", env)
        customers = str(publication / "canonical" / "customers.parquet")
        found = duckdb.execute("SELECT count(*), min(customer_id) FROM read_parquet(?)", [customers]).fetchone()
        if found is None:
            raise SystemExit("no customers")
        print(f"{found[0]:,} customers", flush=True)
        env = {key: value for key, value in env.items() if key != "PREFECT_API_URL"}
        for what, arguments in commands(folder / "publish", found[1]).items():
            command = [str(Path(sys.executable).with_name("strata")), *arguments]
            times: list[Measured] = [measure(what, command, env, folder / "answer.log") for _ in range(args.repeat)]
            best, aim = min(one.wall for one in times), AIMS[what.split(",")[0].split()[0]]
            print(f"{what}: {best:.2f} s, aim {aim:g} s, {'met' if best <= aim else 'MISSED'}", flush=True)


if __name__ == "__main__":
    main()
