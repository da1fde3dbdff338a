"""Why one customer is where they are: rules with values, money with rates, scores with cuts, rows with places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from region_profiles.models import Dimension, Profile, RulesDimension, TiersDimension
from tasks.errors import Terminal
from tasks.segment.evaluate import Leaf, holds, leaves
from tasks.segment.language import parse

#: Columns of a line that an explanation shows, with the place it came from.
_LINE = tuple(
    "local_date order_id line_id kind net gross currency rate_date returned_order_id file record".split()  # noqa: SIM905
)
_FACTORS = ("to_local", "to_reference", "to_ppp", "to_usd", "rate_quality")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule on this customer: its parts, and how it ended: matched, later, nearly, no."""

    segment: str
    rule: str
    outcome: str
    parts: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """One dimension: the segment, why in one line, and the rules that matched, would match later or nearly matched."""

    dimension: str
    segment: str
    why: str
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreWhy:
    """A score with the value it follows from and the cuts around it."""

    score: str
    value: Any
    basis: str
    points: int | None
    cuts: tuple[str, ...]
    method: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All of it. `lines` are the customer's purchases with rates, newest first; empty where they were not given."""

    traits: Mapping[str, Any]
    placements: tuple[Placement, ...]
    scores: tuple[ScoreWhy, ...]
    lines: tuple[Mapping[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: decimals and dates as text."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def explain(
    customers: Path | str,
    profile: Profile,
    scores: Sequence[Mapping[str, Any]],
    who: str,
    *,
    transactions: str | None = None,
    factors: pa.Table | None = None,
) -> Explanation:
    """Explain a customer of a published customers.parquet, by member number or customer_id.

    `scores` are `Cuts.as_dict` of each score, as in the manifest; `transactions` the canonical lines as
    a relation for DuckDB's FROM, `factors` the rates of the run. Raises Terminal where nobody, or the profile's
    dimension, is there. Rules read published values, so what is shown here is what decided.
    """
    row = _find(customers, who)
    placements = tuple(_placement(name, dimension, row) for name, dimension in profile.dimensions.items())
    stratum = " x ".join(profile.stratum.dimensions)
    placements += (Placement("stratum", row["stratum"], f"{stratum}, after merging of small cells"),)
    lines = () if transactions is None else _lines(transactions, row["member_number"], factors)
    traits = {name: value for name, value in row.items() if name != "stratum" and not name.startswith("segment_")}
    return Explanation(traits, placements, tuple(_score(one, row) for one in scores), lines)


def _find(customers: Path | str, who: str) -> dict[str, Any]:
    found = pq.read_table(customers, filters=[[("member_number", "=", who)], [("customer_id", "=", who)]]).to_pylist()
    if len(found) != 1:
        raise Terminal(
            "no such customer" if not found else "several customers of that number",
            expected="a member number as the store writes it, zeros intact, or a customer_id",
            hint="who objected or was erased is in no publication",
        )
    row: dict[str, Any] = found[0]
    return row


def _placement(name: str, dimension: Dimension, row: Mapping[str, Any]) -> Placement:
    column = f"segment_{name}"
    if column not in row:
        raise Terminal("the publication has no such dimension", column=column, hint="give the profile it was made with")
    segment = row[column]
    if isinstance(dimension, RulesDimension):
        return _by_rules(name, dimension, segment, row)
    if isinstance(dimension, TiersDimension):
        return Placement(name, segment, _by_tier(dimension, segment, row))
    return Placement(name, segment, f"{dimension.trait} is {_text(row[dimension.trait])}")


def _by_rules(name: str, dimension: RulesDimension, segment: str, row: Mapping[str, Any]) -> Placement:
    rules, matched = [], None
    for number, one in enumerate(dimension.segments):
        condition = parse(one.when, ("dimensions", name, "segments", number, "when"))
        found, parts = holds(condition, row), leaves(condition, row)
        failing = [part for part in parts if not part.holds]
        if found and matched is None:
            matched, outcome = one.code, "matched"
        elif found:
            outcome = "later"
        else:
            outcome = "nearly" if len(failing) == 1 and len(parts) > 1 else "no"
        rules.append(Rule(one.code, one.when, outcome, parts))
    why = next((rule.rule for rule in rules if rule.outcome == "matched"), f"no rule holds: else {dimension.otherwise}")
    if (matched or dimension.otherwise) != segment:
        why = f"published as {segment}, but this profile says {matched or dimension.otherwise}: it has changed since"
    return Placement(name, segment, why, tuple(rule for rule in rules if rule.outcome != "no"))


def _by_tier(dimension: TiersDimension, segment: str, row: Mapping[str, Any]) -> str:
    from tasks.segment.dimensions import kept_range, within

    value = row[dimension.trait]
    if segment == dimension.nobody:
        return f"no orders in the window, or no {dimension.trait}"
    if value is None:
        return f"{dimension.trait} is off here: tier by rank of {getattr(dimension.fallback, 'trait', None)}"
    place = sum(Decimal(value) >= border for border in dimension.borders)
    tier = dimension.tiers[place]
    borders = (None, *dimension.borders, None)
    if tier == segment:
        return f"{dimension.trait} is {_text(value)}: {within(dimension.trait, borders[place], borders[place + 1])}"
    low, high = kept_range(dimension, segment) if segment in dimension.tiers else (value, value)
    if (low is not None and value < low) or (high is not None and value >= high):
        return f"published as {segment}, but this profile says {tier}: it has changed since"
    return (
        f"{dimension.trait} is {_text(value)}, which alone would be {tier}; was {segment} before and stays there"
        f" while {within(dimension.trait, low, high)}"
    )


def _score(cuts: Mapping[str, Any], row: Mapping[str, Any]) -> ScoreWhy:
    group = "0" if not cuts["within"] else str(row[cuts["within"]])
    borders = tuple(cuts["cuts"].get(group, ()))
    if cuts["of"] == "recency_days":  # cuts are of minus days
        borders = tuple(_negated(border) for border in borders)
    return ScoreWhy(cuts["score"], row[cuts["of"]], cuts["of"], row[cuts["score"]], borders, cuts["method"])


def _negated(number: str) -> str:
    return number.removeprefix("-") if number.startswith("-") or number == "0" else f"-{number}"


def _lines(transactions: str, member: str, factors: pa.Table | None) -> tuple[Mapping[str, Any], ...]:
    with duckdb.connect() as con:
        query = f"SELECT {', '.join(_LINE)} FROM {transactions} WHERE member_number = $1"
        rows = con.execute(query, [member]).fetchall()
    found = [dict(zip(_LINE, row, strict=True)) for row in rows]
    rates = {} if factors is None else {(row["currency"], row["date"]): row for row in factors.to_pylist()}
    known = ({**line, **_rate(rates, line)} for line in found)
    return tuple(sorted(known, key=lambda line: (line["local_date"], line["file"], line["record"]), reverse=True))


def _rate(rates: Mapping[tuple[str, date], Mapping[str, Any]], line: Mapping[str, Any]) -> dict[str, Any]:
    rate = rates.get((line["currency"], line["rate_date"]))
    return {} if rate is None else {name: rate[name] for name in _FACTORS}


def _text(value: Any) -> str:
    return "null" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case Decimal() | date():
            return _text(value)
        case _:
            return value
