"""Broken rows: a sound row with cells replaced as the market's `faults` say, or with a broken structure.

A fault is a mapping from a value (such as `amount`) to what stands in its place, or a word: `drop` leaves out the
last two cells, `add` adds two, `syntax` cuts the line, `bytes: <hex>` puts bytes there that the encoding lacks.
`{serial}` in a value is a number that no other broken row has. Each broken row has a number of its own (order, member,
movement ...), so that it is nobody's duplicate.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from tasks.sample.files import Broken, TextWriter, Writer
from tasks.sample.forms import day, digits
from tasks.sample.pieces import Cell, Codes, Row
from tasks.sample.spec import MarketSpec

Fault = dict[str, Any] | str
#: The column that makes a broken row nobody's duplicate; of other tables the rows that came sound say who it is of.
KEYS = {
    "transactions": "order_id",
    "customers": "member_number",
    "events": "event_id",
    "feedback": "feedback_id",
    "usage": "usage_id",
    "loyalty": "movement_id",
    "campaigns": "contact_id",
    "products": "product_id",
    "quotes": "quote_id",
    "contracts": "contract_id",
}


def cells_of(columns: Sequence[Row], codes: Codes, row: int) -> list[str]:
    """The texts of one row."""
    one = {name: values[row : row + 1] for name, values in codes.items()}
    return [str(column.lines(one)[0]) for column in columns]


def broken(
    spec: MarketSpec,
    table: str,
    cells: Sequence[Cell],
    columns: Sequence[Row],
    codes: Codes,
    places: Sequence[tuple[int, int, str]],
    writer: Writer,
) -> list[Broken]:
    """Rows for `places`: (row that is copied, serial number, kind of fault)."""
    rows: list[Broken] = []
    for place, serial, kind in places:
        texts = cells_of(columns, codes, place)
        for number, cell in enumerate(cells):
            if cell.value == KEYS.get(table):
                texts[number] = f"{texts[number][:1] if texts[number][:1].isalpha() else ''}{9 * 10**7 + serial}"
        fault = spec.faults[table][kind]  # type: ignore[index]
        if isinstance(fault, dict):
            fault = {at: v.replace("{serial}", str(serial)) if isinstance(v, str) else v for at, v in fault.items()}
        rows.append((place, _break(spec, table, cells, texts, fault, writer)))
    return rows


def _break(
    spec: MarketSpec, table: str, cells: Sequence[Cell], texts: list[str], fault: Fault | None, writer: Writer
) -> list[str] | bytes:
    if fault == "drop":
        return texts[:-2]
    if fault == "add":
        return [*texts, "?", "?"]
    if fault == "syntax" and isinstance(writer, TextWriter):
        line = writer.line(texts).rstrip()
        return line[: len(line) // 2] + b"\n"
    if isinstance(fault, dict) and "bytes" in fault and isinstance(writer, TextWriter):
        mark = "\x01"
        texts = [mark if cell.value == fault["at"] else text for cell, text in zip(cells, texts, strict=True)]
        return writer.line(texts).replace(mark.encode(), b"A" + bytes.fromhex(fault["bytes"]) + b"B")
    if isinstance(fault, dict):
        return [
            _written(spec, table, cell, fault[cell.value]) if cell.value in fault else text
            for cell, text in zip(cells, texts, strict=True)
        ]
    raise ValueError(f"unknown fault {fault!r}")


def _written(spec: MarketSpec, table: str, cell: Cell, value: object) -> str:
    """A date in the column's own form; anything else as it stands."""
    if not isinstance(value, date):
        return str(value)
    field = spec.tables[table].fields[cell.header]  # type: ignore[index]
    system = field.digits or spec.numbers.digits
    tail = digits((field.time or "").translate({}), system) if cell.value == "stamp" else ""
    for code, part in (("%H", "12"), ("%I", "12"), ("%M", "00"), ("%S", "00"), ("%p", "PM")):
        tail = tail.replace(code, digits(part, system))
    return day(value, field.form or spec.dates, system) + tail


def places(rng: np.random.Generator, kinds: Sequence[str], each: int, total: int) -> list[tuple[float, int, str]]:
    """(share of the way through the table, serial number, kind) of each broken row, by place."""
    wanted = [kind for kind in kinds for _ in range(each)]
    at = np.sort(rng.random(len(wanted)))
    order = rng.permutation(len(wanted))
    return [(float(at[n]), total + n, wanted[order[n]]) for n in range(len(wanted))]
