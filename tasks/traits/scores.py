"""Scores 1..bins with published cuts: by quantiles of the market's buyers, by thresholds, or nested.

Persons and business accounts are cut apart; contacts, who carry their account's traits, are scored by its cuts and
counted nowhere.

A score follows from a value alone, never from a row's position: score = 1 + number of cuts below the value. Cuts are
the continuous quantiles at (n - 1) * k / bins of the sorted values, interpolated exactly from the two values around the
position; engines' own quantile functions differ and misplace customers at ties.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any, get_args

import ibis
import ibis.expr.types as ir

from region_profiles.models import Population, Score, Scores
from tasks.engine import Engine

#: Scale of a published cut. Values have two places and bins are at most 20, so a cut is either exact in six places or
#: further from any value than half of the last one: rounding it never moves a customer.
_SCALE = Decimal("0.000001")
_CUT_TYPE = "decimal(38, 6)"
_VALUE_TYPE, _PLACES, _VALUE_LIMIT = "decimal(18, 2)", Decimal("0.01"), Decimal(10) ** 16


@dataclass(frozen=True, slots=True)
class Cuts:
    """How a score of a population was made. `cuts` by score of `within`, or under 0 where the score is not nested.

    Cuts are in the unit of `basis`: for recency minus days. `reached` says whether a value equal to a cut is above it
    (thresholds) or not (quantiles). `counts` are buyers by score, empty bins included; buyers without a value are
    in `without`.
    """

    score: str
    basis: str
    method: str
    bins: int
    within: str | None
    reached: bool
    cuts: Mapping[int, tuple[Decimal, ...]]
    counts: Mapping[int, int]
    without: int
    population: Population = "person"

    def as_dict(self) -> dict[str, Any]:
        """For notes and the manifest: decimals as plain text, empty bins named."""
        return {
            "score": self.score,
            "population": self.population,
            "of": self.basis,
            "method": self.method,
            "bins": self.bins,
            "within": self.within,
            "reached": self.reached,
            "cuts": {str(group): [_plain(cut) for cut in cuts] for group, cuts in self.cuts.items()},
            "customers": {str(score): count for score, count in self.counts.items()},
            "empty": [score for score, count in self.counts.items() if not count],
            "without_value": self.without,
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Cuts:
        """What `as_dict` told."""
        cuts = {int(group): tuple(map(Decimal, borders)) for group, borders in told["cuts"].items()}
        counts = {int(score): count for score, count in told["customers"].items()}
        named = {name: told[name] for name in ("score", "method", "bins", "within", "reached")}
        population = told.get("population", "person")  # publications of version 4 and before had persons only
        return cls(
            **named, basis=told["of"], cuts=cuts, counts=counts, without=told["without_value"], population=population
        )


def _plain(number: Decimal) -> str:
    """Without trailing zeros or exponent.

    >>> _plain(Decimal("1200.500000")), _plain(Decimal("100"))
    ('1200.5', '100')
    """
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_COLUMNS = {"recency": "r_score", "frequency": "f_score", "monetary": "m_score"}


def shares_of(bins: int) -> tuple[Fraction, ...]:
    """Shares of the values below each cut between equal bins."""
    return tuple(Fraction(k, bins) for k in range(1, bins))


def quantile_cuts(ordered: Mapping[int, Decimal], n: int, shares: Sequence[Fraction]) -> tuple[Decimal, ...]:
    """Cuts of `n` sorted values, of which `ordered` holds those at the positions that `positions` names.

    >>> v = [1, 1, 1, 1, 1, 1, 2, 2, 3, 9]
    >>> [str(c) for c in quantile_cuts({i: Decimal(x) for i, x in enumerate(v)}, 10, shares_of(5))]
    ['1.000000', '1.000000', '1.400000', '2.200000']
    """
    cuts = []
    for share in shares:
        below, part = divmod((n - 1) * share, 1)
        low = Fraction(ordered[below])
        cut = low + (Fraction(ordered[below + 1]) - low) * part if part else low
        cuts.append(Decimal(round(cut / Fraction(_SCALE))) * _SCALE)
    return tuple(cuts)


def positions(n: int, shares: Sequence[Fraction]) -> tuple[int, ...]:
    """Positions in the sorted values, from 0, that the cuts need: at most two a cut.

    >>> positions(10, shares_of(5))
    (1, 2, 3, 4, 5, 6, 7, 8)
    """
    needed = set()
    for share in shares:
        below, part = divmod((n - 1) * share, 1)
        needed |= {below, below + 1} if part else {below}
    return tuple(sorted(needed))


def score(engine: Engine, scores: Scores, base: ir.Table) -> tuple[ir.Table, tuple[Cuts, ...]]:
    """Add r_score, f_score and m_score to `base`; who has no orders in the window has none and is outside all cuts.

    Cuts come by score, persons before accounts; a population without customers has none, but in an empty market.
    """
    settings: dict[str, Score] = {
        "recency": scores.recency,
        "frequency": scores.frequency,
        "monetary": scores.monetary,
    }
    basis = {"recency": "recency_days", "frequency": "frequency", "monetary": f"monetary_{scores.monetary_lens}"}
    populations = _populations(engine, base)
    made: list[Cuts] = []
    for name in _order(settings):
        new = [_cut(engine, settings[name], name, basis[name], base, one) for one in populations]
        base = scored(base, new)
        made += new
    return base, _counted(engine, base, made)


def _populations(engine: Engine, base: ir.Table) -> list[Population]:
    found = set(engine.to_arrow(base.select("population").distinct())["population"].to_pylist())
    return [one for one in get_args(Population) if one in found] or ["person"]


def _cut(engine: Engine, setting: Score, name: str, basis: str, base: ir.Table, population: Population) -> Cuts:
    """The cuts of one score in one population; customers are counted later."""
    reached = setting.method == "thresholds"
    parent = _COLUMNS[setting.within] if setting.within else None
    if reached:
        signed = (-t for t in setting.thresholds) if name == "recency" else setting.thresholds
        cuts = {0: tuple(sorted(signed))}
    else:
        mine = base.filter(base.population == population)
        group = ibis.literal(0, "int64") if parent is None else mine[parent]
        cuts = _fetch_cuts(engine, mine, _value(mine, basis), group, shares_of(setting.bins))
    bins = len(cuts[0]) + 1 if reached else setting.bins
    return Cuts(_COLUMNS[name], basis, setting.method, bins, parent, reached, cuts, {}, 0, population)


def scored(base: ir.Table, made: Iterable[Cuts]) -> ir.Table:
    """Add the scores that cuts make; a nested one after the one it lies within."""
    for name, cuts in groupby(made, key=lambda one: one.score):
        branches = [(_counts_as(base, one.population), _scored(base, one)) for one in cuts]
        base = base.mutate(**{name: ibis.cases(*branches, else_=ibis.null("int64"))})
    return base


def _counts_as(base: ir.Table, population: Population) -> ir.BooleanValue:
    return base.population == "person" if population == "person" else base.population.isin(["account", "contact"])


def _value(base: ir.Table, basis: str) -> ir.Value:
    """What a score ranks: null for those without orders in the window."""
    value = -base.recency_days if basis == "recency_days" else base[basis]
    return ibis.ifelse(base.orders > 0, value, None).cast(_VALUE_TYPE)


def _order(settings: Mapping[str, Score]) -> Iterable[str]:
    """Nested scores after the one they lie within."""
    done: list[str] = []
    while len(done) < len(settings):
        ready = [n for n, s in settings.items() if n not in done and (s.within is None or s.within in done)]
        done.append(ready[0])
    return done


def _fetch_cuts(
    engine: Engine, base: ir.Table, value: ir.Value, group: ir.Value, shares: Sequence[Fraction]
) -> dict[int, tuple[Decimal, ...]]:
    """Count each value, then fetch only those at the positions that the cuts need."""
    values = base.select(group=group, value=value).filter(ibis._.value.notnull(), ibis._.group.notnull())
    counts = values.group_by("group", "value").agg(n=values.count())
    counts = engine.cache(counts)
    sizes = {r["group"]: r["n"] for r in engine.to_arrow(counts.group_by("group").agg(n=counts.n.sum())).to_pylist()}
    upto = counts.n.sum().over(ibis.window(group_by="group", order_by="value", preceding=None, following=0))
    running = counts.mutate(upto=upto)
    wanted = {group: positions(int(n), shares) for group, n in sizes.items()}
    hit = ibis.or_(
        *(
            (running.group == g) & (running.upto - running.n <= p) & (running.upto > p)
            for g, places in wanted.items()
            for p in places
        )
    )
    rows = engine.to_arrow(running.filter(hit)).to_pylist() if any(wanted.values()) else []
    engine.drop(counts)
    cuts = {}
    for g, places in sorted(wanted.items()):
        found = {p: r["value"] for p in places for r in rows if r["group"] == g and r["upto"] - r["n"] <= p < r["upto"]}
        cuts[g] = quantile_cuts(found, int(sizes[g]), shares)
    return cuts


def value_cuts(engine: Engine, value: ir.Value, shares: Sequence[Fraction]) -> tuple[Decimal, ...]:
    """Cuts of a decimal column at shares of its values; none where there is no value."""
    table = value.as_table()
    cuts = _fetch_cuts(engine, table, table[0], ibis.literal(0, "int64"), shares)
    return cuts.get(0, ())


def _scored(base: ir.Table, cuts: Cuts) -> ir.Value:
    """1 + the number of cuts below the value (thresholds: reached by it); null without a value."""
    value = _value(base, cuts.basis)
    result = ibis.null("int64")
    for group, borders in cuts.cuts.items():
        limits = [_limit(border, reached=cuts.reached) for border in borders]
        above = [value >= limit if cuts.reached else value > limit for limit in limits]
        points = sum((a.cast("int64") for a in above), ibis.literal(1, "int64"))
        points = ibis.ifelse(value.isnull(), ibis.null("int64"), points)
        result = points if cuts.within is None else ibis.ifelse(base[cuts.within] == group, points, result)
    return result


def _limit(border: Decimal, *, reached: bool) -> ir.Value:
    """A border on the grid of the values, which compares with them alike: a wider one is a 128-bit comparison."""
    near = border.quantize(_PLACES, ROUND_CEILING if reached else ROUND_FLOOR)
    return ibis.literal(near, _VALUE_TYPE) if abs(near) < _VALUE_LIMIT else ibis.literal(border, _CUT_TYPE)


def _counted(engine: Engine, base: ir.Table, made: list[Cuts]) -> tuple[Cuts, ...]:
    buyers = base.filter(base.orders > 0)
    columns = list(dict.fromkeys(cuts.score for cuts in made))
    cells = engine.to_arrow(buyers.group_by("population", *columns).agg(n=buyers.count())).to_pylist()
    counted = []
    for cuts in made:
        counts = dict.fromkeys(range(1, cuts.bins + 1), 0)
        without = 0
        for cell in cells:
            if cell["population"] != cuts.population:
                continue
            if cell[cuts.score] is None:
                without += cell["n"]
            else:
                counts[cell[cuts.score]] += cell["n"]
        counted.append(replace(cuts, counts=counts, without=without))
    return tuple(counted)
