"""Checks of the `source` part: files, formats and mappings, against each other and the canonical contract."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from region_profiles.database_checks import check_databases
from region_profiles.findings import Fault, Steps, currency, nearest, repeated, zone
from region_profiles.models import Formats, Mapping, RawTable, Source
from tasks.contract import TABLES, Table

#: strptime directives with which a date or time can be read, less those of weeks, names and locales' own forms.
_DIRECTIVE = re.compile(r"%-?([a-zA-Z%])")
_DIRECTIVES = frozenset("YymdbBHIMSfpzjaA%")


def check_source(source: Source) -> Iterator[Fault]:
    """Every fault of a source; needs no file."""
    path: Steps = ("source",)
    yield from _encoding(source.encoding, (*path, "encoding"))
    yield from _formats(source.formats, (*path, "formats"))
    yield from _shared(source)
    yield from _drop_date(source)
    if source.drop is not None and (not source.drop or source.drop.startswith("/") or ".." in source.drop.split("/")):
        yield Fault((*path, "drop"), "is no folder below the landing", source.drop, "a relative path")
    for name, table in source.delivered.items():
        yield from _table(table, (*path, "tables", name))
    yield from check_databases(source)
    for name, mapping in source.mapping.items():
        yield from _mapping(mapping, TABLES[name], source, (*path, "mapping", name))


def _encoding(name: str | None, path: Steps) -> Iterator[Fault]:
    if name is None:
        return
    try:
        codecs.lookup(name)
        "".encode(name)  # refuses the codecs that are not of text, such as hex
    except LookupError:
        known = (
            "utf-8",
            "utf-16",
            "cp1252",
            "cp1250",
            "cp1251",
            "cp932",
            "shift_jis",
            "gb18030",
            "gbk",
            "big5",
            "cp949",
        )
        yield Fault(path, "unknown encoding", name, "an encoding that Python knows", nearest(name.lower(), known))


def _formats(formats: Formats, path: Steps) -> Iterator[Fault]:
    if formats.decimal_sign and formats.decimal_sign == formats.grouping_sign:
        yield Fault((*path, "grouping_sign"), "is also the decimal sign", formats.grouping_sign, "another sign")
    if formats.dates and formats.date_order:
        yield Fault((*path, "date_order"), "stands beside dates", formats.date_order, "one of the two")
    for number, pattern in enumerate(formats.dates):
        used = set(_DIRECTIVE.findall(pattern))
        if not used or used - _DIRECTIVES:
            yield Fault((*path, "dates", number), "is no strptime pattern", pattern, "one such as %d.%m.%Y")
        elif not used & {"Y", "y"} or not used & {"d", "j"}:
            yield Fault((*path, "dates", number), "has no year or no day", pattern, "one such as %d.%m.%Y")
    yield from zone(formats.time_zone, (*path, "time_zone"))
    for word in sorted(set(formats.yes) & set(formats.no)):
        yield Fault((*path, "no"), "word is also a yes", word, "each word once")


def _shared(source: Source) -> Iterator[Fault]:
    if source.shared and not source.markets:
        yield Fault(("source", "markets"), "is missing", None, "value: market, for each market of the shared drop")
    if source.markets and not source.shared:
        yield Fault(("source", "markets"), "has no meaning without `shared: true`", None, "shared: true, or null")


def _drop_date(source: Source) -> Iterator[Fault]:
    rule, path = source.drop_date, ("source", "drop_date")
    if rule.by == "path":
        try:
            groups = re.compile(rule.pattern or "").groupindex
        except re.error as error:
            yield Fault((*path, "pattern"), f"is no regular expression: {error}", rule.pattern)
            return
        if not {"year", "month"} <= set(groups):
            expected = "a regular expression with the groups year, month, day (without day: the month's last)"
            yield Fault((*path, "pattern"), "lacks a group", rule.pattern, expected)
    if rule.by == "marker" and not rule.marker:
        yield Fault((*path, "marker"), "is missing", None, "the name of the file whose first line is the date")


def _table(table: RawTable, path: Steps) -> Iterator[Fault]:
    if not table.files:
        yield Fault((*path, "files"), "is missing", None, "globs inside the drop, or database and select")
    yield from _encoding(table.encoding, (*path, "encoding"))
    for number, pattern in enumerate(table.files):
        if not pattern or pattern.startswith("/") or ".." in pattern.split("/"):
            yield Fault((*path, "files", number), "leaves the drop's folder", pattern, "a glob inside the drop")
    for name in ("delimiter", "quote", "escape"):
        sign = getattr(table, name)
        if sign is not None and len(sign) != 1 and not (name == "delimiter" and sign == "whitespace"):
            expected = "one character" + (", or `whitespace`" if name == "delimiter" else "")
            yield Fault((*path, name), "is not one character", sign, expected)
    if table.sheet is not None and table.format in {"csv", "jsonl", "parquet"}:
        yield Fault((*path, "sheet"), f"has no meaning in {table.format}", table.sheet, "a workbook, or null")
    if table.skip < 0:
        yield Fault((*path, "skip"), "is not allowed", table.skip, "0 or more")
    if table.mode == "increment" and "key" not in table.model_fields_set:
        expected = "columns by which the later row of an increment wins; [] if no row ever comes twice"
        yield Fault((*path, "key"), "is missing", None, expected)
    if table.later_by is not None and not table.key:
        yield Fault((*path, "key"), "is missing beside later_by", None, "columns that tell which rows are of one thing")
    yield from _header(table, (*path, "columns"))


def _header(table: RawTable, path: Steps) -> Iterator[Fault]:
    if not table.header and not table.columns:
        yield Fault(path, "is missing", None, "names of the columns, since there is no header")
    if table.header and table.columns:
        yield Fault(path, "has no meaning with a header", None, "header: false, or null")
    yield from repeated(table.columns, path, "column")


def _mapping(mapping: Mapping, table: Table, source: Source, path: Steps) -> Iterator[Fault]:
    mapped = {column.name for column in table.mapped} | ({"market"} if source.shared else set())
    named: dict[str, tuple[str, ...]] = {
        "columns": tuple(mapping.columns),
        "constants": tuple(mapping.constants),
        "values": tuple(mapping.values),
        "formats": tuple(mapping.formats),
    }
    for part, columns in named.items():
        for column in columns:
            if column not in mapped:
                expected = "one of " + ", ".join(sorted(mapped))
                yield Fault(
                    (*path, part, column), f"is no column of {table.name}", column, expected, nearest(column, mapped)
                )
    for column in sorted(set(mapping.columns) & set(mapping.constants)):
        yield Fault((*path, "constants", column), "is mapped from a column too", column, "one of the two")
    if mapping.select is None:
        yield from _columns(mapping, table, source, path)
    elif mapping.columns or mapping.source:
        part = "columns" if mapping.columns else "source"
        yield Fault((*path, part), "stands beside select", None, "columns with their source, or select")
    yield from _values(mapping, table, path)
    for column in {"currency", "base"} & mapped & set(mapping.constants):
        yield from currency(mapping.constants[column], (*path, "constants", column))
    for column, formats in mapping.formats.items():
        yield from _formats(formats, (*path, "formats", column))


def _columns(mapping: Mapping, table: Table, source: Source, path: Steps) -> Iterator[Fault]:
    tables = tuple(source.tables)
    if mapping.source is None and len(tables) != 1:
        yield Fault((*path, "source"), "is missing", None, "one of " + ", ".join(tables) if tables else "source.tables")
    elif mapping.source is not None and mapping.source not in tables:
        expected = "one of " + ", ".join(tables) if tables else "a name among source.tables"
        yield Fault((*path, "source"), "unknown raw table", mapping.source, expected, nearest(mapping.source, tables))
    for column in table.columns:
        if column.required and column.name not in mapping.columns and column.name not in mapping.constants:
            yield Fault((*path, "columns"), f"lacks {column.name}", None, f"{column.name}: {column.about}")
    money = {"amount", "unit_price"}
    if table.name == "transactions" and not money & (set(mapping.columns) | set(mapping.constants)):
        yield Fault((*path, "columns"), "has no money", None, "amount, or unit_price with quantity")


def _values(mapping: Mapping, table: Table, path: Steps) -> Iterator[Fault]:
    """Codes outside a column's closed set, in values and constants."""
    closed = {column.name: column.codes for column in table.mapped if column.codes}
    for column, codes in closed.items():
        for raw, code in mapping.values.get(column, {}).items():
            if code not in codes:
                at = (*path, "values", column, raw)
                yield Fault(at, f"is no code of {column}", code, "one of " + ", ".join(codes), nearest(code, codes))
        constant = mapping.constants.get(column)
        if constant is not None and column not in mapping.values and constant not in codes:
            at = (*path, "constants", column)
            yield Fault(at, f"is no code of {column}", constant, "one of " + ", ".join(codes), nearest(constant, codes))
