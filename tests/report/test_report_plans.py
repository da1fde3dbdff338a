"""Plans: differentiated, whole, in the market's own words where it has some, filled with numbers that betray nobody."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

import pytest

from region_profiles.loader import load_profile
from region_profiles.models import Profile
from region_profiles.playbook_checks import check_playbooks, moments
from region_profiles.playbook_models import Avoid, Care, Measure, Offer, Products
from tasks.export.labels import catalog, segment_codes
from tasks.export.report.own import CHANNELS
from tasks.export.report.plans import Plans, playbooks
from tasks.export.report.words import Words

BASE = load_profile("DE")
ENGLISH = catalog("en")


def cards(made, locale="en-GB", near=()):
    """Lines of each card by section and title."""
    words = Words(locale, made.profile)
    plans = Plans(words, made.profile, made.facts(), made.figures, made.background, near)
    return {
        section.id.removeprefix("playbooks-"): {card.title: dict(card.lines) for card in section.blocks[-1].cards}
        for section in playbooks(plans)
    }


def told(made, locale):
    """All that the cards of lifecycle say."""
    return {text for lines in cards(made, locale)["lifecycle"].values() for text in lines.values()}


# --- the base's plans -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dimension", ["lifecycle", "account_lifecycle", "loyalty", "value", "churn_risk",
                                       "predicted_value", "price_sensitivity"])  # fmt: skip
def test_every_segment_has_a_plan(dimension):
    kind = BASE.dimensions[dimension]
    assert set(BASE.playbooks[dimension]) == set(segment_codes(kind)) - {"none"}


def test_every_audience_has_a_plan():
    assert set(BASE.playbooks["audience"]) == set(BASE.audiences)


def test_the_most_valuable_get_service_or_early_access_and_no_discount():
    best = [
        BASE.playbooks["lifecycle"]["champions"], BASE.playbooks["value"]["high"],
        BASE.playbooks["predicted_value"]["high"], BASE.playbooks["audience"]["vip_service"],
        BASE.playbooks["lifecycle"]["cannot_lose"], BASE.playbooks["account_lifecycle"]["champions"],
    ]  # fmt: skip
    assert {plan.offer for plan in best} == {"service", "early_access"}
    assert {plan.discount for plan in best} == {None}


def test_discounts_are_bounded_and_largest_for_whom_price_moves():
    plans = [plan for some in BASE.playbooks.values() for plan in some.values()]
    bounds = {plan.discount for plan in plans if plan.offer == "discount"}
    assert None not in bounds
    assert max(bounds) == BASE.playbooks["price_sensitivity"]["discount_led"].discount == Decimal("0.2")


def test_every_kind_of_offer_is_used_and_plans_of_a_dimension_differ():
    plans = [plan for some in BASE.playbooks.values() for plan in some.values()]
    assert {plan.offer for plan in plans} == set(get_args(Offer))
    assert {plan.measure for plan in plans} == set(get_args(Measure))
    for dimension, some in BASE.playbooks.items():
        if dimension != "audience":
            told = [plan.model_dump_json() for plan in some.values()]
            assert len(set(told)) == len(told), dimension


def test_an_audience_is_addressed_by_channels_that_it_asks_consent_for():
    for code, plan in BASE.playbooks["audience"].items():
        assert set(plan.channels) <= {*BASE.audiences[code].channels, "store"}, code


@pytest.mark.parametrize(("context", "codes"), [
    ("offer", get_args(Offer)), ("products", get_args(Products)), ("care", get_args(Care)),
    ("avoid", get_args(Avoid)), ("measure", get_args(Measure)),
])  # fmt: skip
def test_every_code_has_its_message(context, codes):
    assert {code for code in codes if code != "none"} <= {code for where, code in ENGLISH if where == context}


def test_every_plan_has_a_goal_and_a_message():
    for dimension, plans in BASE.playbooks.items():
        for code in plans:
            contexts = (f"playbook {dimension} {code}", f"playbook {code}")
            context = next((one for one in contexts if (one, "goal") in ENGLISH), None)
            assert context is not None, contexts
            assert (context, "angle") in ENGLISH, context


# --- what a profile may say -------------------------------------------------------------------------------------------


def faults(**playbooks_):
    data = BASE.model_dump(by_alias=True) | {"playbooks": playbooks_}
    return [(one.path, one.problem) for one in check_playbooks(Profile.model_validate(data))]


def test_the_base_has_no_fault():
    assert list(check_playbooks(BASE)) == []


def test_a_plan_for_nobody_is_told():
    plan = {"cadence": "monthly"}
    assert faults(lifecycel={"champions": plan}) == [(("playbooks", "lifecycel"), "is no dimension")]
    assert faults(lifecycle={"champion": plan}) == [(("playbooks", "lifecycle", "champion"), "is no segment")]
    assert faults(audience={"winback": plan}) == [(("playbooks", "audience", "winback"), "is no audience")]
    assert faults(residence={"resident": plan}) == [], "only the data knows a trait's values"


def test_a_moment_nobody_knows_and_a_discount_without_a_bound_are_faults():
    plan = {"cadence": "monthly", "offer": "discount", "moments": ["diwaly"], "channels": ["email", "email"]}
    found = faults(value={"low": plan})
    path = ("playbooks", "value", "low")
    assert found == [
        ((*path, "channels", 1), "channel stands twice"),
        ((*path, "moments", 0), "unknown moment"),
        ((*path, "discount"), "is missing"),
    ]
    assert "diwali" in moments()


# --- cards ------------------------------------------------------------------------------------------------------------


def test_a_card_tells_what_to_do_and_whom_it_is_about(usual):
    found = cards(usual)["lifecycle"]
    assert set(found) == {"Champions", "Loyal customers", "New customers", "At risk", "Lost", "Prospects", "Lapsed"}
    champion = found["Champions"]
    assert champion["Goal"] == "Keep the best customers and let them recommend us."
    assert champion["Channels, in this order"] == ("In store", "Email"), "nobody may be reached in the app"
    assert "Price reductions they never asked for, and mass mailings." in champion.values(), "own words before codes"


def test_a_segment_without_a_plan_has_no_card(usual):
    found = cards(usual)
    assert set(found["value"]) == {"Low value", "Medium value", "High value"}, (
        "who buys nothing has no tier, and no plan"
    )
    assert "residence" not in found


def test_several_things_to_avoid_stand_on_lines_of_their_own(usual):
    assert cards(usual)["value"]["High value"]["What to avoid"] == "Discounts nobody asked for.\nMass mailings."


def test_a_market_says_it_in_its_own_words(market, usual):
    plans = usual.profile.model_dump(by_alias=True)["playbooks"]
    plans["lifecycle"]["champions"]["words"] = {"de": {"goal": "Danke sagen."}, "de-AT": {"goal": "Servus sagen."}}
    made = market(first=True, playbooks=plans)
    for locale, goal in (("de-DE", "Danke sagen."), ("de-AT", "Servus sagen.")):
        assert goal in told(made, locale)
    assert "Danke sagen." not in told(made, "en-GB")


def test_words_of_one_segment_do_not_fill_anothers_gaps(usual):
    """`champions` of accounts have no measure of their own words: the code's stands, not that of persons."""
    assert ("playbook account_lifecycle champions", "measure") not in ENGLISH
    assert ("playbook champions", "measure") in ENGLISH
    assert usual.profile.playbooks["account_lifecycle"]["champions"].measure == "orders"


