"""Clusters of a market, or the reason why there are none."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.metrics import adjusted_rand_score

from tasks.cluster.fit import cluster
from tasks.cluster.records import Clustered, Previous, Refused


def codes(found):
    return found.customers["cluster"].to_pylist()


def digest(found):
    return hashlib.sha256(json.dumps([codes(found), found.notes]).encode()).hexdigest()


def varied(table, **columns):
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    return table


@pytest.fixture(scope="module")
def usual(known, settings):
    """The market of four kinds in clusters, by the settings as they are."""
    return cluster(known[0], settings())


@pytest.mark.parametrize("method", ["kmeans", "gaussian_mixture"])
def test_groups_that_are_there_are_found_without_being_told_how_many(known, settings, method):
    table, kinds = known
    found = cluster(table, settings(method=method))
    assert isinstance(found, Clustered)
    assert found.notes["k"] == 4
    assert adjusted_rand_score(kinds, codes(found)) > 0.97


def test_the_chosen_number_has_the_best_silhouette_of_those_that_hold(usual):
    notes = usual.notes
    fine = [one for one in notes["tried"] if not one["against"]]
    assert [one["k"] for one in notes["tried"]] == [3, 4, 5, 6]
    assert notes["k"] == max(fine, key=lambda one: one["silhouette"])["k"]


def test_every_customer_with_all_traits_is_in_one_cluster_and_the_sizes_add_up(known, settings):
    table, _ = known
    spend = [None if number % 10 == 0 else one for number, one in enumerate(table["basket_local"].to_pylist())]
    found = cluster(varied(table, basket_local=spend), settings())
    assert [one is None for one in codes(found)] == [one is None for one in spend]
    assert sum(one.customers for one in found.clusters) == found.notes["clustered"] == 1800
    assert sum(one.share for one in found.clusters) == pytest.approx(1, abs=1e-5)
    assert (found.notes["left_out"], found.notes["nulls"]["basket_local"]) == (200, 200)


def test_notes_are_json(usual):
    assert json.loads(json.dumps(usual.notes)) == usual.notes


# --- the same whatever the rows' order, threads and engine ------------------------------------------------------------


def test_the_order_of_rows_changes_nothing(known, settings, usual):
    table, _ = known
    shuffled = table.take(pa.array(np.random.default_rng(3).permutation(table.num_rows)))
    assert digest(cluster(shuffled, settings())) == digest(usual)


def test_the_last_digit_of_a_double_changes_no_cluster(known, settings, usual):
    # two engines may sum a customer's amounts in another order
    table, _ = known
    spend = table["basket_local"].to_numpy()
    other = np.where(np.arange(len(spend)) % 3 == 0, np.nextafter(spend, np.inf), spend)
    assert digest(cluster(varied(table, basket_local=other), settings())) == digest(usual)


def test_the_number_of_threads_changes_nothing():
    script = """
import sys
sys.path.insert(0, sys.argv[1])
from conftest import TRAITS, market
from region_profiles.cluster_models import Clusters
from tasks.cluster.fit import cluster
from tasks.cluster.methods import alone, fit
from tasks.cluster.prepare import prepare
import hashlib, json
table, _ = market((3000, 2000, 500, 1500), spread=0.5)
for method in ("kmeans", "gaussian_mixture"):
    found = cluster(table, Clusters(traits=TRAITS, method=method, k=4, accept_unstable=True, sample=1000))
    print(hashlib.sha256(json.dumps([found.customers["cluster"].to_pylist(), found.notes]).encode()).hexdigest())
with alone():  # to the last digit, too: nothing is left to rounding
    centres = fit("kmeans", prepare(table, Clusters(traits=TRAITS)).scaled, 8, seed=1, starts=10).centres
