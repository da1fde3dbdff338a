"""A customer's numbers: money, scores, predictions, and the rows that they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tasks.segment.explain import Explanation, ScoreWhy
from tasks.segment.telling.words import UNGRADED, Words

#: Lenses, each with the trait that names its currency (None: international dollars).
_LENSES: tuple[tuple[str, str | None], ...] = (
    ("local", "currency"),
    ("reference", "reference_currency"),
    ("ppp", None),
)
#: Of the reasons in the notes of predictions, those that say why no backtest has judged them.
_UNTESTED = frozenset({"no_backtest", "few_holdout_purchases"})


def money(found: Explanation, words: Words, *, untaxed: bool) -> Iterator[str]:
    """What the customer spent in the window and in all, in each lens; what was spent against a year's income."""
    traits = found.traits
    yield words.text("money")
    for lens, currency in _LENSES:
        unit = words.text("dollars") if currency is None else (traits[currency] or "")
        code = "money_untaxed" if untaxed else "money_net" if lens == "reference" else "money_gross"
        amounts = {span: words.value(f"{span}_{lens}", traits[f"{span}_{lens}"]) for span in ("monetary", "lifetime")}
        yield "  " + words.text(code, lens=words.text(f"lens_{lens}"), unit=unit, **amounts)
    yield "  " + words.text("effort", share=words.value("effort", traits["effort"]))
    if traits["rate_quality"] is not None:
        yield "  " + words.text("worst_rate", quality=words.named("rate quality", traits["rate_quality"]))


def scores(found: Explanation, words: Words) -> Iterator[str]:
    """Each score with what it ranks and the cuts around it."""
    if found.scores:
        yield words.text("scores")
    yield from (f"  {_score(one, words)}" for one in found.scores)


def _score(one: ScoreWhy, words: Words) -> str:
    cuts = words.listed([words.value(one.basis, Decimal(cut)) for cut in one.cuts])
    facts = {
        "score": words.trait(one.score),
        "points": words.value(one.score, one.points),
        "trait": words.trait(one.basis),
        "value": words.value(one.basis, one.value),
    }
    return words.text(f"score_{one.method}", cuts=cuts, **facts)


def predictions(found: Explanation, words: Words) -> Iterator[str]:
    """What is expected, by which model and how surely; where nothing has tested it, why not."""
    told_ = found.predictions
    if told_["model"] is None:
        yield words.text("not_predicted")
        return
    grade = told_["grade"] or UNGRADED
    days = words.value("days", told_["horizon_days"])
    yield words.text("predicted", model=told_["model"], grade=words.text(f"grade_{grade}"), days=days)
    for reason in told_["reasons"] or () if grade == UNGRADED else ():
        if reason["code"] in _UNTESTED:
            figures = {name: words.value(name, round(value)) for name, value in reason.items() if name != "code"}
            yield "  " + words.sentence("prediction", reason["code"], **figures)
    for name, value in told_["values"].items():
        if value is not None:
            yield "  " + words.text("trait_is", trait=words.trait(name), value=words.value(name, value))


def lines(found: Explanation, words: Words) -> Iterator[str]:
    """The purchases with the rates of their days, as far as they were given."""
    if found.lines:
        yield words.count("rows", len(found.lines))
    for line in found.lines:
        facts = {
            "date": words.value("local_date", line["local_date"]),
            "kind": words.named("kind", line["kind"]),
            "net": words.value("monetary_local", line["net"]),
            "gross": words.value("monetary_local", line["gross"]),
            "currency": line["currency"],
            "order": line["order_id"],
            "file": line.get("source", line["file"]),
            "record": line["record"],
        }
        yield "  " + words.text("row", **facts)
        if line.get("rate_quality") is not None:
            yield "    " + words.text("rate", **_rates(line, words))


def _rates(line: Mapping[str, Any], words: Words) -> dict[str, object]:
    rates = {name: words.value("rate", line[f"to_{name}"]) for name in ("local", "reference", "ppp")}
    quality = words.named("rate quality", line["rate_quality"])
    return {"quality": quality, "date": words.value("rate_date", line["rate_date"]), **rates}
