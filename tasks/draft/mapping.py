"""Mappings of a draft: columns where one table suffices, a SELECT where another table has what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from region_profiles.models import Profile
from tasks.draft.countries import codes
from tasks.draft.evidence import STRAY
from tasks.draft.headers import comparable, value_code
from tasks.draft.keys import FOUND
from tasks.draft.questions import is_nationality
from tasks.draft.roles import Cast, Matched, depends, shared
from tasks.draft.text import OPEN

#: Columns of more values get no list of values.
_CODES = 60
#: Orders of several lines that must be alike for a total to be suspected.
_SEVERAL = 10
#: Of a receipt, not of its lines.
_SUMS = frozenset({"order_id", "line_id", "quantity", "unit_price", "amount", "tax", "discount"})


@dataclass
class Mapping:
    """One canonical table's mapping, before it is text."""

    table: str
    source: str
    columns: dict[str, str] = field(default_factory=dict)
    """canonical column: raw column, as `table.column` where joined."""
    joins: list[str] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    """canonical column: question; its raw column is open."""
    constants: dict[str, str] = field(default_factory=dict)
    """canonical column: question."""
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    yes: dict[str, str] = field(default_factory=dict)
    """canonical boolean column: question about its words."""
    notes: list[str] = field(default_factory=list)
    expressions: dict[str, str] = field(default_factory=dict)
    """canonical column: SQL, where it is more than a column."""
    calendars: dict[str, str] = field(default_factory=dict)
    """canonical column of dates: its calendar, where it is not the source's."""


def mappings(roles: Cast, profile: Profile, market_of: str | None) -> Iterator[Mapping]:
    """A mapping for each canonical table that the drop has."""
    if roles.transactions:
        yield _sales(roles, roles.transactions, market_of)
    for name in ("customers", "stores", "rates"):
        table: Matched | None = getattr(roles, name)
        if table:
            inside = {"sales": roles.transactions, "receipts": roles.receipts}
            source = next((s for s, other in inside.items() if other and table.sample is other.sample), name)
            made = plain_mapping(name, source, table)
            if name == "customers" and "member_number" not in {*made.columns, *made.asked}:
                made.asked["member_number"] = _which("member_number", [c.name for c in table.left if c.unique])
            raw = made.columns.get("home_country") if name == "customers" else None
            if raw and is_nationality(raw):
                del made.columns["home_country"]
                made.asked["home_country"] = (
                    f"{raw} is a nationality: do the customers live there too, so that it is their residence? "
                    "Its name, or no such line"
                )
            _countries(made, table, profile)
            if market_of and name == "customers" and market_of.startswith("customers."):
                made.columns["market"] = market_of.removeprefix("customers.")
            yield made


def plain_mapping(name: str, source: str, table: Matched) -> Mapping:
    """The columns of one raw table, what is open as questions."""
    made = Mapping(name, source, dict(table.columns), notes=list(table.notes))
    for column, raw in table.open.items():
        made.asked[column] = f"which is {column}: {', '.join(raw)}?"
    if name == "customers" and "consent_profiling" not in table.columns and (flags := _flags(table)):
        made.asked["consent_profiling"] = (
            f"{', '.join(flags)} hold yes and no: which tells who may be profiled, where no is an objection? Its name, "
            "or no such line; map consents, staff, test accounts and deaths among them, too"
        )
    if left := [column.name for column in table.left]:
        made.notes.append(f"not mapped: {', '.join(left)}")
    for column in ("gender", "kind"):
        if column in table.columns:
            made.values[column] = {value: value_code(column, value) or OPEN for value in table.column(column).distinct}
    return made


def _flags(table: Matched) -> list[str]:
    """Raw columns that nothing is mapped from and that hold yes and no."""
    return [
        column.name
        for column in table.left
        if len(column.distinct) > 1 and all(value_code("flag", value) for value in column.distinct)
    ]


def _which(name: str, candidates: list[str]) -> str:
    told = f"perhaps {', '.join(candidates)}" if candidates else "no values tell it either"
    return f"which column is {name}? None has both a name that is known and values that fit; {told}"


def _countries(made: Mapping, table: Matched, profile: Profile) -> None:
    """Country names as codes; a column with names that are no country's is left out where only stores have it."""
    column = "country" if made.table == "stores" else "home_country"
    if column not in made.columns or len(table.column(column).distinct) > _CODES:
        return
    found, unknown = codes(table.column(column).distinct, profile.market.languages)
    if unknown and made.table == "stores":
        del made.columns[column]
        made.notes.append(f"{table.columns[column]} is not mapped to country: {', '.join(unknown)} names none")
    elif any(name != code for name, code in found.items()):
        made.values[column] = found | dict.fromkeys(unknown, OPEN)


