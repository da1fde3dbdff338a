"""Which model a market gets: what degenerates is recognized, said and replaced; what cannot be is off, and why."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from region_profiles.predict_models import Prediction
from tasks.predict.grouped import grouped_table
from tasks.predict.market import COLUMNS, predict
from tasks.predict.region import Region, pool
from tasks.predict.transactions import choose

AS_OF = pd.Timestamp("2021-02-20")
SMALL = Prediction(minimum_customers=100)


@pytest.fixture(scope="module")
def electronics(shared_data, table):
    """The Global Electronics Retailer's histories by country, as of its last day."""
    folder = shared_data("global_electronics_retailer/pristine")
    sales = pd.read_csv(folder / "Sales.csv", usecols=["CustomerKey", "Order Date"])
    sales["day"] = pd.to_datetime(sales["Order Date"], format="%m/%d/%Y")
    customers = pd.read_csv(folder / "Customers.csv", encoding="cp1252", usecols=["CustomerKey", "Country"])
    days = sales.drop_duplicates(["CustomerKey", "day"]).groupby("CustomerKey")["day"].agg(["min", "max", "count"])
    known = customers.merge(days, left_on="CustomerKey", right_index=True)
    return {
        country: table(of["count"] - 1, (of["max"] - of["min"]).dt.days, (AS_OF - of["min"]).dt.days)
        for country, of in known.groupby("Country")
    }


def codes(found) -> list[str]:
    return [reason["code"] for reason in found.reasons]


def test_every_market_of_the_electronics_retailer_is_at_the_limit_where_nobody_leaves(electronics):
    """facts: a = 2.4e5. Within bounds a or b is at one, or told by nothing; NBD is as likely and has two parameters."""
    assert len(electronics) == 8
    for country, histories in electronics.items():
        found = choose("bg_nbd", grouped_table(histories))
        first = found.tried[0]
        assert first.model == "bg_nbd"
        assert "no_death" in first.degenerate, country
        assert {"bound:a", "bound:b", "flat:a", "flat:b"} & set(first.degenerate), country
        assert (found.fitted.model, found.fitted.degenerate, found.reasons) == ("nbd", (), ("no_death",))


def test_a_degenerate_fit_is_said_in_the_notes(electronics):
    found = predict(electronics["Germany"], Prediction())
    assert found.model == "nbd"
    assert [(one["model"], bool(one["degenerate"])) for one in found.notes["tried"]] == [
        ("mbg_nbd", True),
        ("bg_nbd", True),
        ("nbd", False),
    ]
    assert {"no_death", "few_customers"} <= set(codes(found))
    alive = found.customers(electronics["Germany"]).column("p_alive")
    assert alive.null_count == len(alive)


def test_a_market_too_small_takes_its_regions_model(electronics):
    region = pool("europe", {name: electronics[name] for name in ("Germany", "Italy", "France", "Netherlands")})
    found = predict(electronics["France"], Prediction(), region=region)
    alone = predict(electronics["France"], Prediction())
    assert (found.model, codes(found)[:2], found.notes["pooled"]) == ("nbd", ["too_few_customers", "pooled"], True)
    assert found.notes["fit"]["customers"] == 438 + 530 + 534 + 1150
    assert (alone.model, codes(alone)) == (None, ["too_few_customers", "no_region"])


def test_a_region_comes_back_from_its_notes(shoppers):
    region = pool("north", {"AA": shoppers(1500, 1), "BB": shoppers(1500, 2)})
    read = Region.from_notes(json.loads(json.dumps(region.as_notes())))
    assert read == region
    assert set(read.spend) == {"p", "q", "gamma"}


def test_a_region_shares_the_shape_of_spend_and_never_its_money(shoppers):
    """The same purchases in a money worth a hundredth: what is expected there is a hundred times as much."""
    region = pool("north", {"AA": shoppers(1500, 1), "BB": shoppers(1500, 2)})
    small = shoppers(150, 3)
    dear = small.set_column(3, "spend", [pa_times(small.column("spend"), 100)])
    expected = [
        predict(each, SMALL, region=region).customers(each).column("expected_spend").to_numpy()
        for each in (small, dear)
    ]
    assert predict(small, SMALL, region=region).spend.kind == "region"
    assert expected[1] == pytest.approx(100 * expected[0])


def pa_times(column, by):
    import pyarrow.compute as pc

    return pc.multiply(column, float(by)).combine_chunks()


def test_a_region_with_too_few_customers_of_its_own_helps_nobody(shoppers):
    region = pool("tiny", {"AA": shoppers(400, 1)})
    found = predict(shoppers(50, 2), Prediction(), region=region)
    assert (found.model, codes(found)) == (None, ["too_few_customers", "region_too_small"])


def test_between_1000_and_3000_customers_a_fit_is_called_thin(shoppers):
    assert "few_customers" in codes(predict(shoppers(1500), Prediction()))
    assert "few_customers" not in codes(predict(shoppers(3300), Prediction()))


def test_all_who_leave_alike_keep_the_model_that_says_so(table):
    """Everybody buys on the first days and never again: certain leaving, its spread untold."""
    repeats = np.random.default_rng(1).integers(1, 4, 2000)
    found = predict(table(repeats, repeats, np.full(2000, 500)), SMALL)
    assert "alike" in codes(found)
    assert found.notes["fit"]["degenerate"]
    assert max(found.table.column("expected_purchases").to_pylist()) < 0.01


OFF = {
    "no buyers": (([], [], []), ["no_buyers"]),
    "one customer": (([3], [30], [400]), ["too_few_customers", "no_region"]),
    "one day": (([0] * 2000, [0] * 2000, [0] * 2000), ["one_day"]),
    "no repeats": (([0] * 2000, [0] * 2000, [400] * 2000), ["no_repeats", "no_region"]),
    "all equal": (([3] * 2000, [300] * 2000, [400] * 2000), ["not_identified", "no_region"]),
    "short history": (([1] * 2000, [20] * 2000, [60] * 2000), ["short_history"]),
}


@pytest.mark.parametrize("case", OFF)
@pytest.mark.parametrize("model", ["auto", "bg_nbd", "pareto_nbd"])
def test_where_nothing_can_be_predicted_the_result_says_why(case, model, table):
    histories, reasons = OFF[case]
    rows = table(*histories)
    found = predict(rows, SMALL.model_copy(update={"model": model}), factor=1.0)
    assert (found.model, found.grade, codes(found)) == (None, "none", reasons)
    columns = found.customers(rows)
    assert columns.column_names == list(COLUMNS)
    assert all(column.null_count == rows.num_rows for column in columns.columns)
    json.dumps(found.notes, allow_nan=False)


def test_prediction_is_off_where_the_profile_says_so(shoppers):
    for settings in (Prediction(on=False), Prediction(model="none")):
        assert codes(predict(shoppers(150), settings)) == ["off"]
