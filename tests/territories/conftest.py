"""A neutral drop of 60 customers for any territory, and its market run from that drop to its publication."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from flows.market import stratify_market
from region_profiles.loader import load_profile, profile_digest
from region_profiles.models import Profile
from tasks.draft.profile import draft
from tasks.localize.tags import subtags
from tasks.reference.factors import local_currency
from tasks.run import MarketRun

#: The bundled rates reach that far: whatever is off then is off for want of a table, not of a day.
AS_OF = date(2026, 6, 30)
CUSTOMERS = 60

#: Family and given names in each main script of a territory's first language, as people there have them.
NAMES = {
    "Arab": ("الحداد", "ليلى"),
    "Armn": ("Պետրոսյան", "Անի"),
    "Beng": ("রহমান", "ফাতিমা"),
    "Cyrl": ("Йорданова", "Цветелина"),
    "Deva": ("शर्मा", "प्रिया"),
    "Ethi": ("ተስፋዬ", "ሰላም"),
    "Geor": ("ბერიძე", "ნინო"),
    "Grek": ("Παπαδοπούλου", "Ελένη"),
    "Hans": ("欧阳", "小红"),
    "Hant": ("歐陽", "淑芬"),
    "Hebr": ("כהן", "נועה"),
    "Jpan": ("髙橋", "さくら"),
    "Khmr": ("ជា", "សុភា"),
    "Kore": ("남궁", "민수"),
    "Laoo": ("ວົງສາ", "ແກ້ວ"),
    "Latn": ("Ō’Ñandú-Łęcki", "Žoë İrem"),
    "Mymr": ("အောင်", "စု"),
    "Sinh": ("පෙරේරා", "නිමාලි"),
    "Thaa": ("އިބްރާހީމް", "ޢާއިޝަތު"),
    "Thai": ("รัตนโกสินทร์", "กัลยา"),
    "Tibt": ("དབང་ཕྱུག", "པདྨ"),
}

#: What every market's shops deliver here; the market's own file is what `strata profile new` writes.
SOURCE = """
source:
  encoding: utf-8
  formats: {date_order: ymd, decimal_sign: "."}
  tables:
    sales: {files: [sales.csv], delimiter: ","}
    customers: {files: [customers.csv], delimiter: ","}
  mapping:
    transactions:
      source: sales
      columns: {order_id: order, line_id: line, member_number: member, store_id: store, date: date,
                quantity: quantity, amount: amount, currency: currency}
    customers:
      source: customers
      columns: {member_number: member, family_name: family, given_name: given, home_country: country,
                language: language, email: email, consent_email: consent}
plausibility: {negative_quantity_is_return: true}
"""


@dataclass(frozen=True)
class Market:
    """A territory's publication: the profile it was run by, its manifest and its folder."""

    code: str
    profile: Profile
    names: tuple[str, str]
    folder: Path
    state: str

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest as it was published."""
        return json.loads((self.folder / "manifest.json").read_bytes())

    @property
    def as_of(self) -> date:
        """The day it was run for."""
        return AS_OF

    @property
    def people(self) -> int:
        """Customers in the drop."""
        return CUSTOMERS

    @cached_property
    def sales(self) -> int:
        """Lines of sale in the drop."""
        return len(rows_of_sales(self.currency))

    @cached_property
    def canonical(self) -> pa.Table:
        """The published customers."""
        return pq.read_table(self.folder / "canonical" / "customers.parquet")

    def filled(self, column: str) -> int:
        """Customers with a value of a trait other than zero: who bought nothing in its window has spent zero."""
        return pc.sum(pc.not_equal(self.canonical[column], 0)).as_py() or 0

    def total(self, column: str) -> Decimal:
        """Sum of a trait."""
        return pc.sum(self.canonical[column]).as_py()

    @property
    def currency(self) -> str:
        """The market's money on the as-of date."""
        return local_currency(self.profile.market.currencies, AS_OF)

    def text(self, path: str) -> str:
        """A published text file."""
        return (self.folder / path).read_bytes().decode("utf-8")

    def paths(self, locale: str, part: str) -> list[str]:
        """Published files of a locale whose path has `part`."""
        paths = [export["path"] for export in self.manifest["exports"]]
        return [path for path in paths if path.startswith(f"{locale}/") and part in path]


