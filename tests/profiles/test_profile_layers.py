"""Layers: base, region, market, and a chain's own folder over them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from region_profiles.loader import list_markets, load_profile, profile_digest, resolve
from region_profiles.models import TraitDimension
from tasks.errors import ProfileError, ProfileErrors

EXAMPLES = Path(__file__).resolve().parents[2] / "region_profiles" / "examples"


@pytest.fixture
def chain(tmp_path):
    """A function that writes a chain's files and gives their folder."""

    def write(**files):
        for name, text in {"markets/de": "market: {country: DE}", **files}.items():
            path = tmp_path / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def borders(profile):
    return [int(border) for border in profile.dimensions["value"].borders]


def test_region_lies_over_base_and_market_over_region():
    assert borders(load_profile("DE")) == [200, 1000], "base"
    assert borders(load_profile("NG")) == [100, 500], "africa"
    assert load_profile("DE").privacy.minimum_count == 10, "europe"
    assert load_profile("US").privacy.minimum_count == 5, "base"
    assert load_profile("CH").market.languages == ("de", "fr", "it", "rm"), "market"


def test_mappings_merge_by_key_and_lists_replace(chain):
    folder = chain(
        base="dimensions: {value: {borders: [10, 20]}}\nmarket: {cross_border: [AT, CH]}",
        **{"markets/de": "dimensions: {value: {hysteresis: 0.1}}\nmarket: {cross_border: [FR]}"},
    )
    profile = load_profile("DE", folder)
    assert borders(profile) == [10, 20]
    assert profile.dimensions["value"].hysteresis == Decimal("0.1")
    assert profile.dimensions["value"].tiers == ("low", "mid", "high")
    assert profile.market.cross_border == ("FR",)


def test_null_clears(chain):
    folder = chain(
        **{"markets/de": "dimensions: {value: {fallback: null}, residence: null}\ntraits: {window: null}\ngate: null"}
    )
    profile = load_profile("DE", folder)
    assert profile.dimensions["value"].fallback is None
    assert "residence" not in profile.dimensions
    assert profile.traits.window == 24, "the models' default"
    assert profile.gate.quarantined_share == Decimal("0.2")


def test_another_kind_of_dimension_replaces_the_whole_dimension(chain):
    folder = chain(**{"markets/de": "dimensions: {value: {kind: trait, trait: gender}}"})
    found = load_profile("DE", folder).dimensions["value"]
    assert found == TraitDimension(trait="gender")


def test_a_chains_region_lies_over_the_chains_base(chain):
    folder = chain(
        **{
            "base": "traits: {window: 12}\ngate: {quarantined_share: 0.1}",
            "regions/europe": "traits: {window: 36}",
            "markets/de": "market: {country: DE, region: europe}",
        }
    )
    profile = load_profile("DE", folder)
    assert profile.traits.window == 36
    assert profile.gate.quarantined_share == Decimal("0.1")
    assert profile.privacy.minimum_count == 10, "the built-in region still lies below"


def test_a_region_may_extend_another(chain):
    folder = chain(
        **{
            "regions/nordics": "extends: europe\ntraits: {window: 18}",
            "markets/de": "market: {region: nordics}",
        }
    )
    profile = load_profile("DE", folder)
    assert profile.market.region == "nordics"
    assert profile.traits.window == 18
    assert profile.privacy.minimum_count == 10


def test_regions_that_extend_each_other_are_told(chain):
    folder = chain(
        **{
            "regions/one": "extends: two",
            "regions/two": "extends: one",
            "markets/de": "market: {region: one}",
        }
    )
    with pytest.raises(ProfileErrors, match="regions extend each other"):
        load_profile("DE", folder)


def test_only_the_chains_markets_exist(chain):
    folder = chain()
    assert list_markets(folder) == ("DE",)
    with pytest.raises(ProfileError) as caught:
        load_profile("FR", folder)
    assert caught.value.expected == "one of DE"


def test_a_folder_that_is_absent_is_told(tmp_path):
    with pytest.raises(ProfileError, match="no such folder"):
        load_profile("DE", tmp_path / "absent")


def test_faults_of_all_layers_are_told_at_once(chain):
    folder = chain(base="gat: {}", **{"regions/europe": "traits: {windw: 3}", "markets/de": "tax: {amount: net}"})
    with pytest.raises(ProfileErrors) as caught:
        load_profile("DE", folder)
    assert [(Path(error.file).name, error.path) for error in caught.value.errors] == [
        ("base.yaml", "gat"),
        ("de.yaml", "tax.amount"),
        ("europe.yaml", "traits.windw"),
    ]


def test_origin_names_file_and_line_of_each_value(chain):
    folder = chain(**{"markets/de": "market:\n  country: DE\n  cross_border:\n    - AT\n    - CH\n"})
    origins = resolve("DE", folder).origins
    assert str(origins["market", "cross_border", 1]) == f"{folder}/markets/de.yaml:5"
    assert origins["traits", "window"].file == "region_profiles/base.yaml"
    assert origins["market", "time_zone"].file == "region_profiles/territories.yaml"
    assert origins["market", "languages"].file == "ISO 3166 and CLDR 47"
    assert ("gate", "unconverted_share") in origins
    assert ("money", "ecb_carry_days") not in origins, "a default of the models"


def test_digest_is_of_meaning_not_of_writing(chain):
    one = chain(**{"markets/de": "gate: {quarantined_share: 0.10}\ntraits: {window: 12}"})
    first = resolve("DE", one)
    chain(**{"markets/de": "# a comment\ntraits:\n  window: 12\ngate:\n  quarantined_share: 0.1"})
    second = resolve("DE", one)
    assert first.digest == second.digest == profile_digest(second.profile)
    chain(**{"markets/de": "traits: {window: 13}"})
    assert resolve("DE", one).digest != first.digest


def test_numbers_where_text_is_wanted_count_as_written(chain):
    folder = chain(
        **{
            "markets/de": """
source:
  tables: {sales: {files: [s.csv]}}
  mapping:
    transactions:
      columns: {date: 1, amount: 2.50, store_id: 007, kind: true}
      constants: {quantity: 1.0, currency: EUR}
      values: {kind: {1: sale, true: sale, NO: return, 2020-01-01: tip}}
"""
        }
    )
    mapping = load_profile("DE", folder).source.mapping["transactions"]
    assert mapping.columns == {"date": "1", "amount": "2.50", "store_id": "007", "kind": "true"}
    assert mapping.constants["quantity"] == "1.0"
    assert mapping.values["kind"] == {"1": "sale", "true": "sale", "NO": "return", "2020-01-01": "tip"}


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir()))
def test_examples_load(example):
    markets = list_markets(EXAMPLES / example)
    assert markets
    for market in markets:
        resolved = resolve(market, EXAMPLES / example)
        assert resolved.profile.market.country == market
        assert resolved.profile.source.mapping["transactions"]
        assert resolved.warnings == ()
        readme = (EXAMPLES / example / "README.md").read_text(encoding="utf-8")
        assert resolved.profile.drop in readme


def test_quantiles_of_purchasing_power_are_warned_of(chain):
    folder = chain(**{"markets/de": "traits: {scores: {monetary_lens: ppp}}"})
    (warning,) = resolve("DE", folder).warnings
    assert "quantiles of ppp within a market say nothing" in warning
    assert "traits.scores.monetary_lens" in warning
