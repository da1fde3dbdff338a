"""What segments and holdouts did since the report before, against published and worked-out numbers."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from tasks.export.report.outcomes import Difference, Side, difference, holm


def side(bought, customers):
    return Side(customers, bought, Decimal(0))


def test_the_interval_is_newcombes():
    """Newcombe 1998, table II, example (a): 56/70 - 48/80."""
    found = difference(side(56, 70), side(48, 80))
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)
    assert found.value == pytest.approx(0.2)


def test_the_p_value_is_that_of_two_proportions():
    """statsmodels' documentation of proportions_ztest: [5, 12] of [83, 99]."""
    assert difference(side(5, 83), side(12, 99)).p == pytest.approx(0.159181, abs=1e-6)


def test_holm_agrees_with_statsmodels():
    from statsmodels.stats.multitest import multipletests

    p = [0.04, 0.001, 0.03, 0.9, 0.03]
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1].tolist())
    assert holm([]) == []


def test_outcomes_agree_with_a_count_of_the_files(usual):
    found = usual.facts().outcomes
    now, then = f"'{usual.folder}/customers.parquet'", f"'{usual.folder}/before.parquet'"
    assert set(found) == {"lifecycle", "audience"}
    for code, one in found["lifecycle"].items():
        for part, holdout in ((one.all, "%"), (one.campaigns, "no"), (one.holdout, "yes")):
            query = (
                "SELECT count(*), count(*) FILTER (n.lifetime_orders > t.lifetime_orders), "
                "coalesce(sum(n.lifetime_reference - t.lifetime_reference), 0) "
                f"FROM read_parquet({then}) t LEFT JOIN read_parquet({now}) n USING (customer_id) "
                f"WHERE t.segment_lifecycle = '{code}' AND t.holdout LIKE '{holdout}'"
            )
            assert part is None or part == Side(*usual.con.execute(query).fetchone())
    assert found["lifecycle"]["champions"].holdout.customers == 99


def test_who_is_gone_counts_as_one_who_did_not_buy(usual):
    sizes = sum(one.all.customers for one in usual.facts().outcomes["lifecycle"].values())
    assert sizes == 2970, "all of the report before, the twenty who left since included"


@pytest.mark.parametrize(("campaigns", "holdout", "reading"), [
    (0.5, 0.1, "more"), (0.1, 0.5, "fewer"), (0.3, 0.3, "same"), (0.3, 0.0, "few"),
])  # fmt: skip
def test_a_difference_is_read_in_words(market, sql, campaigns, holdout, reading):
    before = (
        f"SELECT * REPLACE (lifetime_orders - CASE WHEN (i // 20) % 100 < 100 * "
        f"(CASE WHEN holdout = 'yes' THEN {holdout} ELSE {campaigns} END) THEN 1 ELSE 0 END AS lifetime_orders, "
        f"'loyal' AS segment_lifecycle) FROM ({sql.numbered})"
    )
    found = market(before=before).facts().outcomes["lifecycle"]["loyal"]
    assert found.reading == reading
    assert (found.difference is None) == (reading == "few")


def test_few_buyers_are_neither_counted_nor_compared(market, sql):
    fewer = "lifetime_orders - CASE WHEN i < 3 THEN 1 ELSE 0 END AS lifetime_orders"
    before = f"SELECT * REPLACE ({fewer}) FROM ({sql.numbered})"
    page = market(before=before).page("en-GB").split('<section id="results"')[1].split("</section>")[0]
    cells = re.findall(r"<bdi>(.*?)</bdi>", page)
    assert "*" in cells
    assert not {"1", "2", "3"} & set(cells)


def test_without_a_holdout_nothing_is_said_of_campaigns(market, sql):
    before = f"SELECT * EXCLUDE (holdout) FROM ({sql.customers})"
    page = market(before=before, background={"previous_audiences": None}).page("en-GB")
    assert 'id="results"' in page
    assert "results_holdout" not in page
    assert all(one.holdout is None for one in market(before=before).facts().outcomes["lifecycle"].values())


def test_a_publication_that_knew_no_lifetime_tells_no_results(market, sql):
    made = market(before=f"SELECT * EXCLUDE (lifetime_reference) FROM ({sql.customers})")
    assert made.facts().outcomes is None
    assert 'id="results"' not in made.page()


def test_figures_of_the_difference_have_signs(usual):
    page = usual.page("en-GB").split('<section id="results"')[1].split("</section>")[0]
    found = usual.facts().outcomes["lifecycle"]["champions"].difference
    assert isinstance(found, Difference)
    assert found.value < 0
    assert f"{found.value * 100:.1f} ({found.low * 100:.1f} – {found.high * 100:.1f})" in page
