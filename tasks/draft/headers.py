"""Column names of any language to canonical ones, by synonyms.yaml: equal or not at all, nothing is fuzzy."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from region_profiles.reading import plain, read_file
from tasks.normalize.checks import LINKED

#: Tables of synonyms.yaml that a raw table may play.
ROLES = ("transactions", "customers", "stores", "rates", "products", "returns", *LINKED)
_SAME = "same"
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+|[€$£¥₹₩₫₦]")


@cache
def _synonyms() -> dict[str, Any]:
    node, faults = read_file(Path(__file__).parent / "synonyms.yaml", "tasks/draft/synonyms.yaml")
    if faults:
        raise faults[0]
    return dict(plain(node))


def _key(text: str) -> str:
    """Letters and digits in one case, without accents; the text itself where it has none, such as ○."""
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in letters if c.isalnum() and not unicodedata.combining(c)) or text


def comparable(header: str) -> tuple[str, str | None]:
    """A header as it is compared, and the currency or currency word that it names.

    >>> comparable("Unit Price USD"), comparable("dollar_value"), comparable("Kd.-Nr."), comparable("売上（円）")
    (('unitprice', 'USD'), ('value', 'dollar'), ('kdnr', None), ('売上', 'JPY'))
    """
    money: dict[str, str | None] = _synonyms()["currencies"]
    words = _WORDS.findall(unicodedata.normalize("NFKC", header))
    named = next((word for word in words if word.casefold() in money), None)
    if named is None or len(words) == 1:
        return _key(header), None
    return _key("".join(word for word in words if word.casefold() not in money)), money[named.casefold()] or named


@cache
def _names(role: str) -> dict[str, tuple[str, int]]:
    """Comparable name: canonical column and its rank in the list; names that mean two columns of a role are none."""
    table: dict[str, Any] = _synonyms()[role]
    found: dict[str, tuple[str, int]] = {}
    twice = set()
    for column, listed in table.items():
        names = _of_other_role(column, role) if listed == _SAME else listed
        for rank, name in enumerate((column.replace("_", " "), *names)):
            key = _key(name) + ("*" if name.endswith("*") else "")
            if found.setdefault(key, (column, rank))[0] != column:
                twice.add(key)
    return {key: match for key, match in found.items() if key not in twice}


def _of_other_role(column: str, role: str) -> list[str]:
    tables = _synonyms()
    first: list[str] = next(
        tables[other][column]
        for other in ("transactions", "customers")
        if other != role and isinstance(tables[other].get(column), list)
    )
    return first


def canonical(header: str, role: str) -> tuple[str, int] | None:
    """The canonical column that a header names in a table of that role, and its rank: 0 is the surest.

    >>> canonical("CustomerKey", "transactions"), canonical("number_of_cds", "transactions")
    (('member_number', 2), ('quantity', 5))
    >>> canonical("Delivery Date", "transactions")
    """
    whole = _canonical(header, role)
    if whole:
        return whole
    parts = _by_language(header)
    meant = [match for part in parts if (match := _canonical(part, role))] if len(parts) > 1 else []
    return meant[0] if len({column for column, _ in meant}) == 1 else None


def _canonical(header: str, role: str) -> tuple[str, int] | None:
    key, _ = comparable(header)
    names = _names(role)
    if key in names:
        return names[key]
    starts = (name for name in names if name.endswith("*") and key.startswith(name[:-1]) and len(key) >= len(name))
    return next((names[name] for name in starts), None)


def _by_language(header: str) -> tuple[str, ...]:
    """A header in several languages as several: parts between slashes, else the Latin words and the others.

    >>> _by_language("Kunde/Client/Cliente")
    ('Kunde', 'Client', 'Cliente')
    >>> _by_language("رقم العميل Customer")
    ('Customer', 'رقم العميل')
    """
    if "/" in header:
        return tuple(part for part in header.split("/") if part)
    words = header.split()
    latin = " ".join(word for word in words if word.isascii())
    other = " ".join(word for word in words if not word.isascii())
    return tuple(part for part in (latin, other) if part)


def telling(role: str) -> frozenset[str]:
    """The columns without which a table does not play a role of those that tell of customers."""
    return frozenset(_synonyms()["telling"][role])


def value_code(column: str, value: str) -> str | None:
    """The code that a word of a value means, such as `weiblich` of gender; None where it is not known.

    >>> value_code("gender", "Weiblich"), value_code("kind", "بيع Sale"), value_code("gender", "H")
    ('female', 'sale', None)
    """
    codes: dict[str, list[str]] = _synonyms()["values"].get(column, {})
    known = {_key(word): code for code, words in codes.items() for word in words}
    meant = {known.get(_key(part)) for part in (value, *_by_language(value))} - {None}
    return meant.pop() if len(meant) == 1 else None
