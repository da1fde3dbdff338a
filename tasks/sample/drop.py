"""One drop from its specification: its tables, written in stretches, and the facts about them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tasks.sample.deliveries import Delivery, Files
from tasks.sample.facts import LineFacts, customer_facts
from tasks.sample.faults import places
from tasks.sample.cells import CustomerCells, LineCells, cells, member_numbers, shifted
from tasks.sample.people import OLDEST, People, populate
from tasks.sample.prices import price_list
from tasks.sample.seasons import DAYS, weights
from tasks.sample.shopping import TICK, Shop, Till, open_shop, stretch, stretches
from tasks.sample.small_tables import corrections, offsets, rates, stores
from tasks.sample.spec import MarketSpec

#: Lines of a stretch, about: bounds memory.
STRETCH = 400_000


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
    facts: dict[str, Any] = {"customers": _customers(shop, files, stream)}
    facts["transactions"] = _transactions(shop, files, stream, progress)
    facts["stores"] = stores(spec, files)
    if "corrections" in spec.tables:
        facts["corrections"] = corrections(spec, people, files)
    if spec.rates is not None:
        facts["rates"] = rates(spec, files, stream("rates"))
    return {"markets": sorted(spec.markets), "tables": facts, "files": files.finish()}


def _customers(shop: Shop, files: Files, stream: Callable[[str], np.random.Generator]) -> dict[str, Any]:
    spec, people = shop.spec, shop.people
    table = spec.tables["customers"]
    columns = cells(table, CustomerCells(spec, member_numbers(spec, people), stream("birthdays")))
    codes = {name: values.astype(np.int64) for name, values in people.known.items()}
    delivery = Delivery(spec, "customers", columns, files)
    known = _with_repeats(codes, stream("repeats"), len(spec.people.tiers))
    registered = known["registered"]
    known["registered"] = registered - OLDEST
    kinds = [kind for kind, fault in spec.faults.get("customers", {}).items() if fault is not None]
    delivery.plan(places(stream("customer faults"), kinds, spec.fault_rows, 0))
    borders = delivery.borders
    for number, (first, end) in enumerate(zip(borders, borders[1:], strict=False)):
        low = -1 << 30 if number == 0 else first
        at = np.flatnonzero((registered >= low) & (registered < end))
        last = end == DAYS
        delivery.write(number, first, end, {name: values[at] for name, values in known.items()}, last=last)
    delivery.close()
    return customer_facts(spec, known, delivery.faults)


def _with_repeats(
    codes: dict[str, np.ndarray[Any, np.dtype[np.int64]]], rng: np.random.Generator, tiers: int
) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
    """Some customers stand twice in the file: word for word (`again` 1), or later with another tier (`again` 2)."""
    size = len(codes["customer"])
    same, changed = np.sort(rng.choice(size, (2, max(size // 500, min(size, 1))), replace=True), axis=1)
    changed = np.setdiff1d(changed, same)
    again = np.concatenate([np.zeros(size), np.ones(len(same)), np.full(len(changed), 2)]).astype(np.int64)
    at = np.concatenate([np.arange(size), same, changed])
    known = {name: values[at] for name, values in codes.items()} | {"again": again}
    known["tier"] = np.where(again == 2, (known["tier"] + 1) % tiers, known["tier"])  # noqa: PLR2004  # see above
    return known


def _transactions(
    shop: Shop,
    files: Files,
    stream: Callable[[str], np.random.Generator],
    progress: Callable[[str], object] | None,
) -> dict[str, Any]:
    spec = shop.spec
    make = LineCells(spec, shop.people, shop.prices, member_numbers(spec, shop.people))
    delivery = Delivery(spec, "transactions", cells(spec.tables["transactions"], make), files)
    kinds = [kind for kind, fault in spec.faults.get("transactions", {}).items() if fault is not None]
    delivery.plan(places(stream("faults"), kinds, spec.fault_rows, 0))
    facts, till, rng = LineFacts(shop), Till(), stream("purchases")
    utc = offsets(spec)
    for first, end, number in stretches(delivery.borders, STRETCH, shop):
        lines = stretch(shop, till, first, end, rng)
        facts.add(lines)
        if any(field.zone == "utc" for field in spec.tables["transactions"].fields.values()):
            shifted(lines, utc)
            lines["day_utc"] -= OLDEST
        lines["day"] = lines["day"] - OLDEST
        delivery.write(number, first, end, lines, last=end == DAYS)
        if progress is not None:
            progress(f"{spec.drop}: {facts.rows:,} purchases")
    delivery.close()
    return facts.as_dict(delivery.faults)


