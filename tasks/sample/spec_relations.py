"""Parts of a sample market beyond people, prices and purchases: products, mailings, surveys, business customers."""

from __future__ import annotations

from datetime import date
from typing import Literal

from region_profiles.models import Frozen

Weights = dict[str, float]


class Good(Frozen):
    """What is known of all products of one name."""

    category: str
    subcategory: str = ""
    lasts_days: int | None = None


class Campaign(Frozen):
    """A mailing to everybody who agreed to that channel, named as the profile's consent columns."""

    name: str
    channel: str
    day: date


class Survey(Frozen):
    """One version of a questionnaire; a question without answers asks for a number from 0 to 10."""

    code: str
    version: str | None = None
    day: date
    share: float = 0.15
    """Of the customers who ever bought."""
    questions: dict[str, tuple[str, ...] | None]


class Voices(Frozen):
    """What customers say when they are pleased, when they are not, and when they bring something back."""

    good: tuple[str, ...]
    bad: tuple[str, ...]
    reasons: tuple[str, ...]
    kinds: Weights
    """Of what is said after a purchase: review, rating, nps, complaint, message."""
    share: float = 0.08
    """Of the orders that something is said of; of returns it is six times as much."""


class Business(Frozen):
    """Business customers: accounts, which buy, and their contacts, which are people."""

    accounts: float = 0.015
    contacts: int = 2
    """Of each account, at most."""
    names: tuple[str, ...]
    """Forms with {family}."""
    types: dict[Literal["person", "account", "contact"], str]
    roles: tuple[str, ...]
    industries: Weights
    scheme: str
    contracts: Weights
    """Kinds of them."""


class Place(Frozen):
    """What the market's own table says of a city."""

    population: int
    area: Literal["urban", "suburban", "rural"]
    latitude: float
    longitude: float
