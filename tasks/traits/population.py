"""Persons, business accounts, and contacts, who inherit from their account: docs/contracts.md, Traits."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tasks.engine import Engine


def with_population(customers: ir.Table) -> ir.Table:
    """Customers with `population` (person, account, contact) and `counted_as`, the member number they count under.

    A contact counts under its account where that is a customer; else the contact stands for the company alone.
    """
    if "account" not in customers.columns:
        customers = customers.mutate(account=ibis.null("string"))
    accounts = customers.filter(customers.type == "account").select(known_account="member_number").distinct()
    joined = customers.left_join(accounts, customers.account == accounts.known_account)
    inherits = (joined.type == "contact") & joined.known_account.notnull()
    population = ibis.cases(
        (inherits, "contact"), (joined.type.isin(["contact", "account"]), "account"), else_="person"
    )
    counted = ibis.ifelse(inherits, joined.known_account, joined.member_number)
    return joined.mutate(population=population, counted_as=counted).drop("known_account")


def inheriting(engine: Engine, customers: ir.Table) -> ir.Table | None:
    """`contact` and `counted_as` of the contacts who inherit; None without any."""
    contacts = customers.filter(customers.population == "contact")
    contacts = contacts.select(contact="member_number", counted_as="counted_as")
    found = engine.to_arrow(contacts)
    return engine.from_arrow(found, "contacts") if found.num_rows else None


def of_account(table: ir.Table, contacts: ir.Table | None) -> ir.Table:
    """The table with what contacts did under their account's `member_number`."""
    if contacts is None or "member_number" not in table.columns:
        return table
    joined = table.left_join(contacts, table.member_number == contacts.contact)
    return joined.mutate(member_number=joined.counted_as.fill_null(joined.member_number)).drop("contact", "counted_as")
