"""Newer figures into the user's folder (STRATA_REFERENCE), checked against those that hold now, replaced at once.

A refresh never writes into region_profiles: what a publication rests on stays in one folder that the user keeps.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from statistics import median
from typing import Literal, get_args
from urllib.error import URLError
from urllib.parse import urlparse

from region_profiles.reference import distill
from tasks.errors import ReferenceDataError, StoreUnavailable
from tasks.reference import ecb
from tasks.reference.tables import COLUMNS, Reference

Kind = Literal["ecb", "purchasing_power", "consumer_prices", "incomes", "income_groups"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SECONDS = 60
#: The ECB does not change the past: a difference beyond this in a known rate is another table.
ECB_REVISION = Decimal("0.005")
#: Between two days, as a factor either way; the largest in the ECB's history is 1.68, the lira's on 2001-02-22.
ECB_JUMP = Decimal(2)
#: A country's figures may be revised; by more than this in the median, its unit has changed or the file is another.
REVISION = Decimal("0.4")
#: A newer file may lack some countries; not more than this share.
LOST_COUNTRIES = 0.1
#: By how much a unit that became a successor's may miss the irrevocable rate.
UNIT = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh wrote: rows, their last day or year, and what it noticed."""

    kind: Kind
    path: Path
    rows: int
    last: str
    before: str
    notices: tuple[str, ...] = ()


def refresh(kind: Kind, source: str | Path, target: Path, *, carry_over: Reference | None = None) -> Refreshed:
    """Load a newer file into the user's folder.

    Args:
        kind: ecb (the ECB's eurofxref-hist as csv or zip), purchasing_power (PA.NUS.PPP), consumer_prices
            (FP.CPI.TOTL.ZG), incomes (NY.GDP.PCAP.CD), income_groups (the World Bank's history workbook); the World
            Bank's as its zip or csv download, a column for each year, or one row a country-year.
        source: a path, or an https:// or file:// address.
        target: the folder that STRATA_REFERENCE names.
        carry_over: what holds now; the target's files over the built-in ones.

    Raises:
        ReferenceDataError: if the file is not what it should be, ends before what is there, or jumps.
        StoreUnavailable: if an address does not answer.
    """
    if kind not in KINDS:
        raise ReferenceDataError("unknown kind", value=kind, expected=", ".join(KINDS))
    present = carry_over or Reference(target)
    content, name = _fetch(source)
    if kind == "ecb":
        return _refresh_ecb(content, name, target, present)
    return _refresh_table(kind, content, name, target, present)


def _fetch(source: str | Path) -> tuple[bytes, str]:
    """Bytes and name of a path or address."""
    address = urlparse(str(source))
    if address.scheme in {"https", "file"}:
        try:
            with urllib.request.urlopen(str(source), timeout=SECONDS) as answer:  # noqa: S310 - the scheme is checked
                return bytes(answer.read()), Path(address.path).name
        except URLError as error:
            raise StoreUnavailable(
                f"{source} does not answer: {error.reason}", hint="try again, or give a file"
            ) from error
    path = Path(source)
    if not path.is_file():
        raise ReferenceDataError("no such file", file=str(source), expected="a file, https:// or file://")
    return path.read_bytes(), path.name


def _text(content: bytes, name: str) -> str:
    """Text of a csv, or of the data file in a zip (the World Bank's has Metadata_ files beside it)."""
    try:
        if content[:2] != b"PK":
            return content.decode("utf-8-sig")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = [entry for entry in archive.namelist() if entry.endswith(".csv") and "Metadata" not in entry]
            return archive.read(inside[0]).decode("utf-8-sig")
    except (UnicodeDecodeError, zipfile.BadZipFile, IndexError) as error:
        raise ReferenceDataError(
            f"cannot be read: {error}", file=name, expected="a csv in UTF-8, or a zip of one"
        ) from error


