"""The machine dialect of the customers and segments files: the same rows for programs, in no language."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from tasks.export import machine
from tasks.export.base import BASE
from tasks.export.customers import customer_columns
from tasks.export.labels import Labels
from tasks.export.summary import MEASURES

pytestmark = pytest.mark.xdist_group("workbook")
ALL = frozenset({"customers", "names", "emails", "phones", "addresses"})


def rows(head, lines):
    return list(csv.DictReader(io.StringIO(head + "".join(lines), newline=""), strict=True))


@pytest.fixture(scope="module")
def job(germany, tmp_path_factory):
    return germany.job(tmp_path_factory.mktemp("machine"))


def customers(job, locale, grants=ALL):
    columns = customer_columns(job.profile, grants)
    head, select = machine.customers(job.profile, columns, job.base, Labels(locale))
    return rows(head, (line for (line,) in job.con.execute(select).fetchall()))


def test_headings_are_the_columns_own_names_each_once(job):
    head, _ = machine.customers(job.profile, customer_columns(job.profile, ALL), job.base, Labels("de-DE"))
    names = head.rstrip("\n").split(",")
    assert len(set(names)) == len(names)
    assert {"member_number", "phone", "last_order_date", "monetary_local", "segment_lifecycle", "stratum"} <= set(names)
    assert not [name for name in names if "|" in name]


def test_customers_are_codes_and_plain_values_in_the_files_order(germany, job):
    expected = germany.rows(
        "p.member_number, t.type, t.segment_lifecycle, t.stratum, CAST(t.last_order_date AS VARCHAR), t.monetary_local"
    )
    found = [
        (
            one["member_number"],
            one["type"],
            one["segment_lifecycle"],
            one["stratum"],
            one["last_order_date"] or None,
            Decimal(one["monetary_local"]) if one["monetary_local"] else None,
        )
        for one in customers(job, "de-DE")
    ]
    assert found == [(*row[:5], None if row[5] is None else round(row[5], 2)) for row in expected]


def test_no_language_and_no_mark_of_a_spreadsheet_is_in_it(job):
    job.con.execute(f"UPDATE {BASE} SET name = '=1+1', phone = '+4915112345678' WHERE rowid = 0")
    german, arabic = customers(job, "de-DE"), customers(job, "ar-AE")
    assert german == arabic
    assert (german[0]["name"], german[0]["phone"]) == ("=1+1", "+4915112345678")


def test_what_is_not_granted_is_not_there(job):
    assert not {"name", "salutation", "email", "phone", "phone_national", "address"} & set(
        customers(job, "de-DE", frozenset({"customers"}))[0]
    )


def test_segments_say_what_is_withheld_and_nothing_of_it(job):
    head, batches = machine.segments(job.figures)
    found = rows(head, (line for batch in batches for line in batch.column(0).to_pylist()))
    assert [(one["dimension"], one["segment"]) for one in found] == list(job.figures.rows)
    for one, (key, figures) in zip(found, job.figures.rows.items(), strict=True):
        hidden = key in job.figures.hidden
        assert one["withheld"] == ("true" if hidden else "false")
        shown = {name: None if hidden or figures[name] is None else Decimal(figures[name]) for name in MEASURES}
        assert {name: Decimal(one[name]) if one[name] else None for name in MEASURES} == shown
        assert (one["currency"], one["reference_currency"]) == ("EUR", job.profile.money.reporting_currency)
