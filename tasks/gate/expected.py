"""What a figure may be, by a market's own past: robust, on a logarithmic scale, never narrower than chance.

Spread is the median absolute deviation times 1.4826 (its ratio to the standard deviation of a normal distribution;
Rousseeuw and Croux 1993, doi 10.1080/01621459.1993.10476408); a trend is the median of slopes between all pairs
(Theil 1950, Sen 1968, doi 10.1080/01621459.1968.10480934): half of the past may be odd and neither moves. Counts are
never steadier than Poisson's: lines of one order come together, so their variance is `TOGETHER` times their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import exp, log, sqrt
from statistics import NormalDist, median
from typing import NamedTuple

#: Standard deviations that chance may reach: docs/gate.md has the false alarms and what is caught.
Z = 3.5
MAD = 1.4826
TOGETHER = 4.0
#: Of revenue: amounts differ, too (coefficient of variation about 1.4).
BASKETS = 6.0
#: Less than this is expected: nothing is judged.
LEAST = 10.0
#: The same for the lines of some days: of fewer, one large order decides.
LEAST_LINES = 40.0
#: Logarithm of what a season does to the sales of some days: without a year of history, and beside the same season.
SEASON, SAME_SEASON = log(2.2), log(1.7)


class Band(NamedTuple):
    """The lowest and highest value that pass, and how many past values say so."""

    low: float
    high: float
    past: int

    def widened(self, down: float, up: float) -> Band:
        """The band with so much more room, as logarithms of ratios."""
        return Band(self.low * exp(-down), self.high * exp(up), self.past)

    def holds(self, value: float) -> bool:
        """Whether a value is in it."""
        return self.low <= value <= self.high


def spread(values: Sequence[float]) -> float:
    """Robust standard deviation about the median.

    >>> round(spread([1.0, 2.0, 3.0, 4.0, 100.0]), 4)
    1.4826
    """
    middle = median(values)
    return MAD * median(abs(value - middle) for value in values)


def _band(middle: float, residuals: Sequence[float], floor: float, noise: float) -> Band:
    """A band about `middle`: `floor` and `noise` are on the logarithmic scale, `noise` a standard deviation."""
    count = len(residuals)
    own = spread(residuals) * (1 + 3 / count)  # of a few values the median deviation is often far too small
    width = max(floor, Z * sqrt(own**2 + noise**2))
    return Band(middle * exp(-width), middle * exp(width), count)


def room(tolerance: float, fresh: float) -> float:
    """What a stock may always change, as the logarithm of a ratio: by the tolerance, and where much is new, seasons."""
    return -log(1 - min(tolerance, 0.99)) + fresh * SEASON


def kept_on(past: Sequence[float], floor: float, noise: float) -> Band:
    """What the share that stays of a stock from one publication to the next may be; `past` are earlier ones.

    >>> kept_on([1.0, 1.0, 1.01, 0.99], 0.25, 0.0).holds(0.5)
    False
    """
    logs = [log(max(value, 0.01)) for value in past]
    return _band(exp(median(logs)), [value - median(logs) for value in logs], floor, noise)


def stock(past: Sequence[tuple[int, float]], at: int, floor: float, fresh: float) -> Band | None:
    """What the count of something that grows and seldom turns may be at a day: customers, rows of a small table.

    `past` are (day, value) with at least two days. The trend says what may be, and so does the value before: growth
    slows down. `fresh` is the share that is new with each publication: so much of it moves by chance. None where less
    than `LEAST` is expected.

    >>> [round(one) for one in stock([(day, 1000.0 + day) for day in range(0, 360, 30)], 360, 0.25, 0.0)]
    [1036, 1764, 12]
    """
    points = [(day, log(max(value, 0.5))) for day, value in past]
    slopes = [(two - one) / (then - day) for (day, one), (then, two) in combinations(points, 2) if then != day]
    slope = median(slopes) if slopes else 0.0
    level = median(value - slope * day for day, value in points)
    middle = exp(level + slope * at)
    if middle < LEAST:
        return None
    residuals = [value - slope * day - level for day, value in points]
    trend = _band(middle, residuals, floor, sqrt(fresh * TOGETHER / middle))
    last = past[-1][1]
    return Band(min(trend.low, trend.low / middle * last), max(trend.high, trend.high / middle * last), trend.past)


def flow(past: Sequence[float], days: int, counts: Sequence[float], variance: float = TOGETHER) -> Band | None:
    """What the sales of the last `days` may be; `past` are sales a day, of the recent past, `counts` lines a day.

    >>> flow([100.0, 110.0, 90.0, 105.0], 30, [100.0, 110.0, 90.0, 105.0])[2]
    4
    """
    logs = [log(max(value, 0.01)) for value in past]
    middle = median(logs)
    lines = median(counts) * days
    if lines < LEAST_LINES:
        return None
    return _band(exp(middle) * days, [value - middle for value in logs], SEASON, sqrt(variance / lines))


def same_season(
    then: float,
    growth: Sequence[float],
    days: int,
    lines: float,
    variance: float = TOGETHER,
) -> Band | None:
    """What the sales of the last `days` may be by those a day of a year ago, `then`, and what has grown since.

    `growth` are the recent past's logarithms of the ratio to its own year before, `lines` the lines a day of back then.
    """
    expected = lines * days * exp(median(growth))
    if expected < LEAST_LINES:
        return None
    middle = then * exp(median(growth)) * days
    noise = sqrt(variance / expected + variance / max(lines * days, 1.0))
    return _band(middle, [value - median(growth) for value in growth], SAME_SEASON, noise)


def null_share(past: Sequence[float], rows: int, least: float) -> Band:
    """What the share of nulls of a column may be: above its own past by chance, and by `least` in any case."""
    middle = median(past)
    chance = sqrt(max(middle * (1 - middle), 1 / max(rows, 1)) / max(rows, 1))
    width = max(least, Z * sqrt((spread(past) ** 2) * (1 + 2 / len(past)) + chance**2))
    return Band(0.0, min(1.0, middle + width), len(past))


def stability(before: Mapping[str, int], after: Mapping[str, int]) -> float:
    """Population stability index between two distributions, a half added to each part.

    >>> round(stability({"a": 10**9, "b": 2 * 10**9, "c": 3 * 10**9, "d": 4 * 10**9}, dict.fromkeys("abcd", 10**9)), 6)
    0.228217
    """
    parts = sorted(set(before) | set(after))
    ones, others = _shares(before, parts), _shares(after, parts)
    return sum((other - one) * log(other / one) for one, other in zip(ones, others, strict=True))


def _shares(counts: Mapping[str, int], parts: Sequence[str]) -> list[float]:
    total = sum(counts.values()) + len(parts) / 2
    return [(counts.get(part, 0) + 0.5) / total for part in parts]


def chance_of_stability(parts: int, before: int, after: int, level: float) -> float:
    """What the index reaches by chance alone with probability 1 - `level`: chi2(parts - 1) x (1/n + 1/m).

    The quantile by Wilson and Hilferty 1931 (doi 10.1073/pnas.17.12.684).

    >>> round(chance_of_stability(10, 100, 100, 0.99), 3)  # chi2: 21.666
    0.434
    """
    free = max(parts - 1, 1)
    third = 2 / (9 * free)
    quantile = free * (1 - third + NormalDist().inv_cdf(level) * sqrt(third)) ** 3
    return quantile * (1 / max(before, 1) + 1 / max(after, 1))


def ratios(pairs: Iterable[tuple[float, float]]) -> list[float]:
    """Logarithms of ratios; of no sales as of very few."""
    return [log(max(now, 0.01) / max(then, 0.01)) for then, now in pairs]
