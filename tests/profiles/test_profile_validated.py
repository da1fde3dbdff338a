"""`strata validate` of a profile: what is open or doubtful in it, the market said once in each line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from flows.cli import app
from tests.profiles.drafting import draft_of, text_of

SALES = text_of(["Kundennr", "Datum", "Betrag"], [["K1", "31.01.2024", "1,50"], ["K2", "28.02.2024", "2,50"]])


@pytest.fixture
def said(tmp_path, monkeypatch):
    """`said(text)`: the lines that `strata validate DE` says of a profile."""
    monkeypatch.delenv("STRATA_LANDING", raising=False)

    def call(text):
        own = tmp_path / "profiles" / "markets" / "de.yaml"
        own.parent.mkdir(parents=True)
        own.write_text(text, encoding="utf-8")
        return CliRunner().invoke(app, ["validate", "DE", "--profiles", str(tmp_path / "profiles")])

    return call


def test_each_open_question_is_a_line_that_names_the_market_once(said, tmp_path):
    text, _ = draft_of("DE", {"umsatz.csv": SALES}, tmp_path / "drop")
    found = said(text)
    lines = found.output.splitlines()
    assert found.exit_code == 1
    assert len(lines) == text.count("# QUESTION") > 1
    assert all(line.startswith("DE ") and "question is not answered" in line for line in lines)
    assert "DE:" not in found.output


def test_a_doubt_is_a_line_that_names_the_market_once(said):
    found = said("""
market: {country: DE}
traits: {scores: {monetary_lens: ppp, monetary: {method: quantiles}}}
""")
    doubt = next(line for line in found.output.splitlines() if "quantiles of ppp within a market" in line)
    assert doubt.startswith("DE ")
    assert "DE:" not in doubt
