"""`strata doctor`: is everything there that a run needs?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Literal

import typer
from rich.table import Table

from flows.commands.run import terminal
from flows.settings import Settings
from tasks.errors import StrataError

Verdict = Literal["ok", "note", "wrong"]
SIGNS: dict[Verdict, str] = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "wrong": "[red]wrong[/]"}
#: Rates older than this are worth a word: a month's publication would carry them into the wrong month.
OLD_RATES_DAYS = 45


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
    """Look at the server, Java, the bucket, conditional writes and the last day of rates.

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
    return [
        _python,
        _server,
        lambda: _java(settings.engine),
        lambda: _landing(landing or settings.landing),
        lambda: _bucket(publish or settings.publish, settings.pointer),
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
    java = shutil.which("java")
    if java is None:
        return [Finding("Java", needed, "not found; Spark needs 17 or 21 (package openjdk-17-jre-headless)")]
    started = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603  # PATH's own
    if started.returncode or not started.stderr:
        return [Finding("Java", needed, f"{java} does not start: exit code {started.returncode}")]
    spark = f"pyspark {_version('pyspark')}"
    return [Finding("Java", needed if "missing" in spark else "ok", f"{started.stderr.splitlines()[0]}; {spark}")]


def _landing(uri: str | None) -> list[Finding]:
    if uri is None:
        return [Finding("landing", "note", "not given: --landing or STRATA_LANDING")]
    from tasks.objects import open_store

    try:
        folders = sorted({info.key.split("/", 1)[0] for info in open_store(uri).list("") if "/" in info.key})
    except StrataError as error:
        return [Finding("landing", "wrong", str(error))]
    return [Finding("landing", "ok" if folders else "wrong", f"{uri}: drops {', '.join(folders) or 'none'}")]


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
