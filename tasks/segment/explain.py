"""All that is known of why one customer is where they are, from the publication and, if given, the run's own work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from region_profiles.models import Profile, RulesDimension
from tasks.catalogue import CATALOGUE, HIDDEN
from tasks.contract import CUSTOMERS
from tasks.errors import Terminal
from tasks.files import parquet
from tasks.plain import plain
from tasks.segment.language import AS_OF
from tasks.segment.own import Own, lines_of, numbers_of, rows_of
from tasks.segment.placing import History, Placement, Setting, place


@dataclass(frozen=True, slots=True)
class Published:
    """Files of one publication, and what its manifest says.

    `membership` and `audiences` are None where it has none; `first`: there was no publication before it. `changed`:
    the profile at hand is not the one it was made with.
    """

    as_of: date
    customers: Path
    notes: Mapping[str, Any]
    membership: Path | None = None
    audiences: Path | None = None
    first: bool = False
    changed: bool = False
    publication: str = ""


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
    """All of it.

    `nulls`: traits without a value, each with a code (off, personal, unknown) and the reason where there is one.
    `predictions`: the notes of the customer's population (model, grade, horizon_days, reasons) and the values.
    `lines`: the purchases with rates, newest first; empty where they were not given.
    """

    market: str
    as_of: date
    publication: str
    profile_changed: bool
    traits: Mapping[str, Any]
    placements: tuple[Placement, ...]
    scores: tuple[ScoreWhy, ...]
    predictions: Mapping[str, Any]
    audiences: tuple[Mapping[str, Any], ...] | None
    nulls: Mapping[str, Mapping[str, Any]]
    account: str | None = None
    numbers: tuple[str, ...] = ()
    lines: tuple[Mapping[str, Any], ...] = ()
    merged_from: str | None = field(default=None)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: decimals and dates as text."""
        told: dict[str, Any] = plain(asdict(self))
        return told


def explain(
    published: Published, profile: Profile, who: str, *, own: Own | None = None, merged_from: str | None = None
) -> Explanation:
    """Explain the customer whose customer_id is `who`, reading their rows alone.

    Rules read published values, so what is shown here is what decided. `merged_from` is the number that was asked for,
    where it was merged into this customer's. Raises Terminal where nobody is there.
    """
    found = _row(published, who, own)
    row = {**dict.fromkeys(CATALOGUE), **found, AS_OF: published.as_of}
    population = "person" if row["population"] in {None, "person"} else "account"
    segments = _section(published.notes, "segments")
    scores = [one for one in segments.get("scores", ()) if one.get("population", "person") == population]
    unpublished = frozenset(CATALOGUE) - found.keys()
    placements = tuple(_placements(published, profile, row, segments, scores, unpublished))
    numbers = () if own is None else numbers_of(own, row)
    return Explanation(
        market=profile.market.country,
        as_of=published.as_of,
        publication=published.publication,
        profile_changed=published.changed,
        traits={name: row[name] for name in CATALOGUE},
        placements=placements,
        scores=tuple(_score(one, row) for one in scores),
        predictions=_predictions(published.notes, population, row),
        audiences=_audiences(published, who),
        nulls=_nulls(published.notes, row, unpublished),
        account=row.get("counted_as") if row["population"] == "contact" else None,
        numbers=numbers,
        lines=() if own is None else lines_of(own, numbers),
        merged_from=merged_from,
    )


