"""Traits of tables beside the purchases: each on a few rows, with values counted by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

D = Decimal
DAY = date(2021, 1, 10)
LINE = {"member_number": "A", "local_date": date(2020, 12, 1), "net": D(10)}


def person(number, **facts):
    return {"member_number": number, "customer_id": f"id-{number}", "type": "person", **facts}


@pytest.mark.parametrize(
    ("facts", "band", "stage"),
    [
        ({"birth_year": 2004}, "minor", None),
        ({"birth_year": 1999, "household": 3, "children": 1}, "18_24", "young_family"),
        ({"birth_year": 1980, "household": 4, "children": 2}, "35_44", "family"),
        ({"birth_year": 1995, "household": 1}, "25_34", "young_adult"),
        ({"birth_year": 1975, "household": 1}, "45_54", "single"),
        ({"birth_year": 1975, "household": 2}, "45_54", "couple"),
        ({"birth_year": 1975}, "45_54", None),
        ({"birth_year": 1960}, "55_64", "empty_nest"),
        ({"birth_year": 1950}, "65_plus", "senior"),
        ({"household": 2, "children": 1}, None, None),
    ],
)
def test_age_and_household_as_stated_make_band_and_stage(traits_of, facts, band, stage):
    several = person("B", birth_year=1970, household=2)  # so that the columns are filled
    found, _ = traits_of([LINE], [person("A", **facts), several])
    assert (found["A"]["age_band"], found["A"]["life_stage"]) == (band, stage)


def test_a_place_is_known_by_postcode_first_and_by_city_only_where_its_rows_agree(traits_of):
    places = [
        {"postcode": "10115", "city": "Berlin", "population": 3_700_000, "area": "urban"},
        {"postcode": "10117", "city": "Berlin", "population": 3_700_000, "area": "urban"},
        {"city": "Neustadt", "population": 2_000, "area": "rural"},
        {"city": "neustadt ", "population": 55_000, "area": "rural"},
    ]
    people = [
        person("A", postcode="D-10115", city="elsewhere"),
        person("B", postcode="10-117", city="Neustadt"),
        person("C", city="BERLIN"),
        person("D", city="Neustadt"),
    ]
    found, _ = traits_of([LINE], people, others={"places": places})
    sizes = [(found[n]["city_population"], found[n]["city_size"], found[n]["area"]) for n in "ABCD"]
    # A's postcode has a sign of the country before it that the table lacks: nothing is guessed.
    assert sizes[0] == (None, None, None)
    assert sizes[1] == (3_700_000, "metropolis", "urban")
    assert sizes[2] == (3_700_000, "metropolis", "urban")
    assert sizes[3] == (None, None, "rural")
    assert found["B"]["postcode_area"] == "10"


def test_the_distance_to_the_home_store_is_the_great_circle(traits_of):
    # Berlin (52.52, 13.405) to Munich (48.1351, 11.582): 504.4 km by the haversine on a sphere of 6371.0088 km.
    places = [{"city": "Berlin", "latitude": D("52.52"), "longitude": D("13.405")}]
    stores = [{"store_id": "M1", "latitude": D("48.1351"), "longitude": D("11.582")}]
    people = [person("A", city="Berlin", home_store="M1"), person("B", city="Rome", home_store="M1")]
    found, _ = traits_of([LINE], people, others={"places": places, "stores": stores})
    assert found["A"]["home_store_km"] == pytest.approx(504.4, abs=0.1)
    assert found["B"]["home_store_km"] is None


def test_without_a_stated_home_store_the_distance_is_to_the_store_of_most_purchase_days(traits_of):
    places = [{"city": "Berlin", "latitude": D("52.52"), "longitude": D("13.405")}]
    stores = [
        {"store_id": "B1", "latitude": D("52.52"), "longitude": D("13.405")},
        {"store_id": "M1", "latitude": D("48.1351"), "longitude": D("11.582")},
    ]
    days = [("A", "M1", 1), ("A", "M1", 2), ("A", "B1", 3), ("B", "M1", 1), ("C", "X9", 1), ("F1", "M1", 1)]
    lines = [
        {"member_number": who, "store_id": store, "local_date": date(2020, 12, day), "net": D(10)}
        for who, store, day in days
    ]
    people = [
        person("A", city="Berlin"),
        person("B", city="Berlin", home_store="B1"),
        person("C", city="Berlin"),
        person("D", city="Berlin"),
        {"member_number": "F", "customer_id": "id-F", "type": "account", "city": "Berlin"},
        {"member_number": "F1", "customer_id": "id-F1", "type": "contact", "account": "F", "city": "Rome"},
    ]
    found, _ = traits_of(lines, people, others={"places": places, "stores": stores})
    assert {name: (found[name]["home_store"], found[name]["home_store_km"]) for name in found} == {
        "A": ("M1", pytest.approx(504.4, abs=0.1)),
        "B": ("B1", 0.0),  # what was stated stands
        "C": ("X9", None),  # a store whose place nobody knows
        "D": (None, None),
        "F": ("M1", pytest.approx(504.4, abs=0.1)),
        "F1": ("M1", None),
    }


def test_a_distance_that_the_profile_turns_off_is_not_computed(traits_of):
    places = [{"city": "Berlin", "latitude": D("52.52"), "longitude": D("13.405")}]
    stores = [{"store_id": "S1", "latitude": D("48.1351"), "longitude": D("11.582")}]
    others = {"places": places, "stores": stores}
    found, result = traits_of([LINE], [person("A", city="Berlin")], others=others, traits={"off": ["home_store_km"]})
    assert found["A"]["home_store_km"] is None
    assert result.notes["off"]["home_store_km"] == "traits.off names home_store_km"


def test_a_cart_without_a_purchase_in_its_visit_is_abandoned(traits_of):
    events = [
        {"member_number": "A", "local_date": DAY, "session_id": "1", "kind": "view"},
        {"member_number": "A", "local_date": DAY, "session_id": "1", "kind": "cart"},
        {"member_number": "A", "local_date": DAY, "session_id": "2", "kind": "cart"},
        {"member_number": "A", "local_date": DAY, "session_id": "2", "kind": "purchase"},
        {"member_number": "A", "local_date": date(2018, 1, 1), "session_id": "0", "kind": "view"},
        {"member_number": None, "local_date": DAY, "session_id": "3", "kind": "view"},
        {"member_number": "B", "local_date": DAY, "channel": "web", "kind": "search"},
        {"member_number": "B", "local_date": DAY, "channel": "web", "kind": "view"},
    ]
    found, _ = traits_of([LINE], [person("A"), person("B"), person("C")], others={"events": events})
    names = ("sessions", "views", "searches", "carts", "cart_abandonment", "online_recency_days", "engagement")
    assert [found["A"][n] for n in names] == [2, 1, 0, 2, 0.5, 41, "high"]
    assert [found["B"][n] for n in names] == [1, 1, 1, 0, None, 41, "low"]
    assert [found["C"][n] for n in names] == [0, 0, 0, 0, None, None, "none"]


def test_points_that_end_within_sixty_days_are_about_to_expire_unless_they_were_spent(traits_of):
    moves = [
        {"member_number": "A", "local_date": DAY, "kind": "earn", "points": 100, "expires": date(2021, 3, 1)},
        {"member_number": "A", "local_date": DAY, "kind": "earn", "points": 50, "expires": date(2022, 3, 1)},
        {"member_number": "A", "local_date": DAY, "kind": "redeem", "points": 70},
        {"member_number": "B", "local_date": DAY, "kind": "earn", "points": 10, "expires": date(2021, 2, 1)},
        {"member_number": "B", "local_date": DAY, "kind": "expire", "points": -10},
        {"member_number": "B", "local_date": DAY, "kind": "tier", "tier": "gold", "tier_until": date(2021, 2, 25)},
    ]
    found, _ = traits_of([LINE], [person("A"), person("B"), person("C")], others={"loyalty": moves})
    assert [found["A"][n] for n in ("loyalty_points", "points_expiring", "points_expire_on")] == [
        80,
        30,
        date(2021, 3, 1),
    ]
    assert [found["B"][n] for n in ("loyalty_points", "points_expiring", "tier_days_left")] == [0, 0, 5]
    assert found["C"]["loyalty_points"] is None


def test_campaigns_count_what_reached_the_customer(traits_of):
    rows = [
        {"member_number": "A", "local_date": DAY, "campaign": "x", "channel": "email", "outcome": "sent"},
        {"member_number": "A", "local_date": DAY, "campaign": "y", "channel": "email", "outcome": "bounced"},
        {"member_number": "A", "local_date": DAY, "campaign": "z", "channel": "sms", "outcome": "clicked"},
        {"member_number": "A", "local_date": DAY, "campaign": "w", "channel": "email", "outcome": "opened"},
        {"member_number": "A", "local_date": DAY, "campaign": "v", "channel": "email", "outcome": None},
    ]
    found, _ = traits_of([LINE], [person("A"), person("B")], others={"campaigns": rows})
    names = ("campaigns_received", "campaigns_opened", "campaigns_answered", "campaign_channel")
    assert [found["A"][n] for n in names] == [4, 0.5, 0.25, "sms"]
    assert [found["B"][n] for n in names] == [0, None, None, None]


def test_the_latest_recommendation_counts_and_ratings_are_on_one_scale(traits_of):
    said = [
        {"member_number": "A", "local_date": date(2020, 5, 1), "kind": "nps", "nps": 10},
        {"member_number": "A", "local_date": DAY, "kind": "nps", "nps": 6},
        {"member_number": "A", "local_date": DAY, "kind": "rating", "rating": D(5)},
        {"member_number": "A", "local_date": DAY, "kind": "rating", "rating": D(0), "rating_lowest": D(0),
         "rating_highest": D(10)},
        {"member_number": "A", "local_date": DAY, "kind": "complaint", "reason": "late"},
        {"member_number": "A", "local_date": DAY, "kind": "return", "reason": "size"},
        {"member_number": "A", "local_date": DAY, "kind": "return", "reason": "size"},
    ]  # fmt: skip
    found, _ = traits_of([LINE], [person("A", preferred_channel="email")], others={"feedback": said})
    names = ("nps", "nps_class", "rating", "complaints", "return_reason", "preferred_channel")
    assert [found["A"][n] for n in names] == [6, "detractor", 0.5, 1, "size", "email"]


def test_a_survey_says_more_of_a_life_than_interests_and_these_more_than_purchases(traits_of):
    answers = [
        {"member_number": "A", "local_date": DAY, "survey": "s", "version": "1", "question": "lifestyle",
         "answer": "home"},
        {"member_number": "A", "local_date": date(2021, 2, 1), "survey": "s", "version": "2", "question": "lifestyle",
         "answer": "outdoor"},
        {"member_number": "A", "local_date": date(2021, 2, 2), "survey": "s", "question": "other", "answer": "x"},
    ]  # fmt: skip
    interests = [
        {"member_number": "A", "interest": "music", "source": "social"},
        {"member_number": "B", "interest": "music", "source": "social", "strength": D("0.9")},
        {"member_number": "B", "interest": "sport", "source": "social", "strength": D("0.95")},
        {"member_number": "C", "interest": "art", "source": "stated"},
        {"member_number": "C", "interest": "sport", "source": "social"},
    ]
    lines = [{**LINE, "member_number": "D", "order_id": f"d{n}", "product_id": "tent", "net": D(30)} for n in range(3)]
    products = [{"product_id": "tent", "category": "Camping"}]
    found, _ = traits_of(
        [LINE, *lines],
        [person(n) for n in "ABCD"],
        others={"answers": answers, "interests": interests, "products": products},
        traits={"lifestyles": {"outdoor": ["Camping"]}},
    )
    told = {n: (found[n]["lifestyle"], found[n]["lifestyle_evidence"]) for n in "ABCD"}
    assert told == {
        "A": ("outdoor", "survey"),
        "B": ("sport", "social"),
        "C": ("art", "stated"),
        "D": ("outdoor", "inferred"),
    }


def test_rows_of_one_case_are_one_case_and_open_until_one_says_it_ended_well(traits_of):
    rows = [
        {"member_number": "A", "local_date": DAY, "kind": "repair", "case_id": "1", "resolved": False},
        {"member_number": "A", "local_date": DAY, "kind": "repair", "case_id": "1", "resolved": True},
        {"member_number": "A", "local_date": DAY, "kind": "service"},
        {"member_number": "A", "local_date": DAY, "kind": "app"},
        {"member_number": "A", "local_date": DAY, "kind": "app"},
    ]
    found, _ = traits_of([LINE], [person("A"), person("B")], others={"usage": rows})
    assert [found["A"][n] for n in ("app_days", "service_cases", "service_open")] == [1, 2, 1]
    assert [found["B"][n] for n in ("app_days", "service_cases", "service_open")] == [0, 0, 0]


def test_contacts_inherit_from_their_account_and_keep_what_is_their_own(traits_of):
    people = [
        {"member_number": "F", "customer_id": "id-F", "type": "account"},
        {
            "member_number": "F1",
            "customer_id": "id-F1",
            "type": "contact",
            "account": "F",
            "role": "buyer",
            "language": "de",
        },
        {"member_number": "F2", "customer_id": "id-F2", "type": "contact", "account": "nobody"},
        person("A"),
    ]
    lines = [LINE, {**LINE, "member_number": "F1"}, {**LINE, "member_number": "F", "local_date": date(2020, 12, 5)}]
    companies = [{"member_number": "F", "industry": "C10.1", "industry_scheme": "nace", "employees": 49, "sites": 2,
                  "revenue": D(1000), "currency": "EUR"}]  # fmt: skip
    found, result = traits_of(lines, people, others={"companies": companies})
    assert [found[n]["population"] for n in ("F", "F1", "F2", "A")] == ["account", "contact", "account", "person"]
    assert [found[n]["orders"] for n in ("F", "F1", "F2", "A")] == [2, 2, 0, 1]
    assert [found[n]["monetary_local"] for n in ("F", "F1")] == [D("20.00"), D("20.00")]
    assert [found[n]["role"] for n in ("F", "F1")] == [None, "buyer"]
    assert found["F1"]["language_local"] == "yes"
    names = ("industry", "industry_code", "employees", "company_size", "company_revenue", "sites", "contacts")
    told = ["C", "nace:C10.1", 49, "small", D("1000.00"), 2, 1]
    assert [found["F"][n] for n in names] == told
    assert [found["F1"][n] for n in names] == told
    assert set(result.notes["coverage"]) == {"person", "account"}
    assert result.notes["coverage"]["account"]["employees"] == 0.5


def test_contracts_and_quotations_tell_where_a_decision_stands(traits_of):
    people = [{"member_number": n, "customer_id": n, "type": "account"} for n in "FGHI"]
    contracts = [
        {"member_number": "F", "contract_id": "1", "starts": date(2020, 1, 1), "ends": date(2023, 1, 1),
         "amount": D(500), "currency": "EUR"},
        {"member_number": "G", "contract_id": "2", "starts": date(2020, 1, 1), "ends": date(2021, 4, 1)},
        {"member_number": "H", "contract_id": "3", "starts": date(2019, 1, 1), "ends": date(2020, 1, 1)},
        {"member_number": "I", "contract_id": "4", "starts": date(2020, 1, 1), "ends": date(2021, 8, 1),
         "notice_days": 180},
    ]  # fmt: skip
    quotes = [
        {"member_number": "F", "quote_id": "1", "local_date": date(2020, 6, 1), "status": "won"},
        {"member_number": "F", "quote_id": "2", "local_date": DAY, "status": "open", "valid_until": date(2021, 3, 1),
         "amount": D(70), "currency": "EUR"},
        {"member_number": "G", "quote_id": "3", "local_date": DAY, "status": "open", "valid_until": date(2021, 2, 1)},
        {"member_number": "H", "quote_id": "4", "local_date": DAY, "status": "won"},
    ]  # fmt: skip
    line = {**LINE, "member_number": "F"}
    found, _ = traits_of([line], people, others={"contracts": contracts, "quotes": quotes})
    assert [found[n]["contract"] for n in "FGHI"] == ["active", "ending", "ended", "ending"]
    assert found["F"]["contract_worth"] == D("500.00")
    assert found["G"]["contract_ends"] == date(2021, 4, 1)
    assert [found[n]["decision_stage"] for n in "FGHI"] == ["quoted", "lost", "won", None]
    names = ("quotes_open", "quotes_worth", "quote_win_share")
    assert [found["F"][n] for n in names] == [1, D("70.00"), 1.0]


def test_a_table_that_lacks_switches_off_what_needs_it_and_says_so(traits_of):
    found, result = traits_of([LINE], [person("A")])
    assert found["A"]["sessions"] is None
    assert result.notes["off"]["sessions"] == "no values in events"
    assert result.notes["off"]["age_band"] == "no values in customers.birth_year"


def test_a_profile_turns_groups_and_traits_off(traits_of):
    rows = [{"member_number": "A", "local_date": DAY, "kind": "app"}]
    found, result = traits_of([LINE], [person("A")], others={"usage": rows}, traits={"off": ["usage"]})
    assert found["A"]["app_days"] is None
    assert result.notes["off"]["app_days"] == "traits.off names usage"
