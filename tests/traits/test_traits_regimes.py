"""What a law keeps out of marketing: products by their words, traits, minors; profiles that ask for it all the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest

from region_profiles.loader import resolve
from region_profiles.models import Privacy
from region_profiles.regimes import forbidden, kinds, refused, regimes
from region_profiles.territories import defaults, territories
from tasks.catalogue import CATALOGUE
from tasks.errors import ProfileErrors
from tasks.traits.blocks.affinity import AFFINITY
from tasks.traits.blocks.protected import of_age

D = Decimal
JAN = date(2021, 1, 10)


# --- laws -------------------------------------------------------------------------------------------------------------


def test_every_territorys_regime_is_there():
    asked = {defaults(country).get("privacy").get("regime").value for country in territories()}
    assert asked == set(regimes())


def test_every_regime_names_a_law_an_article_for_each_ban_and_only_kinds_with_words():
    known = set().union(*(trait.sensitive for trait in CATALOGUE.values()))
    for regime in regimes().values():
        assert regime.law
        assert regime.products, "the careful side: every regime keeps something out"
        assert all(
            isinstance(article, str) and article for article in (*regime.products.values(), *regime.traits.values())
        )
        assert set(regime.products) <= {"health", "sexuality", "religion", "ethnicity", "minor"}
        assert set(regime.traits) <= known
        assert (regime.age is None) == (regime.minors is None)


@pytest.mark.parametrize(
    ("regime", "basis", "trait", "article"),
    [
        ("uae_pdpl", "legitimate_interest", "children", "uae_pdpl: Art. 1"),
        ("uae_pdpl", "consent", "children", None),
        ("sa_pdpl", "consent", "lifestyle", "sa_pdpl: Art. 1 and 26: no marketing with sensitive data"),
        ("gdpr", "legitimate_interest", "gender", None),
        ("eg_pdpl", "legitimate_interest", "income_band", "eg_pdpl: Art. 1 and 12, financial data"),
    ],
)
def test_a_trait_is_forbidden_by_regime_and_article_and_consent_lifts_what_it_can(regime, basis, trait, article):
    assert forbidden(Privacy(regime=regime, basis=basis), CATALOGUE[trait]) == article


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("Pharmacy & Wellness", "health"), ("APOTHEKENPRODUKTE", "health"), ("Médicaments", "health"),
        ("Medicaments", "health"), ("Farmácia", "health"), ("医薬品・衛生用品", "health"), ("家庭医药", "health"),
        ("健康/의약외품", "health"), ("الأدوية", "health"), ("دواء", "health"), ("दवाइयाँ", "health"),
        ("Dược phẩm", "health"), ("ร้านขายยา", "health"), ("Аптека", "health"), ("Umstandsmode", "health"),
        ("Sexual Wellness", "sexuality"), ("コンドーム", "sexuality"), ("成人用品", "sexuality"),
        ("Halal Foods", "religion"), ("Articles religieux", "religion"), ("佛教用品", "religion"),
        ("Ethnic Hair Care", "ethnicity"), ("Teens", "minor"), ("Schulranzen", "minor"), ("청소년 의류", "minor"),
    ],
)  # fmt: skip
def test_words_of_protected_kinds_are_known_in_the_languages_of_stores(category, kind):
    assert kind in kinds(category)


@pytest.mark.parametrize(
    "category",
    [
        "Health & Beauty", "Games and Toys", "Cell phones", "Cameras and camcorders", "Home Appliances", "Audio",
        "Music, Movies and Audio Books", "TV and Video", "Computers", "Damen Oberteile", "Judías verdes", "Spirituosen",
        "Dinnerware", "Baby", "玩具", "의류", "食品", "Đồ gia dụng", "खिलौने", "ملابس", "Vitamins", "", "Kids",
    ],
)  # fmt: skip
def test_ordinary_categories_are_not_protected(category):
    """Among them all categories of the Global Electronics Retailer, and words that begin like protected ones."""
    assert kinds(category) == ()


def test_a_regime_refuses_only_its_own_kinds_and_the_profile_adds_words():
    assert refused(Privacy(regime="my_pdpa"), "Teens") is None
    assert refused(Privacy(regime="gdpr"), "Teens") == "minor"
    assert refused(Privacy(regime="gdpr"), "Drogerie", "Schwangerschaft") == "health"
    assert refused(Privacy(protected_categories=("Gut & Günstig",)), "GUT  & GÜNSTIG") == "own"
    assert refused(Privacy(), None, "Gut & Günstiger") is None


# --- products ---------------------------------------------------------------------------------------------------------

PRODUCTS = [
    {"product_id": "P1", "category": "Tea", "brand": "Ours"},
    {"product_id": "P2", "category": "Drugstore", "subcategory": "Diabetics", "brand": "Insula", "lasts_days": 30},
    {"product_id": "P3", "category": "Apotheke", "brand": "Insula"},
    {"product_id": "P4", "category": "Cups", "brand": "Ours"},
]


def line(product, net, order="A", member="a"):
    return {"member_number": member, "product_id": product, "net": D(net), "local_date": JAN, "order_id": order}


def test_protected_products_make_no_affinity_no_next_category_and_no_date(engine, block_of):
    lines = [
        line("P1", "5"),
        line("P2", "500"),
        line("P3", "500"),
        line("P4", "1", "B", "b"),
        line("P3", "1", "B", "b"),
    ]
    found = block_of(engine, AFFINITY, lines, {"products": PRODUCTS}, privacy={"minimum_count": 1})
    assert (found["a"]["category_main"], found["a"]["category_share"], found["a"]["categories"]) == ("Tea", 1, 1)
    assert (found["a"]["brand_main"], found["a"]["brand_share"], found["a"]["brands"]) == ("Ours", 1, 1)
    assert "replenish_date" not in found["a"], "nothing that is not protected lasts"
    assert {row["next_category"] for row in found.values()} == {None}
    assert not any("Apotheke" in str(row) or "Insula" in str(row) for row in found.values())


def test_protected_products_count_in_totals_and_the_notes_say_what_was_left_out(traits_of):
    lines = [line("P1", "5"), line("P2", "500"), line("P3", "500")]
    found, result = traits_of(lines, others={"products": PRODUCTS})
    assert found["a"]["monetary_local"] == D("1005.00")
    assert found["a"]["basket_local"] == D("1005.00")
    words = {"health": ["Apotheke", "Drugstore / Diabetics"]}
    assert result.notes["protected"] == {"products": {"rows": 2, "words": words}}


def test_interests_and_answers_that_tell_of_a_belief_make_no_lifestyle(traits_of):
    interests = [
        {"member_number": "a", "interest": "halal", "source": "stated"},
        {"member_number": "b", "interest": "outdoor", "source": "stated"},
    ]
    lines = [line("P1", "5"), line("P1", "5", "B", "b")]
    found, result = traits_of(lines, others={"interests": interests})
    assert [found[who]["lifestyle"] for who in "ab"] == [None, "outdoor"]
    assert result.notes["protected"] == {"interests": {"rows": 1, "words": {"religion": ["halal"]}}}


def test_a_forbidden_trait_is_not_computed_and_the_notes_say_by_which_article(traits_of):
    people = [{"member_number": "a", "type": "person", "children": 2, "household": 4}]
    found, result = traits_of([line("P1", "5")], people, privacy={"regime": "uae_pdpl"})
    assert found["a"]["children"] is None
    assert result.notes["off"]["children"] == "forbidden by uae_pdpl: Art. 1"
    assert traits_of([line("P1", "5")], people)[0]["a"]["children"] == 2


# --- minors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regime", "birth_year", "allowed"),
    [
        ("gdpr", 2004, False),
        ("gdpr", 2003, False),  # 17 or 18 on 2021-02-20
        ("gdpr", 2002, True),
        ("gdpr", None, True),
        ("pipa", 2007, False),
        ("pipa", 2006, True),
        ("appi", 2015, True),  # names no age
    ],
)
def test_marketing_leaves_out_who_may_still_be_under_age(engine, make_profile, regime, birth_year, allowed):
    profile = make_profile(privacy={"regime": regime})
    year = ibis.literal(birth_year, "int64")
    rows = engine.from_arrow(pa.table({"n": [1]}), "one")
    found = engine.to_arrow(rows.select(of_age=of_age(profile, year, date(2021, 2, 20))))
    assert found["of_age"].to_pylist() == [allowed]


# --- profiles ---------------------------------------------------------------------------------------------------------

MARKET = """
traits: {lifestyles: {devout: [Halal]}}
dimensions:
  family:
    kind: rules
    segments: [{code: parents, when: "children > 0 and city <> 'children'"}]
    else: others
  age: {kind: trait, trait: age_band}
