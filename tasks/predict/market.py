"""Predict what a market's customers will buy: one call from a table of histories to columns of customers.

One row of the table is a customer without a contract, of one population: persons and accounts buy differently, so each
gets a call of its own. What a contract brings is in the contract, and not predicted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from region_profiles.predict_models import Grade, Prediction
from tasks.alone import alone
from tasks.predict.backtest import Backtest, backtest
from tasks.predict.choosing import Carried, Reason, carry
from tasks.predict.forecast import MONTH, YEAR, forecast
from tasks.predict.grouped import Floats, Grouped, grouped_table
from tasks.predict.histories import spend_of
from tasks.predict.region import Region
from tasks.predict.spend import Spend, fit_spend

_OF_HISTORIES = ("expected_purchases", "discounted_purchases", "p_alive", "churn_risk", "next_purchase_days")

#: Columns that `Predictions.customers` gives, all double, null where the number means nothing.
COLUMNS = (
    "expected_purchases",
    "p_alive",
    "churn_risk",
    "next_purchase_days",
    "expected_spend",
    "expected_net_revenue",
    "lifetime_value",
)


@dataclass(frozen=True, slots=True)
class Predictions:
    """What is expected of a market's customers within `settings.horizon_days` after the as-of date, and how surely.

    `table`: a row for each distinct history, sorted: repeats, span, age, customers (int64), then double columns
    expected_purchases (purchase days), discounted_purchases, p_alive, churn_risk, next_purchase_days; null where the
    model cannot say, all null where `model` is null. `notes` is JSON-able and says all that was decided, in codes.
    """

    model: str | None
    grade: Grade
    reasons: tuple[Reason, ...]
    table: pa.Table
    spend: Spend
    notes: dict[str, Any] = field(repr=False)
    settings: Prediction = field(repr=False)
    factor: float | None = None
    _histories: Grouped = field(repr=False, kw_only=True)

    def customers(self, rows: pa.Table) -> pa.Table:
        """COLUMNS for customers, in the order of `rows` (columns repeats, span, age, spend as given to `predict`).

        expected_spend is of one purchase day, in the deflated unit of `spend`; expected_net_revenue in the currency of
        `factor`, undiscounted; lifetime_value the same after the margin and discounted, negative where the margin is.
        """
        if self.model is None:
            nothing = pa.nulls(rows.num_rows, pa.float64())
            return pa.table(dict.fromkeys(COLUMNS, nothing))
        days, spend = spend_of(rows)
        at = self._histories.rows_of(
            *(rows.column(name).to_numpy().astype(np.int64) for name in ("repeats", "span", "age"))
        )
        of = {name: self.table.column(name).to_numpy(zero_copy_only=False)[at] for name in _OF_HISTORIES}
        worth = self.spend.expected(days.astype(float), spend)
        of["expected_spend"] = worth
        factor = np.nan if self.factor is None else self.factor
        margin = np.nan if self.settings.margin is None else float(self.settings.margin)
        of["expected_net_revenue"] = of["expected_purchases"] * worth * factor
        of["lifetime_value"] = of["discounted_purchases"] * worth * factor * margin
        return pa.table({name: _nullable(of[name]) for name in COLUMNS})


@alone()
def predict(
    customers: pa.Table,
    settings: Prediction,
    *,
    factor: float | None = None,
    past: pa.Table | None = None,
    past_days: int | None = None,
    region: Region | None = None,
) -> Predictions:
    """Fit, predict and grade.

    `customers`: one row each who has bought by the as-of date, any order: `repeats`, `span`, `age` (whole days; see
    `tasks.predict.grouped`) and `spend`, the mean deflated amount of a purchase day after the first (double or decimal,
    null where there is none); a mean of other days than the repeats says of how many in `spend_days`. Deflated:
    constant international dollars of one vintage, gross, as monetary_ppp is.
    `factor` turns one unit of it into the net reporting currency at the as-of date; without it there is no revenue.
    `past` and `past_days`: the table of `tasks.predict.backtest.backtest` and its holdout; without them no grade.
    `region`: the model that a market with few customers takes.

    Little history, one day, no repeats, one customer, nobody at all: `reasons` says why nothing is predicted.
    Errors: Terminal where a history cannot be (defect of the caller).
    """
    data = grouped_table(customers)
    carried = carry(data, settings, region)
    days, spent = spend_of(customers)
    spend = Spend("none")
    if carried.fitted is not None:
        spend = fit_spend(days, spent, None if region is None else region.spend)
    tested = None
    if carried.fitted is not None and past is not None and past_days is not None:
        tested = backtest(past, past_days, settings, region)
    grade: Grade = "none"
    reasons = [*carried.reasons]
    if carried.fitted is not None:
        grade, said = _grade(tested, data, settings)
        reasons += [*said, *_of_spend(spend, settings, factor)]
    return Predictions(
        model=None if carried.fitted is None else carried.fitted.model,
        grade=grade,
        reasons=tuple(reasons),
        table=_table(carried, data, settings),
        spend=spend,
        notes=_notes(carried, data, settings, factor, spend, tested, grade, reasons),
        settings=settings,
        factor=factor,
        _histories=data,
    )


def _table(carried: Carried, data: Grouped, settings: Prediction) -> pa.Table:
    columns: dict[str, Any] = {name: getattr(data, name) for name in ("repeats", "span", "age", "customers")}
    if carried.fitted is None:
        return pa.table(columns | dict.fromkeys(_OF_HISTORIES, pa.nulls(len(data.repeats), pa.float64())))
    found = forecast(carried.fitted, data, settings.horizon_days, float(settings.discount_rate))
    return pa.table(columns | {name: _nullable(getattr(found, name)) for name in _OF_HISTORIES})


def _nullable(values: Floats) -> pa.Array:
    """Not a number is null."""
    masked: npt.NDArray[np.bool_] = ~np.isfinite(values)
    return pa.array(values, pa.float64(), mask=masked)


def _grade(tested: Backtest | None, data: Grouped, settings: Prediction) -> tuple[Grade, list[Reason]]:
    """The backtest's grade, at most C where the horizon is longer than all that is known; and why it is no better."""
    reasons: list[Reason] = [{"code": "no_backtest"}] if tested is None else [*tested.reasons]
    grade: Grade = "none" if tested is None else tested.grade
    if data.history >= settings.horizon_days:
        return grade, reasons
    reasons.append({"code": "horizon_beyond_history", "days": settings.horizon_days, "history": data.history})
    return ("C" if grade in {"A", "B"} else grade), reasons


