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

    A customer was known from the day of registration, or of the first line or event where that is earlier; one of whom
    neither is known was there all the time, unless lines begin later. What has no date (consent, tier, company) is as
    it is today.
    """
    day = ibis.date(as_of.isoformat())
    lines = tables.transactions
    first = lines.group_by("member_number").agg(first_line=lines.local_date.min())
    customers = tables.customers.left_join(first, "member_number").drop("member_number_right")
    since = ibis.least(ibis.coalesce(customers.registered, customers.first_line), customers.first_line)
    since = ibis.coalesce(since, customers.registered)
    customers = customers.filter(since.isnull() | (since <= day)).drop("first_line")
    others = {
        name: table.filter(table[_DATED[name]].isnull() | (table[_DATED[name]] <= day)) if name in _DATED else table
        for name, table in tables.others.items()
    }
    return replace(tables, customers=customers, transactions=lines.filter(lines.local_date <= day), others=others)
