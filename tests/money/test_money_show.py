"""`strata reference`: what is known, how old, and why a lens is off."""

from __future__ import annotations

import shutil
from datetime import date

import pytest
from typer.testing import CliRunner

from flows.commands.reference import app
from region_profiles.models import Profile
from tasks.errors import Terminal
from tasks.reference import ecb
from tasks.reference.show import show
from tasks.reference.tables import Reference


def facts(country, *currencies, as_of=date(2026, 10, 30)):
    profile = Profile.model_validate(
        {
            "market": {
                "country": country,
                "time_zone": "UTC",
                "currencies": [{"code": code} for code in currencies],
                "languages": ["en"],
            },
            "dimensions": {"language": {"kind": "trait", "trait": "language"}},
            "teams": [{"name": "team", "locales": ["en"]}],
        }
    )
    return {(fact.topic, fact.item): fact for fact in show(profile, as_of, Reference())}


def test_the_emirates_show_peg_prices_incomes_and_their_age():
    known = facts("AE", "AED")
    assert known["peg", "AED per USD"].value == "3.6725 since 1999-01-01"
    assert known["purchasing power", "gdp, ICP 2021"].value == "2.3303343427 AED per I$ in 2024"
    assert known["purchasing power", "gdp, ICP 2021"].age == "2 years"
    assert known["purchasing power", "in use"].age == "carried from 2023"
    assert known["income", "GDP per head 2023"].age == "3 years"
    assert known["income group", "2023"].value == "high"
    assert {known["lens", lens].value for lens in ("reference", "ppp", "effort")} == {"on"}


def test_turkeys_purchasing_power_is_off_with_its_reason():
    assert facts("TR", "TRY")["lens", "ppp"].value == "off: inflation of 59 % in 2024, carried to 2026"


def test_a_currency_without_rates_says_what_to_do():
    known = facts("VN", "VND")
    assert known["rate", "USD per VND on 2026-10-30"].value == "none: the drop must bring its own table"
    assert known["lens", "reference"].value == "off: no rate of VND on 2026-10-30: the drop must bring its own table"
    assert known["lens", "ppp"].value == "on"


def test_rates_that_are_too_old_ask_for_a_refresh():
    last = ecb.history(Reference()).last
    for country, currency in (("DE", "EUR"), ("GB", "GBP")):
        known = facts(country, currency, as_of=date(last.year + 1, 6, 30))
        assert known["lens", "reference"].value == f"off: the ECB's history at hand ends on {last}: refresh it"


def test_taiwan_has_no_gdp_factor():
    known = facts("TW", "TWD")
    assert known["lens", "ppp"].value == "off: no gdp factor for TW in 2021"
    assert known["purchasing power", "household, ICP 2017"].value == "16.5977172852 TWD per I$ in 2017"


def test_show_prints_a_table():
    result = CliRunner().invoke(app, ["show", "AE", "--as-of", "2026-10-30"], env={"COLUMNS": "160"})
    assert result.exit_code == 0
    assert "AE as of 2026-10-30" in result.output
    assert "3.6725 since 1999-01-01" in result.output


def test_refresh_says_what_it_wrote_and_how_to_use_it(tmp_path):
    source = shutil.copy(ecb.built_in(), tmp_path)
    result = CliRunner().invoke(app, ["refresh", "ecb", str(source), "--into", str(tmp_path / "figures")])
    assert result.exit_code == 0
    assert f"rows until {ecb.history(Reference()).last}" in result.output.replace("\n", " ")
    assert "STRATA_REFERENCE" in result.output
    assert (tmp_path / "figures" / "eurofxref-hist.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["refresh", "weather", "x.csv", "--into", "figures"], "unknown kind of table"),
        (["refresh", "ecb", "x.csv"], "--into is not given"),
    ],
)
def test_wrong_arguments_are_told_in_words(arguments, problem, monkeypatch):
    monkeypatch.delenv("STRATA_REFERENCE", raising=False)
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, Terminal)
    assert problem in str(result.exception)
