"""`strata demo`: sample data for several markets, a run, and where to look."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.run import execute, terminal

#: The sample's history ends on this day.
AS_OF = date(2026, 6, 30)
#: What there is to see, in two minutes: five scripts, visitors, business accounts, net prices, three languages.
MARKETS = "DE,US,JP,CN,IN,AE,CH"


def demo(
    folder: Annotated[Path, typer.Argument(help="Folder for the drops and the publications.")] = Path("demo"),
    customers: Annotated[int, typer.Option(help="Customers a market.")] = 2000,
    markets: Annotated[str, typer.Option(help="Which of the sample's markets, with commas; or `all`.")] = MARKETS,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
) -> None:
    """Write sample drops, run their markets, and say what to open.

    Example: strata demo demo --customers 500

    Example: strata demo demo --markets all
    """
    from tasks.sample.generate import generate

    console = terminal()
    chosen = None if markets == "all" else [code.strip().upper() for code in markets.split(",")]
    landing, publish = folder / "landing", folder / "published"
    os.environ.setdefault("STRATA_WORK", str(folder / "work"))
    with console.status("writing the sample's drops") as status:
        summary = generate(landing, markets=chosen, customers=customers, seed=seed, progress=status.update)
    console.print(f"sample: {len(summary.markets)} markets in {landing}", highlight=False)
    code = execute(chosen, str(landing), str(publish), AS_OF, None, None)
    for page in sorted(publish.glob("country=*/index.html")):
        console.print(f"  {page}", highlight=False, soft_wrap=True)
    console.print("Each index leads to the market's reports, workbooks and lists, in the languages of its teams.")
    raise typer.Exit(code)