print(hashlib.sha256(centres.tobytes()).hexdigest())
"""

    def printed(threads):
        environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
        return subprocess.run(  # noqa: S603  our own interpreter and script
            [sys.executable, "-c", script, str(Path(__file__).parent)],
            env=environment,
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    one = printed("1")
    assert len(one.split()) == 3
    assert printed("2") == one


def test_markets_that_cluster_at_the_same_time_do_not_disturb_each_other(shop, settings):
    from concurrent.futures import ThreadPoolExecutor

    from threadpoolctl import threadpool_info

    markets = [shop(seed=seed)[0] for seed in (1, 2)]
    limits = [one["num_threads"] for one in threadpool_info()]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda table: digest(cluster(table, settings(k=4))), markets))
    assert together == [digest(cluster(table, settings(k=4))) for table in markets]
    assert [one["num_threads"] for one in threadpool_info()] == limits


# --- refused, with the reason -----------------------------------------------------------------------------------------


def refusal(table, settings):
    found = cluster(table, settings)
    assert isinstance(found, Refused)
    return found.reason, found.facts


def test_off_is_off(known, settings):
    assert refusal(known[0], settings(on=False)) == ("off", {})


@pytest.mark.parametrize("count", [0, 1, 2, 99])
def test_a_few_customers_carry_no_clusters(known, settings, count):
    told = refusal(known[0].slice(0, count), settings())
    assert told == ("too_few_customers", {"customers": count, "minimum": 100})


def test_more_clusters_than_customers_are_too_few_customers(known, settings):
    reason, facts = refusal(known[0].slice(0, 10), settings(k=20, accept_unstable=True))
    assert (reason, facts["customers"]) == ("too_few_customers", 10)


def test_nulls_everywhere_leave_no_trait(known, settings):
    table, _ = known
    empty = varied(table, **{name: pa.nulls(table.num_rows, pa.float64()) for name in table.column_names[1:]})
    reason, facts = refusal(empty, settings())
    assert (reason, facts["traits"]) == ("missing_traits", 0)
    assert set(facts["unused_traits"].values()) == {"coverage"}


def test_many_nulls_leave_too_few_customers(known, settings):
    table, _ = known
    spend = [one if number < 80 else None for number, one in enumerate(table["basket_local"].to_pylist())]
    told = refusal(varied(table, basket_local=spend), settings(minimum_coverage=0))
    assert told == ("too_few_customers", {"customers": 80, "minimum": 100})


def test_equal_customers_have_no_trait_that_varies(known, settings):
    table, _ = known
    equal = varied(table, **{name: [1.0] * table.num_rows for name in table.column_names[1:]})
    reason, facts = refusal(equal, settings())
    assert reason == "no_varying_trait"
    assert set(facts["unused_traits"].values()) == {"constant"}


def test_with_fewer_than_half_of_the_traits_there_are_none_and_the_rest_is_named(known, settings):
    reason, facts = refusal(known[0].select(["customer_id", "recency_days"]), settings())
    lacking = dict.fromkeys(("lifetime_frequency", "basket_local", "discount_share"), "missing")
    assert (reason, facts) == ("missing_traits", {"unused_traits": lacking, "traits": 1, "minimum": 2})


def test_one_missing_trait_of_many_only_stays_out(known, settings):
    found = cluster(known[0].drop_columns(["discount_share"]), settings(k=4, accept_unstable=True))
    assert found.notes["unused_traits"] == {"discount_share": "missing"}


@pytest.fixture(scope="module")
def shapeless():
    """Customers without any groups: one normal cloud in four traits."""
    drawn = np.random.default_rng(5).normal(100, 10, size=(2000, 4))
    names = ("recency_days", "lifetime_frequency", "basket_local", "discount_share")
    columns = {name: drawn[:, at] for at, name in enumerate(names)}
    return pa.table({"customer_id": [f"p{number:05d}" for number in range(2000)], **columns})


def test_a_cloud_without_groups_is_unstable_and_the_figures_are_told(shapeless, settings):
    reason, facts = refusal(shapeless, settings())
    assert reason == "unstable"
    assert facts["stability"] < facts["minimum_stability"] == 0.8


def test_a_number_set_by_the_profile_is_refused_too_unless_it_accepts_what_speaks_against_it(shapeless, settings):
    assert refusal(shapeless, settings(k=5))[0] == "unstable"
    accepted = cluster(shapeless, settings(k=5, accept_unstable=True))
    assert accepted.notes["k"] == 5
    assert "unstable" in accepted.notes["accepted_against"]
    assert accepted.notes["k_by"] == "profile"


def test_stable_clusters_that_overlap_are_told_apart_from_unstable_ones(known, settings):
    reason, facts = refusal(known[0], settings(minimum_silhouette=0.99))
    assert reason == "overlapping"
    assert facts["silhouette"] < 0.99


def test_one_cluster_of_nearly_all_is_none(shop, settings):
    table, _ = shop((1900, 40, 30, 30))
    reason, facts = refusal(table, settings(k=3, minimum_stability=0, minimum_silhouette=-1, maximum_share="0.9"))
    assert reason == "dominant"
    assert facts["largest_share"] > 0.9


@pytest.mark.parametrize("method", ["kmeans", "gaussian_mixture"])
def test_fewer_kinds_of_customers_than_clusters_are_as_many_clusters_as_there_are_kinds(settings, method):
    kinds = np.arange(600) % 3
    columns = {name: (kinds == at).astype(float) for at, name in enumerate(("recency_days", "lifetime_frequency"))}
    table = pa.table({"customer_id": [f"p{number:05d}" for number in range(600)], **columns})
    found = cluster(table, settings(k=6, accept_unstable=True, method=method))
    assert found.notes["k"] == len(found.clusters) == 3
    assert {one.customers for one in found.clusters} == {200}


# --- over months ------------------------------------------------------------------------------------------------------


def test_a_month_later_the_codes_stand_for_the_same_kinds(shop, known, settings, usual):
    (_, kinds), first = known, usual
    later, more = shop((850, 600, 250, 500), seed=8)
    kept = {code: kinds[place] for place, code in enumerate(codes(first))}
    # the same people by kind: the k-th customer of a kind is the k-th of it a month later
    names = np.array([f"p{number:07d}" for number in range(len(more))], dtype=object)
    ids = np.empty(len(more), dtype=object)
    taken = 0
    for kind in range(4):
        before, now = np.flatnonzero(kinds == kind), np.flatnonzero(more == kind)
        fresh = [f"q{taken + number:07d}" for number in range(len(now) - len(before))]
        taken += len(fresh)
        ids[now] = [*names[before], *fresh]
    later = varied(later, customer_id=ids.tolist())
    second = cluster(later, settings(), Previous(first.customers, first.notes["last"]))
    truth = dict(zip(ids, more, strict=True))
    placed = zip(second.customers["customer_id"].to_pylist(), codes(second), strict=True)
    assert np.mean([kept[code] == truth[one] for one, code in placed]) > 0.97
    assert all(one.jaccard > 0.9 for one in second.clusters)
    assert (second.notes["last"], second.notes["ended"]) == (4, [])


def test_a_refused_month_hands_on_the_highest_code(known, settings, usual):
    refused = cluster(known[0].slice(0, 5), settings(), Previous(usual.customers, 9))
    assert refused.notes["last"] == 9
    assert cluster(known[0], settings(on=False), Previous(usual.customers)).notes["last"] == 4


# --- a real chain -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def retailer(shared_data):
    import duckdb

    folder = shared_data("global_electronics_retailer/pristine")
    with duckdb.connect() as con:
        return con.sql(f"""
            WITH lines AS (
                SELECT CustomerKey, "Order Number" AS number, strptime("Order Date", '%m/%d/%Y')::DATE AS day,
                    StoreKey = '0' AS online, Category,
                    Quantity::INT * replace(replace(trim("Unit Price USD"), '$', ''), ',', '')::DOUBLE AS amount,
                FROM read_csv('{folder}/Sales.csv', all_varchar = true)
                JOIN read_csv('{folder}/Products.csv', all_varchar = true) USING (ProductKey))
            SELECT CustomerKey AS customer_id, DATE '2021-02-20' - max(day) AS recency_days,
                DATE '2021-02-20' - min(day) AS tenure_days, count(DISTINCT day) AS lifetime_frequency,
                sum(amount) / count(DISTINCT number) AS basket_local,
                count(DISTINCT Category) AS categories, avg(online::INT) AS remote_share,
            FROM lines GROUP BY ALL ORDER BY customer_id""").to_arrow_table()


def test_half_of_a_real_chain_has_the_same_four_groups_as_the_whole(retailer):
    # 11,887 customers bought: facts on the Global Electronics Retailer
    from region_profiles.cluster_models import Clusters

    whole = cluster(retailer, Clusters())
    assert (whole.notes["clustered"], whole.notes["k"]) == (11_887, 4)
    assert whole.notes["unused_traits"] == {"discount_share": "missing", "returns_share": "missing"}
    even = pc.equal(pc.bit_wise_and(retailer["customer_id"].cast(pa.int64()), 1), 0)
    half = cluster(retailer.filter(even), Clusters(k=4), Previous(whole.customers))
    assert [one.code for one in half.clusters] == ["c1", "c2", "c3", "c4"]
    assert min(one.jaccard for one in half.clusters) > 0.8
    assert {one.apart[0].trait for one in half.clusters} == {one.apart[0].trait for one in whole.clusters}
