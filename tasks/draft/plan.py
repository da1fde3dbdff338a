"""Decides, from the tables in their roles, what the files prove and what must be asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from region_profiles.models import Profile
from tasks.contract import CONSENT, CUSTOMERS, TABLES, TRANSACTIONS
from tasks.draft.countries import codes
from tasks.draft.evidence import Column
from tasks.draft.headers import comparable, value_code
from tasks.draft.mapping import Mapping, mappings
from tasks.draft.questions import is_nationality
from tasks.draft.roles import Cast, Matched
from tasks.draft.text import OPEN
from tasks.draft.told import told_mappings

#: A column of more values is no list of codes.
CODES = 60
#: Columns of yes and no, and the words that need no declaration.
_FLAGS = frozenset(
    column.name
    for table in (TRANSACTIONS, CUSTOMERS)
    for column in table.columns
    if (column.type == "boolean" and column.name != "returned") or column.codes == CONSENT
)
_KNOWN = frozenset({"1", "true", "yes", "y", "t", "0", "false", "no", "n", "f"})


@dataclass
class Plan:
    """All that the draft says, before it is text."""

    cast: Cast
    mappings: list[Mapping] = field(default_factory=list)
    formats: dict[str, tuple[str | list[str] | None, str | None]] = field(default_factory=dict)
    """Key of source.formats: its value, or what stands open and the question."""
    format_notes: list[str] = field(default_factory=list)
    drop_date: tuple[str, str] | None = None
    """A folder's name and the pattern of its date, where the drop's folders are named by date."""
    encodings: tuple[str, ...] = ()
    """Code pages that fit every file that is not UTF-8, where no file is UTF-8 beyond ASCII."""
    market_of: str | None = None
    """Table and column that may say whose market a purchase is."""
    market_question: str = ""
    markets: dict[str, str] = field(default_factory=dict)
    negatives: str = ""
    rates_question: str = ""
    tax_question: str = ""


def plan(roles: Cast, profile: Profile) -> Plan:
    """The plan of a draft; `profile` holds the defaults of its market."""
    made = Plan(roles)
    made.encodings = _encodings(roles)
    _dates(made)
    _signs(made)
    _words(made)
    _market(made, profile)
    made.mappings = [*mappings(roles, profile, made.market_of), *told_mappings(roles)]
    _own_calendars(made)
    sales = roles.transactions
    if sales:
        for name in ("quantity", "amount", "unit_price"):
            column = sales.column(name) if name in sales.columns else None
            below = (
                0
                if column is None
                else sum(n for value, n in column.distinct.items() if value.startswith(("-", "−", "(")))
            )
            if column is not None and below:
                made.negatives = f"{below} values of {column.name} are below zero"
    made.tax_question = _tax(sales)
    if roles.rates:
        made.rates_question = _rates(roles.rates)
    return made


def _encodings(roles: Cast) -> tuple[str, ...]:
    samples = [table.sample for table in roles.tables().values()]
    pages = [sample.encodings for sample in samples if sample.encodings]
    utf8 = any(not sample.ascii and not sample.encodings and sample.delimiter for sample in samples)
    if utf8 or not pages[1:]:
        return ()
    return tuple(page for page in pages[0] if all(page in other for other in pages))


def _typed_columns(roles: Cast, kind: str) -> Iterator[tuple[Matched, Column]]:
    """Mapped columns of a type whose files do not type them themselves."""
    for table in roles.tables().values():
        for name in table.columns:
            contracts = (TRANSACTIONS, TABLES.get(table.role, TRANSACTIONS))
            known = {column.name: column.type for contract in contracts for column in contract.columns}
            column = table.column(name)
            if known.get(name) == kind and not column.typed:
                yield table, column


def _dates(made: Plan) -> None:
    """One date order for the whole source where every column allows it; compact dates as a pattern; the calendar."""
    _calendar(made)
    columns = [(table, column) for table, column in _typed_columns(made.cast, "date") if column.dates != ("iso",)]
    if not columns:
        return
    forms = [set(column.dates) for _, column in columns]
    common = set.intersection(*forms)
    if len(common) == 1 and min(common).startswith("%"):
        made.formats["dates"] = ([min(common)], None)
    elif len(common) == 1 and any(len(form) == 1 for form in forms):
        made.formats["date_order"] = (next(iter(common)), None)
        open_ones = [f"{table.sample.file}: {column.name}" for table, column in columns if len(column.dates) > 1]
        if open_ones:
            sure = next(f"{table.sample.file}: {column.name}" for table, column in columns if len(column.dates) == 1)
            made.format_notes.append(f"the order is proven by {sure}; {', '.join(open_ones)} would allow another")
    else:
        told = "; ".join(
            f"{table.sample.file}: {column.name} fits {' or '.join(column.dates)}" for table, column in columns
        )
        made.formats["date_order"] = (None, f"the files do not prove one order of day, month and year: {told}")


def _calendar(made: Plan) -> None:
    """The calendar of the years, where it is not the Gregorian one."""
    found = {
        f"{table.sample.file}: {column.name}": column.calendar
        for table, column in _typed_columns(made.cast, "date")
        if column.calendar
    }
    calendars = set(found.values())
    iso = [column for _, column in _typed_columns(made.cast, "date") if column.calendar == "gregorian"]
    if calendars == {"buddhist"} or (
        # What is Gregorian is written with the year first, and gets formats of its own.
        calendars == {"buddhist", "gregorian"} and all(set(column.dates) <= {"iso", "ymd"} for column in iso)
    ):
        made.formats["calendar"] = ("buddhist", None)
    elif calendars - {"gregorian"}:
        told = "; ".join(f"{where} is {calendar}" for where, calendar in found.items())
        several = ": declare formats of their own for the columns that differ" if len(calendars) > 1 else ""
        made.formats["calendar"] = (None, f"which calendar do the dates follow? By their years {told}{several}")


def _own_calendars(made: Plan) -> None:
    """Gregorian columns of a source that counts in another calendar."""
    if made.formats.get("calendar") != ("buddhist", None):
        return
    roles = {"transactions": made.cast.transactions, "customers": made.cast.customers, "stores": made.cast.stores}
    for mapping in made.mappings:
        table = roles.get(mapping.table)
        for name in table.columns if table else ():
            column = table.column(name) if table else None
            dated = _typed(name) == "date"
            if column and dated and name in mapping.columns and not column.typed and column.calendar == "gregorian":
                mapping.calendars[name] = "gregorian"


def _typed(name: str) -> str | None:
    return next(
        (c.type for t in (TRANSACTIONS, CUSTOMERS, TABLES["stores"]) for c in t.columns if c.name == name), None
    )


def _words(made: Plan) -> None:
    """The words of yes and no, where the columns that hold them use none that every profile knows."""
    words = {
        word: f"{table.sample.file}: {table.columns[name]}"
        for table in made.cast.tables().values()
        if table.role in {"customers", "transactions", "receipts"}
        for name in table.columns
        if name in _FLAGS
        for word in table.column(name).distinct
    }
    if all(word.casefold() in _KNOWN for word in words):
        return
    meant = {word: value_code("flag", word) for word in words}
    told = ", ".join(f"{word} ({where})" for word, where in list(words.items())[:CODES])
    for answer in ("yes", "no"):
        own = [word for word, code in meant.items() if code == answer and word.casefold() not in _KNOWN]
        if not all(meant.values()):
            made.formats[answer] = ([OPEN], f"which of these words mean {answer}? {told}")
        elif answer not in meant.values():
            made.formats[answer] = ([OPEN], f"which word means {answer}? The files hold only {told}")
        elif own:
            made.formats[answer] = (own, None)


def _signs(made: Plan) -> None:
    """The decimal sign where the numbers prove one."""
    columns = [(table, column) for table, column in _typed_columns(made.cast, "decimal") if column.signs != (("", ""),)]
    decimals = [{decimal for decimal, _ in column.signs or ()} for _, column in columns]
    if not decimals:
        return
    common = set.intersection(*decimals)
    if len(common) == 1:
        made.formats["decimal_sign"] = (next(iter(common)), None)
        return
    names = ", ".join(f"{table.sample.file}: {column.name}" for table, column in columns)
    made.formats["decimal_sign"] = (
        None,
        f"the numbers of {names} can be read with {' or '.join(sorted(set.union(*decimals)))}",
    )


def _market(made: Plan, profile: Profile) -> None:
    """Whether the drop holds several countries, and which column says so."""
    found: dict[str, dict[str, str]] = {}
    unknown: dict[str, list[str]] = {}
    for name, table, column in (
        ("customers", made.cast.customers, "home_country"),
        ("stores", made.cast.stores, "country"),
    ):
        if (
            table
            and column in table.columns
            and not is_nationality(table.columns[column])
            and len(table.column(column).distinct) <= CODES
        ):
            raw = table.columns[column]
            where = f"{name}.{raw}"
            found[where], unknown[where] = codes(table.column(column).distinct, profile.market.languages)
    several = {where: names for where, names in found.items() if len(set(names.values())) > 1}
    if not several:
        return
    told = "; ".join(
        f"{where} names {len(names)} countries" + (f" and {', '.join(unknown[where])}" if unknown[where] else "")
        for where, names in several.items()
    )
    if not any(where.startswith("stores.") for where in several):
        made.market_question = (
            f"{told}: false if one market's customers live there, true if the drop holds several markets"
        )
        return
    complete = [where for where in reversed(several) if not unknown[where]]
    made.market_of = (complete or list(several))[0]
    made.markets = several[made.market_of]
    made.market_question = (
        f"{told}. true if several markets share this drop and {made.market_of} says whose a purchase is; "
        "for another column, change `market` in the mappings"
    )


def _tax(sales: Matched | None) -> str:
    mapped = "" if sales is None or "tax" not in sales.columns else f" (tax itself is in {sales.columns['tax']})"
    return f"are amounts gross (with tax), net (without), or untaxed (no tax known)?{mapped}"


def _rates(rates: Matched) -> str:
    """The base is a currency that is always 1; whether rates are units for one base or the inverse is asked."""
    by_currency: dict[str, set[str]] = {}
    for currency, rate in zip(rates.column("currency").values, rates.column("rate").values, strict=True):
        by_currency.setdefault(currency, set()).add(rate)
    ones = [
        code for code, values in by_currency.items() if all(value.strip("0").strip(".,") == "1" for value in values)
    ]
    known = f"{ones[0]} is always 1, so the base should be {ones[0]}" if len(ones) == 1 else "no currency is always 1"
    return f"for one unit of which currency is {rates.columns['rate']} given in units of the others? {known}"


def currency_hint(table: Matched | None, name: str) -> str | None:
    """The currency or currency word in the header of a mapped column."""
    return None if table is None or name not in table.columns else comparable(table.columns[name])[1]
