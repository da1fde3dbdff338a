"""Every territory of ISO 3166: the profile that `strata profile new XX` writes takes the sample to published files.

A chunk is a region or a part of it, so that one run of it can be asked for alone. Faults are collected, so that one run
shows all of them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from region_profiles.loader import country_profile, resolve
from region_profiles.territories import territories
from tasks.draft.profile import draft
from tasks.errors import StrataError
from tasks.export.dialect import excel_dialect
from tasks.export.labels import catalog, languages
from tasks.localize import display_digits, formatter
from tasks.localize.patterns import precision
from tasks.localize.tags import subtags
from tasks.reference.ecb import series
from tasks.reference.tables import default_reference

pytestmark = pytest.mark.slow

LENSES = {"reference": "monetary_reference", "ppp": "monetary_ppp", "effort": "effort"}


def chunks():
    """Region: its territories, none above 30."""
    by_region = {}
    for code in territories():
        by_region.setdefault(country_profile(code).market.region, []).append(code)
    parts = {}
    for region, codes in sorted(by_region.items()):
        for start in range(0, len(codes), 30):
            parts[f"{region}-{start // 30 + 1}"] = tuple(codes[start : start + 30])
    return parts


CHUNKS = chunks()


def test_the_chunks_are_the_world():
    assert sorted(code for codes in CHUNKS.values() for code in codes) == sorted(territories())


@pytest.mark.parametrize("chunk", CHUNKS)
def test_each_territory_publishes(chunk, world):
    faults = []
    for code in CHUNKS[chunk]:
        try:
            market = world.run(code)
        except StrataError as error:
            faults.append(str(error))
            continue
        faults += [f"{code}: {fault}" for check in CHECKS for fault in check(market)]
    assert faults == []


# --- what holds of each publication: every check yields the faults it finds -------------------------------------------


def complete(market):
    """All files of the manifest are there with their digests, and no others."""
    exports = {export["path"]: export for export in market.manifest["exports"]}
    there = {path.relative_to(market.folder).as_posix() for path in market.folder.rglob("*") if path.is_file()}
    if there - {"manifest.json"} != set(exports):
        yield f"files differ from the manifest: {sorted(there ^ set(exports))}"
    for path, export in exports.items():
        content = (market.folder / path).read_bytes()
        if hashlib.sha256(content).hexdigest() != export["sha256"] or len(content) != export["bytes"]:
            yield f"{path} is not what the manifest says"
    for locale in locales(market):
        for part in ("customers/", "summary/"):
            if not market.paths(locale, part):
                yield f"no {part} in {locale}"
        for ending in ("_report.html", "_summary.xlsx", "_segments.csv"):
            found = [path for path in market.paths(locale, "summary/") if path.endswith(ending)]
            if len(found) != 1:
                yield f"{len(found)} files {ending} in {locale}, expected one"


def accounted(market):
    """Every row read is kept or told of: the one broken date is in quarantine, nothing else is."""
    ledger = market.manifest["ledger"]
    for name, table in ledger.items():
        if table["read"] != sum(table[what] for what in ("kept", "duplicate", "filtered", "quarantined")):
            yield f"{name} does not add up"
    lines = market.sales
    found = {name: (table["read"], table["quarantined"]) for name, table in ledger.items()}
    if found.get("transactions") != (lines, 1) or found.get("customers") != (market.people, 0):
        yield f"ledger: {found}"
    for locale in locales(market):
        for path in customers(market, locale):
            if len(rows(market, locale, path)) != market.people:
                yield f"{path} has not all customers"


def translated(market):
    """Headings are those of the nearest catalog, else English with the note that says so."""
    notes = market.manifest["notes"]["exports"]["locales"]
    for locale in locales(market):
        expected = nearest_catalog(locale)
        note = f"labels: no catalog {locale}; en instead"
        if (note in notes) != (expected is None):
            yield f"{locale}: the note on its catalog is {note in notes}"
        words = catalog(expected or "en")
        for path in customers(market, locale):
            head = next(iter(rows(market, locale, path)))
            for column in ("member_number", "orders"):
                if not any(words["column", column][0] in name for name in head):
                    yield f"{path}: no heading {words['column', column][0]}"


def named(market):
    """Names in the market's script come through as they were."""
    family, given = market.names
    for locale in locales(market):
        for path in customers(market, locale):
            text = market.text(path)
            if family not in text or given not in text:
                yield f"{path} lacks the name {family} {given}"


