"""`strata traits` names every trait, and docs/traits.md is what it prints."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.commands.traits import as_markdown
from tasks.catalogue import CATALOGUE, TRAITS
from tasks.errors import Terminal

PAGE = Path(__file__).resolve().parents[2] / "docs" / "traits.md"


def told(*options):
    found = CliRunner().invoke(app, ["traits", *options], catch_exceptions=False)
    assert found.exit_code == 0
    return found.stdout


def test_the_page_holds_the_whole_catalogue_as_it_is():
    """Otherwise: strata traits --markdown, below the page's own text."""
    _, catalogue = PAGE.read_text(encoding="utf-8").split("`strata traits --markdown` -->\n\n")
    assert catalogue == as_markdown(TRAITS)
    assert [name for name in CATALOGUE if f"| `{name}` |" not in catalogue] == []


def test_every_trait_is_printed_with_type_unit_window_sources_and_meaning():
    shown = told()
    assert [name for name in CATALOGUE if f"\n  {name} " not in shown] == []
    assert re.search(r"\n  overdue +double, ratio; lifetime; from transactions\n +days since the last occasion", shown)


def test_a_group_alone():
    rows = json.loads(told("--group", "rhythm", "--json"))
    assert [row["name"] for row in rows] == ["interval_days", "interval_variation", "regularity", "overdue"]
    assert rows[2]["known"] == ["regular", "irregular", "rare"]


def test_regimes_that_forbid_a_trait_are_named_with_their_article():
    (household,) = [row for row in json.loads(told("--json")) if row["name"] == "household"]
    assert household["forbidden"] == {"uae_pdpl": "Art. 1"}


def test_with_a_market_it_says_what_its_law_and_place_turn_off():
    off = {row["name"]: row["off"] for row in json.loads(told("--market", "ae", "--json")) if row["off"]}
    assert off["children"] == "forbidden by uae_pdpl: Art. 1"
    assert "off in SG: near the equator the months make no seasons" in told("--market", "SG", "--group", "behaviour")


def test_an_unknown_group_is_an_error_with_the_nearest():
    with pytest.raises(Terminal, match="did you mean 'affinity'"):
        told("--group", "afinity")
