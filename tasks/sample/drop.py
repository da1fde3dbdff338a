"""One drop from its specification: its tables, written in stretches, and the facts about them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tasks.sample.cells import CustomerCells, LineCells, cells, member_numbers, shifted
from tasks.sample.deliveries import Delivery, Files
from tasks.sample.facts import LineFacts, customer_facts
from tasks.sample.faults import places
from tasks.sample.people import OLDEST, People, populate
from tasks.sample.prices import price_list
from tasks.sample.relations import relations
from tasks.sample.returns import Till
from tasks.sample.seasons import DAYS, weights
from tasks.sample.shop import Lines, Longs, Shop, expected_lines, open_shop, stretches
from tasks.sample.shopping import stretch
from tasks.sample.small_tables import corrections, offsets, rates, stores
from tasks.sample.spec import MarketSpec
from tasks.sample.trail import Trail, stretch_of
from tasks.sample.visits import visits

#: Lines of a stretch, about: bounds memory.
STRETCH = 150_000


def streams(seed: int, drop: str) -> Callable[[str], np.random.Generator]:
    """Random numbers of this drop, a stream for each purpose: nothing depends on other drops or on the order of use."""

    def stream(purpose: str) -> np.random.Generator:
        return np.random.default_rng([seed, *drop.encode(), 0, *purpose.encode()])

    return stream


def write_drop(
    out: Path, spec: MarketSpec, customers: int, seed: int, progress: Callable[[str], object] | None
) -> dict[str, Any]:
    """Write the drop below `out`; return its facts."""
    stream = streams(seed, spec.drop)
    by_day = weights(spec.weekdays, spec.seasons)
    people = populate(spec, customers, stream("people"), by_day)
    prices = price_list(spec, stream("prices"))
    shop = open_shop(spec, people, prices, by_day)
    files = Files(out, spec)
    facts = _history(shop, files, stream, progress)
    facts["customers"] = _customers(shop, files, stream, progress)
    facts["stores"] = stores(spec, files)
    if "corrections" in spec.tables:
        facts["corrections"] = corrections(spec, people, files)
    if spec.rates is not None:
        facts["rates"] = rates(spec, files, stream("rates"))
    return {"markets": sorted(spec.markets), "tables": facts, "files": files.finish()}


def _customers(
    shop: Shop,
    files: Files,
    stream: Callable[[str], np.random.Generator],
    progress: Callable[[str], object] | None,
) -> dict[str, Any]:
    spec, people = shop.spec, shop.people
    make = CustomerCells(spec, member_numbers(spec, people), stream("birthdays"))
    delivery = Delivery(spec, "customers", cells(spec.tables["customers"], make), files)
    kinds = [kind for kind, fault in spec.faults.get("customers", {}).items() if fault is not None]
    delivery.plan(places(stream("customer faults"), kinds, spec.fault_rows, 0))
    row, again = _with_repeats(len(people), stream("repeats"))
    registered, written = people.known["registered"][row], 0
    for number, (first, end) in enumerate(pairwise(delivery.borders)):
        low = OLDEST if number == 0 else first
        at = np.flatnonzero((registered >= low) & (registered < end))
        edges = np.linspace(0, len(at), len(at) // STRETCH + 2).astype(int).tolist()
        days = np.linspace(first, end, len(edges)).tolist()
        for part, (begin, stop) in enumerate(pairwise(edges)):
            rows = _rows(spec, people, row[at[begin:stop]], again[at[begin:stop]])
            delivery.write(number, days[part], days[part + 1], rows, last=days[part + 1] == DAYS)
            written += len(rows["customer"])
            if progress is not None:
                progress(f"{spec.drop}: {written:,} of {len(row):,} customers")
    delivery.close()
    return customer_facts(spec, people, row, again, delivery.faults)


def _with_repeats(size: int, rng: np.random.Generator) -> tuple[Longs, Longs]:
    """The customer of each row, and `again`: 1 where it stands a second time word for word, 2 with another tier."""
    same, changed = np.sort(rng.choice(size, (2, max(size // 500, 1))), axis=1)
    changed = np.setdiff1d(changed, same)
    again = np.repeat([0, 1, 2], [size, len(same), len(changed)])
    return np.concatenate([np.arange(size), same, changed]), again


def _rows(spec: MarketSpec, people: People, row: Longs, again: Longs) -> Lines:
    known = {name: values[row].astype(np.int64) for name, values in people.known.items()}
    known["tier"] = np.where(again == 2, (known["tier"] + 1) % len(spec.people.tiers), known["tier"])  # noqa: PLR2004
    known["registered"] -= OLDEST
    return known


def _history(
    shop: Shop,
    files: Files,
    stream: Callable[[str], np.random.Generator],
    progress: Callable[[str], object] | None,
) -> dict[str, Any]:
    """Write the purchases and what goes with them; the facts by table."""
    spec, members, trail = shop.spec, member_numbers(shop.spec, shop.people), Trail(shop)
    make = LineCells(spec, shop.people, shop.prices, members)
    delivery = Delivery(spec, "transactions", cells(spec.tables["transactions"], make), files)
    kinds = [kind for kind, fault in spec.faults.get("transactions", {}).items() if fault is not None]
    delivery.plan(places(stream("faults"), kinds, spec.fault_rows, 0))
    growing, once = relations(trail, files, members, make, stream)
    facts, till, rng = LineFacts(shop), Till(), stream("purchases")
    utc, expected = offsets(spec), expected_lines(shop)
    borders = sorted({*delivery.borders, *(day for relation in growing for day in relation.borders)})
    for visit in visits(shop, list(stretches(borders, STRETCH, expected)), expected, stream("visits")):
        lines = stretch(shop, till, visit, rng)
        facts.add(lines)
        if growing or once:
            past = stretch_of(trail, lines, visit.first, visit.end)
            trail.add(past.orders, past.back)
            for relation in growing:
                relation.write(past)
        if any(field.zone == "utc" for field in spec.tables["transactions"].fields.values()):
            shifted(lines, utc)
            lines["day_utc"] -= OLDEST
        lines["day"] = lines["day"] - OLDEST
        number = delivery.number(visit.first)
        delivery.write(number, visit.first, visit.end, lines, last=visit.end == DAYS)
        if progress is not None:
            progress(f"{spec.drop}: {facts.rows:,} of about {expected:,.0f} purchases")
    delivery.close()
    for relation in once:
        relation.write_once()
    if "loyalty" in spec.tables:
        shop.people.known["points"] = trail.points  # the card says what its movements come to
    return {
        "transactions": facts.as_dict(delivery.faults, delivery.again),
        **{relation.table: relation.close() for relation in (*growing, *once)},
    }
