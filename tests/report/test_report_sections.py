"""Sections on like with like, predictions, groups, rules and business accounts: right, and nothing of anybody small."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tasks.export.report.alike import Alike
from tasks.export.report.words import Words


def section(page, name):
    """A section's text, tags gone."""
    found = page.split(f'<section id="{name}"')[1].split("</section>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))


# --- like with like ---------------------------------------------------------------------------------------------------


def test_causes_agree_with_a_count_of_the_file(usual):
    found = usual.facts().alike.causes["lifecycle"]
    query = (
        f"SELECT cause, count(*) FROM read_parquet('{usual.folder}/membership.parquet') "
        "WHERE dimension = 'lifecycle' AND segment IS NOT NULL AND previous_segment IS NOT NULL GROUP BY 1"
    )
    assert found == dict(usual.con.execute(query).fetchall())


def test_who_is_new_or_gone_changed_no_segment(usual):
    """Thirty are new and twenty are gone; nobody changed language or residence, and no row tells of any."""
    assert set(usual.facts().alike.causes) == {"lifecycle"}
    assert usual.facts().moves.joined == 30
    assert "customers are new to this report" in section(usual.page("en-GB"), "changed")


def test_all_customers_of_before_change_segment_where_a_dimension_is_new(market, sql):
    """The published file has no such column, so that nobody has a segment before."""
    before = f"SELECT * EXCLUDE (segment_residence) FROM ({sql.template.format(first=30, last=2980)})"
    made = market(before=before)
    made.con.execute(
        f"COPY (SELECT * REPLACE (CASE WHEN dimension = 'residence' THEN 'rule' ELSE cause END AS cause) "
        f"FROM read_parquet('{made.folder}/membership.parquet')) TO '{made.folder}/new.parquet'"
    )
    (made.folder / "new.parquet").replace(made.folder / "membership.parquet")
    assert made.facts().alike.causes["residence"] == {"rule": 2950}


def test_a_dimension_that_went_off_changes_nothing_in_the_report(market, usual):
    """Everybody left it by rule; what the report tells of others stays as it is."""
    made = market()
    file = f"read_parquet('{made.folder}/membership.parquet')"
    off = "customer_id, 'demography' AS dimension, 'old' AS previous_segment, 'exit' AS move, 'rule' AS cause"
    made.con.execute(
        f"COPY (SELECT * FROM {file} UNION ALL BY NAME SELECT {off} "
        f"FROM read_parquet('{made.folder}/customers.parquet')) TO '{made.folder}/off.parquet'"
    )
    (made.folder / "off.parquet").replace(made.folder / "membership.parquet")
    assert made.facts().alike == usual.facts().alike
    assert made.facts().moves == usual.facts().moves


def test_a_break_is_marked_by_dimension_and_size(usual):
    text = section(usual.page("en-GB"), "like")
    assert "The rules have changed since 28 February 2026: Lifecycle" in text
    assert "12 customers stand in another segment only because" in text
    moved = usual.con.execute(
        "SELECT count(DISTINCT customer_id) "
        f"FROM read_parquet('{usual.folder}/membership.parquet') WHERE cause = 'rule'"
    ).fetchone()
    assert moved == (12,)


def test_without_a_break_the_page_says_so(usual):
    alike = usual.facts().alike
    page = usual.page("en-GB", alike=Alike({"lifecycle": {"customer": 9}}, (), 0, alike.anchors, compared=True))
    assert "the two reports compare as they stand" in section(page, "like")
    page = usual.page("en-GB", alike=Alike({}, (), None, (), compared=True))
    assert "withheld" in section(page, "like")


def test_few_refunds_count_among_customers_own_deeds(market):
    made = market()
    made.con.execute(
        f"COPY (SELECT * REPLACE (CASE WHEN row_number() OVER (ORDER BY customer_id, dimension) < 4 THEN 'refund' "
        f"ELSE 'customer' END AS cause) FROM read_parquet('{made.folder}/membership.parquet') "
        f"WHERE dimension = 'lifecycle') TO '{made.folder}/few.parquet'"
    )
    (made.folder / "few.parquet").replace(made.folder / "membership.parquet")
    assert set(made.facts().alike.causes["lifecycle"]) == {"customer"}


def test_an_earlier_date_of_two_names_stands_once(market):
    made = market()
    source = f"read_parquet('{made.folder}/comparisons.parquet')"
    made.con.execute(
        f"COPY (SELECT * FROM {source} UNION ALL SELECT * REPLACE ('month_end' AS anchor) FROM {source} UNION ALL "
        f"SELECT * REPLACE ('last_year' AS anchor, DATE '2025-03-31' AS as_of) FROM {source}) "
        f"TO '{made.folder}/three.parquet'"
    )
    (made.folder / "three.parquet").replace(made.folder / "comparisons.parquet")
    anchors = made.facts().alike.anchors
    assert [(one.name, one.as_of) for one in anchors] == [
        ("last_year", date(2025, 3, 31)), ("previous", date(2026, 2, 28)),
    ]  # fmt: skip
    text = section(made.page("en-GB"), "like")
    assert "A year ago (31 Mar 2025)" in text
    assert "End of last month" not in text


def test_what_is_withheld_today_is_withheld_at_every_date(market, sql):
    few = "CASE WHEN i IN (3, 6) THEN 'net_negative' ELSE segment_lifecycle END AS segment_lifecycle"
    made = market(f"SELECT * REPLACE ({few}) FROM ({sql.numbered})")
    hidden = {row for row in made.figures.hidden if row[0] == "lifecycle"}
    assert ("lifecycle", "net_negative") in hidden
    sizes = made.facts().alike.anchors[0].sizes
    assert all(sizes[row] is None for row in hidden)


# --- predictions and groups -------------------------------------------------------------------------------------------


def test_a_prediction_says_its_grade_its_test_and_the_baseline(usual):
    text = section(usual.page("en-GB"), "predictions")
    for said in (
        "Grade B: the total was within a quarter",
        "1,333 were predicted and 1,201 happened.",
        "Assuming that each customer goes on as before would have given 900.",
        "made 41% of all purchases",
        "(MBG/NBD)",
        "Only 1,986 customers could have come back; below 3,000",
        "the total was off by -61%",
    ):
        assert said in text


def untested(**backtest):
    """A market with a model of its own now, whose test had none."""
    reasons = [{"code": "too_few_customers", "customers": 956, "minimum": 1000}, {"code": "no_region"}]
    few = {"code": "few_customers", "customers": 1211, "minimum": 3000}
    fit = {"model": "mbg_nbd"}
    person = {"customers": 2000, "fit": fit, "pooled": False, "grade": "none", "horizon_days": 365,
              "reasons": [few, *reasons, {"code": "no_margin"}],
              "backtest": {"days": 365, "purchases": None, "reasons": reasons, **backtest}}  # fmt: skip
    return {"predicted": {"prediction": {"person": person}}}


def test_why_the_test_had_no_model_is_not_said_of_the_market_that_has_one(market):
    text = section(market(first=True, background=untested()).page("en-GB"), "predictions")
    for said in ("Only 1,211 customers could have come back", "No lifetime value"):
        assert said in text
    for past in ("956", "Its region has no model"):
        assert past not in text
    assert text.count("At the time of the test there were too few customers") == 1


def test_of_a_test_for_which_the_history_was_short_nothing_is_said_as_of_today(market):
    short = [{"code": "short_history", "days": 40, "minimum": 92}]
    made = untested(reasons=short)
    made["predicted"]["prediction"]["person"]["reasons"] = short
    text = section(market(first=True, background=made).page("en-GB"), "predictions")
    assert "history has 40 days" not in text
    assert "At the time of the test" not in text, "it was not for want of customers"


def test_sums_of_predictions_agree_with_a_count_of_the_file(usual):
    for code, one in usual.facts().expected.sums["lifecycle"].items():
        query = (
            "SELECT count(expected_purchases), sum(expected_purchases), sum(expected_revenue) FROM "
            f"read_parquet('{usual.folder}/customers.parquet') WHERE segment_lifecycle = '{code}'"
        )
        assert (one.customers, one.purchases, one.revenue) == usual.con.execute(query).fetchone()
    assert sum(usual.facts().expected.risks["person"]) == 1986


@pytest.mark.parametrize(("prediction", "said"), [
    ({}, "Predictions are switched off in this market's profile."),
    ({"person": {"customers": 9, "fit": None, "grade": "none",
                 "reasons": [{"code": "short_history", "days": 40, "minimum": 92}]}},
     "No predictions: this market's history has 40 days and needs 92."),
])  # fmt: skip
def test_where_nothing_is_predicted_the_reason_stands(market, prediction, said):
    page = market(first=True, background={"predicted": {"prediction": prediction}}).page("en-GB")
    assert said in section(page, "predictions").replace("&#39;", "'")
    assert "Grade" not in section(page, "predictions")


def test_groups_are_told_in_words_and_small_ones_withheld(market, usual):
    text = section(usual.page("en-GB"), "clusters")
    assert "Group 1 bought recently 1,500 75%" in text
    small = {"code": "c3", "customers": 3, "share": 0.001, "jaccard": None, "apart": []}
    groups = [*usual.background.predicted["clusters"]["clusters"], small]
    told = {**usual.background.predicted, "clusters": {"refused": None, "clusters": groups}}
    text = section(market(first=True, background={"predicted": told}).page("en-GB"), "clusters")
    assert "Group 3 * * *" in text
    assert "Group 2 * * *" in text, "the next smallest protects it"


@pytest.mark.parametrize(("refused", "said"), [("unstable", "other samples"), ("off", None)])
def test_a_refusal_of_groups_is_told_unless_the_profile_wants_none(market, usual, refused, said):
    told = {**usual.background.predicted, "clusters": {"refused": refused}}
    page = market(first=True, background={"predicted": told}).page("en-GB")
    assert ('id="clusters"' in page) == (said is not None)
    assert said is None or said in section(page, "clusters")


# --- rules and dimensions that are off --------------------------------------------------------------------------------


def test_dimensions_that_are_off_stand_with_their_reasons(usual):
    text = section(usual.page("en-GB"), "quality")
    for said in ("known of 7% only: Orders", "not in the data: City", "no such customers"):
        assert said in text


def test_rules_tell_borders_empty_segments_and_overlaps_that_are_not_small(usual):
    text = section(usual.page("en-GB"), "rules")
    for said in ("Orders: 12.3%", "98%", "397 customers in", "2021 international $"):
        assert said in text
    assert "2 customers in" not in text
    assert "%(" not in text


# --- dimensions that are shown, and business accounts -----------------------------------------------------------------


def accounts(sql):
    """Every tenth customer as an account, the next as its contact."""
    kinds = "CASE WHEN i % 10 = 0 THEN 'account' WHEN i % 10 = 1 THEN 'contact' ELSE 'person' END"
    return (
        f"SELECT * REPLACE ({kinds} AS population, CASE WHEN i % 10 < 2 THEN 'account' ELSE segment_lifecycle END AS "
        f"segment_lifecycle), CASE WHEN i % 10 < 2 THEN 'overdue' ELSE 'person' END AS segment_account_lifecycle "
        f"FROM ({sql.numbered})"
    )


@pytest.fixture(scope="module")
def business(market, sql, base_dimensions):
    names = ("lifecycle", "value", "account_lifecycle")
    return market(accounts(sql), first=True, dimensions={name: base_dimensions[name] for name in names})


def test_accounts_have_a_section_of_their_own_and_contacts_are_not_counted(business):
    page = business.page("en-GB")
    assert business.facts().customers == 2682, "of 2,980 every tenth is a contact"
    assert "Overdue" in section(page, "accounts")
    assert "Overdue" not in section(page, "sizes")
    assert ">account<" not in page
    assert ">person<" not in page


def test_accounts_have_plans_of_their_own(business):
    text = section(business.page("en-GB"), "playbooks-account_lifecycle")
    assert "Call before the missed order becomes a lost account." in text
    assert business.facts().own["account_lifecycle", "overdue"].customers == 298


def test_teams_see_at_most_so_many_dimensions_of_each_population(market):
    made = market(first=True, exports={"most_dimensions": 1})
    page = made.page("en-GB")
    assert "Value tier" in section(page, "sizes"), "strata stand on it"
    assert "Residence" not in section(page, "sizes")
    assert 'id="languages"' not in page
    named = market(first=True, exports={"dimensions": ["language", "value"]}).page("en-GB")
    assert 'id="languages"' in named
    assert "Lifecycle" not in section(named, "sizes")


def test_signs_stand_before_what_does_not_round_to_nothing(usual):
    words = Words("en-GB", usual.profile)
    assert [words.signed(one) for one in (1.25, -1.25, 0.04, -0.04)] == ["+1.2", "-1.2", "0.0", "0.0"]
    assert [words.signed_percent(one) for one in (0.25, -0.25, 0.0)] == ["+25%", "-25%", "0%"]
