"""What the canonical tables knew at an earlier date: like is compared with like by describing customers again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import ibis

from tasks.traits.customer import Tables

#: Date of a row by table: who is later than the date was not known.
_DATED: Mapping[str, str] = {
    **dict.fromkeys(
        ("feedback", "events", "answers", "interests", "usage", "loyalty", "campaigns", "quotes"), "local_date"
    ),
    "contracts": "starts",
}


def known_at(tables: Tables, as_of: date) -> Tables:
    """The tables as of an earlier date, inclusive, by what is known today: corrections and late files count.

    A customer was known from the day of registration, or of the first line where that is earlier; one who is known from
    lines alone from the first of them; one whom the customers' table lists without a day was there all the time, as in
    the publications of then. What has no date (consent, tier, company) is as it is today.
    """
    day = ibis.date(as_of.isoformat())
    lines = tables.transactions
    first = lines.group_by("member_number").agg(first_line=lines.local_date.min())
    customers = tables.customers.left_join(first, "member_number").drop("member_number_right")
    listed = ibis.least(customers.registered, customers.first_line.fill_null(customers.registered))
    listed = ibis.ifelse(customers.registered.isnull(), ibis.null("date"), listed)
    since = ibis.ifelse(customers.file.isnull(), customers.first_line, listed)
    customers = customers.filter(since.isnull() | (since <= day)).drop("first_line")
    others = {
        name: table.filter(table[_DATED[name]].isnull() | (table[_DATED[name]] <= day)) if name in _DATED else table
        for name, table in tables.others.items()
    }
    return replace(tables, customers=customers, transactions=lines.filter(lines.local_date <= day), others=others)
