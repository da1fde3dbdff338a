"""What the gate measures of a publication that is staged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from tasks.gate.measures import _unconverted


@pytest.mark.parametrize(("without", "share"), [([], 0.0), (["EUR"], 0.5), (["EUR", "USD"], 0.75)])
def test_lines_of_days_without_a_rate_are_a_share_of_all_lines(without, share):
    day = date(2026, 6, 30)
    codes = ["EUR", "USD", "GBP"]
    rates = pa.table(
        {
            "currency": codes,
            "date": pa.array([day] * 3),
            "to_reference": pa.array(
                [None if code in without else Decimal(1) for code in codes], pa.decimal128(19, 12)
            ),
        }
    )
    with duckdb.connect() as con:
        con.execute(
            f"CREATE TABLE lines AS SELECT unnest(['EUR', 'EUR', 'USD', 'GBP']) AS currency, DATE '{day}' AS rate_date"
        )
        assert _unconverted(con, "lines", rates, wanted=True) == share
        assert _unconverted(con, "lines", rates, wanted=False) == 0.0
        assert _unconverted(con, "lines", rates, wanted=True) == share
