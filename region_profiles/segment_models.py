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
    """Windows and scores."""

    window: Literal["all"] | Annotated[int, Field(gt=0)] = 24
    """Months up to and including the as-of date."""
    scores: Scores = Scores()


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
