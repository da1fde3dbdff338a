"""What is published of the Global Electronics Retailer, and what `explain` says, follows from its raw files alone."""

from __future__ import annotations

import json
import random
from datetime import date

import pytest

from flows.telling.publications import published as publication_of
from region_profiles.loader import load_profile
from tasks.segment.explain import Published, explain
from tests.independent.recompute_ger import recompute
from tests.markets.conftest import examples, landing_of, run_markets  # noqa: F401 - fixtures

pytestmark = [pytest.mark.xdist_group("electronics"), pytest.mark.slow]
AS_OF = date(2021, 2, 20)
MARKETS = ("AU", "CA", "DE", "FR", "GB", "IT", "NL", "US")
#: Customers of each market whose every number is compared, drawn by a seed; of them so many are explained too.
CUSTOMERS, EXPLAINED = 1000, 125


@pytest.fixture(scope="module")
def raw(shared_data):
    return shared_data("global_electronics_retailer/pristine")


@pytest.fixture(scope="module")
def truth(raw):
    return recompute(raw, AS_OF)


@pytest.fixture(scope="module")
def ran(run_markets, landing_of, examples, tmp_path_factory):  # noqa: F811 - fixtures
    landing = landing_of("global_electronics_retailer/pristine", "global_electronics")
    root = tmp_path_factory.mktemp("independent")
    return run_markets(landing, root, AS_OF, profiles=examples / "global_electronics_retailer")


def drawn(ran, market):
    """A thousand customers of the market, or all, with their member numbers."""
    numbers = {row["customer_id"]: row["member_number"] for row in ran.canonical(market, "customers")}
    rows = sorted(ran[market].customers, key=lambda row: row["customer_id"])
    picked = random.Random(f"20210220 {market}").sample(rows, min(CUSTOMERS, len(rows)))  # noqa: S311 - a sample
    return [(numbers[row["customer_id"]], row) for row in picked]


@pytest.mark.parametrize("market", MARKETS)
def test_segment_scores_and_money_of_a_thousand_customers_follow_from_the_raw_files(ran, truth, market):
    for number, row in drawn(ran, market):
        one = truth[market][number]
        expected = {
            "orders": len(one.orders),
            "frequency": len(one.days),
            "recency_days": one.recency,
            "monetary_local": one.money if one.orders else None,
            **dict(zip(("r_score", "f_score", "m_score"), one.scores or (None,) * 3, strict=True)),
            "segment_lifecycle": one.lifecycle,
        }
        assert {name: row[name] for name in expected} == expected, number


@pytest.mark.parametrize("market", MARKETS)
def test_explain_names_the_segment_and_the_rule_that_the_raw_files_lead_to(ran, truth, examples, market):  # noqa: F811
    profile = load_profile(market, examples / "global_electronics_retailer")
    _, manifest = publication_of(str(ran[market].root), market, AS_OF)
    folder = ran[market].folder / "canonical"
    files = Published(AS_OF, folder / "customers.parquet", manifest.notes, folder / "membership.parquet", first=True)
    for number, row in drawn(ran, market)[:EXPLAINED]:
        told = json.loads(json.dumps(explain(files, profile, row["customer_id"]).as_dict()))
        (placement,) = (one for one in told["placements"] if one["dimension"] == "lifecycle")
        one = truth[market][number]
        assert (placement["segment"], placement["facts"]["rule"]) == (one.lifecycle, one.rule), number
        scores = {score["score"]: score["points"] for score in told["scores"]}
        assert tuple(scores.values()) == (one.scores or (None, None, None)), number
