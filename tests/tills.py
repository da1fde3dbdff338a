"""A till whose customers fall into two groups, and the profile of DE that reads it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from importlib import resources

import yaml

FIRST = date(2024, 9, 1)
PROFILE = """
market: {country: DE}
source:
  formats: {decimal_sign: ".", date_order: ymd}
  tables: {sales: {files: [sales.csv], delimiter: ";"}}
  mapping:
    transactions:
      source: sales
      columns: {order_id: n, date: day, amount: paid, member_number: who}
      constants: {currency: EUR}
tax: {amounts: gross}
money: {lenses: [local]}
teams: [{name: crm, locales: [de-DE], grants: [customers]}]
exports: {formats: [csv]}
"""


def profile(kept: Collection[str], more: str) -> str:
    """The profile with these of the built-in dimensions and no audiences; the others would be computed for nothing."""
    base = yaml.safe_load(resources.files("region_profiles").joinpath("base.yaml").read_text("utf-8"))
    off = (
        f"{part}: {{{', '.join(f'{one}: null' for one in base[part] if one not in kept)}}}"
        for part in ("dimensions", "audiences")
    )
    return "\n".join((PROFILE, *off, more))


def sales(until: date, strangers: int) -> str:
    """A till's file: 80 regulars buy every 20 days up to the end, strangers bought once or twice at its start."""
    rows = []
    for number in range(80):
        start = FIRST + timedelta(days=number % 20)
        visits = (until - start).days // 20 + 1
        rows += [(f"R{number:04}", start + timedelta(days=20 * visit)) for visit in range(visits)]
    for number in range(strangers):
        visits = 1 + number % 2
        rows += [(f"S{number:04}", FIRST + timedelta(days=number % 30 + 9 * visit)) for visit in range(visits)]
    lines = [f"{n};{day};{10 + n % 7};{who}" for n, (who, day) in enumerate(rows)]
    return "\n".join(["n;day;paid;who", *lines]) + "\n"
