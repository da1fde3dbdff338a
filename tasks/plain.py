"""Values as JSON has them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any


def plain(value: Any) -> Any:
    """Dates and decimals as text, tuples as lists; the rest as it is.

    >>> plain({"as_of": date(2021, 2, 20), "borders": (Decimal("1E+3"), None)})
    {'as_of': '2021-02-20', 'borders': ['1000', None]}
    """
    match value:
        case dict():
            return {name: plain(one) for name, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case _:
            return value
