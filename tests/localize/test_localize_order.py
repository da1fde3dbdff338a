"""The same column gives the same bytes, whatever ran before in the process: Babel's issue 1234 is kept out."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

SCRIPT = """
import hashlib, random, sys
from datetime import date, datetime
from decimal import Decimal
import pyarrow as pa
from tasks.localize import formatter, main_locales
order, babel_first = int(sys.argv[1]), sys.argv[2] == "babel"
tags = [tag for place, tag in enumerate(main_locales()) if place % 3 == 0 or tag in ('ur-PK', 'fa-IR', 'zh-Hant-TW')]
random.Random(order).shuffle(tags)
if babel_first:
    from babel import Locale, dates
    for tag in tags[:60]:
        dates.format_date(date(2026, 1, 5), "LLLL cccc", locale=Locale.parse(tag, sep="-"))
amounts = pa.array([Decimal("-1234567.895"), Decimal("0.5"), None], pa.decimal128(18, 4))
moments = pa.array([datetime(2026, 1, 5, 14, 7), None], pa.timestamp("s"))
texts = {}
for tag in tags:
    its = formatter(tag)
    columns = [its.decimal(amounts), its.percent(amounts), its.money(amounts, "EUR"), its.compact(amounts)]
    columns += [its.datetime(moments, form) for form in ("full", "long", "medium", "short", "month", "month_short")]
    texts[tag] = repr([column.to_pylist() for column in columns])
print(hashlib.sha256("".join(texts[tag] for tag in sorted(texts)).encode()).hexdigest())
"""


def digest(order: int, before: str, hashing: str) -> str:
    """sha256 of what a fresh process writes for a third of the main locales in that order."""
    command = [sys.executable, "-c", SCRIPT, str(order), before]
    env = os.environ | {"PYTHONHASHSEED": hashing}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)  # noqa: S603  our own script
    return done.stdout.strip()


def test_fresh_processes_and_shuffled_locales_give_the_same_bytes():
    runs = [(1, "nothing", "0"), (2, "nothing", "7"), (3, "babel", "0")]
    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(lambda run: digest(*run), runs))) == 1
