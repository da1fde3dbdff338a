"""Mappings of a draft: columns where one table suffices, a SELECT where another table has what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from region_profiles.models import Profile
from tasks.draft.countries import codes
from tasks.draft.headers import comparable, value_code
from tasks.draft.roles import Cast, Matched, shared
from tasks.draft.text import OPEN, Text

#: Columns of more values get no list of values.
_CODES = 60
#: Share of keys that must be found on the other side of a join.
_FOUND = 0.99


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


def mappings(roles: Cast, profile: Profile, market_of: str | None) -> Iterator[Mapping]:
    """A mapping for each canonical table that the drop has."""
    if roles.transactions:
        yield _sales(roles, roles.transactions, market_of)
    for name in ("customers", "stores", "rates"):
        table: Matched | None = getattr(roles, name)
        if table:
            inside = roles.transactions is not None and table.sample is roles.transactions.sample
            made = _plain(name, "sales" if inside else name, table)
            _countries(made, table, profile)
            if market_of and name == "customers" and market_of.startswith("customers."):
                made.columns["market"] = market_of.removeprefix("customers.")
            yield made


def _plain(name: str, source: str, table: Matched) -> Mapping:
    made = Mapping(name, source, dict(table.columns), notes=list(table.notes))
    for column, raw in table.open.items():
        made.asked[column] = f"which is {column}: {', '.join(raw)}?"
    for column in ("gender", "kind"):
        if column in table.columns:
            made.values[column] = {value: value_code(column, value) or OPEN for value in table.column(column).distinct}
    return made


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
    made = _plain("transactions", "sales", sales)
    _order(made, sales)
    for column in ("date", "member_number"):
        if column not in made.columns and column not in made.asked:
            made.asked[column] = f"which column is {column}? none has a name that is known"
    money = {"amount", "unit_price"} & (set(made.columns) | set(made.asked))
    priced = _price(made, roles, sales) if not money else None
    if not money and not priced:
        numeric = ", ".join(column.name for column in sales.sample.columns if column.numeric)
        made.asked["amount"] = f"which column is the amount of a line? numbers are in: {numeric}"
    _currency(made, sales, priced)
    _returned(made, roles, sales)
    if market_of:
        _market(made, roles, sales, market_of)
    return made


def _order(made: Mapping, sales: Matched) -> None:
    """An order number that several customers or days share is none: then customer and day make an order."""
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
    """The price of a unit from the table of products, where every product sold is found there."""
    products = roles.products
    if products is None or not _joins(sales, products, "product_id"):
        return None
    made.columns["unit_price"] = f"products.{products.columns['unit_price']}"
    made.joins.append(_join("JOIN", "products", sales, products, "product_id"))
    return products


def _joins(one: Matched, other: Matched, key: str) -> bool:
    if key not in one.columns or key not in other.columns:
        return False
    wanted, there = one.column(key).distinct, other.column(key).distinct
    return sum(value in there for value in wanted) >= _FOUND * len(wanted) > 0


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
    return sum(value in there for value in wanted) >= _FOUND * len(wanted)


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


def write_mapping(text: Text, made: Mapping) -> None:
    """The mapping as YAML."""
    text.key(2, made.table)
    for note in made.notes:
        text.note(3, note)
    _write_columns(text, made)
    if made.constants:
        text.key(3, "constants")
    for name, question in made.constants.items():
        text.ask(4, name, question)
    if made.values:
        text.key(3, "values")
    for name, entries in made.values.items():
        text.key(4, name)
        for value, code in entries.items():
            if code == OPEN:
                text.ask(5, value, f"what does {value} mean as {name}?")
            else:
                text.key(5, value, code)
    if made.yes:
        text.key(3, "formats")
    for name, question in made.yes.items():
        text.key(4, name)
        text.ask(5, "yes", question, [OPEN])


def _write_columns(text: Text, made: Mapping) -> None:
    if made.joins:
        for question in made.asked.values():
            text.comment(3, f'QUESTION: {question} Put its name for "?" below.')
        text.block(3, "select", _select(made))
        return
    text.key(3, "source", made.source)
    text.key(3, "columns")
    for name, raw in made.columns.items():
        text.key(4, name, raw)
    for name, question in made.asked.items():
        text.ask(4, name, question)


def _select(made: Mapping) -> str:
    def source(raw: str) -> str:
        table, dot, column = raw.partition(".")
        joined = bool(dot) and table in {"products", "customers", "stores", "returns"}
        return f"{table}.{quote(column)}" if joined else f"sales.{quote(raw)}"

    chosen = [f"{source(raw)} AS {name}" for name, raw in made.columns.items()]
    chosen += [f"sales.{quote(OPEN)} AS {name}" for name in made.asked]
    return "SELECT " + ",\n       ".join(chosen) + "\nFROM sales\n" + "\n".join(made.joins)
