"""What several blocks do: rows of the window, shares, the value that stands most often."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tasks.traits.blocks.setting import Setting


def in_window(setting: Setting, table: ir.Table) -> ir.Table:
    """Rows of known customers whose local date lies in the window."""
    table = table.filter(table.member_number.notnull())
    return table if setting.start is None else table.filter(table.local_date > setting.start)


def share(part: ir.Value, whole: ir.Value) -> ir.Value:
    """A ratio of two counts or exact sums as a double; null where the whole is nothing."""
    return ibis.ifelse(whole > 0, part.cast("float64") / whole.cast("float64"), ibis.null("float64"))


def most_frequent(rows: ir.Table, column: str, called: str) -> ir.Table:
    """By `member_number` the value of a text column that most rows have, ties by code points; nulls do not count."""
    counted = rows.filter(rows[column].notnull()).group_by("member_number", value=rows[column]).agg(n=ibis._.count())
    return first(counted, "n", "value", called)


def first(counted: ir.Table, weight: str, value: str, called: str) -> ir.Table:
    """By `member_number` the value of greatest weight, ties by the least value."""
    best = counted.group_by("member_number").agg(most=counted[weight].max())
    joined = counted.join(best, "member_number")
    joined = joined.filter(joined[weight] == joined.most)
    return joined.group_by("member_number").agg(**{called: joined[value].min()})


def joined(parts: list[ir.Table]) -> ir.Table:
    """Tables of one row per `member_number`, side by side; who is in any is in the result."""
    whole = parts[0]
    for part in parts[1:]:
        both = whole.outer_join(part, "member_number")
        member = ibis.coalesce(both.member_number, both.member_number_right)
        whole = both.mutate(member_number=member).drop("member_number_right")
    return whole


def wanted(setting: Setting, group: str, columns: dict[str, ir.Value]) -> dict[str, ir.Value]:
    """Of the columns those that are traits wanted of the group."""
    names = {trait.name for trait in setting.wanted(group)}  # type: ignore[arg-type]
    return {name: value for name, value in columns.items() if name in names}
