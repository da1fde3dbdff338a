"""Global Electronics Retailer, pristine: what is published for eight markets is what the raw files say, to the cent."""

from __future__ import annotations

import csv
import io
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tasks.ingest.task import ingest
from tests.markets import ger_truth

pytestmark = pytest.mark.xdist_group("electronics")
CENT = Decimal("0.01")
MARKETS = sorted(ger_truth.PUBLISHED)
LOCALES = {"AU": ["en-AU"], "CA": ["en-CA", "fr-CA"], "DE": ["de-DE"], "FR": ["fr-FR"], "GB": ["en-GB"],
           "IT": ["it-IT"], "NL": ["nl-NL"], "US": ["en-US"]}  # fmt: skip


@pytest.fixture(scope="module")
def raw(shared_data):
    return shared_data("global_electronics_retailer/pristine")


@pytest.fixture(scope="module")
def truth(raw):
    return ger_truth.buyers(raw, ger_truth.rates(raw))


@pytest.fixture(scope="module")
def electronics(run_markets, landing_of, examples, tmp_path_factory):
    landing = landing_of("global_electronics_retailer/pristine", "global_electronics")
    root = tmp_path_factory.mktemp("electronics")
    return run_markets(landing, root, ger_truth.AS_OF, profiles=examples / "global_electronics_retailer")


def numbers_of(ran, market):
    """Member number of each pseudonym: published in no file, for it would be the bridge."""
    return {row["customer_id"]: row["member_number"] for row in ran.canonical(market, "customers")}


def cents(amount):
    return amount.quantize(CENT, ROUND_HALF_UP)


def test_the_landing_alone_says_which_markets_there_are(electronics):
    assert sorted(electronics) == MARKETS
    assert {outcome.state for outcome in electronics.outcomes.values()} == {"published"}


@pytest.mark.parametrize("market", MARKETS)
def test_buyers_orders_and_revenue_are_the_published_answers(electronics, market):
    rows = electronics[market].customers
    bought = [row for row in rows if row["orders"]]
    found = (len(bought), sum(row["orders"] for row in bought), sum(row["monetary_reference"] for row in bought))
    assert found == ger_truth.PUBLISHED[market]
    assert {row["reference_currency"] for row in rows} == {"USD"}


@pytest.mark.parametrize("market", MARKETS)
def test_revenue_of_each_dimension_adds_up_to_the_cent(electronics, market):
    _, orders, revenue = ger_truth.PUBLISHED[market]
    segments = electronics[market].segments
    dimensions = {row["dimension"] for row in segments}
    assert {"lifecycle", "value", "language", "residence", "stratum"} <= dimensions
    customers = len(electronics[market].customers)
    for dimension in dimensions:
        rows = [row for row in segments if row["dimension"] == dimension]
        assert sum(row["monetary_reference"] or 0 for row in rows) == revenue, dimension
        assert sum(row["orders"] for row in rows) == orders, dimension
        assert sum(row["customers"] for row in rows) == customers, dimension


@pytest.mark.parametrize("market", MARKETS)
def test_each_customer_has_their_own_orders_days_and_money(electronics, truth, market):
    number = numbers_of(electronics, market)
    rows = {number[row["customer_id"]]: row for row in electronics[market].customers}
    told = {
        key: (row["orders"], row["frequency"], row["monetary_reference"], row["monetary_local"])
        for key, row in rows.items()
        if row["orders"]
    }
    assert told == {
        key: (len(buyer.orders), len(buyer.days), cents(buyer.revenue), cents(buyer.local))
        for key, buyer in truth[market].items()
    }
    assert {row["currency"] for row in rows.values()} == {ger_truth.CURRENCIES[market]}


@pytest.mark.parametrize("market", MARKETS)
def test_dates_and_recency_are_those_of_the_raw_lines(electronics, truth, market):
    number = numbers_of(electronics, market)
    for row in electronics[market].customers:
        buyer = truth[market].get(number[row["customer_id"]])
        days = sorted(buyer.days) if buyer else [None]
        assert (row["first_order_date"], row["last_order_date"]) == (days[0], days[-1])
        assert row["recency_days"] == ((ger_truth.AS_OF - days[-1]).days if buyer else None)


def test_prospects_are_customers_without_money_or_scores(electronics):
    prospects = [row for market in electronics for row in electronics[market].customers if not row["lifetime_orders"]]
    assert len(prospects) == 3379  # facts/statistics.md
    for row in prospects:
        assert (row["segment_lifecycle"], row["orders"], row["frequency"]) == ("prospect", 0, 0)
        empty = ("monetary_local", "monetary_reference", "monetary_ppp", "effort", "r_score", "f_score", "m_score",
                 "recency_days", "last_order_date")  # fmt: skip
        assert [row[name] for name in empty] == [None] * len(empty)


