"""Distil the originals of the World Bank and ISO into the CSV files of this folder.

`python -m region_profiles.reference.distill FOLDER [--into FOLDER]`: figures, not files. The same originals
give the same bytes. What each file is, its licence and date stand in sources.yaml; README.md describes the columns.
Rates that are law (pegs.csv, irrevocable.csv) and units that no file states (series_units.csv) are kept by hand.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Context, Decimal
from pathlib import Path
from typing import NamedTuple

import pycountry
from babel.numbers import get_territory_currencies
from python_calamine import CalamineWorkbook

HERE = Path(__file__).parent
#: Kosovo has no ISO 3166 code; the World Bank's, and what CLDR and the trade write.
OUTSIDE_ISO = {"XKX": "XK"}
#: The World Bank writes series in the money of the day on which it published the file.
PUBLISHED = date(2025, 12, 31)
#: Household figures: ICP round and the column of its newest revision in the PIP file.
HOUSEHOLD = {2011: "ppp_2011_v2_v2", 2017: "ppp_2017_v1_v2"}
#: ICP round behind the World Bank's annual GDP factors.
GDP_ROUND = 2021
#: Twelve digits are two more than the published figures can be trusted for.
DIGITS = Context(prec=12)

CountryYear = tuple[str, int]


class Written(NamedTuple):
    """A distilled table: header and rows, sorted."""

    name: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def text(self) -> str:
        """The CSV: comma, LF, quotes only where needed."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return out.getvalue()


def country_of(code: str) -> str | None:
    """Alpha-2 code of an alpha-2 or alpha-3 code; None for aggregates ('WLD', World) and countries that are no more.

    >>> country_of("NAM"), country_of("XKX"), country_of("WLD"), country_of("NA")
    ('NA', 'XK', None, 'NA')
    """
    if code in OUTSIDE_ISO:
        return OUTSIDE_ISO[code]
    if code in OUTSIDE_ISO.values():
        return code
    found = pycountry.countries.get(alpha_2=code) or pycountry.countries.get(alpha_3=code)
    return None if found is None else str(found.alpha_2)


def figure(text: str | Decimal) -> str:
    """Twelve significant digits without an exponent.

    >>> figure("0.692626123456789"), figure("35214180599"), figure("2.681e-11")
    ('0.692626123457', '35214180599', '0.00000000002681')
    """
    rounded = DIGITS.create_decimal(text).normalize()
    return f"{rounded:f}"


def records(text: str) -> Iterable[dict[str, str]]:
    """Rows of a CSV as they are: 'NA' is Namibia, never null."""
    return csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))


def indicator(text: str) -> dict[CountryYear, str]:
    """{(country, year): figure} of a World Bank indicator, one row a country-year or one column a year.

    The bank's own download has title lines and a column for each year; copies of it have `Country Code`
    (or `Country ID`), `Year` and the figure last. Aggregates and empty figures are left out.
    """
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    start = next((i for i, line in enumerate(lines) if "Country" in line and "," in line), None)
    if start is None:
        raise ValueError("no header line with a Country column")
    found: dict[CountryYear, str] = {}
    for row in records("".join(lines[start:])):
        country = country_of(row.get("Country Code") or row.get("Country ID") or "")
        if country is None:
            continue
        if "Year" in row:
            cells = [(row["Year"], list(row.values())[-1])]
        else:
            cells = [(year, cell) for year, cell in row.items() if year and year.isdigit()]
        found |= {(country, int(year)): cell for year, cell in cells if cell}
    return found


def units(aggregate: str, vintage: int | None) -> Callable[[str], str]:
    """Country -> currency in which a series is written: series_units.csv, else CLDR's tender at publication."""
    stated = {
        row["country"]: row["currency"]
        for row in sorted(records((HERE / "series_units.csv").read_text("utf-8")), key=lambda row: row["vintage"])
        if row["aggregate"] == aggregate and row["vintage"] in {"", str(vintage)}
    }

    def unit(country: str) -> str:
        if country in stated:
            return stated[country]
        tender: list[str] = get_territory_currencies(country, PUBLISHED, PUBLISHED)
        return tender[0]

    return unit


def gdp_factors(text: str) -> list[tuple[str, ...]]:
    """Rows of purchasing_power.csv from PA.NUS.PPP."""
    unit = units("gdp", GDP_ROUND)
    return [
        (country, str(year), "gdp", figure(factor), unit(country), "wb_ppp", str(GDP_ROUND))
        for (country, year), factor in indicator(text).items()
    ]


