"""What is said of every trait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "integer", "money", "double", "date"]

#: What a trait is about; a block of the stage `traits` computes each group.
Group = Literal[
    "identity",
    "money",
    "demography",
    "place",
    "culture",
    "behaviour",
    "affinity",
    "rhythm",
    "online",
    "loyalty",
    "campaigns",
    "attitude",
    "lifestyle",
    "usage",
    "company",
    "business",
    "prediction",
    "cluster",
    "holdout",
]

#: The span that a trait counts: the profile's window, the whole history, the year to the as-of date, the as-of date
#: itself, or the prediction's horizon after it.
Window = Literal["window", "lifetime", "year", "as_of", "horizon"]

#: What a trait tells of a person that some privacy regimes protect: region_profiles/regimes.yaml says which.
Sensitivity = Literal["age", "gender", "family", "education", "occupation", "income", "location", "belief", "attitude"]


@dataclass(frozen=True, slots=True)
class Trait:
    """One trait. `money` is decimal with two places; `unit` is in words.

    `sources` are what it needs of the canonical tables, as `table` or `table.column`, all of them; `sensitive` what a
    regime may forbid it for; `known` the closed set of a code.
    """

    name: str
    type: Type
    unit: str
    meaning: str
    group: Group = "identity"
    window: Window = "as_of"
    sources: tuple[str, ...] = ("customers",)
    sensitive: tuple[Sensitivity, ...] = ()
    known: tuple[str, ...] = ()
