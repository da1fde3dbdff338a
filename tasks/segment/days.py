"""The market's revenue by day: one pass over the lines, for the reconciliation, the report and the hints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

import duckdb
import pyarrow as pa

_CENTS = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Days:
    """Gross revenue of the kept lines by (currency, local date), exact."""

    gross: Mapping[tuple[str, date], Decimal]

    @property
    def newest(self) -> date | None:
        """The last day of purchases."""
        return max((day for _, day in self.gross), default=None)

    def by_currency(self) -> dict[str, Decimal]:
        """Gross by currency, exact, in the order of their codes."""
        sums: dict[str, Decimal] = {}
        for (currency, _), gross in sorted(self.gross.items()):
            sums[currency] = sums.get(currency, Decimal(0)) + gross
        return sums

    def in_local(self, factors: pa.Table) -> dict[date, Decimal]:
        """Gross by day in the market's currency at the as-of date, to two places; days without a rate are left out.

        `factors` as `Factors.table`. Returns are converted at the rate of their own day here, which may differ from
        their order's by what the rate moved: a chart of months, no reconciliation.
        """
        rows = factors.select(["currency", "date", "to_local"]).to_pylist()
        rates = {(row["currency"], row["date"]): row["to_local"] for row in rows}
        days: dict[date, Decimal] = {}
        with localcontext(prec=60):
            for (currency, day), gross in sorted(self.gross.items(), key=lambda item: item[0][::-1]):
                rate = rates.get((currency, day))
                if rate is not None:
                    days[day] = days.get(day, Decimal(0)) + gross * rate
            return {day: amount.quantize(_CENTS) for day, amount in days.items()}


def revenue_by_day(con: duckdb.DuckDBPyConnection, lines: str) -> Days:
    """Sum the lines of a relation of canonical transactions (`CanonicalLines.relation`)."""
    found = con.execute(
        f"SELECT currency, local_date, sum(gross) FROM {lines} GROUP BY currency, local_date ORDER BY ALL"
    ).fetchall()
    return Days({(currency, day): gross for currency, day, gross in found})
