"""One report of what is promised for when something dies, fails or races: docs/reliability.md.

    .venv/bin/python -m benchmarks.reliability [--kills 1000] [--runs 200] [--rounds 100] [--rgw ENDPOINT]

`make reliability KILLS=100 RUNS=26 ROUNDS=10` is the same. 0 leaves a part out. `--rgw`: races on a Ceph RGW 20 too,
its keys in RGW_KEY and RGW_SECRET. Exit code 1 if a promise did not hold.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path

from benchmarks.reliability.faults import fail
from benchmarks.reliability.kills import kill
from benchmarks.reliability.races import Raced, race, refused
from benchmarks.reliability.report import of_faults, of_kills, of_races
from tasks.objects.s3 import client
from tasks.objects.s3_settings import S3Settings
from tasks.sample.generate import generate
from tests.deaths import started
from tests.servers_plugin import S3Server, swift
from tests.workers import Runner, differing

CUSTOMERS = 60


def tell(sentence: str) -> None:
    """How far it is; the report alone goes to standard output."""
    print(sentence, file=sys.stderr, flush=True)


def main() -> int:
    """Measure, print, and say by the exit code whether all held."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=1000)
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--rounds", type=int, default=100)
    options.add_argument("--rgw", metavar="ENDPOINT")
    asked = options.parse_args()
    print("# Reliability\n", flush=True)
    good = []
    with tempfile.TemporaryDirectory(prefix="strata-reliability-") as name:
        folder = Path(name)
        generate(folder / "sample", markets=("DE",), customers=CUSTOMERS, seed=1)
        landings = differing(folder / "sample" / "DE", [folder / "even", folder / "odd"])
        if asked.kills:
            good.append(killed(folder / "kills", landings, asked.kills))
        if asked.runs or asked.rounds:
            with swift(folder / "swift") as server:
                os.environ.update(server.environ)
                if asked.runs:
                    (folder / "faults").mkdir()
                    found, seconds = fail(server, landings, folder / "faults", asked.runs, secrets.token_hex(16), tell)
                    print(of_faults(found, seconds), flush=True)
                    good.append(all(one.good for one in found))
                if asked.rounds:
                    raced = races(folder / "races", asked.rounds, server)
        if asked.rounds:
            raced += on_rgw(asked.rgw, folder / "rgw", asked.rounds)
            print(of_races(raced), flush=True)
            good.append(all(one.good for one in raced))
    print("All promises held." if all(good) else "A promise did not hold.")
    return 0 if all(good) else 1


def killed(folder: Path, landings: list[Path], count: int) -> bool:
    """Kills, in a worker whose temporary files lie apart."""
    temporary = folder / "tmp"
    temporary.mkdir(parents=True)
    environ = {"STRATA_PSEUDONYM_KEY": secrets.token_hex(16), "TMPDIR": str(temporary)}
    with started("tests.orchestration.market_worker", **environ) as process:
        found = kill(Runner(process, landings), folder, temporary, count, tell)
    print(of_kills(found), flush=True)
    return found.good


def races(folder: Path, rounds: int, server: S3Server) -> list[Raced]:
    """On a folder, and on Swift, which must be refused."""
    root = bucket(server.environ)
    return [race(str(folder / "published"), folder, rounds, tell), refused(root, folder, server.environ)]


def on_rgw(endpoint: str | None, folder: Path, rounds: int) -> list[Raced]:
    """On a Ceph RGW, where one is given."""
    if endpoint is None:
        return []
    environ = S3Server(endpoint, "", "", os.environ["RGW_KEY"], os.environ["RGW_SECRET"]).environ
    os.environ.update(environ)
    return [race(bucket(environ), folder, rounds, tell, environ)]


def bucket(environ: dict[str, str]) -> str:
    """A new bucket. The environment must lead to its server already."""
    name = f"races-{secrets.token_hex(4)}"
    client(S3Settings.from_env(environ)).create_bucket(Bucket=name)
    return f"s3://{name}"


if __name__ == "__main__":
    sys.exit(main())
