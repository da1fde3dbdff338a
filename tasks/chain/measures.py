"""What is summed of a market's customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from typing import Any

#: What is summed; money is exact, as segments.parquet has it.
COUNTS = ("customers", "orders")
MONEY = ("monetary_reference", "monetary_ppp", "monetary_local")
MEASURES = (*COUNTS, *MONEY)
#: The withheld rows of a dimension together: what a reader could subtract anyway.
WITHHELD = "*"
GUEST = "guest"
Measures = Mapping[str, Any]


def summed(parts: Iterable[Measures]) -> dict[str, Any]:
    """Measures added up exactly; money that is null in all parts stays null.

    >>> summed([dict.fromkeys(MEASURES, 1), dict.fromkeys(MEASURES)])["monetary_ppp"]
    Decimal('1')
    """
    found = list(parts)
    total: dict[str, Any] = {name: sum(int(one[name] or 0) for one in found) for name in COUNTS}
    for name in MONEY:
        amounts = [one[name] for one in found if one[name] is not None]
        with localcontext(prec=60):  # the default 28 digits would round
            total[name] = sum(amounts, Decimal(0)) if amounts else None
    return total
