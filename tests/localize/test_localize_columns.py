"""Columns: nulls stay null, chunks stay chunks, every numeric type is exact. Expected texts: ICU 77 (CLDR 47)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from tasks.localize import formatter, lists
from tasks.localize.cells import CHUNK
from tasks.localize.data import facts

DE, US = formatter("de-DE"), formatter("en-US")


@pytest.mark.parametrize(
    ("locale", "currency", "expected"),
    [
        ("de-DE", "EUR", "-1.234,50\xa0€"),
        ("de-AT", "EUR", "-€\xa01.234,50"),
        ("de-CH", "CHF", "CHF-1’234.50"),
        ("es-ES", "EUR", "-1234,50\xa0€"),
        ("en-IN", "INR", "-₹1,234.50"),
        ("en-US", "KWD", "-KWD\xa01,234.500"),
        ("ja-JP", "JPY", "-￥1,235"),
        ("ar-EG", "EGP", "\u061c-\u200f١٬٢٣٤٫٥٠\xa0ج.م.\u200f"),
        ("fa-IR", "IRR", "\u200e\u2212\u200eریال\xa0۱٬۲۳۵"),
        ("sv-SE", "SEK", "−1\xa0234,50\xa0kr"),
        ("en-DE", "EUR", "-€1,234.50"),
    ],
)
def test_money_is_written_as_the_place_writes_it(locale, currency, expected):
    """Each expectation is what Intl.NumberFormat of Node 24.12 (ICU 77.1) gives for -1234.5."""
    assert formatter(locale).money([Decimal("-1234.5")], currency).to_pylist() == [expected]


def test_nulls_stay_null_in_every_method():
    nothing = [None, None]
    assert DE.money(pa.array(nothing, pa.decimal128(18, 4)), "EUR").to_pylist() == nothing
    assert DE.decimal(pa.array([1.5, None])).to_pylist() == ["1,5", None]
    assert DE.percent(pa.array(nothing)).to_pylist() == nothing
    assert DE.compact(pa.array([None, 12_000_000])).to_pylist() == [None, "12\xa0Mio."]
    assert DE.date(pa.array([None, date(2026, 11, 22)])).to_pylist() == [None, "22.11.2026"]
    assert DE.time(pa.array([time(9, 5), None])).to_pylist() == ["09:05", None]
    assert DE.datetime(pa.array([None], pa.timestamp("us"))).to_pylist() == [None]


def test_one_value_gives_one_text():
    assert DE.money(Decimal("1234.5"), "EUR") == "1.234,50\xa0€"
    assert DE.datetime(datetime(2026, 11, 22, 14, 5), "short") == "22.11.26, 14:05"  # noqa: DTZ001  local
    assert DE.percent(0.25) == "25\xa0%"
    assert DE.date(None) is None


def test_an_empty_column_gives_an_empty_one():
    for found in (
        DE.money(pa.array([], pa.decimal128(9, 2)), "EUR"),
        DE.date(pa.array([], pa.date32())),
        DE.compact([]),
    ):
        assert (found.type, len(found)) == (pa.string(), 0)


def test_a_chunked_column_gives_a_chunked_one():
    column = pa.chunked_array([[1, 2], [], [None, 3]], type=pa.int64())
    found = DE.decimal(column)
    assert [len(chunk) for chunk in found.chunks] == [2, 0, 2]
    assert found.to_pylist() == ["1", "2", None, "3"]


def test_a_slice_is_formatted_from_its_own_first_row():
    column = pa.array([Decimal("1.00"), None, Decimal("3.00"), Decimal("4.00")], pa.decimal128(18, 2)).slice(1, 2)
    assert DE.money(column, "EUR").to_pylist() == [None, "3,00\xa0€"]


def test_columns_longer_than_a_chunk_keep_their_order():
    count = 2 * CHUNK + 3
    assert US.decimal(pa.array(range(count))).to_pylist() == [f"{number:,}" for number in range(count)]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1234], pa.int16()),
        pa.array([1234], pa.uint64()),
        pa.array([1234.0], pa.float32()),
        pa.array([Decimal(1234)], pa.decimal128(38, 6)),
        pa.array([Decimal(1234)], pa.decimal256(60, 6)),
        np.array([1234.0]),
        [1234],
    ],
    ids=lambda column: str(getattr(column, "type", type(column).__name__)),
)
def test_every_numeric_type_is_read(column):
    assert US.decimal(column).to_pylist() == ["1,234"]


def test_amounts_beyond_64_bits_are_exact():
    big = Decimal("123456789012345678901234567890.125")
    column = pa.array([big, Decimal("0.005"), None], pa.decimal128(38, 6))
    assert US.money(column, "USD").to_pylist() == ["$123,456,789,012,345,678,901,234,567,890.13", "$0.01", None]


def test_short_forms_know_no_biggest_number():
    column = pa.array([1.7e308, 999_999.0, 1e15, 5e-324])
    assert [len(text) for text in US.compact(column).to_pylist()] == [396, 2, 5, 326]
    assert US.compact(column).to_pylist()[1:3] == ["1M", "1000T"]


def test_nan_and_infinity_have_the_locales_signs():
    column = pa.array([float("nan"), float("inf"), float("-inf"), None, 1.0])
    assert US.money(column, "USD").to_pylist() == ["NaN", "$∞", "-$∞", None, "$1.00"]
    assert formatter("fa-IR").decimal(column)[0].as_py() == facts("fa")["arabext.nan"]


def test_a_number_that_rounds_to_zero_keeps_its_minus_as_in_intl():
    assert US.decimal([Decimal("-0.001")], most=2).to_pylist() == ["-0"]


def test_four_digits_are_grouped_where_the_language_groups_them():
    """CLDR's minimumGroupingDigits: 2 in es, it, pl, pt-PT, hu."""
    values = [1234, 12345]
    assert [formatter(tag).decimal(values).to_pylist() for tag in ("es", "pl", "pt-PT", "pt-BR")] == [
        ["1234", "12.345"],
        ["1234", "12\xa0345"],
        ["1234", "12\xa0345"],
        ["1.234", "12.345"],
    ]


