"""Products, interests and answers that a regime keeps out of traits, taken away before any block sees them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from region_profiles.models import Privacy, Profile
from region_profiles.regimes import refused, regime_of
from tasks.engine import Engine

#: table: the columns whose words tell what is protected, and those that say anything of it.
_TELLING: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "products": (
        ("category", "subcategory"),
        ("product_name", "category", "subcategory", "brand", "lasts_days"),
    ),
    "interests": (("interest",), ("interest",)),
    "answers": (("answer",), ("answer",)),
}


def without_protected(
    engine: Engine, profile: Profile, tables: Mapping[str, ir.Table]
) -> tuple[dict[str, ir.Table], dict[str, dict[str, object]]]:
    """The tables with null in place of what the market's regime keeps out of traits, and what that was.

    A product keeps its number, so that its sales count in every total. Notes, for the manifest: by table, of what is
    left out, `rows`, and by kind (`own`: the profile's) the `words`, sorted; a table without any is not there.
    """
    freed: dict[str, ir.Table] = {}
    notes: dict[str, dict[str, object]] = {}
    for name, table in tables.items():
        freed[name] = table
        if name in _TELLING:
            kept, left_out = _freed(engine, profile.privacy, table, *_TELLING[name])
            freed[name] = kept
            notes |= {name: left_out} if left_out else {}
    return freed, notes


def _freed(
    engine: Engine, privacy: Privacy, table: ir.Table, told: tuple[str, ...], masked: tuple[str, ...]
) -> tuple[ir.Table, dict[str, object]]:
    keys = {f"{name}_told": table[name].fill_null("") for name in told}
    counted = engine.to_arrow(table.group_by(**keys).agg(n=table.count())).to_pylist()
    found = [(kind, row) for row in counted if (kind := refused(privacy, *(row[key] for key in keys)))]
    if not found:
        return table, {}
    words: dict[str, set[str]] = {}
    for kind, row in found:
        words.setdefault(kind, set()).add(" / ".join(row[key] for key in keys if row[key]))
    columns = {key: pa.array([row[key] for _, row in found], pa.string()) for key in keys}
    marks = engine.from_arrow(pa.table({**columns, "is_protected": [True] * len(found)}), "protected")
    joined = table.mutate(**keys).left_join(marks, list(keys))
    nulls = {
        name: ibis.ifelse(joined.is_protected, ibis.null(table[name].type()), joined[name])
        for name in masked
        if name in table.columns
    }
    kept = engine.cache(joined.mutate(**nulls).select(*table.columns))
    engine.drop(marks)
    notes = {"rows": sum(row["n"] for _, row in found), "words": {kind: sorted(words[kind]) for kind in sorted(words)}}
    return kept, notes


def of_age(profile: Profile, birth_year: ir.Value, as_of: date) -> ir.BooleanValue:
    """Whether marketing may write to a person, by the year of birth: never null.

    Somebody who may still be under the regime's age at the as-of date, because the birthday is not known, is left out;
    without a year of birth nobody is.
    """
    age = regime_of(profile.privacy).age
    if age is None:
        return ibis.literal(value=True)
    return (ibis.literal(as_of.year, "int64") - birth_year > age).fill_null(ibis.literal(value=True))
