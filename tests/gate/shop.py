"""A small shop with a till, whose drops are the whole history: written as files, run as a market is run."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import yaml

from flows.planning.runs import plan
from flows.publishing.market import stratify_market

FIRST = date(2024, 1, 1)
STORES = {"F01": "Köln", "F02": "München"}
LINES_A_DAY, MEMBERS = 4, 60

PROFILE = """
market: {country: DE}
source:
  encoding: utf-8
  formats: {date_order: ymd, decimal_sign: ".", grouping_sign: ","}
  tables:
    sales: {files: ["sales/*"], delimiter: ";"}
    customers: {files: ["customers/*"], delimiter: ";"}
    stores: {files: ["stores/*"], delimiter: ";"}
  mapping:
    transactions:
      source: sales
      columns: {order_id: bon, line_id: line, date: day, member_number: member, store_id: store, product_id: article,
                quantity: pieces, amount: amount}
    customers: {source: customers, columns: {member_number: member, birth_date: born, registered: since}}
    stores: {source: stores, columns: {store_id: store, city: city, opened: opened}}
tax: {rates: [{rate: 0.19}]}
prediction: {on: false}
clusters: {on: false}
teams:
  - {name: crm, locales: [de-DE], grants: [customers]}
exports: {formats: [csv]}
comparisons: []
dimensions: {%(dimensions)s}
audiences: {%(audiences)s}
stratum: null
gate: {history: 3}
"""
#: What the gate's tests look at; a run computes the rest for nothing.
KEPT = ("lifecycle", "value")


def month_end(number: int) -> date:
    """The last day of the `number`-th month of the shop, from 1."""
    months = FIRST.year * 12 + FIRST.month - 1 + number
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


@dataclass
class Till:
    """What the shop delivers up to a day; tests change a part of it."""

    until: date
    broken: float = 0.0
    """Share of the purchases whose day cannot be read."""
    share: float = 1.0
    """Share of the purchases that are delivered."""
    twice: bool = False
    """The file of purchases comes under another name, too."""

    def write(self, landing: Path) -> Path:
        """The drop as files; the same till gives the same bytes."""
        chance = random.Random(3)  # noqa: S311 - sales, not secrets
        lines = []
        for day in range((self.until - FIRST).days + 1):
            at = FIRST + timedelta(days=day)
            for number in range(chance.randint(LINES_A_DAY - 1, LINES_A_DAY + 1)):
                member = f"M{chance.randrange(MEMBERS):04}" if chance.random() < 0.9 else ""
                amount, keep, bad = chance.uniform(5, 90), chance.random() < self.share, chance.random() < self.broken
                store = chance.choice(list(STORES))
                if keep:
                    shown = "some day" if bad else at.isoformat()
                    lines.append(f"{day:04}{number};1;{shown};{member};{store};A-{number};1;{amount:.2f}")
        header = "bon;line;day;member;store;article;pieces;amount"
        for name in ("sales", "sales_again") if self.twice else ("sales",):
            _file(landing / "DE" / "sales" / f"{name}.csv", header, lines)
        people = [f"M{number:04};19{70 + number % 30}-05-0{1 + number % 9};2023-06-01" for number in range(MEMBERS)]
        _file(landing / "DE" / "customers" / "customers.csv", "member;born;since", people)
        shops = [f"{store};{city};2020-01-01" for store, city in STORES.items()]
        _file(landing / "DE" / "stores" / "stores.csv", "store;city;opened", shops)
        return landing


def _file(path: Path, header: str, rows: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def run(root: Path, publish: Path, till: Till, name: str, call=lambda step: step):
    """Deliver and run the market as of the till's last day."""
    profiles = root / "profiles" / "markets"
    profiles.mkdir(parents=True, exist_ok=True)
    base = yaml.safe_load(resources.files("region_profiles").joinpath("base.yaml").read_text("utf-8"))
    off = {
        part: ", ".join(f"{one}: null" for one in base[part] if one not in KEPT) for part in ("dimensions", "audiences")
    }
    (profiles / "de.yaml").write_text(PROFILE % off, encoding="utf-8")
    landing = till.write(root / "landing" / name)
    (planned,) = plan(
        ["DE"], as_of=till.until, landing=str(landing), publish=str(publish), profiles=str(root / "profiles")
    )
    return stratify_market(planned, call)
