"""What orchestration itself costs: eight markets by the flow on a warm server, against calling the stages directly.

    .venv/bin/python benchmarks/orchestration.py [--rounds 3] [--customers 400] [--json FILE]

Both ways run in a process of their own, with fresh work and publish folders, the same markets, as many at once, and
the clock started after all imports. They take turns, since machines are noisy; the medians are compared. The server is
`prefect server` on SQLite with what `strata deploy` puts there: limits, so that each market waits for its slot, and
automations. What a worker adds (poll, process start, imports) is measured apart, by a run of a deployment.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

MARKETS = ("AE", "BG", "BR", "DE", "IN", "JP", "MX", "US")
AS_OF = "2026-06-30"
#: The issue's bound: 5 % or 3 s, whichever is more.
SHARE, SECONDS = 0.05, 3.0


def measure(way: str) -> float:
    """Seconds for all markets, imports done; both ways end with everything published."""
    from concurrent.futures import ThreadPoolExecutor
    from datetime import date

    from flows.planning.runs import plan
    from flows.publishing.market import stratify_market
    from flows.settings import Settings

    as_of = date.fromisoformat(AS_OF)
    if way == "prefect":
        import asyncio

        from flows.stratify import stratify

        started = time.monotonic()
        state = asyncio.run(stratify(list(MARKETS), as_of=as_of, return_state=True))
        seconds = time.monotonic() - started
        if not state.is_completed():
            raise SystemExit(state.message)
        return seconds
    import flows.stratify  # noqa: F401 - the same modules are there

    started = time.monotonic()
    runs = plan(MARKETS, as_of=as_of)
    with ThreadPoolExecutor(Settings().markets_at_once) as pool:
        outcomes = list(pool.map(stratify_market, runs))
    seconds = time.monotonic() - started
    if any(outcome.state != "published" for outcome in outcomes):
        raise SystemExit(str(outcomes))
    return seconds


def child(way: str, folder: Path, environ: dict[str, str]) -> float:
    """`measure` in a process of its own."""
    folder.mkdir(parents=True)
    own = {"STRATA_WORK": str(folder / "work"), "STRATA_PUBLISH": str(folder / "published")}
    done = subprocess.run(
        [sys.executable, __file__, "--child", way], env={**environ, **own}, check=True, capture_output=True, text=True
    )
    return float(done.stdout.strip().splitlines()[-1])


def with_server(folder: Path, work: Callable[[dict[str, str]], dict[str, object]]) -> dict[str, object]:
    """What `work` finds while a server runs that `strata deploy` has prepared."""
    from flows.commands.run import LOG_INTERVAL
    from flows.commands.up import SERVER
    from flows.deploying.processes import Running, wait_for_server

    running = Running(4391, folder / "logs")
    environ = {
        **os.environ,
        "PREFECT_HOME": str(folder / "home"),
        "PREFECT_API_URL": running.api,
        **SERVER,
        **dict([LOG_INTERVAL]),
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "STRATA_LANDING": str(folder / "landing"),
        "STRATA_PSEUDONYM_KEY": "benchmark",
    }
    try:
        server = running.start(
            "server", ["server", "start", "--host", "127.0.0.1", "--port", "4391", "--no-ui"], environ
        )
        wait_for_server(server, running.api)
        subprocess.run([sys.executable, "-m", "flows.cli", "deploy"], env=environ, check=True, capture_output=True)
        return work(environ)
    finally:
        running.stop()


def compare(folder: Path, rounds: int, environ: dict[str, str]) -> dict[str, object]:
    """Medians of both ways, taken in turns, the first round of each thrown away: it warms caches."""
    found: dict[str, list[float]] = {"direct": [], "prefect": []}
    for number in range(rounds + 1):
        for way in ("direct", "prefect") if number % 2 else ("prefect", "direct"):
            seconds = child(way, folder / f"{way}{number}", environ)
            print(f"round {number} {way}: {seconds:.2f} s", flush=True)
            if number:
                found[way].append(seconds)
    direct, prefect = (statistics.median(found[way]) for way in ("direct", "prefect"))
    bound = max(SHARE * direct, SECONDS)
    return {
        "markets": len(MARKETS),
        "direct_s": round(direct, 2),
        "prefect_s": round(prefect, 2),
        "cost_s": round(prefect - direct, 2),
        "cost_share": round(prefect / direct - 1, 4),
        "bound_s": round(bound, 2),
        "within": prefect - direct <= bound,
        "rounds": found,
    }


def main() -> int:
    """Exit code 0 where orchestration costs no more than its bound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--customers", type=int, default=400)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", choices=("direct", "prefect"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(measure(given.child))
        return 0
    with tempfile.TemporaryDirectory(prefix="strata-orchestration-") as temp:
        from tasks.sample.generate import generate

        folder = Path(temp)
        generate(folder / "landing", markets=MARKETS, customers=given.customers, seed=1)
        found = with_server(folder, lambda environ: compare(folder, given.rounds, environ))
    print(json.dumps(found, indent=2))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0 if found["within"] else 1


if __name__ == "__main__":
    sys.exit(main())
