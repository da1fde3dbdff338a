"""What was known at an earlier date, by today's tables."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from tasks.traits.customer import Tables
from tasks.traits.past import known_at

DAY = date(2020, 6, 30)


@pytest.fixture
def then(engine, canonical_rows):
    """A function from people, lines and other tables to what is left of them on DAY."""

    def look(people, lines, published=None, **others):
        def table(name, rows):
            return engine.from_arrow(canonical_rows(name, rows), name)

        tables = Tables(
            table("customers", people),
            table("transactions", lines),
            {},
            {name: table(name, rows) for name, rows in others.items()},
        )
        listed = None if published is None else engine.from_arrow(pa.table({"customer_id": published}), "published")
        found = known_at(tables, DAY, listed)
        parts = {"customers": found.customers, "transactions": found.transactions, **found.others}
        return {name: engine.to_arrow(one).to_pylist() for name, one in parts.items()}

    return look


def test_a_customer_was_known_from_registration_or_the_first_line_whichever_is_earlier(then):
    people = [
        {"member_number": "before", "registered": date(2020, 1, 1)},
        {"member_number": "later", "registered": date(2020, 8, 1)},
        {"member_number": "bought_first", "registered": date(2020, 8, 1)},
        {"member_number": "no_day"},
        {"member_number": "no_day_bought"},
        {"member_number": "only_lines", "file": None},
        {"member_number": "only_later_lines", "file": None},
    ]
    lines = [
        {"member_number": "bought_first", "local_date": date(2020, 5, 1)},
        {"member_number": "no_day", "local_date": date(2020, 9, 1)},
        {"member_number": "no_day_bought", "local_date": date(2020, 3, 1)},
        {"member_number": None, "local_date": date(2020, 3, 1)},
        {"member_number": "only_lines", "local_date": DAY},
        {"member_number": "only_later_lines", "local_date": date(2020, 7, 1)},
    ]
    found = then(people, lines)
    known = {"before", "bought_first", "no_day_bought", "only_lines"}
    assert {row["member_number"] for row in found["customers"]} == known
    assert {row["member_number"] for row in found["transactions"]} == {
        None, "bought_first", "no_day_bought", "only_lines"
    }  # fmt: skip


def test_who_is_listed_without_a_day_and_never_bought_was_known_only_if_a_publication_had_them(then):
    people = [
        {"member_number": "published", "customer_id": "p1"},
        {"member_number": "new", "customer_id": "p2"},
        {"member_number": "later", "customer_id": "p3", "registered": date(2020, 8, 1)},
    ]
    lines = [{"member_number": None, "local_date": DAY}]
    assert then(people, lines)["customers"] == []
    found = then(people, lines, published=["p1", "p3", "p9"])["customers"]
    assert [row["member_number"] for row in found] == ["published"]  # a day of registration is believed


def test_an_account_was_known_from_what_its_contacts_bought(then):
    people = [
        {"member_number": "firm", "type": "account"},
        {"member_number": "buyer", "type": "contact", "account": "firm"},
        {"member_number": "other", "type": "account"},
        {"member_number": "later", "type": "contact", "account": "other"},
    ]
    lines = [
        {"member_number": "buyer", "local_date": date(2020, 5, 1)},
        {"member_number": "later", "local_date": date(2020, 7, 1)},
    ]
    found = then(people, lines)["customers"]
    assert {row["member_number"] for row in found} == {"firm", "buyer"}


def test_what_was_said_and_agreed_later_was_not_known_and_products_have_no_date(then):
    found = then(
        [{"member_number": "A", "registered": DAY}],
        [{"member_number": "A", "local_date": DAY}],
        feedback=[{"local_date": DAY, "kind": "nps"}, {"local_date": date(2020, 7, 1), "kind": "nps"}],
        contracts=[{"contract_id": "1", "starts": date(2020, 7, 1)}, {"contract_id": "2", "starts": DAY}],
        interests=[{"interest": "art", "local_date": None}],
        products=[{"product_id": "p"}],
    )
    assert [len(found[name]) for name in ("feedback", "contracts", "interests", "products")] == [1, 1, 1, 1]