def test_cash_has_the_decimals_and_the_smallest_coin_of_the_till():
    assert formatter("de-CH").money([Decimal("2.12"), Decimal("2.13")], "CHF", cash=True).to_pylist() == [
        "CHF\xa02.10",
        "CHF\xa02.15",
    ]
    assert formatter("sv-SE").money([Decimal("2.50")], "SEK", cash=True).to_pylist() == ["3\xa0kr"]


def test_native_and_latin_digits_are_a_choice():
    value = [Decimal("1234.5")]
    assert formatter("hi-IN").decimal(value).to_pylist() == ["1,234.5"]
    assert formatter("hi-IN", "native").decimal(value).to_pylist() == ["१,२३४.५"]
    assert formatter("ar-EG", "latn").decimal(value).to_pylist() == ["1,234.5"]
    assert formatter("zh-TW", "native").decimal(value).to_pylist() == ["一,二三四.五"]
    assert formatter("ta-IN", "native").decimal(value).to_pylist() == ["௧,௨௩௪.௫"]


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("fa-IR", "۱ آذر ۱۴۰۵"),
        ("ps-AF", "د AP ۱۴۰۵ د لیندۍ ۱"),
        ("th-TH", "22 พฤศจิกายน 2569"),
        ("ar-SA", "٢٢ نوفمبر ٢٠٢٦"),
        ("de-AT", "22. November 2026"),
        ("ja-JP", "2026年11月22日"),
    ],
)
def test_days_are_those_of_the_calendar_that_icu_shows_there(locale, expected):
    assert formatter(locale, "default").date([date(2026, 11, 22)], "long").to_pylist() == [expected]


def test_leap_years_of_the_persian_calendar():
    """Nowruz of 1403-1405 AP by the Calendar Center of Tehran's university: 20 March 2024, 21 March 2025 and 2026."""
    days = [date(2024, 3, 20), date(2025, 3, 20), date(2025, 3, 21), date(2026, 3, 21)]
    assert formatter("fa-IR", "latn").date(days, "short").to_pylist() == [
        "1403/1/1",
        "1403/12/30",
        "1404/1/1",
        "1405/1/1",
    ]


def test_a_timestamp_with_a_zone_is_read_in_that_zone():
    column = pa.array([datetime(2026, 11, 22, 23, 30, tzinfo=UTC)], pa.timestamp("s", "Asia/Tokyo"))
    assert DE.datetime(column).to_pylist() == ["23.11.2026, 08:30"]


def test_moments_before_1970_and_finer_than_seconds_are_cut_not_rounded():
    column = pa.array([datetime(1969, 12, 31, 23, 59, 59, 999_999)], pa.timestamp("us"))  # noqa: DTZ001  local
    assert DE.datetime(column, "short", "medium").to_pylist() == ["31.12.69, 23:59:59"]


def test_text_keeps_cldrs_marks_of_direction_and_adds_no_isolates():
    text = formatter("he-IL").money([Decimal(-5)], "ILS")[0].as_py()
    assert text == "\u200f\u200e-5.00\xa0\u200f₪"
    assert not set(text) & set("\u2066\u2067\u2068\u2069")


def test_lists_join_by_what_follows():
    assert formatter("es").list(["uno", "otro"], "or") == "uno u otro"
    assert formatter("es").list(["agua", "hielo"]) == "agua y hielo"
    assert formatter("he").list(["א", "b"]) == "א ו-b"
    assert formatter("en-US").list(["a", "b", "c"]) == "a, b, and c"
    assert formatter("en-GB").list([]) == ""


@pytest.mark.parametrize("locale", ["es", "he", "ja", "ml", "en-US"])
@pytest.mark.parametrize("kind", ["and", "or"])
def test_a_column_of_lists_is_each_list_by_itself(locale, kind):
    """Malayalam ends its lists with a word of their own, Spanish and Hebrew look at what follows."""
    rows = [["uno", "otro"], ["a", "b", "c", "d"], [], None, [""], ["x", ""], ["padres", "hijos"], ["uno", "otro"]]
    its = formatter(locale)
    expected = [None if row is None else its.list(row, kind) for row in rows]
    column = pa.array(rows)
    assert its.joined(column, kind).to_pylist() == expected
    assert its.joined(column.slice(2, 4), kind).to_pylist() == expected[2:6]
    chunked = its.joined(pa.chunked_array([column, column.slice(0, 0)]), kind)
    assert ([len(chunk) for chunk in chunked.chunks], chunked.to_pylist()) == ([8, 0], expected)


def test_a_list_with_a_null_in_it_is_null():
    assert DE.joined([["Bern", None], None, []]).to_pylist() == [None, None, ""]
    assert DE.joined([None, None]).to_pylist() == [None, None]


def test_equal_lists_are_joined_once(monkeypatch):
    seen, joined = [], lists.joined
    monkeypatch.setattr(lists, "joined", lambda *facts: seen.append(facts[2]) or joined(*facts))
    assert DE.joined([["a", "b"], ["c"]] * 500).to_pylist() == ["a und b", "c"] * 500
    assert seen == [["a", "b"], ["c"]]
