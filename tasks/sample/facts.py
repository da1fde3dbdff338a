"""What was written, counted while it is written, for the tests of the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.sample.cells import KINDS
from tasks.sample.people import People
from tasks.sample.shop import RETURN, Lines, Longs, Shop
from tasks.sample.small_tables import decisions
from tasks.sample.spec import MarketSpec

#: Customers whose purchases do not count, by the column that says so and its code.
EXCLUDED = {"employee": 1, "test": 1, "deceased": 1, "consent_profiling": 1}
EXCLUDING = frozenset({"exclude", "deceased", "employee", "test"})
#: What a ledger does with broken rows that it does not quarantine: later than the as-of date, or one cell lost.
FILTERED = frozenset({"after_as_of"})
KEPT = frozenset({"impossible_birth_date", "unknown_country"})
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
    for who, action, stays in corrected:
        if action == "merge":
            out[who] = out[stays]
    return out


class LineFacts:
    """Counts over all stretches, by market."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.rows = 0
        self._counts: dict[str, Counter[str]] = {market: Counter() for market in shop.spec.markets}
        self._amounts: dict[str, Counter[tuple[str, str]]] = {market: Counter() for market in shop.spec.markets}
        self._orders = np.zeros(len(shop.people), dtype=np.int32)
        self._excluded = excluded(shop.spec, shop.people)
        self._amount = shop.prices.table()["amount"]
        by_name = {name: market for market, name in shop.spec.markets.items()}
        default = next(iter(shop.spec.markets))
        markets = list(shop.spec.markets)
        self._market = np.array([markets.index(by_name.get(store.country, default)) for store in shop.spec.stores])

    def add(self, lines: Lines) -> None:
        """Count a stretch."""
        self.rows += len(lines["order"])
        begins = (lines["line"] == 1) & (lines["again"] == 0) & (lines["kind"] != RETURN) & (lines["customer"] >= 0)
        self._orders += np.bincount(lines["customer"][begins], minlength=len(self._orders)).astype(np.int32)
        markets = self._market[lines["store"]]
        for number, market in enumerate(self._counts):
            here = markets == number
            self._count(market, {name: values[here] for name, values in lines.items()})

    def _count(self, market: str, lines: Lines) -> None:
        customer, counts = lines["customer"], self._counts[market]
        counts["rows"] += len(customer)
        counts["duplicate_content"] += int((lines["again"] == 1).sum())
        counts["duplicate_key"] += int(lines["replaced"].sum())
        kept = (lines["again"] != 1) & (lines["replaced"] == 0)
        counts["guests"] += int((kept & (customer < 0)).sum())
        back = kept & (lines["kind"] == RETURN)
        counts["returns_with_order"] += int((back & (lines["returned"] >= 0)).sum())
        counts["returns_without_order"] += int((back & (lines["returned"] < 0)).sum())
        counts["of_excluded_customers"] += int((kept & (customer >= 0) & self._excluded[customer]).sum())
        amounts = np.where(lines["kind"] == RETURN, -1, 1) * self._amount[lines["money"]]
        group = lines["kind"] * len(self._shop.prices.currencies) + lines["currency"]
        for code in np.unique(group[kept]):
            kind, period = divmod(int(code), len(self._shop.prices.currencies))
            rows = kept & (group == code)
            counts[f"kind_{KINDS[kind]}"] += int(rows.sum())
            self._amounts[market][KINDS[kind], self._shop.prices.currencies[period]] += int(amounts[rows].sum())

    def as_dict(self, faults: Mapping[tuple[str, str], int], sent_again: int) -> dict[str, Any]:
        """All counts; amounts of rows that are neither broken nor superseded, on the market's basis, by kind."""
        scale = Decimal(1).scaleb(-self._shop.spec.money.decimals)
        orders = np.sort(self._orders)[::-1]
        buyers = int((orders > 0).sum())
        return {
            "rows": self.rows + sum(faults.values()) + sent_again,
            "duplicate_file": sent_again,
            "unassigned": unassigned(faults),
            "markets": {
                market: {
                    **dict(sorted(counts.items())),
                    "rows": counts["rows"] + fault_counts(faults, market)["broken"] + sent_again,
                    **fault_counts(faults, market),
                    "amounts": {
                        f"{kind} {currency}": str(amount * scale)
                        for (kind, currency), amount in sorted(self._amounts[market].items())
                    },
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


def customer_facts(
    spec: MarketSpec, people: People, row: Longs, again: Longs, faults: Mapping[tuple[str, str], int]
) -> dict[str, Any]:
    """Counts of the customers file, by market; `row` is the customer of each of its rows."""
    first = next(iter(spec.markets))
    known = people.known
    delivered = {field.value for field in spec.tables["customers"].fields.values()}
    markets: dict[str, Any] = {}
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
            "second_accounts": int((once & (known["prefix"] == 1)).sum()),
            **{name: int((once & (known[name] == code)).sum()) for name, code in EXCLUDED.items() if name in delivered},
            **broken,
        }
    return {"rows": len(row) + sum(faults.values()), "unassigned": unassigned(faults), "markets": markets}
