"""`strata reference`: exchange rates, purchasing power, inflation, incomes: what is known, how old, and newer ones."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from flows.settings import Settings
from region_profiles.models import Profile
from tasks.errors import Terminal
from tasks.reference.tables import Reference

app = typer.Typer(
    help="Exchange rates, purchasing power, inflation, incomes: what is known, how old, and newer ones.",
    no_args_is_help=True,
)


@app.command()
def show(
    market: Annotated[str, typer.Argument(help="ISO 3166 code of the market, such as AE.")],
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day; local yesterday if not given.")
    ] = None,
    profiles: Annotated[Path | None, typer.Option(help="Folder of profiles; STRATA_PROFILES if not given.")] = None,
) -> None:
    """Print what is known about a market's money: currencies, rates, purchasing power, incomes, lenses.

    Example: strata reference show AE

    Example: strata reference show TR --as-of 2024-06-30
    """
    from region_profiles.loader import load_profile
    from tasks.reference.show import show as facts

    settings = Settings()
    profile = load_profile(market.upper(), profiles or settings.profiles)
    day = as_of.date() if as_of else _local_yesterday(profile)
    table = Table(title=f"{profile.market.country} as of {day}", title_justify="left", box=None, header_style="bold")
    for name in ("", "", "value", "source", "age"):
        table.add_column(name, overflow="fold")
    topic = None
    for fact in facts(profile, day, _reference(settings)):
        table.add_row("" if fact.topic == topic else fact.topic, *fact[1:])
        topic = fact.topic
    Console().print(table)


@app.command()
def pool(
    publish: Annotated[str | None, typer.Option(help="Publish root; STRATA_PUBLISH if not given.")] = None,
    profiles: Annotated[Path | None, typer.Option(help="Folder of profiles; STRATA_PROFILES if not given.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the file; STRATA_REFERENCE if not given.")] = None,
) -> None:
    """Fit one purchase model to the markets of each region, for those too small for a model of their own.

    Writes purchase_models.json, parameters only; runs with STRATA_REFERENCE at that folder use it.

    Example: strata reference pool --publish published --out reference
    """
    import tempfile

    from flows.planning.zones import publish_roots
    from region_profiles.loader import load_profile
    from tasks.chain.reading import Absent, find
    from tasks.engine import open_duckdb
    from tasks.objects import open_store
    from tasks.predict.pooled import FILE, histories, pooled, write_regions

    settings = Settings()
    folder = out or settings.reference
    if folder is None:
        raise Terminal("no folder for the models", hint="say --out FOLDER or set STRATA_REFERENCE")
    found: dict[str, dict[str, Any]] = {}
    days = []
    with tempfile.TemporaryDirectory() as temp, open_duckdb(settings.memory, settings.threads, Path(temp)) as con:
        for uri in publish_roots(settings, publish):
            store = open_store(uri)
            for country in sorted(name.removeprefix("country=") for name in store.folders("country=")):
                book = find(store, country, date.max)
                if isinstance(book, Absent):
                    continue
                region = load_profile(country, profiles or settings.profiles).market.region
                rows = histories(con, book.file("canonical/customers.parquet", Path(temp)), book.as_of)
                found.setdefault(region, {})[country] = rows
                days.append(book.as_of)
    regions = pooled(found)
    if not regions:
        raise Terminal("no region has a model", hint="publish markets with a history of repeat purchases first")
    folder.mkdir(parents=True, exist_ok=True)
    write_regions(folder / FILE, regions, max(days))
    for name, one in regions.items():
        typer.echo(f"{name}: {one.fitted.model} of {', '.join(one.markets)}")
    typer.echo(f"{folder / FILE}")


@app.command()
def refresh(
    kind: Annotated[
        str,
        typer.Argument(help="ecb, purchasing_power, consumer_prices, incomes or income_groups.", show_default=False),
    ],
    source: Annotated[str, typer.Argument(help="File or https:// address of the newer table.", show_default=False)],
    into: Annotated[Path | None, typer.Option(help="Your folder of figures; STRATA_REFERENCE if not given.")] = None,
) -> None:
    """Check a newer table against what is there and put it into your folder of figures, whole or not at all.

    Runs read that folder while STRATA_REFERENCE names it. The World Bank's tables are its csv or zip downloads.

    Example: strata reference refresh ecb https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip --into figures

    Example: strata reference refresh purchasing_power API_PA.NUS.PPP_DS2_en_csv_v2.zip --into figures
    """
    from tasks.reference.refresh import EXPECTED, KINDS
    from tasks.reference.refresh import refresh as load

    chosen = next((known for known in KINDS if known == kind), None)
    if chosen is None:
        kinds = "; ".join(f"{known}: {what}" for known, what in EXPECTED.items())
        raise Terminal("unknown kind of table", value=kind, expected=kinds)
    target = into or Settings().reference
    if target is None:
        raise Terminal("--into is not given", hint="say --into FOLDER or set STRATA_REFERENCE")
    done = load(chosen, source, target)
    console = Console()
    console.print(f"{done.kind}: {done.rows} rows until {done.last} (before: {done.before}) in {done.path}")
    for notice in done.notices:
        console.print(f"  {notice}")
    if Settings().reference != target:
        console.print(f"set STRATA_REFERENCE={target} for runs to use it")


def _reference(settings: Settings) -> Reference:
    return Reference(settings.reference)


def _local_yesterday(profile: Profile) -> date:
    return (datetime.now(ZoneInfo(profile.market.time_zone)) - timedelta(days=1)).date()
