"""A region's model, pinned in a file: what is written is what is read, and a file that is none is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.errors import Terminal
from tasks.predict.pooled import FILE, histories, pooled, read_region, write_regions


def shop(seed, customers=2000):
    """Purchases as BG/NBD has them come about (Fader, Hardie, Lee 2005): rates gamma, leaving geometric."""
    rng = np.random.default_rng(seed)
    rates, leaving = rng.gamma(0.8, 1 / 60, customers), rng.beta(1.2, 3.0, customers)
    rows = []
    for rate, leave in zip(rates, leaving, strict=True):
        day, days, age = 0.0, [0], int(rng.integers(200, 700))
        while rng.random() > leave:
            day += rng.exponential(1 / rate)
            if day > age:
                break
            days.append(int(day))
        distinct = sorted(set(days))
        rows.append(
            (len(distinct) - 1, distinct[-1], age, float(rng.gamma(6, 5)) if len(distinct) > 1 else None, len(distinct))
        )
    names = ("repeats", "span", "age", "spend", "spend_days")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def test_the_model_that_is_written_is_the_model_that_is_read(tmp_path):
    regions = pooled({"europe": {"DE": shop(1), "FR": shop(2)}, "empty": {}})
    assert set(regions) == {"europe"}
    write_regions(tmp_path / FILE, regions, date(2024, 1, 31))
    region, digest = read_region(tmp_path, "europe")
    assert region.markets == ("DE", "FR")
    assert region.as_notes() == regions["europe"].as_notes()
    assert len(digest) == 64
    assert read_region(tmp_path, "asia") is None


def test_without_a_folder_or_a_file_there_is_no_region(tmp_path):
    assert read_region(None, "europe") is None
    assert read_region(tmp_path, "europe") is None


@pytest.mark.parametrize("text", ["", "[]", '{"regions": {"europe": {"region": "europe"}}}'])
def test_a_file_that_holds_no_models_is_refused_with_what_to_do(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(Terminal, match="no file of pooled purchase models") as caught:
        read_region(tmp_path, "europe")
    assert "strata reference pool" in str(caught.value)


BOUGHT = {"lifetime_frequency": 2, "first_order_date": date(2023, 1, 1), "last_order_date": date(2023, 3, 2)}


def published(folder, rows):
    """A customers.parquet of these rows: each bought on two days, 60 days apart."""
    path = folder / "customers.parquet"
    known = [{"customer_id": str(n), "type": "person", **BOUGHT, **row} for n, row in enumerate(rows)]
    pq.write_table(pa.Table.from_pylist(known), path)
    with duckdb.connect() as con:
        return histories(con, path, date(2023, 12, 31)).to_pylist()


def test_a_pool_is_of_persons_without_a_contract_as_a_markets_own_model_is(tmp_path):
    contracts = (None, "none", "ended", "active", "ending")
    rows = [{"contract": one, "lifetime_ppp": Decimal(20 + 2 * n)} for n, one in enumerate(contracts)]
    found = published(tmp_path, [*rows, {"type": "account", "lifetime_ppp": Decimal(90)}])
    assert [row["spend"] for row in found] == [10, 11, 12]
    assert {(row["repeats"], row["span"], row["age"]) for row in found} == {(1, 60, 364)}


def test_local_money_is_no_deflated_money_and_who_has_no_other_counts_for_purchases_alone(tmp_path):
    rows = [{"lifetime_ppp": one, "lifetime_local": Decimal(5000)} for one in (Decimal(20), None)]
    assert [row["spend"] for row in published(tmp_path, rows)] == [10, None]
    without = [{"lifetime_local": Decimal(5000)}] * 2
    assert [(row["repeats"], row["spend"]) for row in published(tmp_path, without)] == [(1, None)] * 2
    assert pooled({"europe": {"DE": shop(1).drop_columns("spend")}})["europe"].spend is None
