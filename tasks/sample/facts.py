"""What was written, counted while it is written, for the tests of the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.sample.cells import KINDS
from tasks.sample.people import People
from tasks.sample.seasons import DAYS
from tasks.sample.shop import RETURN, Lines, Longs, Shop, take
from tasks.sample.small_tables import decisions, merges
from tasks.sample.spec import FIRST, MarketSpec

#: Customers whose purchases do not count, by the column that says so and its code.
EXCLUDED = {"employee": 1, "test": 1, "deceased": 1, "consent_profiling": 1}
EXCLUDING = frozenset({"exclude", "deceased", "employee", "test"})
#: What a ledger does with broken rows that it does not quarantine: later than the as-of date, or one cell lost.
FILTERED = frozenset({"after_as_of", "unknown_member"})
KEPT = frozenset(
    {
        *("impossible_birth_date", "unknown_country", "unknown_speaker", "unknown_outcome", "unknown_status"),
        *("rating_beyond", "nps_beyond", "value_text", "strength_beyond", "expires_before", "points_text"),
        *("price_negative", "lasts_zero", "valid_before", "amount_negative", "population_negative", "beyond_the_pole"),
    }
)
#: Rows of a shared drop that belong to no market begin so.
UNASSIGNED = "market_"


def fault_counts(faults: Mapping[tuple[str, str], int], market: str) -> dict[str, Any]:
    """Broken rows of a market by kind, and how many a ledger must quarantine."""
    kinds = {
        kind: count
        for (where, kind), count in sorted(faults.items())
        if where == market and not kind.startswith(UNASSIGNED)
    }
    return {
        "faults": kinds,
        "broken": sum(kinds.values()),
        "quarantined": sum(count for kind, count in kinds.items() if kind not in FILTERED | KEPT),
        "filtered": sum(count for kind, count in kinds.items() if kind in FILTERED),
    }


def unassigned(faults: Mapping[tuple[str, str], int]) -> int:
    """Rows of a shared drop that belong to no market."""
    return sum(count for (_, kind), count in faults.items() if kind.startswith(UNASSIGNED))


def excluded(spec: MarketSpec, people: People) -> npt.NDArray[np.bool_]:
    """By customer: whether the profile's rules or the team's corrections leave their purchases out."""
    delivered = {field.value for field in spec.tables["customers"].fields.values()}
    out = np.zeros(len(people), dtype=bool)
    for column, code in EXCLUDED.items():
        if column in delivered:
            out |= people.known[column] == code
    corrected = decisions(spec, people)
    out[[who for who, action, _ in corrected if action in EXCLUDING]] = True
    for who, stays in merges(spec, people).items():  # what one of the two asked for holds for the person
        out[who] = out[stays] = out[who] or out[stays]
    return out


class Tally:
    """Lines, guests, returns, and by kind and month: of a set of lines."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._amount = shop.prices.table()["amount"]
        self._counts: Counter[str] = Counter()
        self._amounts: Counter[str] = Counter()
        self._months = np.array([f"{FIRST + timedelta(days=day):%Y-%m}" for day in range(DAYS)])
        self._days = np.zeros(DAYS, dtype=np.int64)

    def add(self, lines: Lines) -> None:
        """Count these lines."""
        counts, back, currencies = self._counts, lines["kind"] == RETURN, self._shop.prices.currencies
        counts["lines"] += len(back)
        counts["guests"] += int((lines["customer"] < 0).sum())
        counts["returns_with_order"] += int((back & (lines["returned"] >= 0)).sum())
        counts["returns_without_order"] += int((back & (lines["returned"] < 0)).sum())
        self._days += np.bincount(lines["day"], minlength=DAYS)
        amounts = np.where(back, -1, 1) * self._amount[lines["money"]]
        group = lines["kind"] * len(currencies) + lines["currency"]
        for code in np.unique(group):
            kind, period = divmod(int(code), len(currencies))
            counts[KINDS[kind]] += int((group == code).sum())
            self._amounts[f"{KINDS[kind]} {currencies[period]}"] += int(amounts[group == code].sum())

    def as_dict(self) -> dict[str, Any]:
        """Counts; amounts on the market's tax basis by kind and currency; lines by local month."""
        scale = Decimal(1).scaleb(-self._shop.spec.money.decimals)
        months: Counter[str] = Counter()
        for month, lines in zip(self._months.tolist(), self._days.tolist(), strict=True):
            months[month] += lines
        amounts = {name: str(amount * scale) for name, amount in sorted(self._amounts.items())}
        return {**dict(sorted(self._counts.items())), "amounts": amounts, "months": dict(months)}


