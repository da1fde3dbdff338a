"""`strata doctor`: is everything there that a run needs?"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from flows.commands.run import terminal
from flows.settings import Settings
from region_profiles.loader import list_markets, load_profile
from tasks.errors import StrataError
from tasks.ingest.databases.place import VARIABLE

Verdict = Literal["ok", "note", "wrong"]
SIGNS: dict[Verdict, str] = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "wrong": "[red]wrong[/]"}
#: Rates older than this are worth a word: profiles carry the last one no further (`money.ecb_carry_days`).
OLD_RATES_DAYS = 7
#: The Java releases that Spark 4.0 is tested with.
JAVA_RELEASES = ("17", "21")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    verdict: Verdict
    says: str


def doctor(
    landing: Annotated[str | None, typer.Option(help="Landing to look at; STRATA_LANDING if not given.")] = None,
    publish: Annotated[str | None, typer.Option(help="Publish root to probe; STRATA_PUBLISH if not given.")] = None,
) -> None:
    """Look at the server, Java, the folders or buckets, conditional writes, databases and the last day of rates.

    Exit code 0: a run can work; 1: something it needs is wrong. The probe writes and removes one small object below
    the publish root.

    Example: strata doctor --landing drops --publish s3://published
    """
    settings = Settings()
    console = terminal()
    table = Table(box=None, show_header=False)
    findings = [finding for check in _checks(settings, landing, publish) for finding in check()]
    for finding in findings:
        table.add_row(SIGNS[finding.verdict], finding.what, finding.says)
    console.print(table)
    raise typer.Exit(1 if any(finding.verdict == "wrong" for finding in findings) else 0)


def _checks(settings: Settings, landing: str | None, publish: str | None) -> list[Callable[[], list[Finding]]]:
    source, target = landing or settings.landing, publish or settings.publish
    general: list[Callable[[], list[Finding]]] = [
        lambda: _landing(source),
        lambda: _bucket(target, settings.pointer),
        lambda: _work(settings.work, settings.scratch),
    ]
    return [
        _python,
        _server,
        lambda: _java(settings.engine),
        lambda: _host_name(settings.engine),
        *(general if source or target or not settings.zones else ()),
        lambda: _zones(settings),
        _databases,
        lambda: _deliveries(settings, target),
        _rates,
        lambda: _secrets(settings),
    ]


def _python() -> list[Finding]:
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    packages = ", ".join(f"{name} {_version(name)}" for name in ("duckdb", "ibis-framework", "prefect", "pyarrow"))
    return [Finding("Python", "ok" if supported else "wrong", f"{sys.version.split()[0]}; {packages}")]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _server() -> list[Finding]:
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        return [Finding("Prefect server", "note", "none set: runs work, but keep no reliable history of themselves")]
    import httpx  # prefect's own client library

    shown = re.sub("//[^/@]*@", "//", url)  # without a user's password
    try:
        answer = httpx.get(f"{url.rstrip('/')}/admin/version", timeout=5)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        return [
            Finding("Prefect server", "wrong", f"{shown}: {type(error).__name__}; start it or unset PREFECT_API_URL")
        ]
    return [Finding("Prefect server", "ok", f"{shown} answers, version {answer.text.strip(chr(34))}")]


def _java(engine: str) -> list[Finding]:
    needed: Verdict = "wrong" if engine == "spark" else "note"
    home = os.environ.get("JAVA_HOME")  # Spark looks there first
    java = shutil.which(Path(home) / "bin" / "java" if home else "java")
    if java is None:
        where = f"not in JAVA_HOME {home}" if home else "not found"
        return [Finding("Java", needed, f"{where}; Spark needs 17 or 21 (package openjdk-17-jre-headless)")]
    started = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603  # as Spark
    if started.returncode or not started.stderr:
        return [Finding("Java", needed, f"{java} does not start: exit code {started.returncode}")]
    release = re.search(r'version "(\d+)', started.stderr)
    told = next((line for line in started.stderr.splitlines() if "version" in line), started.stderr.splitlines()[0])
    if release is None or release[1] not in JAVA_RELEASES:
        return [Finding("Java", needed, f"{told}; Spark needs 17 or 21")]
    spark = f"pyspark {_version('pyspark')}"
    return [Finding("Java", needed if "missing" in spark else "ok", f"{told}; {spark}")]


def _host_name(engine: str) -> list[Finding]:
    if engine != "spark":
        return []
    name = socket.gethostname()
    try:
        socket.getaddrinfo(name, None)
    except OSError:
        says = f"{name} has no address, and Spark does not start without one: add 127.0.1.1 {name} to /etc/hosts"
        return [Finding("host name", "wrong", says)]
    return [Finding("host name", "ok", name)]


def _landing(uri: str | None) -> list[Finding]:
    if uri is None:
        return [Finding("landing", "note", "not given: --landing or STRATA_LANDING")]
    from tasks.objects import open_store

    try:
        folders = sorted({info.key.split("/", 1)[0] for info in open_store(uri).list("") if "/" in info.key})
    except StrataError as error:
        return [Finding("landing", "wrong", str(error))]
    if not folders:
        return [Finding("landing", "wrong", f"{uri}: holds no folder of files, such as DE")]
    return [Finding("landing", "ok", f"{uri}: drops {', '.join(folders)}")]


def _bucket(uri: str | None, pointer: str) -> list[Finding]:
    if uri is None:
        return [Finding("publish root", "note", "not given: --publish or STRATA_PUBLISH")]
    from tasks.objects import open_store, probe

    try:
        can = probe(open_store(uri))
    except StrataError as error:
        return [Finding("publish root", "wrong", str(error))]
    verdict: Verdict = "ok" if can.compare_and_swap or pointer == "single_writer" else "wrong"
    advice = "" if verdict == "ok" else "; set STRATA_POINTER=single_writer and run one writer at a time"
    return [
        Finding("publish root", "ok", uri),
        Finding("conditional put", "ok" if can.conditional_put else "note", "yes" if can.conditional_put else "no"),
        Finding("compare-and-swap", verdict, ("yes" if can.compare_and_swap else "no") + advice),
    ]


def _work(uri: str | None, scratch: Path | None) -> list[Finding]:
    """Only what workers share can be out of reach; a folder of this machine is made when it is needed."""
    at_hand = uri is None or "://" not in uri or uri.startswith("file://")
    if uri is None or (at_hand and scratch is None):
        return [Finding("work", "ok", f"{scratch or uri or '.strata/work'} on this machine")]
    from tasks.objects import open_store

    try:
        next(iter(open_store(uri).list("")), None)
    except StrataError as error:
        return [Finding("work", "wrong", str(error))]
    return [Finding("work", "ok", f"{uri}, shared by all workers; {scratch or '.strata/work'} on this machine")]


def _zones(settings: Settings) -> list[Finding]:
    """Each residency zone's roots."""
    return [
        replace(finding, what=f"zone {name}: {finding.what}")
        for name, zone in sorted(settings.zones.items())
        for finding in (
            *_landing(zone.landing),
            *_bucket(zone.publish, zone.pointer or settings.pointer),
            *(_work(zone.work, settings.scratch) if zone.work else ()),
        )
    ]