def household_factors(text: str) -> list[tuple[str, ...]]:
    """Rows of purchasing_power.csv from PIP: national ones (China, India, Indonesia have urban and rural too)."""
    rows: list[tuple[str, ...]] = []
    for vintage, column in HOUSEHOLD.items():
        unit = units("household", vintage)
        for row in records(text):
            country = country_of(row["code"])
            if country and row["CoverageType"] == "National" and row[column]:
                rows.append(
                    (country, str(vintage), "household", figure(row[column]), unit(country), "wb_pip", str(vintage))
                )
    return rows


def purchasing_power(originals: Path) -> Written:
    """LCU for one international dollar, by country, year and aggregate."""
    rows = gdp_factors((originals / "worldbank_ppp_gdp.csv").read_text("utf-8"))
    rows += household_factors((originals / "pip_household_consumption_ppp.csv").read_text("utf-8"))
    return Written(
        "purchasing_power",
        ("country", "year", "aggregate", "factor", "currency", "source", "vintage"),
        sorted(rows, key=lambda row: (row[2], row[0], row[1])),
    )


def annual(name: str, column: str, source: str, figures: Mapping[CountryYear, str]) -> Written:
    """A table of one figure by country and year."""
    rows: list[tuple[str, ...]] = [
        (country, str(year), figure(value), source) for (country, year), value in sorted(figures.items())
    ]
    return Written(name, ("country", "year", column, "source"), rows)


def consumer_prices(originals: Path) -> Written:
    """Inflation of a year against the year before, in percent (the original's header says CPI)."""
    text = (originals / "worldbank_inflation_annual_percent.csv").read_text("utf-8")
    return annual("consumer_prices", "inflation", "wb_inflation", indicator(text))


def per_head(gdp: Mapping[CountryYear, str], population: Mapping[CountryYear, str]) -> dict[CountryYear, str]:
    """GDP over population where both are known."""
    both = gdp.keys() & population.keys()
    return {at: f"{Decimal(gdp[at]) / Decimal(population[at]):.4f}" for at in both}


def incomes(originals: Path) -> Written:
    """GDP per head in current US dollars at market rates."""
    gdp = indicator((originals / "worldbank_gdp_current_usd.csv").read_text("utf-8"))
    population = indicator((originals / "worldbank_population.csv").read_text("utf-8"))
    return annual("incomes", "gdp_per_head", "wb_gdp", per_head(gdp, population))


def income_groups(original: Path) -> Written:
    """The bank's group by the calendar year of its data: L, LM, UM, H; title rows and footnotes left out."""
    sheet = CalamineWorkbook.from_path(str(original)).get_sheet_by_name("Country Analytical History").to_python()
    years = next(row for row in sheet if str(row[1]).startswith("Data for calendar year"))
    rows = [
        (country, str(int(float(str(year)))), str(group).rstrip("*"), "wb_groups")
        for row in sheet
        if (country := country_of(str(row[0]) or "-"))
        for year, group in zip(years[2:], row[2:], strict=True)
        if group not in {"", ".."}
    ]
    return Written("income_groups", ("country", "year", "group", "source"), sorted(rows))


def currencies(original: Path) -> Written:
    """ISO 4217: name, minor units, and the month of withdrawal where no country uses the code any more."""
    active: dict[str, tuple[str, str]] = {}
    past: dict[str, tuple[str, str]] = {}
    for row in records(original.read_text("utf-8")):
        code, gone = row["AlphabeticCode"], row["WithdrawalDate"]
        if not code:
            continue
        name, minor = " ".join(row["Currency"].split()), row["MinorUnit"].strip("-")
        if not gone:
            active[code] = (name, minor)
        elif code not in past or past[code][1] < gone:
            past[code] = (name, gone)
    rows = [(code, name, minor, "") for code, (name, minor) in active.items()]
    rows += [(code, name, "", gone) for code, (name, gone) in past.items() if code not in active]
    return Written("currencies", ("currency", "name", "minor_units", "withdrawn"), sorted(rows))


def distill(originals: Path) -> list[Written]:
    """All tables that are made from originals."""
    return [
        purchasing_power(originals),
        consumer_prices(originals),
        incomes(originals),
        income_groups(originals / "worldbank_income_groups_history.xlsx"),
        currencies(originals / "iso4217_history.csv"),
    ]


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("originals", type=Path, help="folder of the downloaded files, named as in sources.yaml")
    parser.add_argument("--into", type=Path, default=HERE, help="folder to write to (this one)")
    chosen = parser.parse_args()
    for table in distill(chosen.originals):
        (chosen.into / f"{table.name}.csv").write_text(table.text(), encoding="utf-8", newline="\n")
        print(f"{table.name}: {len(table.rows)} rows")


if __name__ == "__main__":
    main()
