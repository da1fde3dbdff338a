"""All that is known of why one customer is where they are, from the publication and, if given, the run's own work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from region_profiles.models import Profile, RulesDimension
from tasks.catalogue import CATALOGUE, HIDDEN
from tasks.contract import CUSTOMERS
from tasks.errors import Terminal
from tasks.files import parquet
from tasks.plain import plain
from tasks.segment.language import AS_OF
from tasks.segment.placing import History, Placement, Setting, place
from tasks.sql import literal

#: Columns of a line that an explanation shows, with the place it came from.
_LINE = (
    "local_date", "order_id", "line_id", "kind", "net", "gross", "currency", "rate_date", "returned_order_id", "file",
    "record",
)  # fmt: skip
_FACTORS = ("to_local", "to_reference", "to_ppp", "to_usd", "rate_quality")


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
class Own:
    """What only the run's own work folder has, and no publication: personal traits, purchases, rates.

    `traits` is its file of traits; `transactions` the canonical lines as a relation for DuckDB's FROM; `rates` the
    rates by currency and date; `inputs` the files of the drop by their number in the lines.
    """

    traits: Path
    transactions: str
    rates: Mapping[tuple[str, date], Mapping[str, Any]]
    inputs: Sequence[str] = ()


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
    numbers = () if own is None else _numbers(own, row)
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
        lines=() if own is None else _lines(own, numbers),
        merged_from=merged_from,
    )


def _section(notes: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A stage's notes; those of a program so old that it had no such stage are none."""
    found = notes.get(name)
    return found if isinstance(found, Mapping) else {}


def _row(published: Published, who: str, own: Own | None) -> dict[str, Any]:
    """The customer's row, with the traits that are in no publication where the run's own work is at hand."""
    found = _rows(parquet(published.customers), "customer_id", who)
    if len(found) != 1:
        raise Terminal(
            "no such customer" if not found else "several customers of that number",
            expected="a member number as the store writes it, zeros intact, or a customer_id",
            hint="who objected or was erased is in no publication",
        )
    row: dict[str, Any] = found[0]
    if own is None:
        return row
    more = _rows(parquet(own.traits), "customer_id", who)
    kept = CUSTOMERS.personal & CATALOGUE.keys() | HIDDEN.keys()
    personal = {name: value for one in more for name, value in one.items() if name in kept}
    return row | dict.fromkeys(CUSTOMERS.personal & CATALOGUE.keys()) | personal


def _rows(relation: str, column: str, value: str, columns: str = "*") -> list[dict[str, Any]]:
    """Rows of a file by one value: of an ordered file DuckDB reads but the one group of rows that may hold it."""
    with duckdb.connect() as con:
        found = con.execute(f"SELECT {columns} FROM {relation} WHERE {column} = $1", [value])
        names = [one[0] for one in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


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
    rows = _rows(parquet(published.membership), "customer_id", who)
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
    rows = _rows(parquet(published.audiences), "customer_id", who)
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


def _numbers(own: Own, row: Mapping[str, Any]) -> tuple[str, ...]:
    """Member numbers whose purchases count here: of an account and its contacts all of them."""
    counted = row.get("counted_as")
    if counted is None:
        return () if row["member_number"] is None else (row["member_number"],)
    rows = _rows(parquet(own.traits), "counted_as", counted, "member_number")
    return tuple(sorted(row["member_number"] for row in rows))


def _lines(own: Own, numbers: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    listed = ", ".join(map(literal, numbers)) or "NULL"
    with duckdb.connect() as con:
        query = f"SELECT {', '.join(_LINE)} FROM {own.transactions} WHERE member_number IN ({listed})"
        rows = con.execute(query).fetchall()
    found = [dict(zip(_LINE, row, strict=True)) for row in rows]
    found.sort(key=lambda line: (line["local_date"], line["file"], line["record"]), reverse=True)
    return tuple({**line, **_source(own, line), **_rate(own.rates, line)} for line in found)


def _source(own: Own, line: Mapping[str, Any]) -> dict[str, Any]:
    """The file's name beside its number, where it is known."""
    number = line["file"]
    return {"source": own.inputs[number]} if isinstance(number, int) and 0 <= number < len(own.inputs) else {}


def _rate(rates: Mapping[tuple[str, date], Mapping[str, Any]], line: Mapping[str, Any]) -> dict[str, Any]:
    rate = rates.get((line["currency"], line["rate_date"]))
    return {} if rate is None else {name: rate[name] for name in _FACTORS}
