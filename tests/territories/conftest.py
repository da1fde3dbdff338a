"""The neutral sample of 60 customers of any territory, and its market run from that drop to its publication."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from flows.publishing.market import stratify_market
from region_profiles.loader import load_profile, profile_digest
from region_profiles.models import Profile
from tasks.reference.factors import local_currency
from tasks.run import MarketRun
from tasks.sample.neutral import names_of, sales, write_neutral, write_profile
from tasks.sample.spec import LAST

#: The bundled rates reach that far: whatever is off then is off for want of a table, not of a day.
AS_OF = LAST
CUSTOMERS = 60


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
        return sum(1 for _ in sales(self.currency, CUSTOMERS))

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

    @cached_property
    def revenue(self) -> Decimal:
        """Revenue of all customers and guests, of the published segments."""
        table = pq.read_table(self.folder / "canonical" / "segments.parquet", columns=["dimension", "monetary_local"])
        return pc.sum(table.filter(pc.field("dimension") == "stratum")["monetary_local"]).as_py()

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


class Territories:
    """Runs markets below one folder, on the process' one DuckDB instance."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.profiles = root / "profiles"

    def drafted(self, code: str) -> Profile:
        """The market's profile, of which its own file is the draft."""
        write_profile(self.profiles, code)
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
        write_neutral(self.root / "landing", code, CUSTOMERS, profile=profile, names=names)
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