class LineFacts:
    """Counts over all stretches, by market.

    `sound` lines are neither broken nor superseded nor copies; of these, `counted` ones are of no excluded customer.
    """

    def __init__(self, shop: Shop) -> None:
        spec = shop.spec
        self.rows = 0
        self._counts: dict[str, Counter[str]] = {market: Counter() for market in spec.markets}
        self._sound = {market: Tally(shop) for market in spec.markets}
        self._counted = {market: Tally(shop) for market in spec.markets}
        self._orders = np.zeros(len(shop.people), dtype=np.int32)
        self._channels = np.zeros(len(shop.people), dtype=np.int8)
        """By customer: a bit for each channel."""
        self._shop = shop
        self._excluded = excluded(spec, shop.people)
        by_name = {name: market for market, name in spec.markets.items()}
        markets = list(spec.markets)
        self._market = np.array([markets.index(by_name.get(store.country, markets[0])) for store in spec.stores])

    def add(self, lines: Lines) -> None:
        """Count a stretch."""
        self.rows += len(lines["order"])
        begins = (lines["line"] == 1) & (lines["again"] == 0) & (lines["kind"] != RETURN) & (lines["customer"] >= 0)
        np.add.at(self._orders, lines["customer"][begins], 1)
        sound = (lines["again"] != 1) & (lines["replaced"] == 0)
        left_out = (lines["customer"] >= 0) & self._excluded[lines["customer"]]
        whose = np.flatnonzero((lines["customer"] >= 0) & sound & ~left_out)
        bits = np.left_shift(1, lines["channel"][whose]).astype(np.int8)
        np.bitwise_or.at(self._channels, lines["customer"][whose], bits)
        markets = self._market[lines["store"]]
        for number, (market, counts) in enumerate(self._counts.items()):
            here = markets == number
            counts["rows"] += int(here.sum())
            counts["duplicate_content"] += int((here & (lines["again"] == 1)).sum())
            counts["duplicate_key"] += int((here & (lines["replaced"] == 1)).sum())
            counts["of_excluded_customers"] += int((here & sound & left_out).sum())
            self._sound[market].add(take(lines, np.flatnonzero(here & sound)))
            self._counted[market].add(take(lines, np.flatnonzero(here & sound & ~left_out)))

    def as_dict(self, faults: Mapping[tuple[str, str], int], again: Mapping[tuple[str, str], int]) -> dict[str, Any]:
        """All of it, with `shape`: how the orders are spread over the customers.

        `again` are lines that stand in two files. Where orders have no number, nobody can tell them from lines that
        are alike: only a file that is the same bytes is known to be a duplicate.
        """
        delivered = {field.value for field in self._shop.spec.tables["transactions"].fields.values()}
        numbered = "order_id" in delivered
        for (market, what), count in again.items():
            self._counts[market][f"duplicate_{what}" if numbered else "duplicate_file"] += count
            self._counts[market]["in_two_files"] += count
            self._counts[market]["rows"] += count
        channels = self._in_two_channels()
        orders = np.sort(self._orders)[::-1]
        buyers = int((orders > 0).sum())
        return {
            "rows": self.rows + sum(faults.values()) + sum(again.values()),
            "unassigned": unassigned(faults),
            "markets": {
                market: {
                    **dict(sorted(counts.items())),
                    "rows": counts["rows"] + fault_counts(faults, market)["broken"],
                    "customers_of_two_channels": channels[market],
                    **fault_counts(faults, market),
                    "sound": self._sound[market].as_dict(),
                    "counted": self._counted[market].as_dict(),
                }
                for market, counts in self._counts.items()
            },
            "shape": {
                "customers": len(orders),
                "buyers": buyers,
                "one_time_buyers": int((orders == 1).sum()),
                "orders": int(orders.sum()),
                "orders_of_top_tenth": int(orders[: max(buyers // 10, 1)].sum()),
            },
        }

    def _in_two_channels(self) -> dict[str, int]:
        """By market: people who bought in more than one channel, second accounts that were merged being one with them.

        Their counted lines only.
        """
        spec, people, bits = self._shop.spec, self._shop.people, self._channels.copy()
        for who, stays in merges(spec, people).items():
            bits[stays] |= bits[who]
            bits[who] = 0
        two = np.flatnonzero(np.bitwise_count(bits) > 1)
        first = next(iter(spec.markets))
        of_group = [group.market or first for group in spec.people.groups]
        groups = np.bincount(people.known["group"][two], minlength=len(of_group)).tolist()
        return {
            market: sum(count for name, count in zip(of_group, groups, strict=True) if name == market)
            for market in spec.markets
        }


def customer_facts(
    spec: MarketSpec, people: People, row: Longs, again: Longs, faults: Mapping[tuple[str, str], int]
) -> dict[str, Any]:
    """Counts of the customers file, by market; `row` is the customer of each of its rows."""
    first = next(iter(spec.markets))
    known = people.known
    delivered = {field.value for field in spec.tables["customers"].fields.values()}
    markets: dict[str, Any] = {}
    merged = merges(spec, people)
    closed = np.array([store.closed is not None for store in spec.stores])
    moved = np.array([store.relocated_to is not None for store in spec.stores])
    for market in spec.markets:
        groups = [n for n, group in enumerate(spec.people.groups) if (group.market or first) == market]
        once = np.isin(known["group"], groups)
        here = once[row]
        broken = fault_counts(faults, market)
        markets[market] = {
            "rows": int(here.sum()) + broken["broken"],
            "duplicate_content": int((here & (again == 1)).sum()),
            "duplicate_key": int((here & (again == 2)).sum()),  # noqa: PLR2004  # code of `again`
            "visitors": int((once & (known["visitor"] == 1)).sum()),
            "merged": sum(bool(once[who]) for who in merged),
            "home_store_closed": int((once & closed[known["home_store"]]).sum()),
            "home_store_relocated": int((once & moved[known["home_store"]]).sum()),
            "second_accounts": int((once & (known["prefix"] == 1)).sum()),
            **{name: int((once & (known[name] == code)).sum()) for name, code in EXCLUDED.items() if name in delivered},
            **broken,
        }
    return {"rows": len(row) + sum(faults.values()), "unassigned": unassigned(faults), "markets": markets}