def counted(market):
    """A lens is on where the tables have its figures, and off with its reason and empty cells where they do not."""
    notes = market.manifest["notes"]["money"]
    off = notes["lenses_off"]
    if ("reference" in off) == convertible(market.currency, market.as_of):
        yield f"{market.currency} to USD is {'off' if 'reference' in off else 'on'}"
    figures = {row["vintage"] for row in default_reference().of("purchasing_power", market.code)}
    if "2021" not in figures and "ppp" not in off:
        yield "ppp is on without a figure"
    incomes = default_reference().of("incomes", market.code)
    if ("effort" in off) != (not incomes or "reference" in off):
        yield f"effort is {'off' if 'effort' in off else 'on'}"
    for lens, column in LENSES.items():
        filled = market.filled(column)
        if (filled == 0) != (lens in off):
            yield f"{column} is filled {filled} times, off: {off.get(lens)}"
        if lens in off and len(off[lens]) < len("no rate of X"):
            yield f"{lens} is off without a reason"


def spent(market):
    """Money in the CSV is the Parquet's in the market's own currency, rounded to the decimals of its prices."""
    total = market.total("monetary_local")
    digits = min(2, max(precision(market.currency).digits, display_digits(market.currency)))
    near = len(market.canonical) * Decimal("0.5").scaleb(-digits)
    for locale in locales(market):
        for path in customers(market, locale):
            table = rows(market, locale, path)
            sums = [sum_of(table, name, locale, digits) for name in table[0]]
            if not any(one is not None and abs(one - total) <= near for one in sums):
                yield f"{path}: no column of {digits} decimals adds up to {total}"
            if not any(market.currency in row.values() for row in table):
                yield f"{path}: no {market.currency}"


def alike(market):
    """Every locale's files of segments say the same: codes and figures of the CSV file, numbers of the workbook."""
    said = {}
    for locale in locales(market):
        (table,), (book,) = (
            [path for path in market.paths(locale, "summary/") if path.endswith(ending)]
            for ending in ("_segments.csv", "_summary.xlsx")
        )
        decimal = excel_dialect(locale).decimal
        figures = [[cell.replace(decimal, ".") for cell in row.values()] for row in rows(market, locale, table)]
        figures = [[row[1], row[3], *row[4:-1]] for row in figures]  # all but the labels and the note, which are words
        sheet = CalamineWorkbook.from_path(str(market.folder / book)).get_sheet_by_index(0).to_python()
        numbers = [[cell for cell in row if isinstance(cell, float) or cell == "*"] for row in sheet]
        numbers = [row for row in numbers if row]
        sizes = [row[2] if row[2] == "*" else float(row[2]) for row in figures]
        if sizes != [row[0] for row in numbers]:
            yield f"{locale}: sizes are {sizes} in the file, {[row[0] for row in numbers]} in the workbook"
        if abs(Decimal(str(numbers[0][3])) - market.revenue) > 1:
            yield f"{locale}: the market is {numbers[0]} in the workbook, {market.revenue} in the canonical table"
        said[locale] = figures, numbers
    if any(one != next(iter(said.values())) for one in said.values()):
        yield f"segments differ between {sorted(said)}"


def small(market):
    """Pages are under 300 KB."""
    for export in market.manifest["exports"]:
        if export["path"].endswith(".html") and export["bytes"] >= 300_000:
            yield f"{export['path']} has {export['bytes']} bytes"


def formatted(market):
    """Formatter and dialect serve the locale; prices have the currency's decimals."""
    digits = display_digits(market.currency)
    for locale in locales(market):
        its = formatter(locale)
        text = its.money(Decimal("1234.5678"), market.currency, digits=digits)
        plain = its.money(Decimal("1234.5678"), market.currency, digits=0)
        if sum(sign.isdigit() for sign in text) - sum(sign.isdigit() for sign in plain) != digits:
            yield f"{locale}: {text} has not {digits} decimals"
        if not all((its.percent(Decimal("0.5")), its.date(market.as_of, "long"), its.list(["1", "2"]))):
            yield f"{locale}: an empty text"
        dialect = excel_dialect(locale)
        if dialect.separator not in ",;" or not dialect.mark or dialect.newline != "\r\n":
            yield f"{locale}: {dialect}"