def _sales(roles: Cast, sales: Matched, market_of: str | None) -> Mapping:
    made = plain_mapping("transactions", "sales", sales)
    _order(made, sales)
    _doubtful(made, sales)
    heads = roles.receipts or sales
    if roles.receipts:
        _of_receipts(made, sales, roles.receipts)
    members = [c.name for c in heads.left if not c.dates and len(c.distinct) > _CODES and c.signs != (("", ""),)]
    for column, candidates in (("date", heads.dated), ("member_number", members)):
        if column not in made.columns and column not in made.asked:
            made.asked[column] = _which(column, candidates)
    money = {"amount", "unit_price"} & (set(made.columns) | set(made.asked))
    priced = _price(made, roles, sales) if not money else None
    if not money and not priced:
        numeric = ", ".join(column.name for column in sales.sample.columns if column.numeric)
        doubt = _doubtful_price(roles, sales)
        made.asked["amount"] = f"which column is the amount of a line? numbers are in: {numeric}{doubt}"
    _currency(made, sales, priced)
    if roles.refunds:
        _refunds(made, sales, roles.refunds)
    _returned(made, roles, sales)
    if market_of:
        _market(made, roles, sales, market_of)
    return made


def _of_receipts(made: Mapping, sales: Matched, receipts: Matched) -> None:
    """What the receipts tell of their lines; their sums are of the whole receipt and stay out."""
    made.joins.append(_join("JOIN", "receipts", sales, receipts, "order_id"))
    for name, raw in receipts.columns.items():
        if name not in {*made.columns, *made.asked, *_SUMS}:
            made.columns[name] = f"receipts.{raw}"
    for name, candidates in receipts.open.items():
        if name not in {*made.columns, *made.asked, *_SUMS}:
            made.asked[name] = _which(name, candidates)
    made.notes += receipts.notes


def _refunds(made: Mapping, sales: Matched, refunds: Matched) -> None:
    """Rows of another file in the table of the lines: a number of their own tells them, and its kind the sign."""
    own, key = f"sales.{quote(refunds.columns['order_id'])}", f"sales.{quote(sales.columns['order_id'])}"
    made.expressions["order_id"] = f"coalesce({own}, {key})"
    made.expressions["kind"] = f"CASE WHEN {own} IS NOT NULL THEN 'return' ELSE 'sale' END"
    made.expressions["returned_order_id"] = f"CASE WHEN {own} IS NOT NULL THEN {key} END"
    day = f"sales.{quote(refunds.columns['date'])}"
    joined = made.columns.pop("date", "")
    if joined.startswith("receipts."):
        made.expressions["date"] = f"coalesce({day}, receipts.{quote(joined.removeprefix('receipts.'))})"
    if "time" in made.columns and made.columns["time"].startswith("receipts."):
        raw = made.columns.pop("time").removeprefix("receipts.")
        made.expressions["time"] = f"CASE WHEN {own} IS NULL THEN receipts.{quote(raw)} END"
    for name in ("order_id", "kind", "returned_order_id"):
        made.columns.pop(name, None)
        made.asked.pop(name, None)
        made.values.pop(name, None)
    made.notes.append(
        f"{refunds.sample.file}: each row is a return of the receipt in {sales.columns['order_id']}; quantities "
        "and amounts are taken away whatever their sign"
    )


def _doubtful(made: Mapping, sales: Matched) -> None:
    """What has the right name and is not of each line: values that many lines lack, or that a receipt repeats."""
    for name in ("date", "quantity", "unit_price", "amount", "tax"):
        raw = made.columns.get(name)
        if raw is None:
            continue
        empty = sales.sample.rows - sales.sample.column(raw).filled
        if empty > STRAY * sales.sample.rows:
            made.asked[name] = f"is {raw} the {name} of a line? It is empty in {empty} of {sales.sample.rows} records"
        elif name in {"amount", "tax"} and _repeated(sales, raw):
            made.asked[name] = f"is {raw} the {name} of a line? All lines of an order have the same: the order's total?"
        if name in made.asked:
            del made.columns[name]


def _repeated(sales: Matched, raw: str) -> bool:
    """Whether a column is the same in all lines of each order, and orders of several lines are many."""
    if "order_id" not in sales.columns:
        return False
    lines = [order for order in sales.column("order_id").distinct.values() if order > 1]
    different, _ = shared(sales, raw, "order_id")
    return len(lines) >= _SEVERAL and different <= STRAY * len(lines)


