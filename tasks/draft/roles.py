"""Which raw table is what: sales, customers, stores, rates, products, returns; and which column means what in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tasks.contract import CUSTOMERS, RATES, STORES, TABLES, TRANSACTIONS
from tasks.draft.evidence import Column
from tasks.draft.headers import canonical, value_code
from tasks.draft.sample import Sample

_TYPES = {column.name: column.type for table in (CUSTOMERS, TRANSACTIONS, STORES, RATES) for column in table.columns}
#: A discount whose values are all at most 1 is a share, not money.
_SHARE = 1.0
#: Share of distinct keys in a list of customers, stores or products.
_NEARLY = 0.9
#: Columns for which no known name is surer than another; of the others the first one's wins, and a note says so.
_ASKED = frozenset(
    {
        *("date", "amount", "unit_price", "quantity", "tax", "currency", "kind"),
        *("member_number", "order_id", "store_id", "product_id", "returned_order_id"),
        *("birth_date", "gender", "home_country", "country", "email", "employee"),
        *("consent_email", "consent_sms", "consent_profiling"),
    }
)
#: Of these a table of sales without a date by name has three: then the date is asked, not the table.
_SALES = frozenset({"order_id", "member_number", "store_id", "product_id", "quantity", "unit_price", "amount"})
#: Of these a list of customers without a number by name has two.
PERSONS = frozenset({"name", "given_name", "family_name", "email", "phone", "birth_date", "gender"})
_ENOUGH_SALES, _ENOUGHPERSONS = 3, 2
#: One of these a list of products has.
_DESCRIBED = frozenset({"unit_price", "category", "brand"})
#: A table of rates has date, currency, rate, perhaps base and source: a wider one is of sales.
_RATES_WIDTH = 5


@dataclass
class Matched:
    """A raw table in its role: canonical column -> raw column, and what was not decided."""

    role: str
    sample: Sample
    columns: dict[str, str] = field(default_factory=dict)
    open: dict[str, list[str]] = field(default_factory=dict)
    """Canonical column: raw columns that could be it."""
    unfit: dict[str, str] = field(default_factory=dict)
    """Canonical column: the raw column of its name whose values are something else."""
    notes: list[str] = field(default_factory=list)

    def column(self, name: str) -> Column:
        """The raw column that is mapped to a canonical one."""
        return self.sample.column(self.columns[name])

    @property
    def left(self) -> list[Column]:
        """Raw columns with values that nothing is mapped from, less those that a question names."""
        used = {*self.columns.values(), *self.unfit.values(), *(raw for names in self.open.values() for raw in names)}
        return [column for column in self.sample.columns if column.filled and column.name not in used]

    @property
    def dated(self) -> list[str]:
        """Raw columns that could be the date, where none of that name is one."""
        return [column.name for column in self.left if column.dates] + [
            raw for name, raw in self.unfit.items() if name == "date"
        ]


def matched(sample: Sample, role: str) -> Matched:
    """Every column of a sample that names a canonical column of a role and whose values fit it."""
    result = Matched(role, sample)
    types = {**_TYPES, **({c.name: c.type for c in TABLES[role].columns} if role in TABLES else {})}
    found: dict[str, list[tuple[int, str]]] = {}
    for column in sample.columns:
        meant = canonical(column.name, role)
        if meant is None:
            continue
        name, rank = meant
        unfit = _unfit(column, name, types.get(name))
        if unfit:
            result.unfit[name] = column.name
            result.notes.append(f"{column.name} is not mapped to {name}: {unfit}")
        else:
            if types.get(name) in {"date", "decimal"} and column.stray:
                wanted = "dates" if types[name] == "date" else "numbers"
                result.notes.append(f"{column.stray} of {column.filled} values of {column.name} are no {wanted}")
            found.setdefault(name, []).append((rank, column.name))
    for name, candidates in found.items():
        raw = [column for _, column in sorted(candidates)]
        if len(raw) > 1 and name in _ASKED:
            result.open[name] = raw
        else:
            result.columns[name] = raw[0]
            result.notes += [f"{other} is not mapped: {raw[0]} is {name}" for other in raw[1:]]
    if "name" in result.columns and {"given_name", "family_name"} & set(result.columns):
        result.notes.append(f"{result.columns.pop('name')} is not mapped: the full name, or the rest of one?")
    return result


def _unfit(column: Column, name: str, kind: str | None) -> str | None:
    """Why a column's values cannot be what its name says; None where they can."""
    if not column.filled:
        return "it is empty"
    if kind == "date" and not column.dates:
        return "too many values are no dates"
    if kind == "decimal" and not column.numeric:
        return "too many values are no numbers"
    if name == "discount" and max(column.numbers(), default=_SHARE) <= _SHARE:
        return "no value is above 1, so it is a share rather than money"
    return None


@dataclass
class Cast:
    """The tables of a drop in their roles; `others` are in none."""

    transactions: Matched | None = None
    receipts: Matched | None = None
    """Date and customer of the sales, where these are lines without them."""
    customers: Matched | None = None
    stores: Matched | None = None
    rates: Matched | None = None
    products: Matched | None = None
    returns: Matched | None = None
    refunds: Matched | None = None
    """Returns in a file of their own, read with the lines of the sales: `order_id` is their own number."""
    others: list[Sample] = field(default_factory=list)
    told: dict[str, Matched] = field(default_factory=dict)
    """Tables that tell of customers beside their purchases, by canonical table."""
    perhaps: dict[str, list[str]] = field(default_factory=dict)
    """By file of `others`: the canonical tables that it may be."""

    def tables(self) -> dict[str, Matched]:
        """Table name in the profile: the raw table; customers within the sales table have none of their own."""
        named = {
            "sales": self.transactions,
            "receipts": self.receipts,
            "customers": self.customers,
            "stores": self.stores,
            "rates": self.rates,
            "products": self.products,
            "returns": self.returns,
            **self.told,
        }
        first = [table.sample for table in (self.transactions, self.receipts) if table]
        return {
            name: table
            for name, table in named.items()
            if table is not None and (name in {"sales", "receipts"} or not any(table.sample is one for one in first))
        }