def _section(notes: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A stage's notes; those of a program so old that it had no such stage are none."""
    found = notes.get(name)
    return found if isinstance(found, Mapping) else {}


def _row(published: Published, who: str, own: Own | None) -> dict[str, Any]:
    """The customer's row, with the traits that are in no publication where the run's own work is at hand."""
    found = rows_of(parquet(published.customers), "customer_id", who)
    if len(found) != 1:
        raise Terminal(
            "no such customer" if not found else "several customers of that number",
            expected="a member number as the store writes it, zeros intact, or a customer_id",
            hint="who objected or was erased is in no publication",
        )
    row: dict[str, Any] = found[0]
    if own is None:
        return row
    more = rows_of(parquet(own.traits), "customer_id", who)
    kept = CUSTOMERS.personal & CATALOGUE.keys() | HIDDEN.keys()
    personal = {name: value for one in more for name, value in one.items() if name in kept}
    return row | dict.fromkeys(CUSTOMERS.personal & CATALOGUE.keys()) | personal


def _placements(
    published: Published,
    profile: Profile,
    row: Mapping[str, Any],
    segments: Mapping[str, Any],
    scores: Sequence[Mapping[str, Any]],
    unpublished: frozenset[str],
) -> list[Placement]:
    moves = _moves(published, str(row["customer_id"]))
    off, told = segments.get("dimensions_off", {}), segments.get("dimensions", {})
    found = []
    for name, dimension in profile.dimensions.items():
        if f"segment_{name}" in row:
            setting = Setting(told.get(name, {}), scores, unpublished)
            found.append(place(name, dimension, row, setting, _history(published, moves, name)))
        else:
            why = off.get(name, {"code": "absent"})
            found.append(Placement(name, None, f"off_{why['code']}", {k: v for k, v in why.items() if k != "code"}))
    merged = {one["cell"]: one for one in segments.get("strata_merged", ())}
    facts = {"dimensions": list(profile.stratum.dimensions)}
    cell = "_".join(_part(profile, name, str(row.get(f"segment_{name}"))) for name in profile.stratum.dimensions)
    facts |= {name: merged[cell][name] for name in ("cell", "customers", "reason")} if cell in merged else {}
    return [*found, Placement("stratum", row.get("stratum"), "stratum", facts)]


def _part(profile: Profile, name: str, segment: str) -> str:
    """What a segment adds to the name of a stratum: its group, where rules have them."""
    dimension = profile.dimensions.get(name)
    if not isinstance(dimension, RulesDimension):
        return segment
    groups = {one.code: one.group for one in dimension.segments} | {dimension.otherwise: dimension.otherwise_group}
    return groups.get(segment) or segment


def _moves(published: Published, who: str) -> dict[str, Mapping[str, Any]]:
    if published.membership is None:
        return {}
    rows = rows_of(parquet(published.membership), "customer_id", who)
    return {row["dimension"]: row for row in rows}


def _history(published: Published, moves: Mapping[str, Mapping[str, Any]], name: str) -> History | None:
    if published.membership is None:
        return None
    if published.first:
        return History("first")
    if name not in moves:
        return History("stay")
    row = moves[name]
    told = (row.get(column) for column in ("cause", "restated", "changed"))
    return History(row["move"], row["previous_segment"], *told)


def _score(cuts: Mapping[str, Any], row: Mapping[str, Any]) -> ScoreWhy:
    group = "0" if not cuts["within"] else str(row[cuts["within"]])
    borders = tuple(cuts["cuts"].get(group, ()))
    if cuts["of"] == "recency_days":
        borders = tuple(_negated(border) for border in borders)
    return ScoreWhy(cuts["score"], row[cuts["of"]], cuts["of"], row[cuts["score"]], borders, cuts["method"])


def _negated(number: str) -> str:
    return number.removeprefix("-") if number.startswith("-") or number == "0" else f"-{number}"


def _predictions(notes: Mapping[str, Any], population: str, row: Mapping[str, Any]) -> dict[str, Any]:
    told = _section(_section(notes, "predicted"), "prediction").get(population) or {}
    fit = told.get("fit") or {}
    values = {name: row[name] for name, trait in CATALOGUE.items() if trait.group == "prediction"}
    kept = {name: told.get(name) for name in ("grade", "reasons", "horizon_days", "pooled", "unit")}
    return {"model": fit.get("model"), **kept, "values": values}


def _audiences(published: Published, who: str) -> tuple[Mapping[str, Any], ...] | None:
    if published.audiences is None:
        return None
    rows = rows_of(parquet(published.audiences), "customer_id", who)
    rows.sort(key=lambda row: (row["priority"], row["audience"]))
    return tuple({name: row[name] for name in ("audience", "priority", "holdout")} for row in rows)


def _nulls(
    notes: Mapping[str, Any], row: Mapping[str, Any], unpublished: frozenset[str]
) -> dict[str, dict[str, str | None]]:
    refused = _section(_section(notes, "predicted"), "clusters").get("refused")
    off = _section(notes, "traits").get("off", {}) | ({"cluster": refused} if refused else {})
    found: dict[str, dict[str, str | None]] = {}
    for name in CATALOGUE:
        if row[name] is not None:
            continue
        code = "off" if name in off else "personal" if name in unpublished else "unknown"
        found[name] = {"code": code, "reason": off.get(name)}
    return found
