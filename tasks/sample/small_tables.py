"""The tables that are small in any chain: stores, corrections by the market's team, the market's own rates."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from tasks.sample import forms
from tasks.sample.cells import Pieces, cells, member_numbers
from tasks.sample.deliveries import Delivery, Files
from tasks.sample.people import People
from tasks.sample.pieces import Words
from tasks.sample.seasons import DAYS
from tasks.sample.shop import TICK
from tasks.sample.spec import FIRST, MarketSpec
from tasks.sample.spec_tables import FieldSpec

#: Corrections of each action.
EACH = 2
MERGED = 7
#: Of the merges, those that the team took back: two people of one household, say. One early, one late.
TAKEN_BACK = 2
ACTIONS = ("exclude", "deceased", "employee", "test", "language", "event")
VALUES = {"language": "en", "event": "opening"}


def stores(spec: MarketSpec, files: Files) -> dict[str, Any]:
    """Write the stores table."""

    def pieces(field: FieldSpec) -> Pieces:
        if field.value == "channel":
            return (Words("row", [spec.words["channel"].get(store.channel, store.channel) for store in spec.stores]),)
        if field.value == "ownership":
            words = spec.words.get("ownership", {})
            return (Words("row", [words.get(store.ownership, store.ownership) for store in spec.stores]),)
        names = {"store_id": "id", "store_name": "name", "time_zone": "zone", "market": "country"}
        values = [getattr(store, names.get(field.value, field.value)) for store in spec.stores]
        return (Words("row", [_text(spec, field, value) for value in values]),)

    return _write(spec, "stores", pieces, len(spec.stores), files)


def decisions(spec: MarketSpec, people: People) -> list[tuple[int, str, int]]:
    """Whom the team's corrections concern: customer, action, and for merges the customer who stays; by date."""
    if "corrections" not in spec.tables:
        return []
    again = np.flatnonzero(people.known["prefix"] == 1)[:MERGED]
    merged = [(int(one), "merge", int(people.known["twin"][one])) for one in again]
    early, late = ([(who, "split", -1) for who, _, _ in part] for part in (merged[-1:], merged[-TAKEN_BACK:-1]))
    actions = [action for action in ACTIONS for _ in range(EACH)]
    return [*merged, *early, *((who % len(people), action, -1) for who, action in enumerate(actions, 10)), *late]


def merges(spec: MarketSpec, people: People) -> dict[int, int]:
    """Whom the merges that were not taken back make one: the customer who goes, and who stays."""
    decided = decisions(spec, people)
    split = {who for who, action, _ in decided if action == "split"}
    return {who: stays for who, action, stays in decided if action == "merge" and who not in split}


def corrections(spec: MarketSpec, people: People, files: Files) -> dict[str, Any]:
    """Write dated corrections: people to exclude, to merge with their second account, and so on; one that is wrong."""
    members = member_numbers(spec, people)
    rows = [
        (members[who].as_py(), action, members[other].as_py() if action == "merge" else VALUES.get(action, ""))
        for who, action, other in decisions(spec, people)
    ]
    rows += [(members[0].as_py(), action, "") for action in spec.faults.get("corrections", {})]
    effective = [FIRST + timedelta(days=int(day)) for day in np.linspace(500, DAYS - 30, len(rows))]
    words = spec.words.get("action", {})

    def pieces(field: FieldSpec) -> Pieces:
        columns: dict[str, list[str]] = {
            "member_number": [str(who) for who, _, _ in rows],
            "action": [words.get(action, action) for _, action, _ in rows],
            "value": [str(value) for _, _, value in rows],
            "effective": [_text(spec, field, day) for day in effective],
            "author": ["crm-team@example.com"] * len(rows),
            "reason": [f"ticket {4100 + number}" for number in range(len(rows))],
        }
        return (Words("row", columns[field.value]),)

    facts = _write(spec, "corrections", pieces, len(rows), files)
    actions = [action for _, action, _ in rows]
    return facts | {"actions": {action: actions.count(action) for action in sorted(set(actions))}}


def rates(spec: MarketSpec, files: Files, rng: np.random.Generator) -> dict[str, Any]:
    """Write a rate for each calendar day, made up: between the anchors in equal steps of per cent, with some noise."""
    if spec.rates is None:
        raise ValueError(spec.drop)
    table = spec.rates
    days = [FIRST + timedelta(days=number) for number in range(DAYS)]
    numbers = np.array([day.toordinal() for day in days])
    at = np.array([day.toordinal() for day in table.anchors])
    noise = np.cumsum(rng.normal(0, table.noise, DAYS))
    values = np.exp(
        np.interp(numbers, at, np.log(list(table.anchors.values()))) + noise - np.linspace(0, noise[-1], DAYS)
    )
    texts = [
        forms.number(round(value * 10**table.decimals), table.decimals, spec.numbers, prefix=False) for value in values
    ]

    def pieces(field: FieldSpec) -> Pieces:
        columns: dict[str, list[str]] = {
            "date": [_text(spec, field, day) for day in days],
            "currency": [table.currency] * DAYS,
            "base": [table.base] * DAYS,
            "rate": texts,
        }
        return (Words("row", columns[field.value]),)

    return _write(spec, "rates", pieces, DAYS, files)


def _text(spec: MarketSpec, field: FieldSpec, value: object) -> str:
    if isinstance(value, date):
        return forms.day(value, field.form or spec.dates, field.digits or spec.numbers.digits)
    return "" if value is None else str(value)


def _write(spec: MarketSpec, table: str, pieces: Any, rows: int, files: Files) -> dict[str, Any]:
    delivery = Delivery(spec, table, cells(spec.tables[table], pieces), files)  # type: ignore[index]
    codes = {"row": np.arange(rows)}
    borders = delivery.borders
    for number, (first, end) in enumerate(pairwise(borders)):
        # Every snapshot holds the whole of a small table.
        nothing = {"row": np.arange(0)}
        delivery.write(number, first, end, codes if number == 0 else nothing, last=False)
    delivery.close()
    return {"rows": rows}


def offsets(spec: MarketSpec) -> np.typing.NDArray[np.int64]:
    """The drop's UTC offset at noon of each day, in ticks."""
    zone = ZoneInfo(spec.zone)
    noons = [
        datetime(d.year, d.month, d.day, 12, tzinfo=zone) for d in (FIRST + timedelta(days=n) for n in range(DAYS))
    ]
    return np.array([int(noon.utcoffset().total_seconds()) // TICK for noon in noons])  # type: ignore[union-attr]
