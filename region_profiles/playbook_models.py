"""The part `playbooks` of a profile: what to do with whom, as data; the words stand in the catalogs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from region_profiles.model_types import Code, Frozen, LanguageTag, Share
from region_profiles.segment_models import Channel

Offer = Literal[
    "service",
    "early_access",
    "discount",
    "bundle",
    "welcome",
    "win_back",
    "replenishment",
    "tier_reminder",
    "advice",
    "renewal",
    "none",
]
Products = Literal["bestsellers", "main_category", "next_category", "bundle", "replenish", "new", "none"]
Care = Literal[
    "recognise",
    "settle_first",
    "ask_why",
    "help_start",
    "explain_points",
    "explain_price",
    "easy_goodbye",
    "account_contact",
]
Avoid = Literal[
    "unasked_discounts",
    "mass_mailings",
    "too_many_messages",
    "discount_first",
    "stacked_discounts",
    "selling_first",
    "costly_contacts",
    "pressure",
    "just_bought",
    "more_reminders",
    "as_strangers",
    "every_contact",
]
Measure = Literal["repeat_rate", "revenue", "second_purchase", "return_rate", "renewals", "orders", "satisfaction"]

#: Parts of a plan that a market may say in its own words.
Word = Literal["goal", "offer", "angle", "products", "care", "avoid", "measure"]
#: Key of `playbooks` that holds the plans of audiences, beside those of dimensions.
AUDIENCE = "audience"


class Playbook(Frozen):
    """How to address a segment or an audience.

    Every code has its words in the catalogs; goal and angle have theirs in the context `playbook <dimension>
    <segment>`, else `playbook <segment>`.
    """

    channels: tuple[Channel, ...] = ()
    """In the order in which to try them."""
    cadence: Literal["now", "weekly", "fortnightly", "monthly", "quarterly", "twice_yearly", "never"]
    """The most often that marketing writes to a customer of the segment."""
    offer: Offer = "none"
    """What is offered; its words: catalogs, context `offer`."""
    discount: Share | None = None
    """The most that a discount may give."""
    products: Products = "none"
    """Which products to feature: context `products`."""
    moments: tuple[Code, ...] = ()
    """Shopping moments that suit the segment, told while they are near; none named: whichever is near."""
    care: Care | None = None
    """What customer care should know: context `care`."""
    avoid: tuple[Avoid, ...] = ()
    """What not to do: context `avoid`."""
    measure: Measure = "repeat_rate"
    """By which number success is told: context `measure`."""
    words: dict[LanguageTag, dict[Word, str]] = Field(default_factory=dict)
    """A market's own words in place of the catalogs', by language or locale: `de`, or `de-AT` before it."""