def cast(samples: Sequence[Sample]) -> Cast:
    """Assign roles, the plainest first; a table plays one role, but sales may carry their customers."""
    result, left = Cast(), list(samples)
    for role in ("rates", "transactions", "customers", "stores", "products", "returns"):
        fitting = [table for sample in left if (table := matched(sample, role)) and _fits(table)]
        if not fitting:
            continue
        best = max(
            fitting,
            key=lambda table: (
                not of_returns(table.sample) or role != "transactions",
                len(table.columns) + len(table.open),
                table.sample.rows,
            ),
        )
        setattr(result, role, best)
        left = [sample for sample in left if sample is not best.sample]
    result.others = left
    return result


def of_returns(sample: Sample) -> bool:
    """Whether the name of the file or of a column speaks of returns."""
    stem = PurePosixPath(sample.file).stem
    words = [stem, *re.split(r"[\W\d_]+", stem), *(column.name for column in sample.columns)]
    words += [word for column in sample.columns for word in column.name.split()]
    return any(value_code("kind", word) == "return" for word in words)


def within(cast: Cast) -> None:
    """Customers that only the sales, or their receipts, tell of."""
    sales = cast.receipts or cast.transactions
    if sales and not cast.customers:
        cast.customers = _within(sales)


def _fits(table: Matched) -> bool:
    """Whether a table has what its role needs."""
    has = set(table.columns) | set(table.open)
    key = {"customers": "member_number", "stores": "store_id", "products": "product_id", "returns": "order_id"}
    needs = {
        "rates": {"date", "currency", "rate"},
        "transactions": {"date"},
        "customers": {"member_number"},
        "stores": {"store_id"},
        "products": {"product_id"},
        "returns": {"order_id", "returned"},
    }
    if table.role == "rates":
        _only_date(table)
        has = set(table.columns)
    if table.role == "transactions" and "date" not in has:
        return bool(table.dated) and len(has & _SALES) >= _ENOUGH_SALES
    if table.role == "customers" and "member_number" not in has:
        return len(has & PERSONS) >= _ENOUGHPERSONS and any(column.unique for column in table.left)
    if not needs[table.role] <= has or (table.role == "rates" and len(table.sample.columns) > _RATES_WIDTH):
        return False
    if table.role == "transactions":
        return bool(has & {"amount", "unit_price", "quantity"} or table.open)
    if table.role == "products" and not has & _DESCRIBED:
        return False
    column = key.get(table.role)
    unique = column is None or (column in table.columns and _nearly_unique(table, column))
    return unique and len(has) > 1


def _only_date(table: Matched) -> None:
    """The date of rates: where there are currency and rate, the one column of dates can be nothing else."""
    if "date" not in table.columns and {"currency", "rate"} <= set(table.columns) and len(table.dated) == 1:
        table.columns["date"] = table.dated[0]


def _nearly_unique(table: Matched, name: str) -> bool:
    """Unique where a line is marked by it; a list of customers, stores or products may repeat some, or lack a few."""
    column = table.column(name)
    if table.role == "returns":
        return column.unique
    # Snapshots in several folders repeat every key.
    return min(column.filled, len(column.distinct) * table.sample.folders) >= _NEARLY * len(column.values)


#: Attributes of a person that a line of sale may repeat. A place on a line may be the shop's or the delivery's.
_PERSONAL = (
    "name",
    "given_name",
    "family_name",
    "company",
    "email",
    "phone",
    "birth_date",
    "birth_year",
    "gender",
    "language",
)


def _within(sales: Matched) -> Matched | None:
    """Customers repeated in each line of sale: columns that have one value for each member number."""
    if "member_number" not in sales.columns:
        return None
    both = matched(sales.sample, "customers")
    kept = {
        name: raw for name, raw in both.columns.items() if name in _PERSONAL and depends(sales, raw, "member_number")
    }
    if not kept:
        return None
    left = sorted(raw for name, raw in both.columns.items() if name not in {*kept, "member_number"})
    notes = [f"not mapped: {', '.join(left)} (of the customer, the shop or the delivery?)"] if left else []
    columns = {"member_number": sales.columns["member_number"], **kept}
    return Matched("customers", sales.sample, columns, notes=notes)


def depends(table: Matched, raw: str, key: str) -> bool:
    """Whether a raw column has one value for each value of a mapped one."""
    return shared(table, raw, key)[0] == 0


def shared(table: Matched, raw: str, key: str) -> tuple[int, int]:
    """How many values of a mapped column stand with several values of a raw one, and how many there are.

    Rows without a value in either do not count: a guest's receipt contradicts nothing.
    """
    seen: dict[str, set[str]] = {}
    for one, other in zip(table.column(key).values, table.sample.column(raw).values, strict=True):
        if one and other:
            seen.setdefault(one, set()).add(other)
    return sum(len(values) > 1 for values in seen.values()), len(seen)
