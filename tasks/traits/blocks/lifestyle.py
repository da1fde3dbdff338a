"""How customers live, by what they said, what others know, or what they buy; what is inferred is called so."""

from __future__ import annotations

from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tasks.traits.blocks.common import first, in_window, joined, wanted
from tasks.traits.blocks.setting import Block, Setting

#: Purchases of fewer lines say nothing of how somebody lives.
_LINES = 3
_HALF = Decimal("0.5")


def lifestyle(setting: Setting) -> ir.Table:
    """`lifestyle` and what it rests on: a survey, else an interest stated, else known to others, else purchases."""
    parts = []
    if "answers" in setting.tables:
        parts.append(_survey(setting))
    if "interests" in setting.tables:
        parts += _interests(setting)
    if setting.profile.traits.lifestyles and setting.has("products.category"):
        parts.append(_inferred(setting))
    if not parts:
        none = setting.tables["customers"].filter(ibis.literal(value=False))
        return none.select("member_number", lifestyle=ibis.null("string"), lifestyle_evidence=ibis.null("string"))
    found = joined(parts)
    known = {code: found[code] for code in ("survey", "stated", "social", "inferred") if code in found.columns}
    evidence = ibis.cases(*((value.notnull(), code) for code, value in known.items()), else_=ibis.null("string"))
    columns = {"lifestyle": ibis.coalesce(*known.values()), "lifestyle_evidence": evidence}
    return found.select("member_number", **wanted(setting, "lifestyle", columns))


def _survey(setting: Setting) -> ir.Table:
    """The latest answer to the first of the profile's questions; of several on a day the least in code points."""
    rows = in_window(setting, setting.tables["answers"])
    questions = setting.profile.traits.lifestyle_questions
    rows = rows.filter(rows.question.isin(questions), rows.answer.notnull())
    rank = ibis.cases(*((rows.question == name, place) for place, name in enumerate(questions)), else_=len(questions))
    weight = rows.local_date.epoch_days().cast("int64") - rank.cast("int64") * (1 << 32)
    counted = rows.select("member_number", "answer", weight=weight)
    return first(counted, "weight", "answer", "survey")


def _interests(setting: Setting) -> list[ir.Table]:
    rows = setting.tables["interests"]
    weight = rows.strength.fill_null(Decimal(1))
    counted = rows.select("member_number", "interest", weight=weight, own=rows.source.fill_null("stated") == "stated")
    return [
        first(counted.filter(counted.own), "weight", "interest", "stated"),
        first(counted.filter(~counted.own), "weight", "interest", "social"),
    ]


def _inferred(setting: Setting) -> ir.Table:
    """The lifestyle whose categories carry more than half of the spend, of at least three lines."""
    named = [(category, code) for code, many in sorted(setting.profile.traits.lifestyles.items()) for category in many]
    table = pa.table({"of_category": [one for one, _ in named], "code": [code for _, code in named]})
    codes = setting.engine.from_arrow(table, "lifestyles")
    products = setting.tables["products"].select("product_id", "category")
    lines = in_window(setting, setting.tables["transactions"])
    lines = lines.filter(lines.net > 0).select("member_number", "product_id", "net")
    sold = lines.join(products, "product_id").left_join(codes, ibis._.category == codes.of_category)
    spent = sold.group_by("member_number").agg(whole=sold.net.sum(), lines=sold.count())
    by_code = sold.filter(sold.code.notnull()).group_by("member_number", "code").agg(part=ibis._.net.sum())
    both = by_code.join(spent, "member_number")
    clear = both.filter(both.lines >= _LINES, both.part > both.whole * _HALF)
    return clear.group_by("member_number").agg(inferred=clear.code.min())


LIFESTYLE = Block(("lifestyle",), lifestyle)
