"""Mappings as YAML: a list of columns, or a SELECT."""

from __future__ import annotations

from tasks.draft.mapping import Mapping, quote
from tasks.draft.text import OPEN, Text


def write_mapping(text: Text, made: Mapping) -> None:
    """The mapping as YAML."""
    text.key(2, made.table)
    for note in made.notes:
        text.note(3, note)
    _write_columns(text, made)
    if made.constants:
        text.key(3, "constants")
    for name, question in made.constants.items():
        text.ask(4, name, question)
    if made.values:
        text.key(3, "values")
    for name, entries in made.values.items():
        text.key(4, name)
        for value, code in entries.items():
            if code == OPEN:
                text.ask(5, value, f"what does {value} mean as {name}?")
            else:
                text.key(5, value, code)
    _write_formats(text, made)


def _write_formats(text: Text, made: Mapping) -> None:
    if made.yes or made.calendars:
        text.key(3, "formats")
    for name, calendar in made.calendars.items():
        text.key(4, name, {"calendar": calendar, "date_order": "ymd"})
    for name, question in made.yes.items():
        text.key(4, name)
        text.ask(5, "yes", question, [OPEN])


def _write_columns(text: Text, made: Mapping) -> None:
    if made.joins:
        for question in made.asked.values():
            text.comment(3, f'QUESTION: {question} Put its name for "?" below.')
        text.block(3, "select", _select(made))
        return
    text.key(3, "source", made.source)
    text.key(3, "columns")
    for name, raw in made.columns.items():
        text.key(4, name, raw)
    for name, question in made.asked.items():
        text.ask(4, name, question)


def _select(made: Mapping) -> str:
    def source(raw: str) -> str:
        table, dot, column = raw.partition(".")
        joined = bool(dot) and table in {"receipts", "products", "customers", "stores", "returns"}
        return f"{table}.{quote(column)}" if joined else f"sales.{quote(raw)}"

    chosen = [f"{sql} AS {name}" for name, sql in made.expressions.items()]
    chosen += [f"{source(raw)} AS {name}" for name, raw in made.columns.items()]
    chosen += [f"sales.{quote(OPEN)} AS {name}" for name in made.asked]
    return "SELECT " + ",\n       ".join(chosen) + "\nFROM sales\n" + "\n".join(made.joins)
