"""How good the predictions would have been: fitted to what was known at a cut, held against what came after.

The baseline is what anybody can do without a model: each customer goes on as before. Over a holdout of h days it
predicts repeats / max(age, h) * h purchase days: the customer's own rate, where a history shorter than the holdout
counts as one holdout, lest a repeat in the first week become fifty a year. One-time buyers get 0.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from region_profiles.predict_models import Grade, Prediction
from tasks.alone import alone
from tasks.predict import measures
from tasks.predict.choosing import Reason, carry
from tasks.predict.forecast import forecast
from tasks.predict.grouped import Floats, Grouped, Ints, grouped_table
from tasks.predict.histories import floats, spend_of
from tasks.predict.region import Region
from tasks.predict.spend import fit_spend

#: Largest error of the total, either way, and least rank correlation of predicted and actual, for each grade. Figures
#: of judgement, not of theory; docs/prediction.md gives the reasons.
BOUNDS: tuple[tuple[Grade, float, float], ...] = (("A", 0.10, 0.3), ("B", 0.25, 0.2), ("C", 0.50, -1.0))
#: Purchases in the holdout below which chance alone moves the total by a fifth.
MINIMUM_PURCHASES = 30


@dataclass(frozen=True, slots=True)
class Errors:
    """Of one way to predict: totals, errors of a customer, order. Purchases are days; revenue deflated money."""

    total: float
    bias: float | None
    """total / actual - 1."""
    mae: float
    rmse: float
    rank_correlation: float | None
    top_tenth: float | None
    """Share of all actual that the tenth of customers made who were predicted to make most."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """The grade and what it stands on; `model` null where none could be fitted at the cut."""

    grade: Grade
    reasons: tuple[Reason, ...]
    days: int = 0
    customers: int = 0
    actual: float = 0.0
    model: str | None = None
    pooled: bool = False
    purchases: Errors | None = None
    baseline: Errors | None = None
    skill: float | None = None
    """1 - (model's mean squared error / baseline's): above 0 the model is nearer. Squared, because predictions are
    means and means minimize it; an absolute error rewards predicting nothing for everybody."""
    revenue_actual: float | None = None
    revenue: Errors | None = None
    revenue_baseline: Errors | None = None

    def as_notes(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self) | {"reasons": list(self.reasons)}


@alone()
def backtest(table: pa.Table, days: int, settings: Prediction, region: Region | None = None) -> Backtest:
    """Predict the `days` after a cut from what was known at it, as the market itself is predicted, and compare.

    `days`: see `Prediction.holdout_days`.
    `table`: one row per customer who had bought by the cut, with `repeats`, `span`, `age` at the cut and `purchases`,
    purchase days in the holdout; where money is to be compared also `spend` (mean deflated amount of a repeat purchase
    day up to the cut, null where there is none) and `revenue` (deflated amount of the whole holdout, same unit). With
    `customers` a row is so many of them. A region's model may have seen the holdout of its other markets.
    """
    data = grouped_table(table)
    carried = carry(data, settings.model_copy(update={"horizon_days": days}), region)
    if carried.fitted is None:
        return Backtest("none", carried.reasons, days, data.total)
    happened = _happened(table, data)
    expected = forecast(carried.fitted, data, days).expected_purchases[happened.at]
    simple = (data.repeats / np.maximum(data.age, days) * days)[happened.at]
    purchases = _errors(expected, happened.purchases, happened.customers)
    baseline = _errors(simple, happened.purchases, happened.customers)
    skill = 1 - (purchases.rmse / baseline.rmse) ** 2 if baseline.rmse > 0 else None
    grade, reasons = _grade(purchases, skill, happened.actual, tested=days >= settings.horizon_days)
    found = Backtest(
        grade,
        reasons,
        days,
        data.total,
        happened.actual,
        carried.fitted.model,
        carried.pooled,
        purchases,
        baseline,
        skill,
    )
    return found if happened.revenue is None else replace(found, **_money(happened, expected, simple, region))


@dataclass(frozen=True, slots=True)
class _Happened:
    """The table's rows in an order of their own, so that sums do not depend on the order in which they came."""

    at: Ints
    spend_days: Ints
    customers: Floats
    purchases: Floats
    spend: Floats
    revenue: Floats | None

    @property
    def actual(self) -> float:
        return float((self.purchases * self.customers).sum())


def _happened(table: pa.Table, data: Grouped) -> _Happened:
    at = data.rows_of(*(table.column(name).to_numpy().astype(np.int64) for name in ("repeats", "span", "age")))
    days, spend = spend_of(table)
    purchases = floats(table, "purchases")
    customers = floats(table, "customers") if "customers" in table.column_names else np.ones(len(at))
    money = "spend" in table.column_names and "revenue" in table.column_names
    revenue = np.nan_to_num(floats(table, "revenue")) if money else None
    keys = (spend, purchases, at) if revenue is None else (revenue, spend, customers, purchases, at)
    order = np.lexsort(keys)
    return _Happened(
        at[order],
        days[order],
        customers[order],
        purchases[order],
        spend[order],
        None if revenue is None else revenue[order],
    )


def _errors(predicted: Floats, actual: Floats, customers: Floats) -> Errors:
    total, happened = float((predicted * customers).sum()), float((actual * customers).sum())
    return Errors(
        total=total,
        bias=total / happened - 1 if happened > 0 else None,
        mae=measures.mean_absolute(predicted, actual, customers),
        rmse=float(np.sqrt(measures.mean_square(predicted, actual, customers))),
        rank_correlation=measures.rank_correlation(predicted, actual, customers),
        top_tenth=measures.captured(predicted, actual, customers) if happened > 0 else None,
    )


def _grade(found: Errors, skill: float | None, actual: float, *, tested: bool) -> tuple[Grade, tuple[Reason, ...]]:
    grade, why = _judged(found, skill, actual)
    if grade == "A" and not tested:
        return "B", ({"code": "holdout_short"},)
    return grade, () if why is None else (why,)


def _judged(found: Errors, skill: float | None, actual: float) -> tuple[Grade, Reason | None]:
    if actual < MINIMUM_PURCHASES or found.bias is None:
        return "none", {"code": "few_holdout_purchases", "purchases": actual, "minimum": MINIMUM_PURCHASES}
    if skill is None or skill <= 0:
        return "D", {"code": "no_better"}
    ranked = found.rank_correlation or 0.0
    for grade, bias, rank in BOUNDS:
        if abs(found.bias) <= bias and ranked >= rank:
            return grade, None
    return "D", {"code": "total_far", "bias": found.bias}


def _money(happened: _Happened, expected: Floats, simple: Floats, region: Region | None) -> dict[str, Any]:
    """Errors of revenue: purchases times what is expected on a day, beside the own rate times the own mean."""
    assert happened.revenue is not None  # noqa: S101 - the caller looked
    shape = None if region is None else region.spend
    spend = fit_spend(happened.spend_days, happened.spend, shape)
    if spend.kind == "none":
        return {}
    worth = spend.expected(happened.spend_days.astype(float), happened.spend)
    own = simple * np.nan_to_num(happened.spend)
    return {
        "revenue_actual": float((happened.revenue * happened.customers).sum()),
        "revenue": _errors(expected * worth, happened.revenue, happened.customers),
        "revenue_baseline": _errors(own, happened.revenue, happened.customers),
    }
