"""Tables that tell of customers beside their purchases, recognised where the names of their columns are sure.

Products, too: what they are called and belong to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.contract import TABLES
from tasks.draft.headers import telling, value_code
from tasks.draft.mapping import Mapping, plain_mapping
from tasks.draft.roles import PERSONS, Cast, Matched, matched
from tasks.draft.sample import Sample
from tasks.draft.text import OPEN
from tasks.normalize.checks import LINKED

#: A file with one of these is of sales, whatever else it tells.
_SOLD = frozenset({"amount", "unit_price", "quantity"})
#: These have amounts of their own.
_AMOUNTS = frozenset({"quotes", "contracts"})


def told(samples: Sequence[Sample]) -> tuple[dict[str, Matched], dict[str, list[str]], list[Sample]]:
    """Tables by canonical table, what a file may be where that is not sure, and the samples that are left for others.

    Sure is a file that has all that one table, and no other, needs and is told by, and nothing of a sale or a person.
    """
    found: dict[str, Matched] = {}
    perhaps: dict[str, list[str]] = {}
    left = []
    for sample in samples:
        fitting = [table for role in LINKED if (table := matched(sample, role)) and _told(table)]
        sure = [table for table in fitting if _sure(table)]
        if len(sure) == 1 == len(fitting) and sure[0].role not in found:
            found[sure[0].role] = sure[0]
            continue
        if fitting:
            perhaps[sample.file] = [table.role for table in fitting]
        left.append(sample)
    return found, perhaps, left


def _told(table: Matched) -> bool:
    return telling(table.role) <= {*table.columns, *table.open}


def _sure(table: Matched) -> bool:
    has = {*table.columns, *table.open}
    required = {column.name for column in TABLES[table.role].mapped if column.required}
    sold = set() if table.role in _AMOUNTS else _SOLD & set(matched(table.sample, "transactions").columns)
    person = set(matched(table.sample, "customers").columns)
    if table.role != "companies":
        person &= PERSONS
    return required <= has and not sold and not person - {"member_number", "company"}


def told_mappings(roles: Cast) -> Iterator[Mapping]:
    """A mapping for each of them; codes that are not the contract's are asked for."""
    if roles.products and {"category", "brand"} & set(roles.products.columns):
        names = {column.name for column in TABLES["products"].columns}
        columns = {name: raw for name, raw in roles.products.columns.items() if name in names}
        note = "price and cost are not mapped: their currency is not known"
        yield Mapping("products", "products", columns, notes=[note])
    for name, table in roles.told.items():
        made = plain_mapping(name, name, table)
        for column in TABLES[name].columns:
            if column.codes and column.name in table.columns:
                values = list(table.column(column.name).distinct)
                codes = {value: _code(column.name, value, column.codes) for value in values}
                made.values.pop(column.name, None)
                if any(value.casefold() != code for value, code in codes.items()):
                    made.values[column.name] = codes
        yield made


def _code(column: str, value: str, codes: Sequence[str]) -> str:
    known = value_code(column, value) or OPEN
    return next((code for code in (value.casefold(), known) if code in codes), OPEN)
