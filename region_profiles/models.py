"""The frozen models of a market's resolved profile.

A profile is data: YAML from base, region and market, merged by `region_profiles.loader`, then checked here. Nothing
in these models computes; `tasks` reads them. Shares are between 0 and 1, money thresholds are decimals in the unit
their trait names, dates are local. Parts of some size stand in modules of their own: `source_models`,
`segment_models`; all are imported from here.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from region_profiles.model_types import Code, Country, Currency, Frozen, LanguageTag, Share, Weekday
from region_profiles.segment_models import (
    Dimension,
    Fallback,
    RulesDimension,
    Score,
    Scores,
    Segment,
    Stratum,
    TiersDimension,
    TraitDimension,
    Traits,
)
from region_profiles.source_models import DropDate, Formats, Mapping, Plausibility, RawTable, Source

__all__ = [
    "Code",
    "Country",
    "Currency",
    "CurrencyPeriod",
    "Dimension",
    "DropDate",
    "Exports",
    "Fallback",
    "Formats",
    "Frozen",
    "Gate",
    "LanguageTag",
    "Mapping",
    "Market",
    "Money",
    "Plausibility",
    "Ppp",
    "Privacy",
    "Profile",
    "RawTable",
    "RulesDimension",
    "Score",
    "Scores",
    "Segment",
    "Share",
    "Source",
    "Stratum",
    "Tax",
    "TaxRate",
    "Team",
    "TiersDimension",
    "TraitDimension",
    "Traits",
    "Weekday",
]


# --- who the market is ------------------------------------------------------------------------------------------------


class CurrencyPeriod(Frozen):
    """A currency that is legal tender in the market between two dates, both inclusive; null is open."""

    code: Currency
    since: date | None = None
    until: date | None = None


class Market(Frozen):
    """Identity of a market. Defaults of a market without a file follow from ISO 3166 and CLDR."""

    country: Country
    region: Code = "world"
    zone: Code = "default"
    """Residency zone: where this market's personal data must stay."""
    time_zone: str
    """IANA zone of stores that name none."""
    weekend: tuple[Weekday, ...] = ("saturday", "sunday")
    currencies: tuple[CurrencyPeriod, ...] = Field(min_length=1)
    languages: tuple[LanguageTag, ...] = Field(min_length=1)
    cross_border: tuple[Country, ...] = ()
    """Countries whose residents shop here on a trip of a day: residence `cross_border` instead of `visitor`."""


# --- money ------------------------------------------------------------------------------------------------------------


class TaxRate(Frozen):
    """A standard rate from a date on."""

    rate: Share
    since: date | None = None


class Tax(Frozen):
    """Basis of amounts in the drop: with tax, without, or without any tax known."""

    amounts: Literal["gross", "net", "untaxed"] = "gross"
    rates: tuple[TaxRate, ...] = ()
    """Used where a line has no tax of its own; none known means rate 0, and the manifest says so."""


class Ppp(Frozen):
    """Purchasing power: which aggregate and vintage make international dollars."""

    aggregate: Literal["gdp", "household"] = "gdp"
    vintage: int = 2021
    """Base year of constant international dollars."""
    maximum_carry_years: int = 3


class Money(Frozen):
    """The three lenses. Sources: tasks.reference."""

    reporting_currency: Currency = "USD"
    rates_base: Currency | None = None
    """Base of the market's own rate table where its rows name none."""
    ecb_carry_days: int = 7
    ppp: Ppp = Ppp()
    lenses: tuple[Literal["local", "reference", "ppp", "effort"], ...] = ("local", "reference", "ppp", "effort")


# --- privacy, teams, exports, gate ------------------------------------------------------------------------------------


class Privacy(Frozen):
    """What the market's law asks.

    `basis: consent` profiles only who said yes; `legitimate_interest` all but objectors.
    """

    regime: Code = "gdpr"
    basis: Literal["consent", "legitimate_interest"] = "legitimate_interest"
    minimum_count: int = Field(default=5, ge=1)
    """Counts below it are suppressed in summaries."""
    employees: Literal["include", "exclude"] = "exclude"


class Team(Frozen):
    """Who reads: in which locales, and which personal columns they may see."""

    name: Code
    locales: tuple[LanguageTag, ...] = Field(min_length=1)
    grants: tuple[Literal["customers", "names", "emails", "phones"], ...] = ()


class Exports(Frozen):
    """What is written beside the canonical files."""

    split_by_language: bool = False


class Gate(Frozen):
    """Bounds beyond which a publication is refused."""

    quarantined_share: Share = Decimal("0.2")
    unconverted_share: Share = Decimal("0.01")


class Profile(Frozen):
    """A market's resolved profile."""

    market: Market
    source: Source = Source()
    plausibility: Plausibility = Plausibility()
    tax: Tax = Tax()
    money: Money = Money()
    traits: Traits = Traits()
    dimensions: dict[Code, Dimension] = Field(min_length=1)
    stratum: Stratum = Stratum()
    privacy: Privacy = Privacy()
    teams: tuple[Team, ...] = Field(min_length=1)
    exports: Exports = Exports()
    gate: Gate = Gate()

    @property
    def drop(self) -> str:
        """Folder of the market's drop under the landing."""
        return self.source.drop or self.market.country
