"""How many decimals a currency's prices have today, where CLDR's release here is older than the readers' screens."""

from __future__ import annotations

from functools import cache

from region_profiles.territories import overrides
from tasks.localize.patterns import precision


@cache
def display_digits(currency: str) -> int:
    """Decimals with which people read prices of a currency (ISO 4217 code).

    For `Formatter.money(..., digits=display_digits(code))` in whatever a team reads, and for the number formats of
    typed cells. Data keep the decimals of ISO 4217. Source: CLDR 47, and `display_digits` of territories.yaml where
    CLDR 48 has changed; the formatter alone stays at CLDR 47, so that ICU 77 can judge it.

    Raises:
        Terminal: for a code without amounts (gold, XXX).

    >>> display_digits("HUF"), display_digits("RSD"), display_digits("JPY"), display_digits("KWD")
    (0, 2, 0, 3)
    """
    older = precision(currency).digits
    newer = overrides("display_digits").get(currency)
    return older if newer is None else int(newer.value)