def opened(market):
    """Workbooks are whole, pages say their language: parts that not every publication has."""
    for export in market.manifest["exports"]:
        path = export["path"]
        if path.endswith(".xlsx") and zipfile.ZipFile(market.folder / path).testzip() is not None:
            yield f"{path} is damaged"
        if path.endswith(".html") and not re.search(r'<html[^>]* lang="', market.text(path)):
            yield f"{path} has no language"


CHECKS = (complete, accounted, translated, named, counted, spent, alike, small, formatted, opened)


# --- what the checks know by themselves -------------------------------------------------------------------------------


def locales(market):
    return dict.fromkeys(locale for team in market.profile.teams for locale in team.locales)


def customers(market, locale):
    return [path for path in market.paths(locale, "customers/") if path.endswith("_customers.csv")]


def rows(market, locale, path):
    """A localized file as its team's Excel reads it; rows of another width are an error."""
    text = market.text(path).removeprefix("\ufeff")
    table = list(csv.reader(io.StringIO(text, newline=""), delimiter=excel_dialect(locale).separator, strict=True))
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]


def sum_of(table, column, locale, digits):
    """The sum of a column of numbers with so many decimals; None where it is something else."""
    sign = re.escape(excel_dialect(locale).decimal)
    fraction = rf"{sign}\d{{{digits}}}" if digits else ""
    texts = [row[column] for row in table if row[column]]
    if not texts or not all(re.fullmatch(rf"-?\d+{fraction}", text) for text in texts):
        return None
    return sum(Decimal(re.sub(sign, ".", text)) for text in texts)


def nearest_catalog(locale):
    """By hand: Latin America's Spanish, Brazil's Portuguese and Chinese scripts have catalogs of their own."""
    language, script, territory = subtags(locale)
    own = {
        "es": "es" if territory in {"ES", "GQ"} else "es-419",
        "pt": "pt-BR" if territory == "BR" else "pt-PT",
        "zh": f"zh-{script}",
    }
    found = own.get(language, language)
    return found if found in languages() else None


def convertible(currency, day):
    """Whether the ECB quotes a currency at a day, or pegs lead to one that it quotes."""
    tables = default_reference()
    for _ in range(5):
        quotes = series(tables, currency)
        if currency in {"EUR", "USD"} or (quotes and quotes.at(day.toordinal(), 7)):
            return True
        anchors = [row["anchor"] for row in tables.of("pegs", currency) if not row["until"]]
        if not anchors:
            return False
        (currency,) = anchors
    raise AssertionError("pegs go in a circle")


# --- the profile itself -----------------------------------------------------------------------------------------------


ODD = ["TV", "AQ", "NA", "BO", "KP", "VA", "PS", "SY", "VE", "UA", "CH"]


@pytest.mark.parametrize("code", ODD)
def test_the_draft_is_the_default_but_for_more_teams_and_the_gate(code, tmp_path):
    file = tmp_path / f"{code}.yaml"
    file.write_text(draft(code), encoding="utf-8")
    profile, default = resolve(code, file=file).profile, country_profile(code)
    assert profile.model_copy(update={"teams": default.teams, "gate": default.gate}) == default
    assert profile.teams[0] == default.teams[0]


@pytest.mark.parametrize("code", ODD)
def test_the_draft_names_what_there_is_to_decide(code):
    text = draft(code)
    assert max(map(len, text.splitlines())) <= 120
    for part in ("market:", "teams:", "privacy:", "# tax:", "# money:", "# calendar:", "# languages:", "# source:"):
        assert f"\n{part}" in text
    assert '"?"' not in text, "nothing is left open"


@pytest.mark.parametrize("code", ODD)
def test_each_commented_choice_works_once_its_mark_is_taken_away(code, tmp_path):
    text = re.sub(r"(?m)^( *)# (?=[a-z_]+: [^.]*$|- name: )", r"\1", draft(code).partition("# What the shops")[0])
    text = re.sub(r"(?m)^  #   (?=locales: )", "    ", text).replace("[XX]", "[]")
    file = tmp_path / f"{code}.yaml"
    file.write_text(text, encoding="utf-8")
    profile = resolve(code, file=file).profile
    assert profile.exports.split_by_language
    assert profile.calendar.add
    assert profile.privacy.basis == "consent"
    assert "addresses" in profile.teams[0].grants
