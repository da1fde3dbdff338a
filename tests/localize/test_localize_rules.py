"""The vectorised formatter and CLDR's rules, one value at a time, agree in every locale that CLDR describes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.localize import Formatter
from tasks.localize.data import cldr, resolve
from tasks.localize.exact import units
from tests.localize.scalar import Scalar

LOCALES = sorted(name for name in cldr()["locales"] if name != "und" and resolve(name) == name)
VALUES = [Decimal(text) for text in ("0", "-0.5", "999.995", "1234", "-12345.675", "1234567.8", "-98765432.105")]
AMOUNTS = pa.array(VALUES, pa.decimal128(18, 4))
MOMENT = datetime(2024, 2, 29, 14, 5, 9, tzinfo=UTC).replace(tzinfo=None)


def test_nearly_all_of_cldrs_739_locales_serve_themselves():
    assert len(LOCALES) > 690


@pytest.mark.parametrize("letter", sorted({name[0] for name in LOCALES}))
def test_numbers_and_money_of_all_locales(letter):
    for name in (name for name in LOCALES if name[0] == letter):
        ours, rules = Formatter(name), Scalar(name)
        assert ours.decimal(AMOUNTS).to_pylist() == [rules.decimal(value) for value in VALUES], name
        assert ours.percent(AMOUNTS, most=1).to_pylist() == [rules.percent(value, 0, 1) for value in VALUES], name
        for currency in ("EUR", "KWD", "JPY"):
            for books in (False, True):
                said = ours.money(AMOUNTS, currency, accounting=books).to_pylist()
                assert said == [rules.money(value, currency, accounting=books) for value in VALUES], name


def test_days_and_times_of_all_locales():
    column = pa.array([MOMENT], pa.timestamp("us"))
    for name in LOCALES:
        ours, rules = Formatter(name, calendar="gregorian"), Scalar(name)
        for form in ("full", "long", "medium", "short"):
            if "B" in rules.facts["time.short"]:  # flexible periods are judged by ICU
                continue
            assert ours.datetime(column, form, "medium").to_pylist() == [rules.datetime(MOMENT, form, "medium")], name


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 6))
def test_a_double_is_rounded_by_its_shortest_decimal_form(value, digits):
    """ECMA-402, FormatNumericToString: the digits of the number's decimal form, half away from zero."""
    exact = int((abs(Decimal(repr(value))).scaleb(digits) * 2 + 1) // 2) if abs(value) < 1e20 else None
    found = units(pa.array([value]), digits)
    if exact is not None:
        assert int(found.numbers[0]) == exact


@settings(max_examples=200, deadline=None)
@given(st.integers(-(10**7), 10**7), st.integers(0, 3))
def test_a_double_that_stands_for_a_tie_goes_away_from_zero(half, digits):
    """x.5 units of the last digit, written as a double, whatever its binary value: 1.005, 0.285, 2.675."""
    tie = (2 * half + 1) / (2 * 10**digits)
    assert int(units(pa.array([tie]), digits).numbers[0]) == (abs(2 * half + 1) + 1) // 2


@settings(max_examples=200, deadline=None)
@given(st.integers(-(10**31), 10**31), st.integers(0, 6), st.sampled_from([1, 5, 50]))
def test_decimals_are_exact_at_any_size(millionths, digits, step):
    found = units(pa.array([Decimal(f"{millionths}E-6")], pa.decimal128(38, 6)), digits, step)
    unit = 10 ** (6 - digits) * step
    assert int(found.numbers[0]) == (2 * abs(millionths) + unit) // (2 * unit) * step
    assert bool(found.negative[0]) == (millionths < 0)
