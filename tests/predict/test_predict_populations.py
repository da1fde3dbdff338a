"""The door of predict: persons and accounts are predicted by models of their own kind."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from region_profiles.loader import load_profile
from tasks.predict.region import pool
from tasks.predict.task import predict
from tasks.run import MarketRun
from tasks.traits.stored import FILE as TRAITS

AS_OF = date(2024, 12, 31)


@pytest.fixture
def market(tmp_path, shoppers):
    """Predictions of a market with 150 persons and 150 accounts of the same histories, by a region's model."""
    profile = load_profile("DE")
    drawn = shoppers(150, 3).to_pylist()
    rows = [
        {
            "customer_id": f"{population}{number:03}",
            "member_number": f"{population}{number:03}",
            "counted_as": f"{population}{number:03}",
            "population": population,
            "orders": one["repeats"] + 1,
            "lifetime_orders": one["repeats"] + 1,
            "lifetime_frequency": one["repeats"] + 1,
            "first_order_date": AS_OF - timedelta(days=one["age"]),
            "last_order_date": AS_OF - timedelta(days=one["age"] - one["span"]),
            "exact_lifetime_ppp": (one["spend"] or 1.0) * (one["repeats"] + 1),
        }
        for population in ("account", "person")
        for number, one in enumerate(drawn)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / TRAITS)
    profile = profile.model_copy(update={"clusters": profile.clusters.model_copy(update={"on": False})})
    run = MarketRun("DE", AS_OF, profile, "1" * 64, "landing", str(tmp_path / "published"), tmp_path / "work")
    sold = SimpleNamespace(relation="(SELECT DATE '2024-12-01' AS local_date, 100 AS net, 119 AS gross)")
    no_rates = pa.schema([("date", pa.date32()), *((name, pa.float64()) for name in ("to_ppp", "to_reference"))])
    region = pool("europe", {"FR": shoppers(1500, 1), "IT": shoppers(1500, 2)})
    return predict(
        run,
        SimpleNamespace(digest="canonical", transactions=sold),
        SimpleNamespace(table=no_rates.empty_table(), digests={}),
        SimpleNamespace(folder=tmp_path, digest="traits", notes={}),
        None,
        region,
    )


def test_a_regions_model_of_persons_is_not_lent_to_accounts(market):
    said = {of: [one["code"] for one in notes["reasons"]] for of, notes in market.notes["prediction"].items()}
    assert said["person"][:2] == ["too_few_customers", "pooled"]
    assert said["account"] == ["too_few_customers", "no_region"]
    rows = pq.read_table(market.folder / "predicted.parquet").to_pylist()
    predicted = {(row["customer_id"][:6], row["expected_purchases"] is not None) for row in rows}
    assert predicted == {("accoun", False), ("person", True)}
