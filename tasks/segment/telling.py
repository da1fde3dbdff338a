"""An explanation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.segment.explain import Explanation, Placement, Rule, ScoreWhy

_MONEY = (
    ("local", "currency", "gross"),
    ("reference", "reference_currency", "net of tax"),
    ("ppp", None, "constant international dollars, gross"),
)
_HEADS = {"matched": "matched", "later": "holds too, but comes later", "nearly": "nearly"}


def told(explanation: Explanation) -> str:
    """Lines of text, at most about 100 columns wide: who, where and why, money, scores, source rows."""
    return "\n".join(_lines(explanation))


def _lines(explanation: Explanation) -> Iterator[str]:
    traits = explanation.traits
    yield f"customer {traits['member_number']} ({traits['customer_id']}), {traits['country']}"
    yield f"  first {traits['first_order_date']}, last {traits['last_order_date']}, {traits['recency_days']} days ago"
    yield f"  window: {traits['orders']} orders on {traits['frequency']} days; life: {traits['lifetime_orders']} orders"
    for placement in explanation.placements:
        yield from _placement(placement)
    yield "money (window; life)"
    for lens, currency, basis in _MONEY:
        unit = f"{traits[currency]}, {basis}" if currency else basis
        yield f"  {lens:<10}{_value(traits[f'monetary_{lens}'])}; {_value(traits[f'lifetime_{lens}'])}  ({unit})"
    yield f"  effort    {_value(traits['effort'])} of a year's GDP per head at home"
    yield f"  worst rate: {_value(traits['rate_quality'])}"
    yield "scores"
    yield from (_score(score) for score in explanation.scores)
    if explanation.lines:
        yield f"{len(explanation.lines)} source rows"
    for line in explanation.lines:
        rates = ", ".join(
            f"{name[3:]} {line[name]}" for name in ("to_local", "to_reference", "to_ppp") if line.get(name)
        )
        quality = f" ({line['rate_quality']} of {line['rate_date']}: {rates})" if rates else ""
        yield (
            f"  {line['local_date']} {line['kind']:<8} net {line['net']} gross {line['gross']} {line['currency']}"
            f" order {line['order_id']}, file {line['file']} record {line['record']}{quality}"
        )


def _placement(placement: Placement) -> Iterator[str]:
    yield f"{placement.dimension}: {placement.segment}"
    yield f"  because {placement.why}"
    for rule in placement.rules:
        yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"  {_HEADS[rule.outcome]}: {rule.segment}"
    for part in rule.parts:
        mark = {True: "yes ", False: "no  ", None: "null"}[part.holds]
        values = ", ".join(f"{name} is {_value(value)}" for name, value in part.values.items())
        yield f"    {mark} {part.condition}" + (f"   ({values})" if values else "")


def _score(score: ScoreWhy) -> str:
    cuts = ", ".join(score.cuts)
    return f"  {score.score} {_value(score.points)}: {score.basis} {_value(score.value)}; {score.method} at {cuts}"


def _value(value: object) -> str:
    return "null" if value is None else str(value)
