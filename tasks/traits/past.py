"""What the canonical tables knew at an earlier date: like is compared with like by describing customers again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import ibis
import ibis.expr.types as ir

from tasks.traits.customer import Tables

#: Date of a row by table: who is later than the date was not known.
_DATED: Mapping[str, str] = {
    **dict.fromkeys(
        ("feedback", "events", "answers", "interests", "usage", "loyalty", "campaigns", "quotes"), "local_date"
    ),
    "contracts": "starts",
}


def known_at(tables: Tables, as_of: date, published: ir.Table | None = None) -> Tables:
    """The tables as of an earlier date, inclusive, by what is known today: corrections and late files count.

    A customer was known from the day of registration or of the first line, whichever is earlier, an account also from
    its contacts' lines. Who is listed without a day of registration and had not bought by then was known only if
    `published`, the customers of a publication of that date or an earlier one, has them: nothing else tells. What has
    no date (consent, tier, company) is as it is today.
    """
    day = ibis.date(as_of.isoformat())
    lines = tables.transactions.filter(tables.transactions.local_date <= day)
    customers = _known(tables.customers, lines, day, published)
    others = {
        name: table.filter(table[_DATED[name]].isnull() | (table[_DATED[name]] <= day)) if name in _DATED else table
        for name, table in tables.others.items()
    }
    return replace(tables, customers=customers, transactions=lines, others=others)


def _known(customers: ir.Table, lines: ir.Table, day: ir.Value, published: ir.Table | None) -> ir.Table:
    """The customers of whom anything tells that they were there: a date, a line up to `day`, a publication."""
    of_contacts = customers.filter(customers.type == "contact", customers.account.notnull())
    through = of_contacts.semi_join(lines, "member_number").select(member_number="account")
    buyers = lines.filter(lines.member_number.notnull()).select("member_number").union(through)
    known = (customers.registered <= day).fill_null(ibis.literal(value=False))
    known |= customers.member_number.isin(buyers.member_number)
    if published is not None:
        known |= customers.registered.isnull() & customers.customer_id.isin(published.customer_id)
    return customers.filter(known)