def test_numbers_of_a_card_agree_with_a_count_of_the_file(usual):
    own = usual.facts().own["lifecycle", "champions"]
    source = f"read_parquet('{usual.folder}/customers.parquet') WHERE segment_lifecycle = 'champions'"

    def one(what):
        return usual.con.execute(f"SELECT {what} FROM {source}").fetchone()[0]

    assert own.customers == one("count(*)")
    assert own.contactable["email"] == one("count(*) FILTER (consent_email = 'yes')")
    assert own.holdout == one("count(*) FILTER (holdout = 'yes')")
    assert own.basket == round(one("median(basket_local)"), 2)
    assert own.bought_most in {"Schuhe", "Mäntel"}
    assert own.stores[0] == "Berlin Mitte", "by its name"
    assert set(own.contactable) == set(CHANNELS)


def test_of_channels_by_which_nobody_may_be_contacted_one_remains_where_there_is_no_other(market, usual):
    plans = usual.profile.model_dump(by_alias=True)["playbooks"]
    plans["lifecycle"]["champions"]["channels"] = ["app", "phone"]
    plans["lifecycle"]["loyal"]["channels"] = ["app", "sms", "phone"]
    found = cards(market(first=True, playbooks=plans))["lifecycle"]
    assert found["Champions"]["Channels, in this order"] == ("App", "Phone call")
    assert found["Loyal customers"]["Channels, in this order"] == ("Text message",)


def test_who_has_not_bought_yet_gets_no_help_with_a_purchase():
    prospects = [BASE.playbooks[one]["prospect"] for one in ("lifecycle", "account_lifecycle")]
    assert "help_start" not in {plan.care for plan in prospects}


def test_whose_tier_ends_is_not_told_of_points():
    ending = [BASE.playbooks["loyalty"]["tier_ending"], BASE.playbooks["audience"]["tier_about_to_lapse"]]
    assert {plan.care for plan in ending} == {"recognise"}


def test_few_who_may_be_contacted_are_withheld(usual):
    """Of the lapsed and the prospects one each may get letters."""
    prospects = usual.facts().own["lifecycle", "prospect"]
    assert prospects.contactable["post"] is None
    assert usual.facts().own["lifecycle", "champions"].contactable["post"] == 0


def test_categories_and_stores_of_few_are_not_named(market, sql):
    rare = "CASE WHEN i < 4 THEN 'Orden' END"
    now = f"SELECT * REPLACE ({rare} AS category_main, {rare} AS home_store) FROM ({sql.numbered})"
    made = market(now, first=True)
    assert all(one.bought_most is None and one.stores == () for one in made.facts().own.values())


def test_an_audience_has_its_size_and_small_ones_are_withheld(usual):
    found = usual.page("en-GB").split('<section id="playbooks-audience"')[1].split("</section>")[0]
    assert found.count("<article>") == 2, "nobody is on the list of abandoned carts"
    assert "withheld" in found
    assert len(cards(usual)["audience"]) == 2


def test_an_audience_whose_refused_are_few_has_its_size_in_words(market):
    """How many match would tell how few are not listed."""
    few = {"win_back": {"matched": 1003, "listed": 1000, "not_listed": 3, "holdout": 50}}
    made = market(first=True, background={"segments": {"audiences": few}})
    found = made.page("en-GB").split('<section id="playbooks-audience"')[1].split("</section>")[0]
    assert "1,000 customers listed" in found
    assert "1,003" not in found


def test_without_holdout_a_card_says_nothing_of_one(market, sql):
    made = market(f"SELECT * REPLACE (NULL::VARCHAR AS holdout) FROM ({sql.customers})", first=True)
    assert {one.holdout for (dimension, _), one in made.facts().own.items() if dimension == "lifecycle"} == {-1}
