"""An explanation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.segment.explain import Explanation, Placement, Rule, ScoreWhy

#: Lens, column of its currency, basis of tax.
_MONEY = (
    ("local", "currency", "gross"),
    ("reference", "reference_currency", "net of tax"),
    ("ppp", "constant international dollars", "gross"),
)
_HEADS = {"matched": "matched", "later": "holds too, but comes later", "nearly": "nearly"}


def told(explanation: Explanation, *, untaxed: bool = False) -> str:
    """Lines of text, at most about 100 columns wide: who, where and why, money, scores, source rows.

    Of an `untaxed` drop no amount is said to be with or without tax.
    """
    return "\n".join(_lines(explanation, untaxed=untaxed))


def _lines(explanation: Explanation, *, untaxed: bool) -> Iterator[str]:
    traits = explanation.traits
    member = traits["member_number"]  # in no publication: known where the landing is given
    known = traits["customer_id"] if member is None else f"{member} ({traits['customer_id']})"
    yield f"customer {known}, {traits['country']}"
    if traits["last_order_date"] is None:
        yield "  never bought, or gave everything back"
    else:
        first, last = traits["first_order_date"], traits["last_order_date"]
        yield f"  first {first}, last {last}, {traits['recency_days']} days ago"
    yield f"  window: {traits['orders']} orders on {traits['frequency']} days; life: {traits['lifetime_orders']} orders"
    for placement in explanation.placements:
        yield from _placement(placement)
    yield "money (window; life)"
    for lens, currency, basis in _MONEY:
        unit = f"{traits.get(currency, currency)}{'' if untaxed else ', ' + basis}"
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