def _order(made: Mapping, sales: Matched) -> None:
    """An order number that several customers or days share is none: then customer and day make an order."""
    if "order_id" not in {*made.columns, *made.asked}:
        made.notes.append("no name tells order_id: an order is then what a customer buys on a day")
    if "order_id" not in made.columns or "member_number" not in sales.columns:
        return
    broken, values = shared(sales, sales.columns["member_number"], "order_id")
    if broken:
        raw = made.columns.pop("order_id")
        made.notes.append(
            f"{raw} is not mapped to order_id: {broken} of {values} values stand with several customers; "
            "an order is then what a customer buys on a day"
        )


def _price(made: Mapping, roles: Cast, sales: Matched) -> Matched | None:
    """The price of a unit from the table of products, where every product sold is found there with one price."""
    products = roles.products
    if products is None or "unit_price" not in products.columns or not _joins(sales, products, "product_id"):
        return None
    if not depends(products, products.columns["unit_price"], "product_id"):
        return None
    made.columns["unit_price"] = f"products.{products.columns['unit_price']}"
    made.joins.append(_join("JOIN", "products", sales, products, "product_id"))
    return products


def _doubtful_price(roles: Cast, sales: Matched) -> str:
    """Why a price of the table of products is not taken, in words; nothing where there is none."""
    products = roles.products
    if products is None or "unit_price" not in products.columns or "product_id" not in sales.columns:
        return ""
    price, (several, listed) = (
        products.columns["unit_price"],
        shared(products, products.columns["unit_price"], "product_id"),
    )
    sold = sales.column("product_id").distinct
    lacking = sum(value not in products.column("product_id").distinct for value in sold)
    return (
        f"; {products.sample.file} has {price}, but {several} of its {listed} products have several, "
        f"and {lacking} of {len(sold)} sold are not there"
    )


def _joins(one: Matched, other: Matched, key: str) -> bool:
    if key not in one.columns or key not in other.columns:
        return False
    wanted, there = one.column(key).distinct, other.column(key).distinct
    return sum(value in there for value in wanted) >= FOUND * len(wanted) > 0


def _join(kind: str, name: str, sales: Matched, other: Matched, key: str) -> str:
    return f"{kind} {name} ON sales.{quote(sales.columns[key])} = {name}.{quote(other.columns[key])}"


def _currency(made: Mapping, sales: Matched, priced: Matched | None) -> None:
    """The currency is never guessed: mapped only where the amounts' own table has it and nothing speaks against it."""
    money = priced or sales
    headers = [money.columns[name] for name in ("amount", "unit_price") if name in money.columns]
    hints = [(header, hint) for header in headers if (hint := comparable(header)[1])]
    if "currency" in made.columns and not hints and priced is None:
        return
    told = [f"{header} names {hint}" for header, hint in hints]
    raw = made.columns.pop("currency", None)
    if raw:
        values = ", ".join(list(sales.sample.column(raw).distinct)[:8])
        told.append(f"{raw} holds {values}, which may be a label: if it is the amounts' own, map it instead")
    made.constants["currency"] = "in which currency are the amounts? " + ("; ".join(told) or "the files do not say")


def _returned(made: Mapping, roles: Cast, sales: Matched) -> None:
    """A list of returned orders: a flag on their lines."""
    returns = roles.returns
    if returns and _known_orders(sales, returns):
        made.columns["returned"] = f"returns.{returns.columns['returned']}"
        made.joins.append(_join("LEFT JOIN", "returns", sales, returns, "order_id"))
    elif "returned" not in made.columns:
        return
    column = (returns or sales).column("returned")
    words = ", ".join(f"{value} ({count})" for value, count in list(column.distinct.items())[:8])
    made.yes["returned"] = (
        f"which words of {column.name} mean that the line was sold and later given back whole? {words}"
    )


def _known_orders(sales: Matched, returns: Matched) -> bool:
    if "order_id" not in sales.columns:
        return False
    wanted, there = returns.column("order_id").distinct, sales.column("order_id").distinct
    return sum(value in there for value in wanted) >= FOUND * len(wanted)


def _market(made: Mapping, roles: Cast, sales: Matched, market_of: str) -> None:
    name, raw = market_of.split(".", 1)
    other = roles.customers if name == "customers" else roles.stores
    key = "member_number" if name == "customers" else "store_id"
    if other and key in sales.columns:
        made.columns["market"] = f"{name}.{raw}"
        made.joins.append(_join("LEFT JOIN" if _guests(sales, key) else "JOIN", name, sales, other, key))


def _guests(sales: Matched, key: str) -> bool:
    return sales.column(key).filled < sales.sample.rows


def quote(name: str) -> str:
    """A raw column's name in SQL.

    >>> quote("Unit Price USD"), quote('a"b')
    ('"Unit Price USD"', '"a""b"')
    """
    return '"' + name.replace('"', '""') + '"'
