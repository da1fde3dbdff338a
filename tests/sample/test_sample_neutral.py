"""Any territory of ISO 3166 has a sample: its own, else a neutral drop that the profiles beside it read."""

from __future__ import annotations

import csv
import unicodedata
from datetime import date

import pytest

from region_profiles.loader import country_profile, load_profile
from region_profiles.territories import territories
from tasks.engine import open_duckdb
from tasks.ingest.drop import read_drop
from tasks.localize.tags import subtags
from tasks.normalize.canonical import normalize
from tasks.objects.opening import open_store
from tasks.sample.generate import generate
from tasks.sample.neutral import PROFILES, names_of
from tasks.sample.specs import drops, load

pytestmark = pytest.mark.slow

OWN = {market for drop in drops() for market in load(drop).markets}
AS_OF = date(2026, 6, 30)
#: Unicode's own names of letters begin with the script's: what people there write is of their script.
SCRIPTS = {"Latn": "LATIN", "Arab": "ARABIC", "Cyrl": "CYRILLIC", "Grek": "GREEK", "Deva": "DEVANAGARI"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    return folder, generate(folder, markets=[code for code in territories() if code not in OWN], customers=20)


def test_each_territory_without_a_sample_of_its_own_gets_a_neutral_one(world):
    folder, summary = world
    assert summary.markets == tuple(sorted(set(territories()) - OWN))
    for market in summary.markets:
        assert sorted(path.name for path in (folder / market).iterdir()) == ["customers.csv", "sales.csv"]


def test_people_and_prices_are_those_of_the_place(world):
    folder, _ = world
    with (folder / "PE" / "sales.csv").open(encoding="utf-8") as file:
        assert {row["currency"] for row in csv.DictReader(file)} == {"PEN"}
    with (folder / "GR" / "customers.csv").open(encoding="utf-8") as file:
        (people,) = {(row["given_name"], row["home_country"], row["language"]) for row in csv.DictReader(file)}
    assert people == ("Ελένη", "GR", "el")


@pytest.mark.parametrize("market", territories())
def test_there_are_names_in_the_script_of_each_territory(market):
    locale = country_profile(market).teams[0].locales[0]
    for name in names_of(locale):
        letters = [letter for letter in name if letter.isalpha() and unicodedata.category(letter) != "Lm"]
        expected = SCRIPTS.get(subtags(locale)[1])
        assert letters
        assert expected is None or all(unicodedata.name(letter).startswith(expected) for letter in letters), name


@pytest.mark.parametrize("market", ["PE", "GR", "TW"])
def test_the_profiles_beside_it_read_it_and_the_ledger_finds_what_was_written(market, world, tmp_path):
    folder, summary = world
    con = open_duckdb("256MB", 1, tmp_path).cursor()
    profile = load_profile(market, folder / PROFILES)
    sources = read_drop(con, profile, open_store(folder), tmp_path, as_of=AS_OF)
    canonical = normalize(con, profile, sources, tmp_path, as_of=AS_OF, pseudonym_key="k" * 32)
    for name, table in summary.facts["drops"][market]["tables"].items():
        facts = table["markets"][market]
        ledger = canonical.ledger[name]
        assert (ledger.read, ledger.quarantined) == (facts["rows"], facts["quarantined"])


def test_a_sample_market_keeps_its_own_drop_beside_a_neutral_one(tmp_path):
    summary = generate(tmp_path / "two", markets=["DE", "PE"], customers=20, seed=5)
    alone = generate(tmp_path / "one", markets=["DE"], customers=20, seed=5)
    assert summary.facts["drops"]["DE"] == alone.facts["drops"]["DE"]
    assert summary.markets == ("DE", "PE")
