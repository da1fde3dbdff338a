"""What the hand-written scripts are given and need not compute: rates, incomes and words of the project.

    python benchmarks/prepare.py FACTS

writes FACTS/factors.csv (one row a day: what one euro is worth in each unit of money) and FACTS/words.json (incomes,
headers and labels in the reader's language). benchmarks/run.py does so outside of any timing.
"""

from __future__ import annotations

import argparse
import csv
import json
from datetime import date, timedelta
from pathlib import Path

from floor_segments import BORDERS, DIMENSIONS, LIFECYCLE, OTHERWISE

from region_profiles.loader import load_profile
from region_profiles.models import Profile, RulesDimension, TiersDimension
from tasks.catalogue.core import CORE
from tasks.export import summary
from tasks.export.cells import line
from tasks.export.customers import customer_columns, header
from tasks.export.dialect import excel_dialect
from tasks.export.labels import Labels, part_codes, segment_codes
from tasks.reference.factors import factors

PROFILES = Path(__file__).parent / "profiles"
MARKET, LOCALE = "FR", "de-DE"
#: The file's first day and last: the as-of date of every benchmark.
FIRST, AS_OF = date(2023, 7, 1), date(2026, 6, 30)


def prepare(out: Path) -> None:
    """Write factors.csv and words.json."""
    out.mkdir(parents=True, exist_ok=True)
    profile = load_profile(MARKET, PROFILES)
    check_rules(profile)
    found = factors(profile, [("EUR", FIRST, FIRST + timedelta(days=1095))], AS_OF)
    with (out / "factors.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["day", "to_reference", "to_ppp", "to_usd", "rate_quality"])
        for row in found.table.to_pylist():
            writer.writerow([row["date"], row["to_reference"], row["to_ppp"], row["to_usd"], row["rate_quality"]])
    incomes = {row["country"]: str(row["gdp_per_head"]) for row in found.incomes.to_pylist()}
    words = {"incomes": incomes, "empty": empty(profile), **_words(profile)}
    (out / "words.json").write_text(json.dumps(words, ensure_ascii=False, indent=1), encoding="utf-8")


def empty(profile: Profile) -> list[str]:
    """Columns of customers.parquet that the market leaves empty: traits that its profile has off."""
    off = set(profile.traits.off)
    return [trait.name for trait in CORE if {trait.name, trait.group} & off]


def _words(profile: Profile) -> dict[str, object]:
    labels, dialect = Labels(LOCALE), excel_dialect(LOCALE)
    team = profile.teams[0]
    columns = customer_columns(profile, frozenset(team.grants))
    end = line([], dialect)
    return {
        "customers": header(profile, columns, labels, dialect).removesuffix(end).split(dialect.separator),
        "segments": summary.header(profile, labels, dialect).removesuffix(end).split(dialect.separator),
        "dimension": {name: labels.text("dimension", name) for name in ("market", *profile.dimensions, "stratum")},
        "label": {name: labels.segments(profile, name, codes) for name, codes in _codes(profile).items()},
        "word": {name: labels.text("word", name) for name in ("yes", "no")},
        "evidence": {"stated": labels.text("language evidence", "stated")},
        "type": {"person": labels.text("type", "person")},
        "country": {code: labels.country_name(code) for code in ("FR", "BE")},
    }


def _codes(profile: Profile) -> dict[str, list[str]]:
    """Every segment that can occur in this market, by dimension."""
    codes = {name: [*segment_codes(kind), "guest"] for name, kind in profile.dimensions.items()}
    codes["language"] += ["fr", "en", "unknown"]
    codes["residence"] += ["resident", "visitor"]
    groups, tiers = (part_codes(profile, name) for name in profile.stratum.dimensions)
    cells = [f"{group}_{tier}" for group in groups for tier in tiers]
    codes["stratum"] = [*cells, *groups, profile.stratum.otherwise, "guest"]
    codes["market"] = ["all"]
    return codes


def check_rules(profile: Profile) -> None:
    """The scripts hold the market's rules by hand: fail where the profile has moved on."""
    if tuple(name for name in profile.dimensions) != DIMENSIONS:
        raise SystemExit(f"benchmarks/floor_segments.py has other dimensions than the profile: {[*profile.dimensions]}")
    lifecycle, value = profile.dimensions["lifecycle"], profile.dimensions["value"]
    if not isinstance(lifecycle, RulesDimension) or not isinstance(value, TiersDimension):
        raise SystemExit("benchmarks/floor_segments.py knows another kind of dimensions than the profile")
    if [(one.code, one.group, one.when) for one in lifecycle.segments] != LIFECYCLE or (
        lifecycle.otherwise,
        lifecycle.otherwise_group,
    ) != OTHERWISE:
        raise SystemExit("benchmarks/floor_segments.py has other lifecycle rules than the profile")
    if tuple(map(int, value.borders)) != BORDERS:
        raise SystemExit("benchmarks/floor_segments.py has other borders than the profile")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facts", type=Path)
    prepare(parser.parse_args().facts)
