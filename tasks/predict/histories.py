"""Columns of a table of customers' purchase histories."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tasks.errors import Terminal
from tasks.predict.grouped import Floats, Ints

#: In SQL, whose purchases are predicted: what a contract brings is in the contract.
NO_CONTRACT = "coalesce(contract, 'none') IN ('none', 'ended')"


def spend_of(table: pa.Table) -> tuple[Ints, Floats]:
    """Purchase days that `spend` is the mean of, and that mean; nan where null, for one-time buyers, without a column.

    The days are `spend_days` where there is such a column, else the repeats: the mean of the literature leaves the
    first purchase out, and one of all purchase days must say so, as it is the surer by one.
    """
    repeats = table.column("repeats").to_numpy().astype(np.int64)
    if "spend" not in table.column_names:
        return repeats, np.full(len(repeats), np.nan)
    counted = table.column("spend_days").to_numpy().astype(np.int64) if "spend_days" in table.column_names else repeats
    return np.where(repeats > 0, counted, 0), np.where(repeats > 0, floats(table, "spend"), np.nan)


def floats(table: pa.Table, name: str) -> Floats:
    """A column of numbers, decimals too; nan where null."""
    if name not in table.column_names:
        raise Terminal("a column of purchase histories is missing", column=name)
    return table.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
