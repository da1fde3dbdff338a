"""`strata preview` and `strata validate` predict as the run does: by the region's model, with the codes of before."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.planning.runs import plan
from flows.publishing.market import stratify_market
from tasks.predict.pooled import FILE, pooled, write_regions
from tests.tills import profile, sales

MAY, JUNE = date(2026, 5, 31), date(2026, 6, 30)
#: Of the built-in profile's dimensions.
KEPT = ("lifecycle", "cluster", "churn_risk")
MORE = """
prediction: {horizon_days: 90, least_grade: none}
clusters: {traits: [recency_days, lifetime_frequency], minimum_customers: 100, k: 2, accept_unstable: true}
comparisons: []
stratum: {dimensions: [lifecycle]}
"""


def histories(customers):
    """Customers of another market of the region: rates gamma, leaving geometric (Fader, Hardie, Lee 2005)."""
    rng, rows = np.random.default_rng(1), []
    for rate, leave in zip(rng.gamma(0.8, 1 / 60, customers), rng.beta(1.2, 3.0, customers), strict=True):
        age, days = int(rng.integers(200, 700)), [0]
        while rng.random() > leave and (day := days[-1] + 1 + int(rng.exponential(1 / rate))) <= age:
            days.append(day)
        rows.append((len(days) - 1, days[-1], age, 30.0 if len(days) > 1 else None, len(days)))
    names = ("repeats", "span", "age", "spend", "spend_days")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


@pytest.fixture
def market(strata, tmp_path, monkeypatch):
    """`strata`, where DE has drops of May and June, and its region a model; in June there are more strangers.

    In May the 80 regulars are the largest cluster, in June the strangers are. `market.publish()` runs both.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own" / "markets").mkdir(parents=True)
    (tmp_path / "own" / "markets" / "de.yaml").write_text(profile(KEPT, MORE), encoding="utf-8")
    (tmp_path / "reference").mkdir()
    write_regions(tmp_path / "reference" / FILE, pooled({"europe": {"FR": histories(2000)}}), MAY)
    monkeypatch.setenv("STRATA_WORK", "work")
    monkeypatch.setenv("STRATA_PUBLISH", "published")

    monkeypatch.setenv("STRATA_REFERENCE", str(tmp_path / "reference"))
    for day, strangers in ((MAY, 70), (JUNE, 110)):
        landing = tmp_path / str(day)
        (landing / "DE").mkdir(parents=True)
        (landing / "DE" / "sales.csv").write_text(sales(day, strangers))

    def publish():
        for day in (MAY, JUNE):
            (run,) = plan(["DE"], as_of=day, landing=str(day), publish="published", profiles="own")
            assert stratify_market(run).state == "published"

    strata.publish = publish
    return strata


def test_a_preview_of_a_change_that_moves_nobody_shows_no_move(market):
    """It asks for the purchases, so that all is predicted again: by the region's model, with the clusters of May."""
    market.publish()
    (customers,) = Path("published/country=DE").glob(f"as_of={JUNE}/*/canonical/customers.parquet")
    now = pq.read_table(customers).to_pylist()
    sizes = Counter(row["segment_cluster"] for row in now)
    assert sizes["c2"] > sizes["c1"], "the codes are those of May, not by size"
    assert {row["segment_churn_risk"] for row in now} > {"low"}
    was, text = "prediction: {", Path("own/markets/de.yaml").read_text(encoding="utf-8")
    Path("changed.yaml").write_text(text.replace(was, was + "own_customers: 2000, "), encoding="utf-8")
    found = market("preview", "DE", "--profile", "changed.yaml", "--landing", JUNE, "--profiles", "own", "--json")
    told = json.loads(found.out)
    assert told["moves"] == []
    assert [one for one in told["warnings"] if one["code"] == "off"] == []
    assert [one for one in told["sizes"] if one["before"] != one["after"]] == []


def test_a_market_with_its_regions_model_is_not_said_to_lack_predictions(market):
    arguments = ("validate", "DE", "--landing", JUNE, "--as-of", JUNE, "--profiles", "own")
    found = market(*arguments)
    assert found.code == 0, found.out
    assert "off, too_few_customers" not in found.out
    assert "churn_risk" not in found.out
    Path("reference", FILE).unlink()
    assert "dimension off, too_few_customers: churn_risk" in market(*arguments).out
