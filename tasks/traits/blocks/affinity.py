"""What customers buy most, what goes with it, and when they need it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tasks.engine import Engine
from tasks.traits.blocks.amounts import in_local, parts, ratio
from tasks.traits.blocks.common import in_window, joined
from tasks.traits.blocks.setting import Block, Setting
from tasks.traits.blocks.together import next_category, together

#: A date and the days that goods last are packed into one integer, of which a group-by takes the greatest.
_BITS, _SHIFT = 20, 1 << 20
_LONGEST = (1 << _BITS) - 1
#: Bits of a positive int64.
_INTEGER = 62

#: column of products: the traits of it.
_TRAITS = {
    "category": ("category_main", "category_share", "categories"),
    "brand": ("brand_main", "brand_share", "brands"),
}


def affinity(setting: Setting) -> ir.Table:
    """The wanted traits of the group affinity, by `member_number`.

    Spend is net, in local currency, returns taken away, of products whose category (brand) is known and not protected;
    what adds up to nothing is not bought.
    """
    engine = setting.engine
    names = {trait.name for trait in setting.wanted("affinity")}
    made: list[ir.Table] = []
    kept = engine.cache(joined(list(_parts(setting, names, made))))
    engine.drop(*made)
    return kept.select("member_number", *(name for name in kept.columns if name in names))


def _parts(setting: Setting, names: set[str], made: list[ir.Table]) -> Iterator[ir.Table]:
    """What is `made` on the way is to be dropped in the end."""
    engine, products = setting.engine, setting.tables["products"]
    wanted = {key: set(traits) for key, traits in _TRAITS.items()}
    wanted["category"].add("next_category")
    keys = [key for key, traits in wanted.items() if names & traits]
    names_of = {key: _names(engine, products, key) for key in keys}
    values = {key: engine.from_arrow(table, f"{key}_ranks") for key, table in names_of.items()}
    if keys:
        spent = engine.cache(_spent(setting, products, values))
        made.append(spent)
        for key in keys:
            by_key = engine.cache(_positive(setting, spent, key))
            made.append(by_key)
            yield _favourite(by_key, values[key], key, names_of[key].num_rows.bit_length())
            if key == "category" and "next_category" in names:
                lines = setting.tables["transactions"]
                lines = lines if setting.start is None else lines.filter(lines.local_date > setting.start)
                found = together(engine, lines, products, minimum=setting.profile.privacy.minimum_count)
                bought = by_key.join(values[key], "rank_category").select("member_number", "category")
                made.append(next_category(engine, found, bought))
                yield made[-1]
    if "replenish_date" in names:
        yield _replenish(setting, products)


def _names(engine: Engine, products: ir.Table, key: str) -> pa.Table:
    """The values of a key of products, with `rank_<key>` from 0 by code points: what is grouped are numbers."""
    known = engine.to_arrow(products.filter(products[key].notnull()).select(key).distinct())
    names = sorted(known[key].to_pylist())
    ranks = pa.array(range(len(names)), pa.int64())
    return pa.table({key: pa.array(names, pa.string()), f"rank_{key}": ranks})


def _spent(setting: Setting, products: ir.Table, values: Mapping[str, ir.Table]) -> ir.Table:
    """`net` by member_number and the ranks of the keys, in the window."""
    lines, local = in_local(setting, in_window(setting, setting.tables["transactions"]))
    amounts = lines.select("member_number", "product_id", net=local("net"))
    known = products.select("product_id", *values)
    for key, ranks in values.items():
        known = known.left_join(ranks, key).drop(f"{key}_right")
    columns = [f"rank_{key}" for key in values]
    known = setting.engine.cache(
        known.filter(ibis.or_(*(known[c].notnull() for c in columns))).select("product_id", *columns)
    )
    sold = amounts.join(known, "product_id")
    return sold.group_by("member_number", *columns).agg(net=sold.net.sum())


def _positive(setting: Setting, spent: ir.Table, key: str) -> ir.Table:
    """`spend`, in ten-thousandths and above zero, by member_number and the rank of a key."""
    rank = f"rank_{key}"
    rows = spent.filter(spent[rank].notnull())
    summed = rows.group_by("member_number", rank).agg(net=rows.net.sum())
    counted = summed.select("member_number", rank, spend=parts(setting.engine, summed.net.fill_null(0)))
    return counted.filter(counted.spend > 0)


def _favourite(by_key: ir.Table, values: ir.Table, key: str, bits: int) -> ir.Table:
    """The value of most spend, its share and how many there are, under the names of _TRAITS, by member_number.

    Spend and rank, of so many bits, are packed into one integer; what is beyond ties: nobody spends so much.
    """
    last = (1 << bits) - 1
    spend = ibis.least(by_key.spend, (1 << _INTEGER - bits) - 1)
    packed = (spend << bits) + (last - by_key[f"rank_{key}"])
    told = by_key.group_by("member_number").agg(
        best=packed.max(), most=by_key.spend.max(), whole=by_key.spend.sum().cast("int64"), count=by_key.count()
    )
    told = told.mutate(**{f"rank_{key}": last - (told.best & last)})
    main, share, count = _TRAITS[key]
    found = told.join(values, f"rank_{key}")
    columns = {main: found[key], share: ratio(found.most, found.whole), count: found["count"]}
    return found.select("member_number", **columns)


def _replenish(setting: Setting, products: ir.Table) -> ir.Table:
    """Of the last day on which something was bought that is bought again: the first date on which it is.

    How many units were bought does not count.
    """
    lines = setting.tables["transactions"]
    lines = lines.filter(lines.member_number.notnull(), lines.net > 0).select(
        "member_number", "product_id", "local_date"
    )
    lasting = products.filter(products.lasts_days.notnull()).select("product_id", "lasts_days")
    sold = lines.join(lasting, "product_id")
    day = sold.local_date.epoch_days().cast("int64") + _SHIFT
    packed = (day << _BITS) + (_LONGEST - ibis.least(sold.lasts_days, _LONGEST))
    told = sold.group_by("member_number").agg(packed=packed.max())
    due = (told.packed >> _BITS) - _SHIFT + (_LONGEST - (told.packed & _LONGEST))
    date = (ibis.timestamp("1970-01-01") + due.as_interval("D")).cast("date")
    return told.select("member_number", replenish_date=date)


AFFINITY = Block(("affinity",), affinity)