def names_of(locale: str) -> tuple[str, str]:
    """Family and given name in the script that a locale is written in."""
    return NAMES[subtags(locale)[1]]


def rows_of_sales(currency: str) -> list[list[object]]:
    """1 to 4 orders of each customer but every tenth, guests among them, one return and one broken date."""
    rows: list[list[object]] = []
    for number in range(CUSTOMERS):
        for order in range(0 if number % 10 == 9 else 1 + number % 4):
            day = AS_OF - timedelta(days=3 + (number * 37 + order * 113) % 700)
            member = "" if number % 20 == 7 else f"{number:05d}"
            amount = Decimal(1999 + number * 731 + order * 97) / 100
            rows.append([f"{number}-{order}", 1, member, f"S{number % 3}", day, 1, amount, currency])
    rows.append(["0-0", 2, "00000", "S0", AS_OF, -1, Decimal("-5.00"), currency])
    rows.append(["x", 1, "00001", "S1", "31 of June", 1, Decimal("5.00"), currency])
    return rows


def table(header: str, rows: list[list[object]]) -> str:
    """CSV as any program writes it: UTF-8, commas, LF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header.split())
    writer.writerows(rows)
    return out.getvalue()


def write_drop(folder: Path, profile: Profile, names: tuple[str, str]) -> None:
    """The market's drop: customers named in the market's script, sales in its currency."""
    folder.mkdir(parents=True, exist_ok=True)
    country, (family, given) = profile.market.country, names
    language = profile.market.languages[0]
    people = [[f"{n:05d}", family, given, country, language, f"c{n}@example.org", "yes"] for n in range(CUSTOMERS)]
    sales = rows_of_sales(local_currency(profile.market.currencies, AS_OF))
    customers = table("member family given country language email consent", people)
    (folder / "customers.csv").write_text(customers, encoding="utf-8")
    (folder / "sales.csv").write_text(
        table("order line member store date quantity amount currency", sales), encoding="utf-8"
    )


class Territories:
    """Runs markets below one folder, on the process' one DuckDB instance."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.profiles = root / "profiles"
        (self.profiles / "markets").mkdir(parents=True)
        (self.profiles / "base.yaml").write_text(SOURCE, encoding="utf-8")

    def drafted(self, code: str) -> Profile:
        """The market's profile, of which its own file is the draft."""
        path = self.profiles / "markets" / f"{code.lower()}.yaml"
        path.write_text(draft(code), encoding="utf-8")
        return load_profile(code, self.profiles)

    def run(self, code: str, names: tuple[str, str] | None = None) -> Market:
        """The market from its drop to its publication; each team sees all columns, so that all files are written.

        Everybody is called `names`, family and given name; as people of the locale's script are where they are None.
        """
        profile = self.drafted(code)
        grants = ("customers", "names", "emails", "phones")
        teams = tuple(team.model_copy(update={"grants": grants}) for team in profile.teams)
        profile = profile.model_copy(update={"teams": teams})
        names = names or names_of(teams[0].locales[0])
        write_drop(self.root / "landing" / code, profile, names)
        published = self.root / "published"
        run = MarketRun(
            market=code,
            as_of=AS_OF,
            profile=profile,
            profile_digest=profile_digest(profile),
            landing=str(self.root / "landing"),
            publish=str(published),
            work=self.root / "work",
            memory="300MB",
            threads=1,
            pseudonym_key="a key of sixteen characters or more",
        )
        outcome = stratify_market(run)
        place = f"country={code}/as_of={AS_OF}/publication={outcome.publication}"
        return Market(code, profile, names, published / place, outcome.state)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Every territory can be run here."""
    return Territories(tmp_path_factory.mktemp("world"))
