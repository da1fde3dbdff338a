"""The part `prediction` of a profile: whether, how far ahead and by which model purchases are predicted."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from region_profiles.model_types import Frozen, Share

#: Days of a holdout below which a backtest tells nothing.
SHORTEST_HOLDOUT = 28

Grade = Literal["A", "B", "C", "D", "none"]
"""Of a prediction's backtest, the best first; `none` is one that could not be tested. Bounds: docs/prediction.md."""

Margin = Annotated[Decimal, Field(ge=-1, le=1)]


class Prediction(Frozen):
    """Predictions of customers without a contract; docs/prediction.md says what each number means."""

    on: bool = True
    horizon_days: int = Field(default=365, ge=7, le=1826)
    """How far ahead; a year in money and discounting is 365.25 days, a month a twelfth of it."""
    model: Literal["auto", "bg_nbd", "mbg_nbd", "pareto_nbd", "none"] = "auto"
    """Where to begin; a model that the data do not carry gives way to the next, and the report says so."""
    minimum_customers: int = Field(default=1000, ge=100)
    """Customers who could have come again, below which the market takes its region's model."""
    own_customers: int = Field(default=3000, ge=100)
    """Below it a fit of the market's own is called thin."""
    minimum_history_days: int = Field(default=90, ge=1)
    """Days since the market's first purchase, below which nothing is predicted."""
    margin: Margin | None = None
    """Share of net revenue that is left after the cost of goods; negative where goods are sold below cost. Without it
    there is expected net revenue and no lifetime value."""
    discount_rate: Share = Decimal(0)
    """Yearly, of lifetime value only; expected net revenue is never discounted."""

    least_grade: Grade = "C"
    """Of the backtest: what is graded lower makes no dimension, no audience and no column of a team's list. `none`:
    everything does."""

    def weak(self, predicted: Mapping[str, Mapping[str, Any]]) -> dict[str, Grade]:
        """Of the notes of predictions by population, the grades of those below `least_grade`.

        >>> fitted = {"fit": {"model": "bg_nbd"}, "grade": "D"}
        >>> Prediction().weak({"person": fitted, "account": {"fit": None, "grade": "none"}})
        {'person': 'D'}
        """
        grades = get_args(Grade)
        least = grades.index(self.least_grade)
        fitted = {population: one["grade"] for population, one in predicted.items() if one["fit"] is not None}
        return {population: grade for population, grade in fitted.items() if grades.index(grade) > least}

    def holdout_days(self, history: int) -> int | None:
        """How many days before the as-of date to cut for a backtest: the horizon, at most half of the history.

        None where that is too short to tell anything.

        >>> [Prediction().holdout_days(history) for history in (1877, 545, 100)]
        [365, 272, None]
        """
        days = min(self.horizon_days, history // 2)
        return days if days >= SHORTEST_HOLDOUT and history - days >= self.minimum_history_days else None
