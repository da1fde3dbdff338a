"""`strata sample`: made-up drops of many markets, to try the program on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write the drops into; made if absent.")],
    markets: Annotated[
        str | None,
        typer.Option(
            help="Codes of ISO 3166 such as DE,PE, or shared drops such as benelux; default: all sample markets."
        ),
    ] = None,
    customers: Annotated[int, typer.Option(min=20, help="Customers of each drop.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 1,
) -> None:
    """Write sample drops, each in the form that its market's shops would deliver.

    Stores, people and prices are made up. A territory that is no sample market gets a neutral drop of two plain files,
    which the seed does not change, and a profile to read it with. SAMPLE.json beside the drops says what is in them:
    files, broken rows, duplicates, returns, guests. The history ends on 2026-06-30: run it with that as-of date.

    For example:

    strata sample drops

    strata sample drops --markets DE,JP --customers 500

    strata sample drops --markets US --customers 2000000 --seed 7

    strata sample drops --markets PE,GR --customers 200
    """
    from tasks.sample.generate import generate
    from tasks.sample.neutral import PROFILES

    console = Console()
    started = time.monotonic()
    chosen = None if markets is None else [name for part in markets.split(",") if (name := part.strip())]
    with console.status("writing sample drops") as status:
        summary = generate(
            folder,
            markets=chosen,
            customers=customers,
            seed=seed,
            progress=lambda text: status.update(f"writing {text}"),
        )
    for name, drop in summary.facts["drops"].items():
        tables = drop["tables"]
        whose = name if list(drop["markets"]) == [name] else f"{name} ({', '.join(drop['markets'])})"
        console.print(
            f"{whose}: {tables['customers']['rows']:,} customers and"
            f" {tables['transactions']['rows']:,} purchases in {len(drop['files'])} files",
            highlight=False,
            soft_wrap=True,
        )
    size, seconds = summary.bytes / 1e6, time.monotonic() - started
    console.print(f"{summary.rows:,} rows, {size:,.1f} MB in {seconds:.1f} s", highlight=False)
    neutral = [name for name, drop in summary.facts["drops"].items() if drop.get("neutral")]
    run = f"--landing {folder} --publish published --as-of {summary.as_of}"
    if len(neutral) < len(summary.facts["drops"]):
        console.print(f"next: strata run {run}", highlight=False, soft_wrap=True)
    if neutral:
        markets = " ".join(neutral)
        console.print(
            f"next: strata run {markets} --profiles {folder / PROFILES} {run}", highlight=False, soft_wrap=True
        )
