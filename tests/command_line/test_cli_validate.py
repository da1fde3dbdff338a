"""`strata validate` says what a run would say: what the drop lacks, what has no rate, and each market once."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from tasks.errors import DropError
from tasks.objects import open_store
from tasks.publish.runs import record_end, record_start

PROFILE = """
market: {country: PE}
source:
  formats: {decimal_sign: ".", date_order: ymd}
  tables:
    sales: {files: [sales.csv], delimiter: ";"}
    people: {files: [people.csv], delimiter: ";", optional: true}
  mapping:
    transactions:
      source: sales
      columns: {order_id: n, date: day, amount: paid}
      constants: {currency: PEN}
tax: {amounts: gross}
"""
SALES = "n;day;paid\n1;2026-01-01;10\n2;2026-01-02;20\n"


@pytest.fixture
def shop(strata, tmp_path, monkeypatch):
    """`shop(more, **files)` validates Peru by the profile above with more over it."""
    monkeypatch.chdir(tmp_path)

    def validate(more, **files):
        monkeypatch.setenv("STRATA_WORK", str(tmp_path / "work"))
        drop = tmp_path / "landing" / "PE"
        drop.mkdir(parents=True)
        for name, text in files.items():
            (drop / f"{name}.csv").write_text(text)
        profile = yaml.safe_load(PROFILE)
        for key, value in more.items():
            profile[key] = {**profile.get(key, {}), **value}
        (tmp_path / "own" / "markets").mkdir(parents=True)
        (tmp_path / "own" / "markets" / "pe.yaml").write_text(yaml.safe_dump(profile))
        return strata("validate", "PE", "--profiles", "own", "--landing", "landing", "--as-of", "2026-01-31")

    return validate


LOCAL = {"money": {"lenses": ["local", "ppp"]}}


def test_a_marker_that_is_not_there_is_named_and_the_rows_are_read_all_the_same(shop):
    found = shop({**LOCAL, "source": {"arrival": {"marker": "{as_of}.done"}}}, sales=SALES)
    assert found.code == 1
    assert "the drop is not whole: the marker 2026-01-31.done; a run now would fail" in found.out
    assert "transactions: 2 read = 2 kept" in found.out


def test_an_expected_file_that_is_not_there_is_named_with_the_patience_of_a_run(shop):
    found = shop({**LOCAL, "source": {"arrival": {"tables": ["people"], "wait_minutes": 30}}}, sales=SALES)
    assert found.code == 1
    assert "people: no file like people.csv; a run now would wait at most 30 min for the rest" in found.out


def test_a_whole_drop_is_told_by_exit_code_0(shop):
    arrival = {"arrival": {"tables": ["people"], "wait_minutes": 30}}
    found = shop({**LOCAL, "source": arrival}, sales=SALES, people="who\na\n")
    assert found.code == 0, found.out
    assert "not whole" not in found.out


def test_too_few_rows_are_told_where_the_publish_root_says_what_is_usual(shop, monkeypatch):
    monkeypatch.setattr("flows.publishing.waiting._rows_before", lambda *_: [{"transactions": 100}])
    found = shop({**LOCAL, "source": {"arrival": {"rows_share": 0.5}}}, sales=SALES)
    assert found.code == 1
    assert "transactions: 2 rows, usual are 100" in found.out


def test_a_money_that_no_table_knows_is_told_and_stops_nothing_where_no_lens_needs_it(shop):
    """The Sol is quoted by nobody at hand; the run publishes in local money and purchasing power."""
    found = shop(LOCAL, sales=SALES)
    assert found.code == 0, found.out
    assert "money no rate of PEN to USD on any day from 2026-01-01 to 2026-01-02" in found.out
    assert "lens reference is off: not among the profile's lenses" in found.out


def test_a_money_that_no_table_knows_is_a_fault_where_a_run_would_refuse_it(shop):
    found = shop({}, sales=SALES)
    assert found.code == 1
    assert "2 of 2 purchases have no rate to USD: PEN" in found.out


def test_a_market_is_named_once_in_what_it_lacks(shop, strata, tmp_path):
    """The drop's folder is called as the market is."""
    said = shop({}, invoices=SALES).out
    assert "\nPE no file for the table sales" in said

    store = open_store(str(tmp_path / "published"))
    attempt = record_start(store, "PE", date(2026, 1, 31), "one")
    lacking = DropError("no file for the table sales", market="PE", path="PE")
    record_end(store, attempt, outcome="failed", step="ingest", error=lacking)
    failed = ("rerun", "--failed", "--publish", "published")
    assert strata(*failed, "--dry-run").out == "PE 2026-01-31: failed in ingest: no file for the table sales\n"
    nowhere = strata(*failed, "--landing", "empty", "--profiles", "own")
    assert "PE failed: " in nowhere.out
    assert "PE failed: PE" not in nowhere.out


def test_a_draft_from_a_drop_asks_where_rates_of_an_unquoted_money_come_from(strata, tmp_path):
    drop = tmp_path / "PE"
    drop.mkdir()
    (drop / "ventas.csv").write_text("Ticket;Fecha;Importe\n1;2026-01-31;10.50\n2;2026-02-28;20.00\n")
    said = " ".join(strata("profile", "new", "PE", "--from", drop).out.replace("#", " ").split())
    assert "QUESTION: no table has a rate of PEN to USD on any day, and a run would fail (docs/money.md)" in said
    assert 'lenses: "?"' in said
    quoted = strata("profile", "new", "MX", "--from", drop).out
    assert "no table has a rate" not in quoted


def test_a_draft_of_the_country_alone_says_that_rates_must_come_from_the_chain(strata):
    said = " ".join(strata("profile", "new", "PE").out.replace("#", " ").split())
    assert "Rates of PEN must come from the chain" in said
    assert "Rates of MXN" not in strata("profile", "new", "MX").out
