"""The frozen models of a market's resolved profile.

A profile is data: YAML from base, region and market, merged by `region_profiles.loader`, then checked here. Nothing
in these models computes; `tasks` reads them. Shares are between 0 and 1, money thresholds are decimals in the unit
their trait names, dates are local. Parts of some size stand in modules of their own: `source_models`,
`segment_models`, `operation_models`; all are imported from here.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from region_profiles.cluster_models import Clusters
from region_profiles.model_types import Code, Country, Currency, Frozen, LanguageTag, Share, Weekday
from region_profiles.operation_models import Delivery, Gate, Schedule
from region_profiles.playbook_models import Playbook
from region_profiles.predict_models import Prediction
from region_profiles.segment_models import (
    Audience,
    Dimension,
    Fallback,
    Holdout,
    Population,
    RulesDimension,
    Score,
    Scores,
    Segment,
    Stratum,
    TiersDimension,
    TraitDimension,
    Traits,
)
from region_profiles.source_models import Arrival, DropDate, Formats, Mapping, Plausibility, RawTable, Source

__all__ = [
    "Arrival",
    "Audience",
    "Calendar",
    "Clusters",
    "Code",
    "Country",
    "Currency",
    "CurrencyPeriod",
    "Delivery",
    "Dimension",
    "DropDate",
    "Exports",
    "Fallback",
    "Formats",
    "Frozen",
    "Gate",
    "Holdout",
    "LanguageTag",
    "Languages",
    "Mapping",
    "Market",
    "Money",
    "Plausibility",
    "Playbook",
    "Population",
    "Ppp",
    "Prediction",
    "Privacy",
    "Profile",
    "RawTable",
    "RulesDimension",
    "Schedule",
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
    contact: str | None = None
    """Whom the market's teams ask about their report: a name or an address, shown in it."""


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


# --- a customer's language --------------------------------------------------------------------------------------------


class Languages(Frozen):
    """When a customer who chose no language gets one from messages, and what the market says of regions.

    The bounds were measured on tests/culture/messages.csv: see region_profiles/culture/README.md.
    """

    minimum_letters: int = Field(default=16, ge=1)
    """What the letters of a customer's messages weigh together: 1 in an alphabet with vowels, 2 where they are signs
    beside the letters or unwritten, 3 for a Han sign, kana or Hangul syllable."""
    confidence: Share = Decimal("0.9")
    """How likely a language must be beside all others, where the script leaves several."""
    characters: int = Field(default=500, ge=1)
    """Signs of the latest messages that are read of one customer."""
    by_country: dict[Country, LanguageTag] = Field(default_factory=dict)
    """Language of residents of a country where no subdivision says more; `und` is unknown. Wins over CLDR's shares."""


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
    protected_categories: tuple[str, ...] = ()
    """Categories of products, as the store names them, that tell what the regime protects, beside those that
    region_profiles/regimes.yaml knows by their words: they make no trait."""


class Team(Frozen):
    """Who reads: in which locales, and which personal columns they may see."""

    name: Code
    locales: tuple[LanguageTag, ...] = Field(min_length=1)
    grants: tuple[Literal["customers", "names", "emails", "phones", "addresses"], ...] = ()
    deliver: tuple[Delivery, ...] = ()
    """How its bundle reaches it; none: it fetches its files from the publish root."""


#: Rows of customers that a worksheet may have: it ends at row 1,048,576, and headings and notes need some.
SHEET_ROWS = 1_000_000


class Exports(Frozen):
    """What is written beside the canonical files."""

    formats: tuple[Literal["csv", "xlsx", "html"], ...] = Field(default=("csv", "xlsx", "html"), min_length=1)
    """Lists and segments as CSV, workbooks, the report; tags for machines are always there."""
    digits: Literal["default", "native", "latn"] = "default"
    """Digits of texts: the locale's usual ones, its native ones (देवनागरी in hi), or Latin. Number cells are typed."""
    split_by_language: bool = False
    sheet_rows: int = Field(default=5000, ge=1, le=SHEET_ROWS)
    """Customers on one segment's sheet of a workbook; the list has them all."""
    list_rows: int = Field(default=50_000, ge=0, le=SHEET_ROWS)
    """Up to so many customers the full list is a workbook too; beyond, CSV only."""
    dimensions: tuple[Code, ...] = ()
    """Dimensions that teams see, in this order; none named: the first `most_dimensions` that are on."""
    most_dimensions: int = Field(default=5, ge=1, le=50)
    """Of each population. The canonical files have them all."""
    by_store: bool = False
    """Whether each store's staff get a list of their own customers."""
    machine: bool = False
    """Whether each localized CSV stands there in the plain dialect as well, with codes in place of words."""


class Calendar(Frozen):
    """Shopping moments of the market that differ from those of its country (region_profiles/culture/moments.yaml)."""

    drop: tuple[Code, ...] = ()
    """Codes of moments that mean nothing to this market's shops."""
    add: dict[Code, Country] = Field(default_factory=dict)
    """code: the country whose customers bring the moment along, and whose dates hold (`diwali: IN`)."""
    horizon_days: int = Field(default=60, ge=1, le=366)
    """How far ahead playbooks look."""


class Profile(Frozen):
    """A market's resolved profile."""

    market: Market
    source: Source = Source()
    plausibility: Plausibility = Plausibility()
    tax: Tax = Tax()
    money: Money = Money()
    languages: Languages = Languages()
    traits: Traits = Traits()
    prediction: Prediction = Prediction()
    clusters: Clusters = Clusters()
    dimensions: dict[Code, Dimension] = Field(min_length=1)
    stratum: Stratum = Stratum()
    audiences: dict[Code, Audience] = Field(default_factory=dict)
    holdout: Holdout = Holdout()
    comparisons: tuple[Literal["previous", "month_end", "last_year"], ...] = ("previous", "month_end", "last_year")
    """With what this publication is compared, like with like: docs/membership.md."""
    playbooks: dict[Code, dict[Code, Playbook]] = Field(default_factory=dict)
    """By dimension and segment."""
    privacy: Privacy = Privacy()
    teams: tuple[Team, ...] = Field(min_length=1)
    exports: Exports = Exports()
    gate: Gate = Gate()
    schedule: Schedule = Schedule()
    calendar: Calendar = Calendar()

    @property
    def drop(self) -> str:
        """Folder of the market's drop under the landing."""
        return self.source.drop or self.market.country
