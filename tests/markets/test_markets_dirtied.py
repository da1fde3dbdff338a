"""The dirtied copy: every faulty row is in quarantine with reason and record number, everything else is kept."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

import pytest
from typer.testing import CliRunner

from flows.cli import app
from tests.markets import ger_truth

pytestmark = [pytest.mark.xdist_group("dirtied"), pytest.mark.slow]
MARKETS = sorted(ger_truth.PUBLISHED)
#: shared/data/README.md: 6,288 distinct rows, none with two faults.
FAULTS = {"early": 927, "impossible": 906, "quantity": 4455}
REASONS = {"early": "date:before_first_date", "impossible": "date:unreadable", "quantity": "quantity:not_positive"}


@pytest.fixture(scope="module")
def raw(shared_data):
    return shared_data("global_electronics_retailer/dirtied")


@pytest.fixture(scope="module")
def landing(landing_of):
    return landing_of("global_electronics_retailer/dirtied", "global_electronics")


@pytest.fixture(scope="module")
def dirtied(run_markets, landing, examples, tmp_path_factory):
    root = tmp_path_factory.mktemp("dirtied")
    return run_markets(landing, root, ger_truth.AS_OF, profiles=examples / "global_electronics_retailer")


@pytest.fixture(scope="module")
def faults(raw):
    return ger_truth.faults(raw)


def test_the_raw_rows_hold_the_faults_that_are_told(faults):
    counted = Counter(fault for market in faults.values() for fault in market.values())
    assert counted == FAULTS
    assert counted.total() == 6288


@pytest.mark.parametrize("market", MARKETS)
def test_just_the_faulty_rows_are_in_quarantine_each_with_its_reason_and_record(dirtied, faults, market):
    publication = dirtied[market]
    rows = [row for row in publication.rows("quarantine") if row["table"] == "transactions"]
    sales = next(n for n, file in enumerate(publication.manifest["inputs"]) if file["uri"].endswith("Sales.csv"))
    assert {row["file"] for row in rows} == {sales}
    assert len(rows) == len({row["record"] for row in rows})
    assert {row["record"]: row["reasons"] for row in rows} == {
        record: REASONS[fault] for record, fault in faults[market].items()
    }


@pytest.mark.parametrize("market", MARKETS)
def test_the_refused_value_stands_beside_its_reason(dirtied, raw, market):
    lines = ger_truth.read(raw / "Sales.csv", "utf-8")
    for row in dirtied[market].rows("quarantine"):
        if row["table"] == "transactions":
            header = {"date": "Order Date", "quantity": "Quantity"}[row["column"]]
            assert row["value"] == lines[row["record"] - 1][header]


def test_the_ledger_balances_over_all_markets(dirtied, faults):
    total = Counter()
    for market in dirtied:
        ledger = dirtied[market].ledger["transactions"]
        outcomes = {name: ledger[name] for name in ("kept", "duplicate", "filtered", "quarantined")}
        assert sum(outcomes.values()) == ledger["read"]
        assert ledger["quarantined"] == len(faults[market])
        total.update(outcomes)
        total.update(ledger["reasons"]["quarantined"])
    assert +total == {
        "kept": 62884 - 6288,
        "quarantined": 6288,
        **{reason: FAULTS[fault] for fault, reason in REASONS.items()},
    }


@pytest.mark.parametrize("market", MARKETS)
def test_what_is_published_are_the_sound_lines(dirtied, raw, shared_data, market):
    whole = ger_truth.rates(shared_data("global_electronics_retailer/pristine"))
    buyers = ger_truth.buyers(raw, whole)[market].values()
    rows = dirtied[market].customers
    assert sum(row["orders"] for row in rows) == sum(len(buyer.orders) for buyer in buyers)
    assert sum(row["monetary_reference"] or 0 for row in rows) == sum(buyer.revenue for buyer in buyers)


@pytest.mark.parametrize("market", MARKETS)
def test_no_faulty_rate_spoils_local_money(dirtied, raw, shared_data, market):
    """The days of faulty rates are filled by the ECB, from which the chain's sound rates follow to four decimals."""
    whole = ger_truth.rates(shared_data("global_electronics_retailer/pristine"))
    buyers = ger_truth.buyers(raw, whole)[market].values()
    expected = sum(buyer.local for buyer in buyers).quantize(Decimal("0.01"), ROUND_HALF_UP)
    found = sum(row["monetary_local"] or 0 for row in dirtied[market].customers)
    assert abs(found / expected - 1) < Decimal("0.00005")


@pytest.fixture(scope="module")
def validated(landing, examples, tmp_path_factory):
    """Exit code, output and the folder it ran in."""
    options = ["--landing", str(landing), "--profiles", str(examples / "global_electronics_retailer")]
    folder = tmp_path_factory.mktemp("validated")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        told = CliRunner().invoke(app, ["validate", "FR", "--as-of", "2021-02-20", *options])
    return told.exit_code, told.output, folder


def test_validate_reports_the_faults_of_the_rate_file(validated):
    code, output, _ = validated
    for count, fault in (
        ("391 rates", "5 times the official rate"),
        ("370", "rate:not_positive"),
        ("360", "rate:missing"),
    ):
        assert [line for line in output.splitlines() if count in line and fault in line], (
            count,
            fault,
        )  # README of the data
    assert code == 1, "a faulty rate table must not look sound to a scheduler"


def test_validate_shows_a_refused_row_of_every_kind(validated):
    _, output, _ = validated
    for reason in (*REASONS.values(), "rate:not_positive", "rate:missing"):
        assert f": {reason};" in output, reason


def test_validate_leaves_nothing_behind(validated):
    assert not [path for path in validated[2].rglob("*") if path.is_file()]