audiences:
  parents: {when: "household >= 3"}
clusters: {traits: [recency_days, children]}
"""


def test_a_rule_an_audience_and_a_cluster_with_a_forbidden_trait_are_faults_with_regime_and_article(tmp_path):
    path = tmp_path / "ae.yaml"
    path.write_text(MARKET)
    with pytest.raises(ProfileErrors) as caught:
        resolve("AE", file=path)
    told = {error.path: str(error) for error in caught.value.errors}
    assert set(told) >= {
        "dimensions.family.segments[0].when", "audiences.parents.when", "clusters.traits", "traits.lifestyles.devout",
    }  # fmt: skip
    rule = told["dimensions.family.segments[0].when"]
    for part in ("ae.yaml:6", "children", "regime forbids", "uae_pdpl: Art. 1, for family", "privacy.basis: consent"):
        assert part in rule
    assert "protects (religion)" in told["traits.lifestyles.devout"]


def test_consent_makes_them_right_where_the_law_allows_it(tmp_path):
    path = tmp_path / "ae.yaml"
    path.write_text(MARKET.replace("traits: {lifestyles: {devout: [Halal]}}", "privacy: {basis: consent}"))
    assert resolve("AE", file=path).profile.audiences["parents"].when == "household >= 3"


def test_what_the_built_in_base_says_is_a_warning_so_that_every_market_loads():
    for country in ("AE", "SA", "EG", "CN", "DE"):
        resolve(country)


def test_an_unknown_regime_is_a_fault_with_the_nearest(tmp_path):
    path = tmp_path / "de.yaml"
    path.write_text("privacy: {regime: gdp}\n")
    with pytest.raises(ProfileErrors, match="did you mean 'gdpr'"):
        resolve("DE", file=path)
