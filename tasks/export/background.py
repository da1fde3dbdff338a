"""What the stages before know and no table of segments says: the report's and the workbook's other half."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Background:
    """Facts of one market's run beside its segments.

    `publication` is its id, `previous_as_of` and `previous` the date and canonical/customers.parquet of the publication
    before, None in the first. `ledger` is `TableLedger.as_dict` by table, `reconciliation` what
    `tasks.segment.reconcile` gives. `days` is the market's revenue by local date, gross, in its currency at the as-of
    date (lines without a rate to it are left out). `money` are the notes of `Factors`, `predicted` of `Predicted`,
    `segments` of `Segments`. `previous_audiences` is audiences.parquet of the publication before, `stores` the
    canonical stores; None where there is none.
    """

    publication: str = ""
    previous_as_of: date | None = None
    previous: Path | None = None
    ledger: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reconciliation: Mapping[str, Any] = field(default_factory=dict)
    days: Mapping[date, Decimal] = field(default_factory=dict)
    money: Mapping[str, Any] = field(default_factory=dict)
    predicted: Mapping[str, Any] = field(default_factory=dict)
    segments: Mapping[str, Any] = field(default_factory=dict)
    previous_audiences: Path | None = None
    stores: Path | None = None
