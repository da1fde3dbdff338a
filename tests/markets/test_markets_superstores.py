"""Two workbooks in the chains' own scripts: totals are those of the sheets, read here by calamine alone."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from types import SimpleNamespace

import pytest
from python_calamine import CalamineWorkbook

pytestmark = pytest.mark.xdist_group("superstores")

CHAINS = {
    "JP": {
        "file": "superstore/japan_ja.xls", "drop": "superstore_japan", "as_of": date(2023, 12, 31), "currency": "JPY",
        "sheets": ("注文", "返品"), "returned": ("返品", "○"),
        "columns": {
            "order": "オーダー ID", "customer": "顧客 ID", "name": "顧客名", "date": "オーダー日", "amount": "売上",
        },
    },
    "CN": {
        "file": "superstore/china_zh.xls", "drop": "superstore_china", "as_of": date(2017, 12, 31), "currency": "CNY",
        "sheets": ("订单", "退货"), "returned": ("退回", "是"),
        "columns": {
            "order": "订单 ID", "customer": "客户 ID", "name": "客户名称", "date": "订单日期", "amount": "销售额",
        },
    },
}  # fmt: skip
CENT = Decimal("0.01")


def truth_of(path, chain):
    """Lines, customers, and by customer the money and days of lines that were not given back."""
    book = CalamineWorkbook.from_path(path)
    orders, returns = (book.get_sheet_by_name(name).to_python() for name in chain["sheets"])
    at = {name: orders[0].index(header) for name, header in chain["columns"].items()}
    flag, word = chain["returned"]
    number = returns[0].index(chain["columns"]["order"])
    back = {row[number] for row in returns[1:] if row[returns[0].index(flag)] == word}
    buyers = defaultdict(lambda: SimpleNamespace(money=Decimal(0), by_day=defaultdict(Decimal), name=None))
    kept_lines = 0
    for row in orders[1:]:
        buyer = buyers[row[at["customer"]]]
        buyer.name = row[at["name"]]
        if row[at["order"]] in back:
            continue
        kept_lines += 1
        day = row[at["date"]].date() if isinstance(row[at["date"]], datetime) else row[at["date"]]
        amount = Decimal(row[at["amount"]]).quantize(
            Decimal("0.0001")
        )  # cells are doubles: 96.24599999999999 is 96.246
        buyer.money += amount
        buyer.by_day[day] += amount
    return SimpleNamespace(lines=len(orders) - 1, kept_lines=kept_lines, buyers=buyers)


@pytest.fixture(scope="module", params=CHAINS)
def chain(request, shared_data):
    told = CHAINS[request.param]
    return SimpleNamespace(market=request.param, truth=truth_of(shared_data(told["file"]), told), **told)


@pytest.fixture(scope="module")
def ran(chain, run_markets, landing_of, examples, tmp_path_factory):
    landing = landing_of(chain.file, chain.drop)
    root = tmp_path_factory.mktemp(chain.drop)
    return run_markets(landing, root, chain.as_of, profiles=examples / chain.drop, markets=[chain.market])


def by_number(chain, ran):
    number = {row["customer_id"]: row["member_number"] for row in ran.canonical(chain.market, "customers")}
    return {number[row["customer_id"]]: row for row in ran[chain.market].customers}


def test_every_line_and_customer_of_the_workbook_is_there(chain, ran):
    ledger = ran[chain.market].ledger
    lines = ledger["transactions"]
    assert chain.truth.lines == 10_000  # shared/data/README.md
    assert (lines["read"], lines["kept"], lines["quarantined"]) == (chain.truth.lines, chain.truth.lines, 0)
    assert set(by_number(chain, ran)) == set(chain.truth.buyers)
    customers = ledger["customers"]
    assert customers["kept"] == len(chain.truth.buyers)
    assert customers["kept"] + customers["duplicate"] == customers["read"] == chain.truth.lines


def test_revenue_is_that_of_the_lines_that_were_not_given_back(chain, ran):
    assert chain.truth.kept_lines < chain.truth.lines
    expected = sum(buyer.money for buyer in chain.truth.buyers.values())
    segments = [row for row in ran[chain.market].segments if row["dimension"] == "lifecycle"]
    assert sum(row["monetary_local"] or 0 for row in segments) == expected
    assert {row["currency"] for row in ran[chain.market].customers} == {chain.currency}


def test_each_customers_money_and_days_are_those_of_their_lines(chain, ran):
    rows = by_number(chain, ran)
    for number, buyer in chain.truth.buyers.items():
        days = [day for day, amount in buyer.by_day.items() if amount > 0]
        row = rows[number]
        assert (row["frequency"], row["orders"]) == (len(days), len(days)), number
        assert row["last_order_date"] == (max(days) if days else None), number
        if days:
            assert row["monetary_local"] == buyer.money.quantize(CENT, ROUND_HALF_UP), number


def test_names_stand_in_their_own_script_in_the_teams_file(chain, ran):
    (locale,) = ran[chain.market].locales
    sheet = ran[chain.market].excel(locale, "customers")
    names = dict(zip(sheet.column(sheet.header[0]), sheet.column(sheet.header[1]), strict=True))
    assert any(not name.isascii() for name in names.values())
    assert names == {number: buyer.name for number, buyer in chain.truth.buyers.items()}
