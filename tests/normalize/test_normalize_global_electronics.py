"""A real chain's files: eight countries in one drop, a copy dirtied on purpose, a copy that another Excel saved."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from region_profiles.models import Profile
from tasks.errors import DropError
from tasks.normalize.canonical import normalize
from tasks.normalize.shared import shared_ledger
from tasks.records import InputFile, RawRelation, Sources

AS_OF = date(2021, 2, 20)
FILES = {"sales": "Sales.csv", "products": "Products.csv", "customers": "Customers.csv"}
MARKETS = {
    "Australia": "AU",
    "Canada": "CA",
    "France": "FR",
    "Germany": "DE",
    "Italy": "IT",
    "Netherlands": "NL",
    "United Kingdom": "GB",
    "United States": "US",
}
SELECT = """
    SELECT s."Order Number" AS order_id, s."Line Item" AS line_id, s."Order Date" AS date,
           s.CustomerKey AS member_number, s.ProductKey AS product_id, s.Quantity AS quantity,
           p."Unit Price USD" AS unit_price, c.Country AS market
    FROM sales s JOIN products p ON s.ProductKey = p.ProductKey JOIN customers c ON s.CustomerKey = c.CustomerKey
"""
#: Buyers, orders, revenue in USD by country: recomputed from the chain's files, November 2026.
ANSWERS = {
    "US": (5706, 14221, "29871631.17"),
    "GB": (1570, 3421, "7084088.12"),
    "DE": (1150, 2440, "5414149.80"),
    "CA": (1179, 2281, "4724334.63"),
    "AU": (780, 1182, "2708137.61"),
    "IT": (530, 1101, "2475645.77"),
    "NL": (534, 976, "1962154.27"),
    "FR": (438, 704, "1515338.22"),
}


def profile(country, order="mdy"):
    customers = {"market": "Country", "member_number": "CustomerKey", "name": "Name", "subdivision": "State Code"}
    return Profile.model_validate(
        {
            "market": {
                "country": country,
                "time_zone": "UTC",
                "currencies": [{"code": "USD"}],
                "languages": ["en"],
            },
            "source": {
                "shared": True,
                "markets": MARKETS,
                "formats": {"date_order": order, "decimal_sign": "."},
                "mapping": {
                    "transactions": {"select": SELECT},
                    "customers": {"source": "customers", "columns": customers},
                },
            },
            "plausibility": {"first_date": "2016-01-01"},
            "tax": {"amounts": "untaxed"},
            "dimensions": {"language": {"kind": "trait", "trait": "language"}},
            "teams": [{"name": "team", "locales": ["en-US"]}],
        }
    )


@pytest.fixture(scope="module", params=["pristine", "dirtied", "resaved_by_indian_excel"])
def drop(request, instance, shared_data, tmp_path_factory):
    """(name, cursor, sources) of one copy."""
    folder = shared_data(f"global_electronics_retailer/{request.param}")
    con, tables, inputs = instance.cursor(), {}, []
    for index, (name, file) in enumerate(FILES.items()):
        text = tmp_path_factory.mktemp(request.param) / file
        encoding = "cp1252" if name == "customers" and request.param == "pristine" else "utf-8"
        text.write_text((folder / file).read_text(encoding, errors="replace"), "utf-8")
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE raw_{name} AS SELECT {index} AS file, row_number() OVER () AS record, "
            f"NULL::VARCHAR AS fault, * FROM read_csv('{text}', all_varchar = true, header = true, nullstr = '~')"
        ).fetchall()
        columns = [row[0] for row in con.execute(f"DESCRIBE raw_{name}").fetchall()][3:]
        tables[name] = RawRelation(name, f"raw_{name}", tuple(columns))
        inputs.append(InputFile(index, name, file, str(index), 0, None, encoding, {}))
    return request.param, con, Sources("drop", tuple(inputs), tables)


@pytest.fixture(scope="module")
def normalized(drop, tmp_path_factory):
    """Country: Canonical."""
    _, con, sources = drop
    work = tmp_path_factory.mktemp("work")
    return {
        country: normalize(con, profile(country), sources, work / country, as_of=AS_OF, pseudonym_key="key")
        for country in ANSWERS
    }


@pytest.mark.parametrize("drop", ["pristine", "resaved_by_indian_excel"], indirect=True)
def test_buyers_orders_and_revenue_are_the_published_ones_to_the_cent(drop, normalized):
    con = drop[1]
    query = "SELECT count(DISTINCT member_number), count(DISTINCT order_id), sum(gross) FROM "
    found = {c: con.execute(query + n.transactions.relation).fetchone() for c, n in normalized.items()}
    assert found == {c: (buyers, orders, Decimal(usd)) for c, (buyers, orders, usd) in ANSWERS.items()}


@pytest.mark.parametrize("drop", ["pristine"], indirect=True)
def test_the_state_code_of_napoli_is_no_null_and_no_namibia(drop, normalized):
    query = "SELECT count(*) FROM read_parquet(?) WHERE subdivision = 'NA'"
    assert drop[1].execute(query, [str(normalized["IT"].customers)]).fetchone() == (10,)


@pytest.mark.parametrize("drop", ["dirtied"], indirect=True)
def test_every_dirtied_row_is_quarantined_with_its_reason(normalized):
    """Of the README: 927 a century early, 906 impossible, 4,455 not positive; 6,288 rows, none with two faults."""
    reasons = {}
    for canonical in normalized.values():
        for reason, count in canonical.ledger["transactions"].reasons["quarantined"].items():
            reasons[reason] = reasons.get(reason, 0) + count
    assert reasons == {"date:before_first_date": 927, "date:unreadable": 906, "quantity:not_positive": 4455}
    assert sum(canonical.ledger["transactions"].quarantined for canonical in normalized.values()) == 6288


@pytest.mark.parametrize("drop", ["dirtied"], indirect=True)
def test_quarantine_points_at_the_record_in_the_file(drop, normalized):
    _, con, _ = drop
    wrong = con.execute(
        'SELECT count(*) FROM read_parquet(?) q JOIN raw_sales s USING (file, record) WHERE q."value" <> CASE '
        'q."column" WHEN \'date\' THEN s."Order Date" ELSE s.Quantity END',
        [str(normalized["US"].quarantine)],
    ).fetchone()
    assert wrong == (0,)


@pytest.mark.parametrize("drop", ["pristine"], indirect=True)
def test_the_shared_drop_is_the_sum_of_its_markets(drop, tmp_path):
    _, con, sources = drop
    ledger = shared_ledger(con, [profile("DE"), profile("US")], sources, tmp_path)
    assert ledger.tables["transactions"].read == 62884  # lines of Sales.csv
    assert sum(ledger.tables["customers"].markets.values()) == 15266
    assert ledger.tables["transactions"].unassigned == 0


@pytest.mark.parametrize("drop", ["resaved_by_indian_excel"], indirect=True)
def test_day_first_is_refused_with_the_rows_that_prove_it(drop, tmp_path):
    _, con, sources = drop
    with pytest.raises(DropError, match="contradict the declared order dmy") as error:
        normalize(con, profile("DE", "dmy"), sources, tmp_path, as_of=AS_OF, pseudonym_key=None)
    assert error.value.facts().keys() >= {"market", "file", "record", "column", "value", "expected", "hint"}
    assert "1/13/2016 (record 341)" in str(error.value)
    assert "declare mdy" in str(error.value)
