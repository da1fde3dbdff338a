"""What a trait is: name, type, unit, meaning, window, sources, of every column that rules may use.

Stands on nothing, like the contract: profiles are checked against it, stages compute it, exports explain it.
"""

from __future__ import annotations

from tasks.catalogue.behaviour import BEHAVIOUR
from tasks.catalogue.business import BUSINESS, PREDICTED
from tasks.catalogue.core import CORE
from tasks.catalogue.people import PEOPLE
from tasks.catalogue.relations import RELATIONS
from tasks.catalogue.trait import Group, Sensitivity, Trait, Type, Window

__all__ = [
    "CATALOGUE",
    "EXACT",
    "HIDDEN",
    "SCORES",
    "STATED",
    "TRAITS",
    "Group",
    "Sensitivity",
    "Trait",
    "Type",
    "Window",
    "of_group",
]

TRAITS: tuple[Trait, ...] = (*CORE, *PEOPLE, *BEHAVIOUR, *RELATIONS, *BUSINESS, *PREDICTED)

#: By name; the order is that of customers.parquet.
CATALOGUE: dict[str, Trait] = {trait.name: trait for trait in TRAITS}

#: Traits copied from the canonical customer as they are.
STATED: tuple[str, ...] = tuple(
    name
    for name in CATALOGUE
    if name in {"customer_id", "member_number", "type", "home_country", "residence", "birth_year", "gender", "city"}
    or name in {"language", "language_evidence", "phone_status", "loyalty_tier"}
    or name.startswith("consent_")
)

SCORES: tuple[str, ...] = ("r_score", "f_score", "m_score")

#: Unrounded money of each lens, in the window and for life: what segment sums are made of. Never published.
EXACT: dict[str, str] = {
    f"{span}_{lens}": f"exact_{span}_{lens}"
    for span in ("monetary", "lifetime")
    for lens in ("local", "reference", "ppp")
}

#: Whom a customer counts under, and what predictions are tested on: purchase days up to a cut before the as-of date,
#: the last of them, and spend at comparable prices. Never published.
HIDDEN: dict[str, Type] = {
    "counted_as": "text",
    "calibration_frequency": "integer",
    "calibration_last_date": "date",
    "calibration_ppp": "money",
}


def of_group(group: Group) -> tuple[Trait, ...]:
    """The traits of a group, in their order.

    >>> [trait.name for trait in of_group("cluster")]
    ['cluster']
    """
    return tuple(trait for trait in TRAITS if trait.group == group)