def _replace(path: Path, text: str) -> None:
    """Whole or not at all: readers see the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


# --- the ECB's history ------------------------------------------------------------------------------------------------


def _refresh_ecb(content: bytes, name: str, target: Path, present: Reference) -> Refreshed:
    text = _text(content, name)
    newer, held = ecb.parse(text, name), ecb.history(present)
    if newer.last < held.last:
        raise ReferenceDataError(
            f"ends on {newer.last}, before what is there", file=name, expected=f"{held.last} or later"
        )
    lost = sorted(set(held.columns) - set(newer.columns))
    if lost:
        raise ReferenceDataError(f"lacks {', '.join(lost)}", file=name, expected="all currencies that are there")
    path = target / ecb.FILE
    _compare_ecb(newer, name, present)
    _replace(path, text)
    return Refreshed("ecb", path, len(newer.lines), str(newer.last), str(held.last))


def _compare_ecb(newer: ecb.History, name: str, present: Reference) -> None:
    """Known days must be the same, and new ones near the day before."""
    for currency in newer.columns[1:]:
        fresh, known = ecb.column(newer, currency, name), ecb.series(present, currency)
        held = dict(zip(known.days, known.quotes, strict=True)) if known else {}
        before: Decimal | None = None
        for day, quote in zip(fresh.days, fresh.quotes, strict=True):
            expected, bound = (held[day], 1 + ECB_REVISION) if day in held else (before, ECB_JUMP)
            if quote <= 0 or (expected and not 1 / bound <= quote / expected <= bound):
                raise ReferenceDataError(
                    f"the rate of {currency} on {date.fromordinal(day)} cannot be",
                    file=name,
                    value=str(quote),
                    expected=f"about {expected}" if expected else "a rate above zero",
                    hint="is the file the ECB's, in units for one euro?",
                )
            before = quote


# --- the World Bank's tables ------------------------------------------------------------------------------------------


def _refresh_table(kind: Kind, content: bytes, name: str, target: Path, present: Reference) -> Refreshed:
    try:
        made = _groups(content) if kind == "income_groups" else _indicator(kind, _text(content, name), present)
    except (ValueError, KeyError, InvalidOperation) as error:
        raise ReferenceDataError(
            f"is not a table of {kind}: {error}",
            file=name,
            expected="the World Bank's download",
            hint="see docs/money.md",
        ) from error
    held = present.rows(kind)
    notices = _compare(kind, made, held, name, present)
    path = target / f"{kind}.csv"
    _replace(path, _written(kind, made))
    return Refreshed(kind, path, len(made), _last(made), _last(held), notices)


def _written(kind: Kind, rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS[kind], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _last(rows: tuple[dict[str, str], ...] | list[dict[str, str]]) -> str:
    return max((row["year"] for row in rows), default="none")


def _groups(content: bytes) -> list[dict[str, str]]:
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as workbook:
        workbook.write(content)
        workbook.flush()
        table = distill.income_groups(Path(workbook.name))
    return [dict(zip(table.header, row, strict=True)) for row in table.rows]


def _indicator(kind: Kind, text: str, present: Reference) -> list[dict[str, str]]:
    """Rows in the project's form; household factors stay as they are."""
    columns = COLUMNS[kind]
    if kind == "purchasing_power":
        kept = [row for row in present.rows(kind) if row["aggregate"] != "gdp"]
        units = {row["country"]: row["currency"] for row in present.rows(kind) if row["aggregate"] == "gdp"}
        fresh = [dict(zip(columns, row, strict=True)) for row in distill.gdp_factors(text)]
        fresh = [row | {"currency": units.get(row["country"], row["currency"])} for row in fresh]
        return sorted(fresh + kept, key=lambda row: (row["aggregate"], row["country"], row["year"]))
    source = {"consumer_prices": "wb_inflation", "incomes": "wb_gdp"}[kind]
    table = distill.annual(kind, columns[2], source, distill.indicator(text))
    return [dict(zip(columns, row, strict=True)) for row in table.rows]


def _compare(
    kind: Kind, made: list[dict[str, str]], held: tuple[dict[str, str], ...], name: str, present: Reference
) -> tuple[str, ...]:
    """Refuse a table that is older, smaller or jumps; name the countries whose unit became another."""
    fresh = [row for row in made if row.get("aggregate", "gdp") == "gdp"]
    if _last(fresh) < _last(held):
        raise ReferenceDataError(
            f"ends with {_last(fresh)}, before what is there", file=name, expected=f"{_last(held)} or later"
        )
    countries = {row["country"] for row in held if row.get("aggregate", "gdp") == "gdp"}
    lost = sorted(countries - {row["country"] for row in fresh})
    if len(lost) > LOST_COUNTRIES * len(countries):
        raise ReferenceDataError(f"lacks {len(lost)} countries, among them {', '.join(lost[:5])}", file=name)
    if kind == "income_groups":
        return tuple(f"{country}: no longer in the table" for country in lost)
    notices = [f"{country}: no longer in the table" for country in lost]
    changed = _moved(
        fresh, held, COLUMNS[kind][3 if kind == "purchasing_power" else 2], additive=kind == "consumer_prices"
    )
    for country, ratio in sorted(changed.items()):
        unit = _new_unit(country, ratio, fresh, present) if kind == "purchasing_power" else None
        if unit is None:
            raise ReferenceDataError(
                f"the figures of {country} are {ratio:.3g} times those that are there",
                file=name,
                expected="revisions of less than 40 %",
                hint="has the country's money or the file's unit changed?",
            )
        notices.append(f"{country}: now in {unit}")
    return tuple(notices)


def _moved(
    fresh: list[dict[str, str]], held: tuple[dict[str, str], ...], column: str, *, additive: bool
) -> dict[str, Decimal]:
    """Countries whose known years changed by more than a revision does: median ratio (of 100 + x for percentages)."""
    offset = 100 if additive else 0
    old = {(row["country"], row["year"]): Decimal(row[column]) for row in held if row.get("aggregate", "gdp") == "gdp"}
    ratios: dict[str, list[Decimal]] = {}
    for row in fresh:
        known = old.get((row["country"], row["year"]))
        if known is not None and known + offset != 0:
            ratios.setdefault(row["country"], []).append((Decimal(row[column]) + offset) / (known + offset))
    medians: Mapping[str, Decimal] = {country: median(found) for country, found in ratios.items()}
    return {country: ratio for country, ratio in medians.items() if abs(ratio - 1) > REVISION}


def _new_unit(country: str, ratio: Decimal, fresh: list[dict[str, str]], present: Reference) -> str | None:
    """The successor's code, where the figures changed by the irrevocable rate: the rows then say so."""
    rows = [row for row in fresh if row["country"] == country]
    for law in present.of("irrevocable", rows[0]["currency"]):
        if abs(ratio * Decimal(law["rate"]) - 1) <= UNIT:
            for row in rows:
                row["currency"] = law["successor"]
            return law["successor"]
    return None


#: For the command's help: what each kind expects.
EXPECTED: Mapping[Kind, str] = {
    "ecb": "eurofxref-hist.zip or .csv of the ECB",
    "purchasing_power": "PA.NUS.PPP of the World Bank",
    "consumer_prices": "FP.CPI.TOTL.ZG of the World Bank",
    "incomes": "NY.GDP.PCAP.CD of the World Bank",
    "income_groups": "OGHIST.xlsx of the World Bank",
}
