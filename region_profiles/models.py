"""The frozen models of a market's resolved profile.

A profile is data: YAML from base, region and market, merged by `region_profiles.loader`, then checked here. Nothing
in these models computes; `tasks` reads them. Shares are between 0 and 1, money thresholds are decimals in the unit
their trait names, dates are local.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Share = Annotated[Decimal, Field(ge=0, le=1)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Frozen(BaseModel):
    """Base of every part of a profile: no unknown key, no change after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


# --- where its data comes from ----------------------------------------------------------------------------------------


class Formats(Frozen):
    """How text becomes numbers and dates. What is null is inferred from the whole column, and the manifest says so."""

    decimal_sign: Literal[".", ",", "٫"] | None = None
    grouping_sign: Literal[".", ",", " ", "'", "’", "٬", "_", ""] | None = None
    dates: tuple[str, ...] = ()
    """strptime patterns; or date_order."""
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    calendar: Literal["gregorian", "buddhist", "japanese", "roc", "persian", "hijri"] = "gregorian"
    time_zone: str | None = None
    """Zone of times in the drop; the store's own where null; an offset in the value wins."""
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    """Words of boolean and consent columns, besides 1/0, true/false, yes/no, y/n."""


class RawTable(Frozen):
    """Files of one kind in a drop."""

    files: tuple[str, ...] = Field(min_length=1)
    """Globs inside the drop's folder; compressed forms (.gz .zst .zip) of them match too."""
    format: Literal["csv", "jsonl", "parquet", "xlsx", "xls"] | None = None
    """From the file name where null."""
    encoding: str | None = None
    delimiter: str | None = None
    """One character, or `whitespace` for runs of blanks."""
    quote: str | None = None
    escape: str | None = None
    header: bool = True
    skip: int = 0
    """Lines (rows of a sheet) before the header."""
    columns: tuple[str, ...] = ()
    """Names, where the file has no header."""
    sheet: str | None = None
    mode: Literal["snapshot", "increment"] = "snapshot"
    key: tuple[str, ...] = ()
    """Raw columns by which the later row of an increment wins."""
    optional: bool = False


class Mapping(Frozen):
    """How raw tables become one canonical table: a column list, or a SELECT that keeps rows."""

    source: str | None = None
    """Raw table; the only one where there is one."""
    columns: dict[str, str] = Field(default_factory=dict)
    """canonical column: raw column."""
    constants: dict[str, str] = Field(default_factory=dict)
    """canonical column: the value of every row."""
    select: str | None = None
    """One SELECT over raw tables (all text): one driving table, n:1 joins, WHERE; no aggregate, DISTINCT, UNION."""
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    """canonical column: {raw value: canonical code}; a value not named is quarantined, unless `*` names a default."""
    formats: dict[str, Formats] = Field(default_factory=dict)
    """canonical column: its own formats."""


class DropDate(Frozen):
    """Where a drop's date comes from."""

    by: Literal["path", "marker", "modified"] = "modified"
    pattern: str | None = None
    """`path`: a regular expression on the path with the groups year, month, day."""
    marker: str | None = None
    """`marker`: name of the file whose first line is the date."""


class Source(Frozen):
    """What the market's shops deliver."""

    drop: str | None = None
    """Folder under the landing; the market's code where null."""
    shared: bool = False
    """Several markets in one drop: mappings yield a column `market`, `markets` says whose a value is. A mapping that
    yields none (rates, stores) is every market's."""
    markets: dict[str, Country] = Field(default_factory=dict)
    drop_date: DropDate = DropDate()
    encoding: str | None = None
    formats: Formats = Formats()
    tables: dict[str, RawTable] = Field(default_factory=dict)
    mapping: dict[Literal["transactions", "customers", "stores", "corrections", "rates"], Mapping] = Field(
        default_factory=dict
    )
    contradiction_bound: Share = Decimal("0.001")
    """Share of a column that may contradict its declared date order or signs before the drop is refused."""


class Plausibility(Frozen):
    """Bounds beyond which a row is quarantined."""

    first_date: date | None = None
    """The chain's first day here."""
    maximum_amount: Decimal | None = None
    """Of a line, in the line's currency."""
    maximum_quantity: Decimal | None = None
    negative_quantity_is_return: bool = False
    """Whether a quantity below zero, or an amount below zero, means a return; else such a row is quarantined."""


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


# --- traits and scores ------------------------------------------------------------------------------------------------


class Score(Frozen):
    """How a trait becomes 1..bins: quantiles of the market's buyers, fixed thresholds, or nested within `within`."""

    method: Literal["quantiles", "thresholds", "nested"] = "quantiles"
    bins: int = Field(default=5, ge=2, le=20)
    thresholds: tuple[Decimal, ...] = ()
    """Lower borders of the bins 2, 3, ...; score = 1 + number of borders that the value reaches (for recency: days,
    counted the other way)."""
    within: Literal["recency", "frequency", "monetary"] | None = None


class Scores(Frozen):
    """Recency ranks minus recency_days; frequency is purchase days; monetary is in `monetary_lens`.

    The lens also says the basis: reference is net of tax, local and ppp are gross.
    """

    recency: Score = Score()
    frequency: Score = Score(method="thresholds", thresholds=tuple(map(Decimal, (2, 3, 4, 7))))
    monetary: Score = Score()
    monetary_lens: Literal["local", "reference", "ppp"] = "local"


class Traits(Frozen):
    """Windows and scores."""

    window: Literal["all"] | Annotated[int, Field(gt=0)] = 24
    """Months up to and including the as-of date."""
    scores: Scores = Scores()


# --- dimensions -------------------------------------------------------------------------------------------------------


class Segment(Frozen):
    """A segment of a rule dimension; the first whose `when` holds wins."""

    code: Code
    when: str
    """SQL boolean expression over traits."""
    group: Code | None = None
    """Coarser name, for strata."""


class RulesDimension(Frozen):
    """Rules in order, and where the rest goes."""

    kind: Literal["rules"] = "rules"
    segments: tuple[Segment, ...] = Field(min_length=1)
    otherwise: Code = Field(alias="else")
    otherwise_group: Code | None = Field(default=None, alias="else_group")

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Fallback(Frozen):
    """Tiers by rank within the market, where the trait's lens is off."""

    trait: str = "monetary_local"
    quantiles: tuple[Share, ...]


class TiersDimension(Frozen):
    """Tiers of a numeric trait by borders, with hysteresis against the previous publication."""

    kind: Literal["tiers"] = "tiers"
    trait: str = "monetary_ppp"
    tiers: tuple[Code, ...] = Field(min_length=2)
    """From low to high."""
    borders: tuple[Decimal, ...]
    """Lower borders of the second and later tiers, in the trait's unit."""
    hysteresis: Share = Decimal("0.05")
    """Who was in a tier stays while within this share beyond its border."""
    fallback: Fallback | None = None
    nobody: Code = "none"
    """Segment of customers without a value: prospects and those without purchases in the window."""


class TraitDimension(Frozen):
    """A code trait as it is: language, residence."""

    kind: Literal["trait"] = "trait"
    trait: str
    unknown: Code = "unknown"


Dimension = Annotated[RulesDimension | TiersDimension | TraitDimension, Field(discriminator="kind")]


class Stratum(Frozen):
    """Combination of dimensions.

    Cells that are too small merge into their parent (the first dimension alone), then into `else`.
    """

    dimensions: tuple[Code, ...] = ("lifecycle", "value")
    maximum: int = 30
    minimum: int = 10
    otherwise: Code = Field(default="other", alias="else")

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


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
