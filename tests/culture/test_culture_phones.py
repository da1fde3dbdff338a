"""Phones for reading: what libphonenumber writes, for every country that it knows."""

from __future__ import annotations

import random
from collections import defaultdict

import duckdb
import phonenumbers
import pyarrow as pa
import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberFormat

from tasks.culture.phones import calling_code, readable

NO_CODE = "AQ"  # libphonenumber has no numbers of Antarctica: to it, every number is a foreign one


@pytest.fixture(scope="module")
def read():
    """Numbers as the market of a country reads them."""
    with duckdb.connect(config={"threads": 1}) as con:

        def _read(numbers, country):
            con.register("numbers", pa.table({"n": pa.array(numbers, pa.string())}))
            made = readable("n", {number[:4] for number in numbers if number}, country)
            return [text for (text,) in con.execute(f"SELECT {made} FROM numbers").fetchall()]

        yield _read


def parsed(text):
    try:
        return phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None


def valid_numbers():
    """E.164 numbers by calling code: each region's example of each type, and others near it that are valid."""
    chosen = random.Random(20261122)  # noqa: S311 - test data
    found = defaultdict(set)
    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in range(11):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            text = phonenumbers.format_number(example, PhoneNumberFormat.E164)
            for last in (0, 1, 3, 4, 4, 5, 5, 5, 6, 6, 6):
                near = text[: len(text) - last] + "".join(chosen.choice("0123456789") for _ in range(last))
                number = parsed(near)
                if number and phonenumbers.is_valid_number(number):
                    found[number.country_code].add(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return {code: sorted(numbers) for code, numbers in found.items()}


@pytest.fixture(scope="module")
def valid():
    return valid_numbers()


@pytest.mark.parametrize("form", ["national", "international"])
def test_numbers_of_all_countries_read_as_libphonenumber_writes_them(read, valid, form):
    assert sum(map(len, valid.values())) > 6000
    assert len(valid) > 200  # calling codes
    style = PhoneNumberFormat.NATIONAL if form == "national" else PhoneNumberFormat.INTERNATIONAL
    for code, numbers in valid.items():
        country = COUNTRY_CODE_TO_REGION_CODE[code][0] if form == "national" else NO_CODE
        expected = [phonenumbers.format_number(phonenumbers.parse(number), style) for number in numbers]
        assert read(numbers, country) == expected, code


@pytest.mark.parametrize(
    ("number", "country", "shown"),
    [
        # libphonenumber 9.0.43; the national column is what people dial at home
        ("+493012345678", "DE", "030 12345678"),
        ("+81312345678", "JP", "03-1234-5678"),
        ("+390612345678", "IT", "06 1234 5678"),  # Italy keeps the zero in E.164
        ("+12024561111", "US", "(202) 456-1111"),
        ("+12024561111", "CA", "(202) 456-1111"),  # one calling code, one form
        ("+5491123456789", "AR", "011 15-2345-6789"),  # the mobile 9 goes, 15 comes
        ("+493012345678", "AT", "+49 30 12345678"),
    ],
)
def test_a_number_is_national_in_its_own_country_and_international_elsewhere(read, number, country, shown):
    assert read([number], country) == [shown]


def test_one_column_holds_numbers_of_many_countries(read):
    assert read(["+493012345678", "+33123456789", None, "+12024561111"], "FR") == [
        "+49 30 12345678", "01 23 45 67 89", None, "+1 202-456-1111",
    ]  # fmt: skip


def test_digits_that_no_form_fits_stay_in_one_piece(read):
    assert read(["+4911"], "DE") == ["11"]
    assert read(["+8141234567890123"], "DE") == ["+81 41234567890123"]


def test_text_without_a_calling_code_that_exists_stays_as_it_is(read):
    assert read(["+9990000000", "0151 123", "", "none"], "DE") == ["+9990000000", "0151 123", "", "none"]
    assert [calling_code(one) for one in ("+9990", "0151", "", "+", "+0")] == [None] * 5


def test_an_opening_that_was_not_named_leaves_its_numbers_as_they_are():
    with duckdb.connect() as con:
        made = readable("n", ["+491"], "DE")
        assert con.execute(f"SELECT {made} FROM (SELECT '+33123456789' AS n)").fetchall() == [("+33123456789",)]
