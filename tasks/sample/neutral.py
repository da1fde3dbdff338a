"""A neutral drop for any territory of ISO 3166 that has no sample market of its own: two plain CSV files.

Nothing in it is drawn, so that it needs no seed: people are called as people are in the script of the market's first
locale, prices are in its currency. The profiles to read it with are what `strata profile new` writes for the territory,
upon a base that says how the two files are read.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from region_profiles.loader import country_profile
from region_profiles.models import Profile
from tasks.draft.profile import draft
from tasks.localize.tags import subtags
from tasks.reference.factors import local_currency
from tasks.sample.facts import fault_counts
from tasks.sample.files import digest
from tasks.sample.spec import LAST
from tasks.sample.specs import FOLDER, read

#: The folder beside the drops for `strata run --profiles`.
PROFILES = "profiles"
CUSTOMERS = ("member_number", "family_name", "given_name", "home_country", "language", "email", "consent_email")
SALES = ("order_id", "line_id", "member_number", "store_id", "date", "quantity", "amount", "currency")
#: A day that no calendar has: the one fault.
NO_DAY = "31 of June"
#: Prices repeat after so many customers, purchases lie in so many days before the as-of date.
_PRICES, _DAYS = 60, 700


@cache
def names_of(locale: str) -> tuple[str, str]:
    """Family and given name in the script that a locale is written in.

    >>> names_of("ja-JP")
    ('髙橋', 'さくら')
    """
    family, given = read(FOLDER / "_names.yaml")[subtags(locale)[1]]
    return family, given


def write_neutral(
    out: Path, market: str, customers: int, *, profile: Profile | None = None, names: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Write the drop of a market below `out`; return its facts, as `tasks.sample.drop.write_drop` does.

    Everybody is called `names`, family and given name; as people of the locale's script are where they are None.
    `profile` says currency, language and locale; the territory's defaults do where it is None.
    """
    profile = profile or country_profile(market)
    names = names or names_of(profile.teams[0].locales[0])
    language, currency = profile.market.languages[0], local_currency(profile.market.currencies, LAST)
    folder = out / market
    folder.mkdir(parents=True, exist_ok=True)
    people = (
        (f"{n:05d}", *names, profile.market.country, language, f"c{n}@example.org", "yes") for n in range(customers)
    )
    written = {
        "customers": _write(folder / "customers.csv", CUSTOMERS, people),
        "transactions": _write(folder / "sales.csv", SALES, sales(currency, customers)),
    }
    faults: dict[str, dict[tuple[str, str], int]] = {"customers": {}, "transactions": {(market, "impossible_date"): 1}}
    tables = {
        name: {"rows": rows, "markets": {market: {"rows": rows, **fault_counts(faults[name], market)}}}
        for name, (_, rows) in written.items()
    }
    files = [
        {
            "path": path.relative_to(out).as_posix(),
            "table": name,
            "rows": rows,
            "bytes": path.stat().st_size,
            "sha256": digest(path),
        }
        for name, (path, rows) in written.items()
    ]
    return {"markets": [market], "tables": tables, "files": files, "neutral": True}


def write_profile(folder: Path, market: str) -> None:
    """Write a profile that reads the market's neutral drop to a folder of profiles; there may be others of its kind."""
    (folder / "markets").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(FOLDER / "_neutral.yaml", folder / "base.yaml")
    (folder / "markets" / f"{market.lower()}.yaml").write_text(draft(market), encoding="utf-8")


def sales(currency: str, customers: int) -> Iterator[tuple[object, ...]]:
    """1 to 4 orders of each customer but every tenth, guests among them, one return and one broken date."""
    for number in range(customers):
        for order in range(0 if number % 10 == 9 else 1 + number % 4):  # noqa: PLR2004
            day = LAST - timedelta(days=3 + (number * 37 + order * 113) % _DAYS)
            member = "" if number % 20 == 7 else f"{number:05d}"  # noqa: PLR2004
            amount = Decimal(1999 + number % _PRICES * 731 + order * 97) / 100
            yield f"{number}-{order}", 1, member, f"S{number % 3}", day, 1, amount, currency
    yield "0-0", 2, "00000", "S0", LAST, -1, Decimal("-5.00"), currency
    yield "x", 1, "00001", "S1", NO_DAY, 1, Decimal("5.00"), currency


def _write(path: Path, head: Iterable[str], rows: Iterable[Iterable[object]]) -> tuple[Path, int]:
    """CSV as any program writes it: UTF-8, commas, LF. The file and its number of rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        for count, row in enumerate(rows, 1):  # noqa: B007  # the last number is how many they are
            writer.writerow(row)
    return path, count
