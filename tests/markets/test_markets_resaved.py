"""The copy that another Excel saved: right with its true date order declared, refused with a false one."""

from __future__ import annotations

import shutil

import pytest

from tasks.errors import DropError
from tests.markets import ger_truth

pytestmark = [pytest.mark.xdist_group("resaved"), pytest.mark.slow]
MARKETS = sorted(ger_truth.PUBLISHED)


@pytest.fixture(scope="module")
def landing(landing_of):
    return landing_of("global_electronics_retailer/resaved_by_indian_excel", "global_electronics")


@pytest.fixture(scope="module")
def resaved(run_markets, landing, examples, tmp_path_factory):
    root = tmp_path_factory.mktemp("resaved")
    return run_markets(landing, root, ger_truth.AS_OF, profiles=examples / "global_electronics_retailer")


@pytest.fixture
def profiles_with(examples, tmp_path):
    """A function that copies the example's profiles with another date order."""

    def copy(order):
        folder = tmp_path / "profiles"
        shutil.copytree(examples / "global_electronics_retailer", folder)
        base = folder / "base.yaml"
        text = base.read_text("utf-8")
        assert "date_order: mdy" in text
        base.write_text(text.replace("date_order: mdy", order), "utf-8")
        return folder

    return copy


@pytest.mark.parametrize("market", MARKETS)
def test_month_first_reads_both_forms_and_the_totals_are_those_of_the_original(resaved, market):
    bought = [row for row in resaved[market].customers if row["orders"]]
    revenue = sum(row["monetary_reference"] for row in bought)
    assert (len(bought), sum(row["orders"] for row in bought), revenue) == ger_truth.PUBLISHED[market]


@pytest.mark.parametrize("market", MARKETS)
def test_each_customers_dates_are_those_of_the_original(resaved, shared_data, market):
    pristine = shared_data("global_electronics_retailer/pristine")
    truth = ger_truth.buyers(pristine, ger_truth.rates(pristine))[market]
    number = {row["customer_id"]: row["member_number"] for row in resaved.canonical(market, "customers")}
    found = {
        number[row["customer_id"]]: (row["first_order_date"], row["last_order_date"])
        for row in resaved[market].customers
        if row["orders"]
    }
    assert found == {key: (min(buyer.days), max(buyer.days)) for key, buyer in truth.items()}


@pytest.mark.parametrize("market", MARKETS)
def test_nothing_is_refused(resaved, market):
    assert resaved[market].ledger["transactions"]["quarantined"] == 0
    assert resaved[market].table("quarantine").num_rows == 0


def test_day_first_is_refused_with_rows_that_prove_it(run_markets, landing, profiles_with, tmp_path):
    with pytest.raises(DropError) as refused:
        run_markets(landing, tmp_path, ger_truth.AS_OF, profiles=profiles_with("date_order: dmy"), markets=["DE"])
    error = refused.value
    assert error.market == "DE"
    told = str(error)
    assert "dmy" in told
    assert error.file, "the message names the file"
    assert error.column, "the message names the column"
    raw = (landing / "global_electronics" / error.file.rsplit("/", 1)[-1]).read_text("cp1252").splitlines()
    proofs = [cell for line in raw for cell in line.split(",") if _month_first_alone(cell) and cell in told]
    assert proofs, "the message shows dates that are impossible day first"
    assert not (tmp_path / "publish" / "country=DE" / "current.json").exists()


def test_no_declared_order_is_read_right_or_refused_but_never_wrong(run_markets, landing, profiles_with, tmp_path):
    try:
        ran = run_markets(
            landing, tmp_path, ger_truth.AS_OF, profiles=profiles_with("date_order: null"), markets=["DE"]
        )
    except DropError as error:
        assert error.column  # noqa: PT017 - either outcome is right
        return
    inferred = str(ran["DE"].manifest["notes"]["normalize"]["inferred"])
    assert "mdy" in inferred
    bought = [row for row in ran["DE"].customers if row["orders"]]
    revenue = sum(row["monetary_reference"] for row in bought)
    assert (len(bought), sum(row["orders"] for row in bought), revenue) == ger_truth.PUBLISHED["DE"]


def _month_first_alone(cell):
    parts = cell.replace("-", "/").split("/")
    return len(parts) == 3 and all(part.isdigit() for part in parts) and 12 < int(parts[1]) <= 31