def _of_spend(spend: Spend, settings: Prediction, factor: float | None) -> list[Reason]:
    reasons: list[Reason] = [{"code": f"spend_{spend.kind}"}] if spend.kind != "gamma_gamma" else []
    if "spend_depends" in spend.reasons:
        reasons.append({"code": "spend_depends", "correlation": spend.correlation})
    if factor is None:
        reasons.append({"code": "no_factor"})
    if settings.margin is None:
        reasons.append({"code": "no_margin"})
    elif settings.margin < 0:
        reasons.append({"code": "negative_margin", "margin": float(settings.margin)})
    return reasons


def _notes(
    carried: Carried,
    data: Grouped,
    settings: Prediction,
    factor: float | None,
    spend: Spend,
    tested: Backtest | None,
    grade: Grade,
    reasons: list[Reason],
) -> dict[str, Any]:
    return {
        "fit": None if carried.fitted is None else carried.fitted.as_notes(),
        "tried": carried.tried.as_notes(),
        "pooled": carried.pooled,
        "grade": grade,
        "reasons": reasons,
        "spend": spend.as_notes(),
        "backtest": None if tested is None else tested.as_notes(),
        "customers": data.total,
        "repeat_capable": data.repeat_capable,
        "histories": len(data.repeats),
        "history_days": data.history,
        "horizon_days": settings.horizon_days,
        "year_days": YEAR,
        "month_days": MONTH,
        "discount_rate": float(settings.discount_rate),
        "margin": None if settings.margin is None else float(settings.margin),
        "factor": factor,
    }
