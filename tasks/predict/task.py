"""The door of predict: what customers are expected to do, and which of them are alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from region_profiles.models import Population
from tasks.catalogue.business import PREDICTED
from tasks.cluster.fit import cluster
from tasks.cluster.records import Clustered, Previous
from tasks.door import door
from tasks.fetched import fetched
from tasks.files import PUBLISHED, parquet
from tasks.memo import digest_of, remember
from tasks.normalize.task import Normalized
from tasks.predict.histories import NO_CONTRACT
from tasks.predict.market import Predictions
from tasks.predict.market import predict as to_expect
from tasks.predict.region import POPULATION, Region
from tasks.reference.factors import Factors
from tasks.run import MarketRun
from tasks.sql import literal, name
from tasks.traits.stored import FILE as TRAITS
from tasks.traits.task import Described

FILE = "predicted.parquet"
SECTIONS = {"prediction", "clusters"}
POPULATIONS: tuple[Population, ...] = ("person", "account")
Worth = Literal["ppp", "local"]
#: Places of published probabilities and counts: what engines that sum in another order agree on.
_PLACES = 6
_YEAR = 365


@dataclass(frozen=True, slots=True)
class Predicted:
    """`predicted.parquet` in `folder`: customer_id and the traits that follow from models; notes for the manifest.

    There is no file where neither predictions nor clusters gave any trait.
    """

    folder: Path
    notes: Mapping[str, Any]
    digest: str
    reused: bool


@door("predict")
def predict(
    run: MarketRun,
    normalized: Normalized,
    money: Factors,
    described: Described,
    previous: tuple[str, str] | None,
    region: Region | None = None,
    last_cluster: int = 0,
) -> Predicted:
    """Predict each customer's purchases and find groups of customers alike; contacts take over from their account.

    `last_cluster`: the highest number that any code of a cluster has had, where the customers of `previous` do not tell
    it: new codes follow it.
    """

    def compute(folder: Path) -> dict[str, Any]:
        con = run.cursor()
        try:
            con.execute(
                f"CREATE OR REPLACE TEMP VIEW strata_traits AS SELECT * FROM {parquet(described.folder / TRAITS)}"
            ).fetchall()
            factor, worth = _factor(con, run, normalized, money)
            cut = described.notes.get("calibration_until")
            parts, notes = [], {}
            for population in POPULATIONS if run.profile.prediction.on else ():
                found, rows = _expected(con, run, population, factor, worth, cut, region)
                notes[population] = {**found.notes, "unit": worth}
                parts.append(_columns(found, rows, run.as_of))
            grouped, told = _clusters(con, run, previous, last_cluster)
            _write(con, parts, grouped, folder / FILE)
        finally:
            con.close()
        return {"prediction": notes, "clusters": told, "coverage": _coverage(folder / FILE, described)}

    depends_on = {
        "traits": described.digest,
        "canonical": normalized.digest,
        "money": dict(money.digests),
        "profile": digest_of(run.profile.model_dump(mode="json", include=SECTIONS, by_alias=True)),
        "previous": None if previous is None else previous[1],
        "last_cluster": last_cluster,
        "region": None if region is None else region.as_notes(),
        "as_of": str(run.as_of),
    }
    found = remember(run.results, "predicted", depends_on, compute)
    return Predicted(found.folder, found.notes, found.digest, found.reused)


# --- predictions ------------------------------------------------------------------------------------------------------


def _factor(
    con: duckdb.DuckDBPyConnection, run: MarketRun, normalized: Normalized, money: Factors
) -> tuple[float | None, Worth]:
    """What turns a unit of deflated gross money into the net reporting currency at the latest rate, and that unit.

    Deflated money is that of the ppp lens; where that is off, local money as it was paid. The latest day with a rate
    counts, whatever the currency: on one day all of them say the same. Tax is taken off at the share that it had in the
    market's revenue of the last year.
    """
    lenses = run.profile.money.lenses
    known = con.execute("SELECT count(exact_lifetime_ppp) FROM strata_traits").fetchall()[0][0]
    worth: Worth = "ppp" if "ppp" in lenses and known else "local"
    of, rated = f"to_{worth}", money.table.sort_by("date")
    rated = rated.filter(pc.is_valid(pc.add(rated[of], rated["to_reference"])))
    since = run.as_of - timedelta(days=_YEAR)
    net, gross = con.execute(
        f"SELECT sum(net), sum(gross) FROM {normalized.transactions.relation} "
        f"WHERE local_date > DATE {literal(str(since))}"
    ).fetchall()[0]
    if not rated.num_rows or "reference" not in lenses or not gross or not net:
        return None, worth
    row = rated.slice(rated.num_rows - 1).to_pylist()[0]
    return float(row["to_reference"] / row[of] * Decimal(net) / Decimal(gross)), worth


def _expected(
    con: duckdb.DuckDBPyConnection,
    run: MarketRun,
    population: Population,
    factor: float | None,
    worth: Worth,
    cut: str | None,
    region: Region | None,
) -> tuple[Predictions, pa.Table]:
    """Predictions of a population, and its customers in the order of their ids; spend is in the unit `worth`.

    Who has a contract is not predicted: what a contract brings is in the contract. A region's model is of persons and
    for them. The mean spend of a purchase day is
    of all of a customer's purchase days, returns taken off; nothing is known of the spend of one-time buyers alone.
    """
    there = {row[0] for row in con.execute("DESCRIBE strata_traits").fetchall()}
    free = f"AND {NO_CONTRACT}" if "contract" in there else ""
    spent, day = f"exact_lifetime_{worth}", literal(str(run.as_of))
    rows = con.sql(
        "SELECT customer_id, lifetime_frequency - 1 AS repeats, last_order_date - first_order_date AS span, "
        f"DATE {day} - first_order_date AS age, CASE WHEN lifetime_frequency > 1 AND {spent} > 0 "
        f"THEN CAST({spent} AS DOUBLE) / lifetime_frequency END AS spend, lifetime_frequency AS spend_days "
        "FROM strata_traits "
        f"WHERE population = {literal(population)} AND lifetime_frequency > 0 {free} ORDER BY customer_id"
    ).to_arrow_table()
    past, days = (None, None) if cut is None else _past(con, run, population, cut, free, worth)
    lent = region if population == POPULATION else None
    return to_expect(rows, run.profile.prediction, factor=factor, past=past, past_days=days, region=lent), rows


def _past(
    con: duckdb.DuckDBPyConnection, run: MarketRun, population: Population, cut: str, free: str, worth: Worth
) -> tuple[pa.Table, int]:
    """What was known at the cut, and the days after it."""
    money = ""
    if worth == "ppp":
        money = (
            ", CASE WHEN calibration_frequency > 1 AND calibration_ppp > 0 "
            "THEN CAST(calibration_ppp AS DOUBLE) / calibration_frequency END AS spend, "
            "calibration_frequency AS spend_days, "
            "CAST(exact_lifetime_ppp - calibration_ppp AS DOUBLE) AS revenue"
        )
    rows = con.sql(
        "SELECT calibration_frequency - 1 AS repeats, calibration_last_date - first_order_date AS span, "
        f"DATE {literal(cut)} - first_order_date AS age, "
        f"lifetime_frequency - calibration_frequency AS purchases{money} FROM strata_traits "
        f"WHERE population = {literal(population)} AND calibration_frequency > 0 {free} ORDER BY customer_id"
    ).to_arrow_table()
    return rows, (run.as_of - date.fromisoformat(cut)).days


def _columns(found: Predictions, rows: pa.Table, as_of: date) -> pa.Table:
    """The predicted traits of customers, rounded as they are published."""
    made = found.customers(rows)
    column = {one: made.column(one).to_numpy(zero_copy_only=False).astype(float) for one in made.column_names}
    days = np.round(column["next_purchase_days"])
    beyond = ~np.isfinite(days) | (days > found.settings.horizon_days)
    start = (as_of - date(1970, 1, 1)).days
    when = pa.array(np.where(beyond, 0, days).astype(np.int32) + np.int32(start), pa.int32(), mask=beyond)
    return pa.table(
        {
            "customer_id": rows.column("customer_id"),
            **{
                trait: _double(column[of])
                for trait, of in (("expected_purchases",) * 2, ("alive", "p_alive"), ("churn_risk",) * 2)
            },
            "next_purchase_date": when.cast(pa.date32()),
            "expected_revenue": _money(column["expected_net_revenue"]),
            "lifetime_value": _money(column["lifetime_value"]),
        }
    )


def _double(values: Any) -> pa.Array:
    return pa.array(np.round(values, _PLACES), pa.float64(), mask=~np.isfinite(values))


def _money(values: Any) -> pa.Array:
    """To the cent, null where there is none."""
    return pa.array(np.round(values, 2), pa.float64(), mask=~np.isfinite(values)).cast(pa.decimal128(18, 2))


# --- clusters ---------------------------------------------------------------------------------------------------------


def _clusters(
    con: duckdb.DuckDBPyConnection, run: MarketRun, previous: tuple[str, str] | None, last: int
) -> tuple[pa.Table | None, Mapping[str, Any]]:
    """Clusters of the persons who bought, and notes; None where they are off or refused."""
    settings = run.profile.clusters
    there = {row[0] for row in con.execute("DESCRIBE strata_traits").fetchall()}
    traits = [one for one in settings.traits if one in there]
    columns = ", ".join(f"CAST({name(one)} AS DOUBLE) AS {name(one)}" for one in traits)
    rows = con.sql(
        f"SELECT customer_id{', ' if columns else ''}{columns} FROM strata_traits "
        f"WHERE {'true' if settings.on else 'false'} AND population = 'person' AND orders > 0 ORDER BY customer_id"
    ).to_arrow_table()
    found = cluster(rows, settings, _before(con, run, previous, last))
    if isinstance(found, Clustered):
        return found.customers, {**found.notes, "refused": None}
    return None, {**found.notes, "refused": found.reason, "facts": dict(found.facts)}


def _before(
    con: duckdb.DuckDBPyConnection, run: MarketRun, previous: tuple[str, str] | None, last: int
) -> Previous | None:
    """The clusters of the publication before; where it has none, the codes that are used up all the same."""
    if previous is None:
        return None
    published = parquet(fetched(run, *previous))
    there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {published}").fetchall()}
    code = "cluster" if "cluster" in there else "CAST(NULL AS VARCHAR)"
    in_any = f"SELECT customer_id, {code} AS cluster FROM {published} WHERE {code} IS NOT NULL ORDER BY customer_id"
    return Previous(con.sql(in_any).to_arrow_table(), last)


# --- the file ---------------------------------------------------------------------------------------------------------


def _write(con: duckdb.DuckDBPyConnection, parts: list[pa.Table], grouped: pa.Table | None, to: Path) -> None:
    """A row per customer of the traits, contacts with what their account has; no file without any trait."""
    columns = {trait.name: f"p.{trait.name}" for trait in PREDICTED if trait.name not in {"cluster", "holdout"}}
    joins = ""
    if parts:
        con.register("strata_expected", pa.concat_tables(parts))
        joins += " LEFT JOIN strata_expected p ON p.customer_id = a.customer_id"
    else:
        columns = {}
    if grouped is not None:
        con.register("strata_clusters", grouped)
        joins += " LEFT JOIN strata_clusters g ON g.customer_id = a.customer_id"
        columns["cluster"] = "g.cluster"
    if not columns:
        return
    named = "".join(f", {value} AS {name(one)}" for one, value in columns.items())
    con.execute(
        f"COPY (SELECT t.customer_id{named} FROM strata_traits t "
        f"JOIN strata_traits a ON a.member_number = t.counted_as{joins} ORDER BY t.customer_id) "
        f"TO {literal(str(to))} ({PUBLISHED})"
    ).fetchall()


def _coverage(path: Path, described: Described) -> dict[str, dict[str, float]]:
    """By population, the share of its buyers who have each predicted trait."""
    if not path.exists():
        return {}
    names = [one for one in pq.read_schema(path).names if one != "customer_id"]
    counts = ", ".join(f"count(p.{name(one)}) / count(*) AS {name(one)}" for one in names)
    with duckdb.connect() as con:
        rows = con.execute(
            f"SELECT population, {counts} FROM {parquet(path)} p JOIN {parquet(described.folder / TRAITS)} t "
            "USING (customer_id) WHERE population <> 'contact' AND lifetime_orders > 0 GROUP BY population ORDER BY 1"
        ).fetchall()
    return {row[0]: dict(zip(names, (round(share, _PLACES) for share in row[1:]), strict=True)) for row in rows}
