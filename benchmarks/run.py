"""`make bench`: how long a market takes from its drop to its publication, against scripts for the same output.

    python benchmarks/run.py [--millions 1,10] [--quick] [--repeat N] [--markets-only] [--folder DIR]

One process after another: DuckDB's bare typed read, (b) benchmarks/floor.py, (c) benchmarks/analyst.py, (a)
`strata run` against a warm server. Outputs must be equal, else exit code 1; an aim that is missed is only told. Of
30 million and more only (a) is run, for its memory. Everything is written to a temporary folder and goes at the end.
Last come the formatter and the writers, each beside what others would use.

Wall seconds depend on what else the machine does, so seconds of processor time stand beside them, and the load.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from compare import differences
from make_purchases import make
from prepare import AS_OF, MARKET, PROFILES, prepare

HERE = Path(__file__).parent
#: Beyond this only (a) is measured: pandas would need more memory than machines have.
SCRIPTS_UP_TO = 20.0
MEBI = 1024 * 1024
#: Measured by themselves: formatted values beside Babel and Intl, written files beside xlsxwriter and pandas.
BESIDES = ("localize_speed.py", "writers_speed.py")


@dataclass(frozen=True, slots=True)
class Measured:
    """One process: seconds of clock and of processors, the most memory it held, the load when it began and ended."""

    name: str
    wall: float
    cpu: float
    peak: int
    load: tuple[float, float]

    def line(self) -> str:
        """A row of the table."""
        load = "-".join(f"{one:.1f}" for one in self.load)
        return f"{self.name:28} {self.wall:8.1f} s {self.cpu:8.1f} CPU s {self.peak / MEBI:8.0f} MiB   load {load}"


def measure(name: str, command: list[str], env: dict[str, str], log: Path) -> Measured:
    """Run a process to its end; SystemExit with its last words where it fails."""
    load, started = os.getloadavg()[0], time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=subprocess.STDOUT, cwd=log.parent)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{name} failed:\n{log.read_text(errors='replace')[-3000:]}")
    cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
    measured = Measured(name, wall, cpu, peak, (load, os.getloadavg()[0]))
    print(measured.line(), flush=True)
    return measured


@contextmanager
def server(folder: Path) -> Iterator[dict[str, str]]:
    """A Prefect server of our own on a free port; the environment that leads to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Where bytecode may not be kept, each process would compile the program anew.
    ours = ("STRATA_", "PREFECT_", "PYTHONDONTWRITEBYTECODE")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env |= {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "STRATA_WORK": str(folder / "work"),
    }
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-ui",
    ]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            _await(f"http://127.0.0.1:{port}/api/health", process)
            yield env | {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
        finally:
            process.terminate()
            process.wait(60)


def _await(url: str, process: subprocess.Popen[bytes], seconds: int = 120) -> None:
    for _ in range(seconds * 2):
        if process.poll() is not None:
            raise SystemExit("the Prefect server ended before it was ready")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback
                if answer.status == 200:  # noqa: PLR2004
                    return
        except OSError:
            time.sleep(0.5)
    raise SystemExit(f"the Prefect server is not ready after {seconds} s")


def strata(folder: Path, landing: Path, env: dict[str, str], name: str = "(a) strata run") -> tuple[Measured, Path]:
    """Run the market from its drop; the measure and the publication's folder. Nothing is remembered from before."""
    shutil.rmtree(folder / "work", ignore_errors=True)
    shutil.rmtree(folder / "publish", ignore_errors=True)
    command = [sys.executable, "-m", "flows", "run", MARKET, "--landing", str(landing), "--publish",
               str(folder / "publish"), "--as-of", str(AS_OF), "--profiles", str(PROFILES.resolve())]  # fmt: skip
    measured = measure(name, command, env, folder / "strata.log")
    publication = next((folder / "publish").glob(f"country={MARKET}/as_of={AS_OF}/publication=*"))
    return measured, publication


def phases(publish: Path) -> dict[str, float]:
    """Seconds by step, from the attempt's record."""
    record = next(publish.glob(f"country={MARKET}/runs/*.json"))
    timings: dict[str, float] = json.loads(record.read_text())["timings"]
    return timings


def bench(folder: Path, millions: float, env: dict[str, str], repeat: int) -> bool:
    """Measure one size and print; whether the outputs are equal."""
    landing, facts = folder / "landing", folder / "facts"
    make(landing, int(millions * 1_000_000))
    prepare(facts)
    size = (landing / MARKET / "purchases.csv").stat().st_size / MEBI
    print(f"\n{millions:g} million purchases, {size:,.0f} MiB of CSV", flush=True)
    with_scripts = millions <= SCRIPTS_UP_TO
    best: dict[str, Measured] = {}
    equal = True
    for _ in range(repeat):
        made = [_script("bare typed read", "bare_read.py", [landing], folder)]
        if with_scripts:
            for name, script in (("(b) hand-written DuckDB", "floor.py"), ("(c) pandas and Babel", "analyst.py")):
                shutil.rmtree(folder / script, ignore_errors=True)
                made.append(_script(name, script, [landing, facts, folder / script], folder))
        measured, publication = strata(folder, landing, env)
        for one in [*made, measured]:
            best[one.name] = min(best.get(one.name, one), one, key=lambda each: each.cpu)
        if with_scripts:
            equal &= _equal(publication, folder)
    print("steps: " + ", ".join(f"{step} {seconds:.1f} s" for step, seconds in phases(folder / "publish").items()))
    _ratios(best)
    shutil.rmtree(landing)
    return equal


def _script(name: str, script: str, paths: list[Path], folder: Path) -> Measured:
    return measure(
        name, [sys.executable, str(HERE / script), *map(str, paths)], dict(os.environ), folder / f"{script}.log"
    )


def _equal(publication: Path, folder: Path) -> bool:
    found = differences(publication, folder / "floor.py")
    found += [f"analyst: {text}" for text in differences(publication, folder / "analyst.py", tolerant=True)]
    print("outputs: " + ("equal" if not found else "DIFFER\n  " + "\n  ".join(found)))
    return not found


def _ratios(best: dict[str, Measured]) -> None:
    """The aims, by clock and by processor time of the best repetition."""
    ours = best["(a) strata run"]
    print(f"peak of (a): {ours.peak / MEBI:,.0f} MiB")
    if "(b) hand-written DuckDB" not in best:
        return
    bare, floor, pandas = (
        best[name] for name in ("bare typed read", "(b) hand-written DuckDB", "(c) pandas and Babel")
    )
    for name, one, two, aim in (
        ("(b) / bare read", floor, bare, "at most 2.5"),
        ("(a) / (b)", ours, floor, "at most 2"),
        ("(c) / (a)", pandas, ours, "at least 5"),
    ):
        print(
            f"{name:18} {one.wall / two.wall:6.2f} by the clock, {one.cpu / two.cpu:6.2f} by processor time; aim {aim}"
        )


def main() -> None:
    """Read the command line; exit code 1 where outputs differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", default="1,10", help="sizes, in millions of purchases (default 1,10)")
    parser.add_argument("--quick", action="store_true", help="200,000 purchases: whether all runs and is equal")
    parser.add_argument("--repeat", type=int, default=1, help="repetitions of each; ratios are of the best by CPU time")
    parser.add_argument("--markets-only", action="store_true", help="without the formatter and the writers")
    parser.add_argument("--folder", type=Path, help="where to write instead of the system's temporary folder")
    args = parser.parse_args()
    sizes = [0.2] if args.quick else [float(one) for one in args.millions.split(",")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MEBI / 1024
    now, python = datetime.now(UTC), platform.python_version()
    print(f"{now:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {memory:.0f} GiB, Python {python}", flush=True)
    equal = True
    with tempfile.TemporaryDirectory(prefix="strata-bench-", dir=args.folder) as name:
        folder = Path(name)
        with server(folder) as env:
            make(folder / "warm", 20_000)
            strata(folder, folder / "warm", env, "(warm-up)")
            for millions in sizes:
                equal &= bench(folder, millions, env, args.repeat)
    for script in () if args.markets_only else BESIDES:
        print(f"\n{script}", flush=True)
        subprocess.run([sys.executable, str(HERE / script)], check=True)
    raise SystemExit(not equal)


if __name__ == "__main__":
    main()
