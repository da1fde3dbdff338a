"""The decimal sign of a text column."""

from __future__ import annotations

import re
from decimal import Decimal

import duckdb

from tasks.ingest.evidence import BOUND, LATIN, NATIVE, Evidence, Form, total, undecided, weigh
from tasks.sql import literal, name

#: Signs that may stand between groups, for each decimal sign.
GROUPINGS = {".": ",٬'’_ \u00a0\u202f", ",": ".'’_ \u00a0\u202f", "٫": "٬.,"}
GROUP, INDIAN_GROUP = 3, 2
DECLARE = "formats.decimal_sign"


def infer_decimal(
    con: duckdb.DuckDBPyConnection, relation: str, column: str, *, bound: Decimal = BOUND, personal: bool = False
) -> Evidence:
    """The decimal sign of a text column: '.', ',' or '٫' ('.' where no value has a separator: nothing depends on it).

    Raises DropError where only ambiguous values such as '1.234' occur, or more than `bound` of what is proven proves
    another sign.
    """
    forms = [form for form in _forms(con, relation, column) if form.readings]
    proofs = {sign: total(form for form in forms if form.readings == {sign}) for sign in GROUPINGS}
    value, most = max(proofs.items(), key=lambda item: item[1])
    if not most:
        if forms:
            raise undecided("the decimal sign cannot be told", column, forms, DECLARE, personal=personal)
        return Evidence(".", 0, 0, ())
    found = weigh(value, forms, personal=personal)
    if found.contradicts > bound * (found.supports + found.contradicts):
        both = sorted((form for form in forms if len(form.readings) == 1), key=lambda form: value in form.readings)
        mixed = [both[0], both[-1]]
        raise undecided(
            f"two decimal signs: {found.supports} values prove {value!r}, {found.contradicts} another",
            column, mixed, DECLARE, personal=personal,
        )  # fmt: skip
    return found


def decimal_contradictions(
    con: duckdb.DuckDBPyConnection, relation: str, column: str, declared: str, *, personal: bool = False
) -> Evidence:
    """How many values are numbers under another decimal sign and not under the declared one, with records."""
    return weigh(declared, _forms(con, relation, column), personal=personal)


def _forms(con: duckdb.DuckDBPyConnection, relation: str, column: str) -> list[Form]:
    latin = f"translate({name(column)}, {literal(NATIVE)}, {literal(LATIN)})"
    rows = con.execute(
        f"SELECT left(n, 1) = '0' AS zero, regexp_replace(n, '[0-9]', '9', 'g') AS form, count(*), min(record), "
        f"arg_min(v, record) FROM (SELECT record, {name(column)} AS v, "
        f"regexp_extract({latin}, '[0-9].*[0-9]|[0-9]') AS n FROM {relation}) WHERE n <> '' "
        f"GROUP BY ALL ORDER BY 4, 2"
    ).fetchall()
    return [Form("", decimal_signs(form, zero=zero), count, record, text) for zero, form, count, record, text in rows]


def decimal_signs(form: str, *, zero: bool = False) -> frozenset[str]:
    """The decimal signs under which a form (digits are 9) is a number; none where no separator tells anything.

    A grouped number does not begin with 0, and its last group has three digits.

    >>> sorted(decimal_signs("9.999")), sorted(decimal_signs("9.999,99")), sorted(decimal_signs("9,99,999"))
    ([',', '.'], [','], ['.'])
    >>> sorted(decimal_signs("9.999", zero=True)), decimal_signs("99.9.9999"), decimal_signs("9 999")
    (['.'], frozenset(), frozenset())
    """
    separators = set(form) - {"9"}
    if not separators & set(GROUPINGS) or not separators <= set("".join([*GROUPINGS, *GROUPINGS.values()])):
        return frozenset()
    found = set()
    for sign, groupings in GROUPINGS.items():
        whole, _, fraction = form.partition(sign)
        used = set(whole) - {"9"}
        if set(fraction) <= {"9"} and len(used) <= 1 and used <= set(groupings) and (not used or _grouped(whole, zero)):
            found.add(sign)
    # Only a value that shows the Arabic decimal sign speaks for it.
    return frozenset(found if "٫" in form else found - {"٫"})


def _grouped(whole: str, zero: bool) -> bool:
    first, *groups = re.split("[^9]", whole)
    sized = all(len(group) in {INDIAN_GROUP, GROUP} for group in groups)
    return not zero and 1 <= len(first) <= GROUP and len(groups[-1]) == GROUP and sized
