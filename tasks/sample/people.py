"""The customers of a drop: what the shop knows of them, and how they will shop, which it does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.sample.business import ACCOUNT, CONTACT, add_business
from tasks.sample.draws import Ints, pick
from tasks.sample.habits import regular, say
from tasks.sample.seasons import DAYS, Floats, cumulated, draw_days, standing_in
from tasks.sample.spec import Group, MarketSpec
from tasks.sample.spec_relations import Weights

#: Day of the first order of who never bought: after all days, and two bytes hold it.
NEVER = 32_000
#: Registrations reach back this far before the history.
OLDEST = -900
#: Distinct birthdays: enough to look real, few enough to write each once.
BIRTHDAYS = 3000
#: Columns of codes into a group's own lists.
NAMED = frozenset({"group", "gender", "given", "family", "city", "language", "home_country", "visitor"})
#: Share of those who mostly buy what is reduced.
THRIFTY = 0.2
#: Distinct phone numbers: ranges kept for fiction are small.
PHONES = 2000


@dataclass(frozen=True, slots=True)
class People:
    """A row a customer. `known` are codes into vocabularies; the rest shapes purchases.

    `first` is the day of the first order (NEVER for prospects), `rate` orders a day afterwards, `gone` the day from
    which there are none, `web` the share of orders placed in the web shop.
    """

    known: dict[str, Ints]
    first: Ints
    gone: Ints
    rate: npt.NDArray[np.float32]
    web: npt.NDArray[np.float32]
    interval: Ints
    """Days between the purchases of who comes regularly; 0 for others."""
    thrifty: npt.NDArray[np.bool_]
    """Who buys what is reduced."""

    def __len__(self) -> int:
        return len(self.first)


def populate(spec: MarketSpec, size: int, rng: np.random.Generator, by_day: Floats) -> People:
    """Draw `size` customers; a few of the last are second accounts of earlier ones."""
    group = pick(rng, [g.share for g in spec.people.groups], size)
    known = {"customer": np.arange(size, dtype=np.int32), "group": group}
    _persons(spec, rng, known)
    known = {name: values.astype(np.int16) if name in NAMED else values for name, values in known.items()}
    _relations(spec, rng, known)
    _second_accounts(spec, rng, known)
    add_business(spec, rng, known)
    # The store that was open on the day: whoever came later never saw the one that had closed or moved.
    known["home_store"] = standing_in(spec.stores)[known["home_store"], known["registered"].clip(0)]
    known["given"][min(5, size - 1)] = sum(len(g.female) + len(g.male) for g in spec.people.groups)  # the hostile one
    known = {name: _compact(values) for name, values in known.items()}
    visitor = known["visitor"] == 1
    people = _behaviour(spec, rng, known, visitor, by_day)
    say(spec, rng, people.known)
    return people


def _compact(values: Ints) -> Ints:
    """One or two bytes a customer where they are enough: a drop of ten million customers has thirty such columns."""
    low, high = values.min(initial=0), values.max(initial=0)
    kind = next(
        kind for kind in (np.int8, np.int16, np.int32) if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max
    )
    return values.astype(kind, copy=False)


def _persons(spec: MarketSpec, rng: np.random.Generator, known: dict[str, Ints]) -> None:
    group, size = known["group"], len(known["group"])
    known["gender"] = pick(rng, [0.5, 0.42, 0.03, 0.05], size)  # female, male, other, not given
    male = (known["gender"] == 1) | ((known["gender"] > 1) & (rng.random(size) < 0.5))  # noqa: PLR2004  # codes
    offsets = {"given": 0, "family": 0, "city": 0}
    for name in ("given", "family", "city", "language", "home_country", "visitor"):
        known[name] = np.zeros(size, dtype=np.int32)
    languages, countries = vocabulary_of(spec, "languages"), vocabulary_of(spec, "countries")
    for number, people in enumerate(spec.people.groups):
        here = np.flatnonzero(group == number)
        low = np.where(male[here], len(people.female), 0)
        span = np.where(male[here], len(people.male), len(people.female))
        known["given"][here] = offsets["given"] + low + (rng.random(len(here)) ** 1.5 * span).astype(np.int32)
        known["family"][here] = offsets["family"] + (rng.random(len(here)) ** 1.5 * len(people.family)).astype(np.int32)
        known["city"][here] = offsets["city"] + (rng.random(len(here)) ** 2 * len(people.cities)).astype(np.int32)
        known["language"][here] = _own(rng, people.languages, languages, len(here))
        known["home_country"][here] = _own(rng, people.countries, countries, len(here))
        known["visitor"][here] = people.visitor
        offsets = {
            "given": offsets["given"] + len(people.female) + len(people.male),
            "family": offsets["family"] + len(people.family),
            "city": offsets["city"] + len(people.cities),
        }
    known["street"] = pick(rng, [1.0] * len(spec.people.streets), size)
    known["house"] = rng.integers(1, 120, size, dtype=np.int32)
    known["domain"] = pick(rng, [1.0] * len(spec.people.email[1]), size)
    known["mail"] = known["customer"].copy()
    known["phone"] = rng.integers(0, PHONES, size, dtype=np.int32)
    known["birth"] = rng.integers(0, BIRTHDAYS, size, dtype=np.int32)


def vocabulary_of(spec: MarketSpec, name: str) -> list[str]:
    """All codes that the groups name, in their order: `languages` or `countries`."""
    groups: list[Weights] = [getattr(group, name) for group in spec.people.groups]
    return list(dict.fromkeys(code for weights in groups for code in weights))


def _own(rng: np.random.Generator, weights: Weights, vocabulary: list[str], size: int) -> Ints:
    return np.array([vocabulary.index(code) for code in weights], dtype=np.int32)[pick(rng, weights, size)]


def _relations(spec: MarketSpec, rng: np.random.Generator, known: dict[str, Ints]) -> None:
    """What a customer has with the chain: store, tier, points, consent, and who is staff."""
    size, shape = len(known["group"]), spec.shape
    known["home_store"] = np.zeros(size, dtype=np.int32)
    for number, people in enumerate(spec.people.groups):
        here = np.flatnonzero(known["group"] == number)
        known["home_store"][here] = pick(rng, store_weights(spec, people), len(here))
    known["points"] = (rng.gamma(0.6, 900, size)).astype(np.int32)
    for channel, shares in spec.people.consent.items():
        known[f"consent_{channel}"] = pick(rng, list(shares), size)
    who = rng.random(size)
    resident = known["visitor"] == 0
    known["employee"] = ((who < shape.employees) & resident).astype(np.int32)
    known["deceased"] = ((who > 1 - shape.deceased) & resident).astype(np.int32)
    known["test"] = np.zeros(size, dtype=np.int32)
    known["test"][: min(2, size)] = 1  # every shop has them, and at the top
    known["registered"] = (OLDEST + rng.random(size) ** 0.8 * (DAYS - 2 - OLDEST)).astype(np.int32)
    known["employee"][:2] = known["deceased"][:2] = 0


def store_weights(spec: MarketSpec, group: Group, channel: tuple[str, ...] = ("store",)) -> list[float]:
    """Weight of each store for people of that group: those of its market and of these channels."""
    name = group.market and spec.markets[group.market]
    weights = [s.weight if s.channel in channel and name in (None, s.country) else 0.0 for s in spec.stores]
    return weights if any(weights) else [s.weight if name in (None, s.country) else 0.0 for s in spec.stores]


def _second_accounts(spec: MarketSpec, rng: np.random.Generator, known: dict[str, Ints]) -> None:
    """The last customers are people who signed up again in the web shop, often with the same mail."""
    size = len(known["group"])
    count = int(size * spec.shape.second_accounts)
    known["prefix"] = np.zeros(size, dtype=np.int32)
    known["twin"] = known["customer"].copy()
    if not count:
        return
    low = min(10, size - count - 1)
    again, twin = np.arange(size - count, size), rng.integers(low, max(size // 3, low + 1), count)
    for name in ("group", "given", "family", "gender", "birth", "city", "street", "house", "language", "home_country",
                 "visitor", "phone", "home_store", "employee", "deceased"):  # fmt: skip
        known[name][again] = known[name][twin]
    same_mail = rng.random(count) < 0.7  # noqa: PLR2004  # the others took a second address
    known["mail"][again] = np.where(same_mail, known["mail"][twin], known["mail"][again])
    known["domain"][again] = np.where(same_mail, known["domain"][twin], known["domain"][again])
    known["prefix"][again] = 1
    known["twin"][again] = twin


def _behaviour(
    spec: MarketSpec, rng: np.random.Generator, known: dict[str, Ints], visitor: npt.NDArray[np.bool_], by_day: Floats
) -> People:
    size, shape, before = len(visitor), spec.shape, cumulated(by_day)
    start = np.clip(known["registered"], 0, DAYS - 1)
    # Who registered before the history began comes first on any of its early days, others soon after registering.
    wait = np.where(known["registered"] < 0, 300, 25)
    until = np.minimum(start + 1 + (rng.exponential(1.0, size) * wait).astype(np.int32), DAYS)
    first = np.maximum(draw_days(rng, before, before[start], before[until]), start).astype(np.int32)
    buyer = ((rng.random(size) >= shape.prospects) | visitor | (known["employee"] == 1)) & (known["type"] != CONTACT)
    buyer |= known["type"] == ACCOUNT
    first = np.where(buyer, first, NEVER).astype(np.int32)
    again = buyer & ((rng.random(size) >= np.where(visitor, 0.85, shape.one_time)) | (known["employee"] == 1))
    again |= known["type"] == ACCOUNT
    rate = rng.gamma(0.7, shape.yearly_orders / 0.7 / 365, size) * np.where(rng.random(size) < shape.heavy, 6, 1)
    lives = rng.exponential(1.0, size) * np.where(visitor, 6, np.where(known["type"] == ACCOUNT, 3000, 900))
    gone = np.minimum(first + 1 + lives, DAYS).astype(np.int32)
    interval = regular(spec, rng, known, again)
    rate = np.where(interval > 0, 1 / np.maximum(interval, 1), rate)
    web = np.where(rng.random(size) < shape.both_channels, 0.4, (rng.random(size) < shape.web).astype(float))
    web = np.where(visitor, 0.0, np.where(known["prefix"] == 1, 1.0, web))
    rate = np.where(again, rate, 0.0)
    gone = np.where(again, gone, first)
    _tiers(spec, rng, known, np.where(first < NEVER, 1 + rate * (gone - first), 0))
    return People(
        known,
        first.astype(np.int16),
        gone.astype(np.int16),
        rate.astype(np.float32),
        web.astype(np.float32),
        interval.astype(np.int16),
        rng.random(size) < THRIFTY,
    )


def _tiers(spec: MarketSpec, rng: np.random.Generator, known: dict[str, Ints], orders: Floats) -> None:
    """The tier follows from what was bought, about: the programme's shares, from the least expected orders up."""
    shares = np.array(list(spec.people.tiers.values()))
    rank = np.empty(len(orders), dtype=np.int64)
    rank[np.argsort(orders * rng.lognormal(0, 0.3, len(orders)), kind="stable")] = np.arange(len(orders))
    known["tier"] = np.searchsorted(np.cumsum(shares / shares.sum())[:-1], (rank + 0.5) / len(orders)).astype(np.int8)
    known["points"] = (known["points"] * (0.3 + known["tier"])).astype(np.int32)