def _databases() -> list[Finding]:
    """Each database that the environment names: whether it answers, and whether its role can do more than read."""
    from tasks.ingest.databases.read import look

    names = [name.removeprefix(VARIABLE).lower() for name in sorted(os.environ) if name.startswith(VARIABLE)]
    return [Finding(f"database {name}", *look(name)) for name in names]


def _deliveries(settings: Settings, publish: str | None) -> list[Finding]:
    """What would keep teams from their bundles; broken profiles are told by `validate`."""
    found: list[Finding] = []
    means = 0
    for name in list_markets(settings.profiles):
        try:
            profile = load_profile(name, settings.profiles)
        except StrataError:
            continue
        own = sum(len(team.deliver) for team in profile.teams)
        if own:
            from flows.delivering.faults import delivery_faults

            means += own
            found += [Finding(f"delivery {name}", "wrong", one) for one in delivery_faults(settings, profile, publish)]
    if not means:
        return [Finding("delivery", "note", "no team has `deliver` in its profile: bundles lie in the publish root")]
    return found or [Finding("delivery", "ok", f"{means} means of teams have all they need")]


def _rates() -> list[Finding]:
    from tasks.reference.rates import last_ecb_day

    last = last_ecb_day()
    age = (date.today() - last).days  # noqa: DTZ011  # an age in days needs no zone
    verdict: Verdict = "ok" if age <= OLD_RATES_DAYS else "note"
    hint = "" if verdict == "ok" else "; purchases after it have no ECB rate: `strata reference refresh ecb FILE`"
    return [Finding("ECB rates", verdict, f"until {last}, {age} days ago{hint}")]


def _secrets(settings: Settings) -> list[Finding]:
    if settings.pseudonym_key is None:
        says = "STRATA_PSEUDONYM_KEY is not set: customer ids are plain digests that anyone can recompute"
        return [Finding("pseudonyms", "note", says)]
    return [Finding("pseudonyms", "ok", "keyed")]
