"""Questions that no name settles: keys of what comes again, files left over, codes of VAT, nationality."""

from __future__ import annotations

from tasks.contract import TABLES
from tasks.draft.evidence import Column
from tasks.draft.headers import ROLES, canonical, comparable
from tasks.draft.keys import FOUND
from tasks.draft.roles import Cast, Matched
from tasks.draft.sample import Sample
from tasks.normalize.checks import LINKED

#: Words of a heading of tax, and of one of nationality, as `comparable` writes them.
_TAX = (
    "vat",
    "mwst",
    "ust",
    "tva",
    "iva",
    "ptu",
    "kdv",
    "btw",
    "moms",
    "dph",
    "afa",
    "ндс",
    "ддс",
    "税",
    "ภาษ",
    "ضريبة",
)
_NATIONALITY = (
    *("nationalit", "nacionalid", "nazionalita", "staatsangehorigkeit", "staatsburgerschaft", "narodowosc"),
    *("obywatelstwo", "国籍", "국적", "สญชาต", "الجنسية", "гражданство", "uyruk"),
)
_FEWEST, _MOST = 2, 5
#: Of the sales, what other tables name.
_NUMBERS = ("order_id", "member_number", "product_id")
#: Of each role what tells its rows apart.
_KEYS = {"customers": ("member_number",), "stores": ("store_id",), "products": ("product_id",)}


def key_of(name: str, table: Matched) -> list[str] | None:
    """The raw columns that tell the rows of a table apart, of which a later one replaces an earlier; None if unsure."""
    has = table.columns
    if name in _KEYS:
        return [has[_KEYS[name][0]]] if _KEYS[name][0] in has else None
    if name in LINKED:
        return [has[column] for column in TABLES[name].key] if set(TABLES[name].key) <= set(has) else None
    if name == "receipts":
        return [has["order_id"]]
    if name != "sales" or "order_id" not in has:
        return None
    if "line_id" in has:
        return [has["order_id"], has["line_id"]]
    numbers = table.column("order_id")
    return [has["order_id"]] if len(numbers.distinct) >= FOUND * numbers.filled else None


def later_by(name: str, table: Matched) -> tuple[list[str], int] | None:
    """Columns of dates that differ where one key stands in several rows of a file, and how many keys do."""
    key = key_of(name, table) if name in _KEYS else None
    if key is None:
        return None
    keys = table.sample.column(key[0])
    found: dict[str, int] = {}
    for column in table.sample.columns:
        if not column.dates:
            continue
        seen: dict[str, set[str]] = {}
        for number, day in zip(keys.values, column.values, strict=True):
            if number and day:
                seen.setdefault(number, set()).add(day)
        if several := sum(len(days) > 1 for days in seen.values()):
            found[column.name] = several
    most = max(found.values(), default=0)
    return ([column for column, several in found.items() if several == most], most) if most else None


def sharing(cast: Cast, sample: Sample) -> str | None:
    """What an unused table shares with the sales, in words: numbers of receipts, members or products, the likest."""
    told, alike = None, 0.0
    for name, table in ((n, t) for n in _NUMBERS for t in (cast.transactions, cast.receipts) if t and n in t.columns):
        theirs = table.column(name)
        for column in sample.columns:
            meant = canonical(column.name, "transactions")
            if column.name != theirs.name and (meant is None or meant[0] != name):
                continue
            both, every = len(column.distinct.keys() & theirs.distinct.keys()), len(column.distinct)
            if both and (share := both / min(every, len(theirs.distinct))) > alike:
                alike = share
                told = (
                    f"its {column.name} stands in the sales"
                    if both == every
                    else f"{both} of the {every} values of its {column.name} stand in the sales"
                )
    return told


def unknown(sample: Sample) -> str:
    """Why nothing reads a table that shares no number with the sales."""
    known = [column.name for column in sample.columns if any(canonical(column.name, role) for role in ROLES)]
    of_it = (
        f"its known columns ({', '.join(known)}) fit no table that drafts know" if known else "no column of it is known"
    )
    return f"{of_it}, and none named as a number of receipts, customers or products shares a value with the sales"


def vat_codes(cast: Cast) -> str | None:
    """What a column of two to five codes under a heading of tax holds."""
    sales = cast.transactions
    for column in sales.left if sales else ():
        if _heading(column, _TAX) and _FEWEST <= len(column.distinct) <= _MOST:
            told = ", ".join(f"{value} ({count})" for value, count in column.distinct.items())
            return f"{column.name} holds {told}"
    return None


def is_nationality(name: str) -> bool:
    """Whether a heading says nationality, which is no residence.

    >>> is_nationality("Nationalité"), is_nationality("Pays")
    (True, False)
    """
    return any(word in comparable(name)[0] for word in _NATIONALITY)


def _heading(column: Column, words: tuple[str, ...]) -> bool:
    heading = comparable(column.name)[0]
    return any(heading.startswith(word) or heading.endswith(word) for word in words)
