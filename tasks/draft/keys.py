"""Keys that no name tells and the values prove: whose purchases they are, and which receipt a line stands on."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.draft.evidence import Column
from tasks.draft.roles import Cast, Matched, matched, of_returns
from tasks.draft.sample import Sample

#: Share of values that must be found on the other side.
FOUND = 0.99
#: Fewer values, or shorter ones, are found among numbers of anything: lines, pieces, tills.
_VALUES, _SIGNS = 10, 4
#: Share of the customers that must have bought for their numbers to be told by the purchases.
_BOUGHT = 0.2
#: What a line of a receipt has beside its number: two of these.
_LINES = frozenset({"product_id", "quantity", "unit_price", "amount"})
_ENOUGH = 2


def prove(cast: Cast) -> None:
    """Receipts apart from their lines, and member numbers that only values tell, entered into the cast."""
    _receipts(cast)
    _refunds(cast)
    _members(cast)


def _receipts(cast: Cast) -> None:
    """Lines that lack a date, and all stand on receipts of the table that has it: the lines are the sales."""
    heads = cast.transactions
    if heads is None:
        return
    fitting = []
    for sample in cast.others:
        lines = matched(sample, "transactions")
        key = None if lines.dated or len(_LINES & set(lines.columns)) < _ENOUGH else _receipt(heads, lines)
        if key:
            fitting.append((not of_returns(sample), len(sample.column(key[0]).distinct), lines, key))
    if not fitting:
        return
    # Lines stand on every receipt, payments and corrections on some.
    _, _, lines, key = max(fitting, key=lambda found: found[:2])
    lines.columns["order_id"], heads.columns["order_id"] = key
    lines.notes.append(f"every {key[0]} stands in {heads.sample.file}, once: its lines are the sales")
    heads.role = "receipts"
    cast.receipts, cast.transactions = heads, lines
    cast.others = [other for other in cast.others if other is not lines.sample]


def _receipt(heads: Matched, lines: Matched) -> tuple[str, str] | None:
    """The columns of lines and of receipts that hold the receipt's number."""
    named = [table.columns["order_id"] for table in (lines, heads) if "order_id" in table.columns]
    if len(named) == _ENOUGH:
        pairs = [(lines.column("order_id"), heads.column("order_id"))]
    else:
        ours, theirs = lines.sample.columns, heads.sample.columns
        pairs = [(one, other) for one in ours for other in theirs if one.name == other.name]
    fitting = [(one.name, other.name) for one, other in pairs if _once(other, heads.sample) and found(one, other)]
    return fitting[0] if len(fitting) == 1 else None


def _once(column: Column, sample: Sample) -> bool:
    """Whether a value stands once; in a folder each, where drops overlap, nearly."""
    if sample.folders == 1:
        return column.unique
    return column.filled == len(column.values) and len(column.distinct) >= FOUND * column.filled


def _refunds(cast: Cast) -> None:
    """Returns with a number, a day and an amount of their own, which name the receipt that they belong to."""
    lines = cast.transactions
    if cast.receipts is None or lines is None:
        return
    key = lines.columns["order_id"]
    known = cast.receipts.column("order_id")
    names = {column.name for column in lines.sample.columns}
    for sample in cast.others:
        here = matched(sample, "transactions")
        money = [here.columns[name] for name in ("amount", "quantity") if name in here.columns]
        own = [c.name for c in sample.columns if c.name not in names and c.filled == len(c.values) and not c.dates]
        raws = {column.name for column in sample.columns}
        shared = key in raws and found(sample.column(key), known)
        if shared and own and money and set(money) <= names and "date" in here.columns and of_returns(sample):
            here.columns["order_id"] = max(own, key=lambda name: len(sample.column(name).distinct))
            cast.refunds = here
            cast.others = [other for other in cast.others if other is not sample]
            return


def _members(cast: Cast) -> None:
    """The member number of customers, of sales, or of both."""
    sales, customers = cast.receipts or cast.transactions, cast.customers
    if sales is None or customers is None or sales.sample is customers.sample:
        return
    if any("member_number" in table.open for table in (sales, customers)):
        return
    theirs = _known(customers, customers.sample) or [column for column in customers.left if column.unique]
    ours = _known(sales, sales.sample) or [column for column in sales.left if len(column.distinct) >= _VALUES]
    pairs = [(one, other) for one in ours for other in theirs if found(one, other) and _telling(one, other)]
    alike = [(one, other) for one, other in pairs if one.name == other.name]
    chosen = alike if len(alike) == 1 else pairs
    if len(chosen) != 1 or "member_number" in set(sales.columns) & set(customers.columns):
        return
    one, other = chosen[0]
    for table, column in ((sales, one), (customers, other)):
        if "member_number" not in table.columns:
            table.columns["member_number"] = column.name
            table.notes.append(f"{column.name} is member_number by its values: {one.name} of the sales is found there")


def _known(table: Matched, sample: Sample) -> list[Column]:
    return [sample.column(table.columns["member_number"])] if "member_number" in table.columns else []


def found(one: Column, other: Column) -> bool:
    """Whether nearly all values of one column stand in the other."""
    return bool(one.distinct) and _share(one.distinct, other) >= FOUND


def _share(values: Iterable[str], other: Column) -> float:
    listed = list(values)
    return sum(value in other.distinct for value in listed) / len(listed)


def _telling(one: Column, other: Column) -> bool:
    """Whether it cannot be chance: so many different values, so long, and of so many customers."""
    enough = len(one.distinct) >= max(_VALUES, _BOUGHT * len(other.distinct))
    return enough and all(len(value) >= _SIGNS for value in one.distinct)
