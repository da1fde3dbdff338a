"""Which model a market predicts with: its own, its region's, or none; and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from region_profiles.predict_models import Prediction
from tasks.predict.grouped import Grouped
from tasks.predict.model import Fitted
from tasks.predict.region import Region
from tasks.predict.transactions import Choice, choose

#: A fact with a code and figures: the words are the catalog's, context `prediction`.
Reason = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Carried:
    """The model taken (null: nothing is predicted), what was tried, whether it is the region's, and why."""

    fitted: Fitted | None
    tried: Choice
    pooled: bool
    reasons: tuple[Reason, ...]


def carry(data: Grouped, settings: Prediction, region: Region | None) -> Carried:
    """The market's own model where its customers carry one, else its region's, else none."""
    off = _off(data, settings)
    if off is not None:
        return Carried(None, Choice(None), pooled=False, reasons=(off,))
    customers = data.repeat_capable
    if customers < settings.minimum_customers:
        few = {"code": "too_few_customers", "customers": customers, "minimum": settings.minimum_customers}
        return _pooled(Choice(None), settings, region, few)
    choice = choose(settings.model, data)
    if choice.fitted is None:
        return _pooled(choice, settings, region, {"code": choice.reasons[0]})
    reasons: list[Reason] = [{"code": code, "model": choice.fitted.model} for code in choice.reasons]
    if customers < settings.own_customers:
        reasons.append({"code": "few_customers", "customers": customers, "minimum": settings.own_customers})
    return Carried(choice.fitted, choice, pooled=False, reasons=tuple(reasons))


def _off(data: Grouped, settings: Prediction) -> Reason | None:
    if not settings.on or settings.model == "none":
        return {"code": "off"}
    if not data.total:
        return {"code": "no_buyers"}
    if not data.history:
        return {"code": "one_day"}
    wanted = max(settings.minimum_history_days, -(-settings.horizon_days // 4))
    if data.history < wanted:
        return {"code": "short_history", "days": data.history, "minimum": wanted}
    return None


def _pooled(choice: Choice, settings: Prediction, region: Region | None, why: Reason) -> Carried:
    if region is None:
        return Carried(None, choice, pooled=False, reasons=(why, {"code": "no_region"}))
    if region.fitted.customers < settings.minimum_customers:
        few = {"code": "region_too_small", "region": region.name, "customers": region.fitted.customers}
        return Carried(None, choice, pooled=False, reasons=(why, few))
    said = {"code": "pooled", "region": region.name, "customers": region.fitted.customers}
    return Carried(region.fitted, choice, pooled=True, reasons=(why, said))