def test_nobody_is_lost_and_every_row_of_the_drop_has_one_market(electronics):
    tables = {"customers": 15266, "transactions": 62884}  # facts/statistics.md
    for table, rows in tables.items():
        ledgers = [electronics[market].ledger[table] for market in electronics]
        assert sum(ledger["kept"] for ledger in ledgers) == sum(ledger["read"] for ledger in ledgers) == rows
    assert sum(len(electronics[market].customers) for market in electronics) == tables["customers"]


def test_ten_customers_are_from_napoli(electronics):
    rows = electronics.canonical("IT", "customers")
    assert sum(row["subdivision"] == "Napoli" for row in rows) == 10
    assert not [row for market in electronics for row in electronics.canonical(market, "customers")
                if row["subdivision"] is None]  # fmt: skip


def test_keys_keep_their_leading_zeros(electronics, raw):
    run = electronics.runs["DE"]
    products = ingest(run).tables["products"]
    query = f'SELECT "ProductKey", "SubcategoryKey", "CategoryKey" FROM {products.relation} ORDER BY record'
    told = [(row["ProductKey"], row["SubcategoryKey"], row["CategoryKey"])
            for row in ger_truth.read(raw / "Products.csv", "utf-8")]  # fmt: skip
    assert run.cursor().execute(query).fetchall() == told
    assert {key for _, _, key in told} == {f"0{n}" for n in range(1, 9)}


@pytest.mark.parametrize("market", ["DE", "FR", "NL", "US"])
def test_names_of_the_windows_code_page_are_right_in_every_localized_file(electronics, raw, market):
    known = {key: row["Name"] for key, row in ger_truth.customers(raw).items() if row["market"] == market}
    assert any(not name.isascii() for name in known.values())
    for locale in electronics[market].locales:
        sheet = electronics[market].excel(locale, "customers")
        number, name = sheet.header[:2]
        assert dict(zip(sheet.column(number), sheet.column(name), strict=True)) == known


@pytest.mark.parametrize("market", MARKETS)
def test_every_locale_has_the_whole_market_and_its_totals_in_its_own_excel(electronics, market):
    publication, (_, orders, revenue) = electronics[market], ger_truth.PUBLISHED[market]
    assert publication.locales == LOCALES[market]
    local = sum(row["monetary_local"] or 0 for row in publication.customers)
    for locale in publication.locales:
        sheet = publication.excel(locale, "customers")
        assert len(sheet.rows) == len(publication.customers)
        numbers = {
            name: sheet.sum(name)
            for name, cells in zip(sheet.header, zip(*sheet.rows, strict=True), strict=True)
            if all(cell.replace(sheet.decimal, "").isdigit() or not cell for cell in cells)
        }
        assert revenue in numbers.values()
        assert local in numbers.values()
        assert orders in numbers.values()
        summary = publication.excel(locale, "segments")
        total = next(row for row in summary.rows if row[1] == "market")
        assert {len(publication.customers), orders, revenue} <= {_number(summary, cell) for cell in total}


def _number(sheet, cell):
    try:
        return sheet.number(cell)
    except (ArithmeticError, ValueError):
        return cell


def test_german_headings_and_dates_are_german(electronics):
    sheet = electronics["DE"].excel("de-DE", "customers")
    assert sheet.sum("Konzernumsatz, gesamte Historie") == ger_truth.PUBLISHED["DE"][2]
    last = {sheet.date(cell) for cell in sheet.column("Letzter Kauf")}
    assert max(day for day in last if day) <= ger_truth.AS_OF


@pytest.mark.parametrize("market", MARKETS)
def test_the_tags_file_has_one_code_per_dimension_for_each_member(electronics, market):
    number = numbers_of(electronics, market)
    dimensions = ("lifecycle", "value", "language", "residence")
    assert {row["member_number"]: tuple(row[name] for name in (*dimensions, "stratum", "as_of"))
            for row in electronics[market].tags()} == {
        number[row["customer_id"]]: (*(row[f"segment_{name}"] for name in dimensions), row["stratum"], "2021-02-20")
        for row in electronics[market].customers
    }  # fmt: skip


@pytest.mark.parametrize("market", MARKETS)
def test_published_files_hold_no_member_number_beside_the_pseudonym(electronics, market):
    columns = electronics[market].table("customers").column_names
    assert not {"member_number", "name", "email", "phone", "address", "postcode"} & set(columns)


def test_the_csv_module_agrees_that_the_files_are_whole(electronics):
    for market in electronics:
        for path, rows in ((e["path"], e["rows"]) for e in electronics[market].manifest["exports"]):
            if path.endswith(".csv"):
                data = (electronics[market].folder / path).read_bytes().decode("utf-8-sig")
                assert data.endswith("\n")
                assert len(list(csv.reader(io.StringIO(data, newline="")))) - 1 == rows, path
