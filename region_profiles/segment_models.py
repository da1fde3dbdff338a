"""The parts `traits`, `dimensions` and `stratum` of a profile: windows, scores, segments."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from region_profiles.model_types import Code, Frozen, Share


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
    """Windows, scores, and what traits of the stores' own words mean."""

    window: Literal["all"] | Annotated[int, Field(gt=0)] = 24
    """Months up to and including the as-of date."""
    scores: Scores = Scores()
    off: tuple[str, ...] = ()
    """Groups of traits (`strata traits` lists them) or single ones that are not to be computed."""
    remote_channels: tuple[str, ...] = ("web", "app", "phone", "marketplace")
    """Channels of purchases that are no store."""
    postcode_signs: int = Field(default=2, ge=1, le=8)
    """How many signs of a postcode make an area."""
    lifestyle_questions: tuple[str, ...] = ("lifestyle",)
    """Questions of surveys whose answer is a lifestyle; the latest answer to the first of them counts."""
    lifestyles: dict[Code, tuple[str, ...]] = Field(default_factory=dict)
    """Lifestyle: categories, as the store names them, that most of the spend must lie in to infer it."""


#: Persons and business accounts are cut, modelled and totalled apart. Contacts inherit from their account.
Population = Literal["person", "account"]


class Segment(Frozen):
    """A segment of a rule dimension; the first whose `when` holds wins."""

    code: Code
    when: str
    """SQL boolean expression over traits."""
    group: Code | None = None
    """Coarser name, for strata."""


class _Of(Frozen):
    """Whom a dimension is about, and when it is on.

    Who is of the other population has its name as segment (`account`, `person`); contacts are where their account is.
    """

    population: Population = "person"
    covers: tuple[str, ...] = ()
    """Traits that the customers must have; none named: the dimension's own trait, for rules none."""
    coverage: Share = Decimal("0.5")
    """Share of the population that must have all of them; below, the dimension is off, and the share is told."""


class RulesDimension(_Of):
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


class TiersDimension(_Of):
    """Tiers of a numeric trait by borders with hysteresis against the previous publication, or by rank."""

    kind: Literal["tiers"] = "tiers"
    trait: str = "monetary_ppp"
    tiers: tuple[Code, ...] = Field(min_length=2)
    """From low to high."""
    borders: tuple[Decimal, ...] = ()
    """Lower borders of the second and later tiers, in the trait's unit."""
    quantiles: tuple[Share, ...] = ()
    """In place of borders: shares of the population below them."""
    hysteresis: Share = Decimal("0.05")
    """Who was in a tier stays while within this share beyond its border."""
    fallback: Fallback | None = None
    nobody: Code = "none"
    """Segment of customers without a value: prospects and those without purchases in the window."""


class TraitDimension(_Of):
    """A code trait as it is: language, residence."""

    kind: Literal["trait"] = "trait"
    trait: str
    unknown: Code = "unknown"
    most: int | None = Field(default=None, ge=1, le=100)
    """Only so many values stand for themselves, those of most customers, ties by code; the rest are `other`."""
    other: Code = "other"


Dimension = Annotated[RulesDimension | TiersDimension | TraitDimension, Field(discriminator="kind")]


Channel = Literal["email", "app", "sms", "phone", "post", "store"]


class Audience(Frozen):
    """A named list, which may overlap others: whom a rule holds for and the purpose allows."""

    when: str
    """SQL boolean expression over traits and `segment_<dimension>`."""
    population: Population = "person"
    purpose: Literal["marketing", "service", "research"] = "marketing"
    """Marketing needs consent to one of the channels; service and research do not write for marketing."""
    channels: tuple[Channel, ...] = ("email", "app", "sms", "phone", "post")
    priority: int = Field(default=100, ge=1, le=1000)
    """Who is in several audiences belongs first to that of the lowest number, ties by code."""
    holdout: bool = True
    """Whether the standing holdout is kept out of it."""
    covers: tuple[str, ...] = ()
    coverage: Share = Decimal("0.5")


class Holdout(Frozen):
    """Customers who stay out of all campaigns, so that what campaigns do can be measured.

    Whom: by a salted digest of the customer's id, a share of each stratum; who was in it stays.
    """

    share: Share = Decimal("0.05")
    salt: str = ""
    minimum: int = Field(default=200, ge=0)
    """Fewer customers than that, and there is none: it could measure nothing."""


class Stratum(Frozen):
    """Combination of dimensions.

    Cells that are too small merge into their parent (the first dimension alone), then into `else`.
    """

    dimensions: tuple[Code, ...] = ("lifecycle", "value")
    maximum: int = 30
    minimum: int = 10
    otherwise: Code = Field(default="other", alias="else")

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
