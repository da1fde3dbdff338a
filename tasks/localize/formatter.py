"""One locale's formatter: columns to text as CLDR 47 has it and ICU shows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import Terminal
from tasks.localize import cells, compact, exact, lists, moments, patterns
from tasks.localize.calendars import Calendar
from tasks.localize.data import cldr, facts, named, resolve, territory
from tasks.localize.patterns import Digits, Style
from tasks.localize.tags import subtags

Column = Any
"""An Arrow array or chunked array; what `pyarrow.array` takes, such as a numpy array or a list; or one value."""
DateForm = Literal["full", "long", "medium", "short", "month", "month_short"]
TimeForm = Literal["medium", "short"]
#: More decimals than doubles keep and than any store's money has.
_MOST = 15


class Formatter:
    """Turns columns into text as one locale writes it.

    Each method takes a column and gives Arrow strings of the same length, chunked if the column was; nulls stay null.
    One value gives one string, for the texts of a report: columns are a thousand times faster.
    NaN and infinity have the locale's signs. Rounding is half away from zero, minus zero keeps its sign, as Intl does.
    The text carries CLDR's own marks of direction but no isolates: who puts it into a sentence of the other direction
    encloses it (U+2068 ... U+2069, `<bdi>`).
    """

    def __init__(self, locale: str, digits: Digits = "default", calendar: Calendar | None = None) -> None:
        if digits not in get_args(Digits):
            raise Terminal("unknown digits", value=digits, expected=" or ".join(get_args(Digits)))
        if calendar not in {None, *get_args(Calendar)}:
            raise Terminal("unknown calendar", value=calendar, expected=" or ".join(get_args(Calendar)))
        self.locale = locale
        self.data = resolve(locale)
        self.digits: Digits = digits
        self.calendar: Calendar = calendar or cldr()["calendars"].get(territory(self.data), "gregorian")
        self._language = self.data.split("-", maxsplit=1)[0]
        self._facts = facts(self.data)
        self._numbering = patterns.system(self._facts, digits)
        ten = cldr()["digits"][self._numbering]
        self._speller = moments.Speller(self._facts, ten, self.calendar, self._language)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of that locale may stumble over, for the notes of files.

        >>> Formatter("de-AT").notes, Formatter("az-Arab-IR").notes
        ((), ('formats: CLDR has no names of months for az-Arab-IR; those of az instead',))
        """
        if not named(self.data):
            return (f"formats: CLDR has no names of months for {self.locale}; they are numbered",)
        if subtags(self.data)[1] != subtags(self.locale)[1]:
            return (f"formats: CLDR has no names of months for {self.locale}; those of {self.data} instead",)
        return ()

    # --- numbers ------------------------------------------------------------------------------------------------------

    def decimal(self, column: Column, *, least: int = 0, most: int = 3) -> Any:
        """Numbers with `least` to `most` decimals, trailing zeros beyond `least` left out.

        >>> Formatter("es").decimal([Decimal("1234.5"), None, Decimal("12345.0")]).to_pylist()
        ['1234,5', None, '12.345']
        """
        return self._numbers(column, self._style("number", least, most))

    def percent(self, column: Column, *, least: int = 0, most: int = 0) -> Any:
        """Shares as percents: 0.5 is 50 %.

        >>> Formatter("tr").percent(0.125, most=1)
        '%12,5'
        """
        return self._numbers(column, self._style("percentage", least, most))

    def money(
        self, column: Column, currency: str, *, digits: int | None = None, cash: bool = False, accounting: bool = False
    ) -> Any:
        """Amounts in whole units of a currency (ISO 4217), with the decimals that CLDR shows of it or `digits`.

        Args:
            column: amounts in units of the currency, not in cents.
            currency: the ISO 4217 code.
            digits: decimals, where they are not the currency's: 0 for charts.
            cash: as cash is paid: decimals and smallest coin of the till (CHF 0.05).
            accounting: amounts below zero as accountants write them there, often in brackets.

        Raises:
            Terminal: for a code without amounts.

        >>> Formatter("de-CH").money([Decimal("-1234.58")], "CHF", cash=True).to_pylist()
        ['CHF-1’234.60']
        """
        return self._numbers(column, self._money(currency, digits, cash=cash, accounting=accounting))

    def compact(self, column: Column, currency: str | None = None) -> Any:
        r"""Short forms for charts, of numbers or of a currency's amounts, in two digits or whole units.

        >>> Formatter("ja").compact([12345, 950]).to_pylist(), Formatter("de").compact([12_300_000], "EUR").to_pylist()
        (['1.2万', '950'], ['12\xa0Mio.\xa0€'])
        """
        kind = "compact_money" if currency else "compact"
        plain = self._money(currency, 0) if currency else self._style("number", 0, 0)

        def build(pattern: str | None) -> Style:
            if pattern is None:
                return plain
            shape = re.sub("0+", "0", pattern)
            if currency:
                none = patterns.Precision(0)
                style = patterns.money_style(self._facts, self.digits, currency, none, short=shape)
            else:
                style = patterns.style(self._facts, self.digits, shape, 0, 0)
            return replace(style, primary=plain.primary, secondary=plain.secondary)

        forms = self._facts.get(f"{self._numbering}.{kind}") or self._facts[f"latn.{kind}"]

        def work(array: pa.Array) -> pa.Array:
            return compact.strings(array, forms, self.data, build)

        return _by_chunk(column, lambda array: self._special(array, plain, work))

    def _style(self, pattern: str, least: int, most: int) -> Style:
        if not 0 <= least <= most <= _MOST:
            raise Terminal("impossible decimals", value=(least, most), expected=f"0 <= least <= most <= {_MOST}")
        return patterns.style(self._facts, self.digits, self._facts[f"{self._numbering}.{pattern}"], least, most)

    def _money(self, currency: str, digits: int | None, *, cash: bool = False, accounting: bool = False) -> Style:
        fraction = patterns.precision(currency, cash=cash)
        if digits is not None:
            if not 0 <= digits <= _MOST:
                raise Terminal("impossible decimals", value=digits, expected=f"0 to {_MOST}")
            fraction = replace(fraction, digits=digits)
        return patterns.money_style(self._facts, self.digits, currency, fraction, accounting=accounting)

    def _numbers(self, column: Column, style: Style) -> Any:
        def work(array: pa.Array) -> pa.Array:
            units = exact.units(array, style.most + style.power, style.step)
            return cells.strings(style, units.numbers, units.negative, units.valid)

        return _by_chunk(column, lambda array: self._special(array, style, work))

    def _special(self, array: pa.Array, style: Style, work: Callable[[pa.Array], pa.Array]) -> pa.Array:
        """Doubles that are no numbers have the locale's signs for that."""
        special = exact.specials(array)
        if special is None:
            return work(array)
        nan, infinite = special
        finite = work(pc.if_else(pc.or_(nan, infinite), pa.scalar(None, array.type), array))
        sign = self._facts[f"{self._numbering}.infinity"]
        signed = pc.if_else(
            pc.less(array, 0),
            style.negative[0] + sign + style.negative[1],
            style.positive[0] + sign + style.positive[1],
        )
        text = pc.if_else(infinite, signed, finite)
        return pc.if_else(nan, self._facts[f"{self._numbering}.nan"], text)

    # --- days and times -----------------------------------------------------------------------------------------------

    def date(self, column: Column, form: DateForm = "medium") -> Any:
        """Days of dates or timestamps, in the locale's calendar; `month` and `month_short` name month and year.

        >>> Formatter("fa").date(date(2026, 11, 22), "long")
        '۱ آذر ۱۴۰۵'
        """
        spell = self._speller.day(self._date_pattern(form))
        return _by_chunk(column, lambda array: moments.spelled(moments.days_of(array), spell))

    def time(self, column: Column, form: TimeForm = "short") -> Any:
        """Times of day, or those of local timestamps; `medium` has seconds.

        >>> Formatter("ko").time(time(14, 5))
        '오후 2:05'
        """
        pattern = self._time_pattern(form)
        spell, step = self._speller.time(pattern), moments.step_of(pattern)
        return _by_chunk(column, lambda array: moments.spelled(moments.seconds_of(array, step), spell))

    def datetime(self, column: Column, date_form: DateForm = "medium", time_form: TimeForm = "short") -> Any:
        """Days and times of local timestamps; those with a zone are read in it.

        >>> from datetime import datetime
        >>> Formatter("fr-CA").datetime(datetime(2026, 11, 22, 14, 5), "long")
        '22 novembre 2026 à 14 h 05'
        """
        pattern = self._time_pattern(time_form)
        days, times = self._speller.day(self._date_pattern(date_form)), self._speller.time(pattern)
        step = moments.step_of(pattern)
        length = {"month": "long", "month_short": "medium"}.get(date_form, date_form)
        before, first, between, _, after = moments.joint(self._facts[f"at.{length}"])

        def work(array: pa.Array) -> pa.Array:
            day = moments.spelled(moments.days_of(array), days)
            clock = moments.spelled(moments.seconds_of(array, step), times)
            one, two = (day, clock) if first == "1" else (clock, day)
            return pc.binary_join_element_wise(before, one, between, two, after, "")

        return _by_chunk(column, work)

    def _date_pattern(self, form: str) -> str:
        if form not in get_args(DateForm):
            raise Terminal("unknown form of date", value=form, expected=" or ".join(get_args(DateForm)))
        if form in {"month", "month_short"}:
            skeleton = "yMMMM" if form == "month" else "yMMM"
            return str(self._speller.fact(skeleton if self.calendar == "gregorian" else f"yyy{skeleton}"))
        return str(self._speller.fact(f"date.{form}"))

    def _time_pattern(self, form: str) -> str:
        if form not in get_args(TimeForm):
            raise Terminal("unknown form of time", value=form, expected=" or ".join(get_args(TimeForm)))
        return str(self._facts[f"time.{form}"])

    # --- words --------------------------------------------------------------------------------------------------------

    def list(self, texts: Sequence[str], kind: lists.Kind = "and") -> str:
        """One text of several, in their order.

        >>> Formatter("es").list(["padres", "hijos"]), Formatter("ja").list(["東京", "大阪"], "or")
        ('padres e hijos', '東京または大阪')
        """
        return lists.joined(self._facts, self._language, texts, kind)

    def joined(self, column: Column, kind: lists.Kind = "and") -> Any:
        """A column of lists, each as `list` writes it.

        >>> Formatter("de").joined([["Bern", "Basel", "Genf"], ["Bern"], [], None]).to_pylist()
        ['Bern, Basel und Genf', 'Bern', '', None]
        """
        return _by_chunk(column, lambda array: lists.strings(self._facts, self._language, array, kind))


def _by_chunk(column: Column, work: Callable[[pa.Array], pa.Array]) -> Any:
    if isinstance(column, pa.ChunkedArray):
        return pa.chunked_array([work(chunk) for chunk in column.chunks], type=pa.string())
    if column is None or isinstance(column, (int, float, Decimal, date, time)):
        return work(pa.array([column]))[0].as_py()
    return work(column if isinstance(column, pa.Array) else pa.array(column))


@lru_cache(maxsize=64)
def formatter(locale: str, digits: Digits = "default", calendar: Calendar | None = None) -> Formatter:
    """The formatter of a BCP 47 tag; made once.

    Args:
        locale: such as de-CH; the nearest locale that CLDR has data of serves it.
        digits: the locale's default, its native ones (देवनागरी in hi), or Latin.
        calendar: other than the territory's first in CLDR (Persian in Iran and Afghanistan, Buddhist in Thailand).

    Raises:
        Terminal: for an unknown locale, and for a language without data.

    >>> formatter("hi-IN", "native").money(Decimal("1234567.5"), "INR")
    '₹१२,३४,५६७.५०'
    """
    return Formatter(locale, digits, calendar)
