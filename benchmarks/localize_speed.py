"""Nanoseconds for one formatted value: the formatter on whole columns, Babel and Node's Intl value by value.

    python benchmarks/localize_speed.py [--rows N]

Columns of DECIMAL(18,4) amounts between cents and millions, of doubles, of dates of three years, of local timestamps.
Wall time of the best of five runs, and seconds of processor time, which other work on the machine blurs less.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pyarrow as pa
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from localize_judge import NoJudgeError, node

from tasks.localize import Formatter

MONEY = (("de-DE", "EUR"), ("en-US", "USD"), ("hi-IN", "INR"), ("ja-JP", "JPY"), ("ar-EG", "EGP"), ("bn-BD", "BDT"))
DATES = ("de-DE", "th-TH", "fa-IR")
AIM = {"money": 120, "date": 50}
SEED, RUNS, BABEL, INTL = 11, 5, 2_000, 50_000


class Taken(NamedTuple):
    """Nanoseconds for one value, the best of some runs."""

    wall: float
    processor: float


def best(work: Callable[[], object], count: int) -> Taken:
    """How long a value takes."""
    wall = processor = float("inf")
    for _ in range(RUNS):
        clock, used = time.perf_counter(), time.process_time()
        work()
        wall = min(wall, time.perf_counter() - clock)
        processor = min(processor, time.process_time() - used)
    return Taken(wall / count * 1e9, processor / count * 1e9)


class Columns(NamedTuple):
    """What is formatted."""

    amounts: pa.Array
    doubles: pa.Array
    dates: pa.Array
    moments: pa.Array


class Row(NamedTuple):
    """A line of the table: ours on a column, Babel on one value, the values and options of Intl."""

    kind: str
    locale: str
    ours: Callable[[Formatter, Columns], object]
    babel: Callable[[Any, str], str]
    values: str
    options: dict[str, str]


def columns(rows: int) -> Columns:
    """Amounts as decimals and doubles, dates, local timestamps."""
    random = np.random.default_rng(SEED)
    cents = np.round(np.exp(random.normal(4, 1.5, rows)) * 100).astype(np.int64)
    words = np.stack([cents * 100, np.zeros(rows, np.int64)], axis=1).ravel()
    amounts = pa.Array.from_buffers(pa.decimal128(18, 4), rows, [None, pa.py_buffer(words)])
    days = random.integers(18_000, 19_096, rows)
    moments = pa.array(days * 86_400 + random.integers(0, 86_400, rows), pa.timestamp("s"))
    return Columns(amounts, pa.array(cents / 100), pa.array(days.astype(np.int32)).cast(pa.date32()), moments)


def table() -> list[Row]:
    """The lines."""

    def money(locale: str, currency: str, column: str = "amounts", note: str = "") -> Row:
        return Row(
            "money" + note,
            locale,
            lambda its, all_: its.money(getattr(all_, column), currency),
            lambda value, name: str(format_currency(value, currency, locale=name)),
            "doubles",
            {"style": "currency", "currency": currency},
        )

    def day(locale: str) -> Row:
        options = {"dateStyle": "medium", "timeZone": "UTC"}
        return Row("date", locale, lambda its, all_: its.date(all_.dates), _babel_date, "moments", options)

    both = {"dateStyle": "medium", "timeStyle": "short", "timeZone": "UTC"}
    return [
        *(money(locale, currency) for locale, currency in MONEY),
        money("de-DE", "EUR", "doubles", " of doubles"),
        Row("decimal", "de-DE", lambda its, all_: its.decimal(all_.amounts), _babel_decimal, "doubles", {}),
        *(day(locale) for locale in DATES),
        Row("date and time", "de-DE", lambda its, all_: its.datetime(all_.moments), _babel_moment, "moments", both),
    ]


def _babel_decimal(value: float, name: str) -> str:
    return str(format_decimal(value, locale=name))


def _babel_date(value: datetime, name: str) -> str:
    return str(format_date(value, locale=name))


def _babel_moment(value: datetime, name: str) -> str:
    return str(format_datetime(value, "short", locale=name))


def intl(rows: list[Row], all_: Columns) -> list[float]:
    """Intl's nanoseconds; NaN where there is no judge."""
    values = {
        "doubles": all_.doubles[:INTL].to_pylist(),
        "moments": [second * 1000 for second in all_.moments[:INTL].cast(pa.int64()).to_pylist()],
    }
    kinds = {"doubles": "number", "moments": "date"}
    asked = [
        {"locale": row.locale, "kind": kinds[row.values], "options": row.options, "values": values[row.values]}
        for row in rows
    ]
    try:
        command = [str(node()), str(Path(__file__).with_name("localize_speed.mjs"))]
    except NoJudgeError as missing:
        print(missing)
        return [float("nan")] * len(rows)
    said = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    return list(json.loads(said.stdout))


def babel(row: Row, values: list[Any]) -> float:
    """Babel's nanoseconds for one value."""
    name = row.locale.replace("-", "_")
    return best(lambda: [row.babel(value, name) for value in values], len(values)).wall


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    count = parser.parse_args().rows
    all_, rows = columns(count), table()
    few = {"doubles": all_.amounts[:BABEL].to_pylist(), "moments": all_.moments[:BABEL].to_pylist()}
    print(f"nanoseconds a value, {count:,} values; load {os.getloadavg()[0]:.1f}")
    print(f"{'':24} {'wall':>7} {'CPU':>7} {'Babel':>8} {'Intl':>7}   aim")
    for row, theirs in zip(rows, intl(rows, all_), strict=True):
        its = Formatter(row.locale)
        ours = best(lambda row=row, its=its: row.ours(its, all_), count)  # type: ignore[misc]
        aim = f"under {AIM[row.kind]}" if row.kind in AIM else ""
        slow = babel(row, few[row.values])
        name = f"{row.kind} {row.locale}"
        print(f"{name:24} {ours.wall:7.0f} {ours.processor:7.0f} {slow:8,.0f} {theirs:7,.0f}   {aim}")


if __name__ == "__main__":
    main()
