"""Traits: one row per customer of the market, from canonical tables, rates and incomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, localcontext

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from region_profiles.models import Profile
from tasks.contract import RATE_QUALITY
from tasks.engine import Engine
from tasks.traits.catalogue import CATALOGUE, EXACT, STATED
from tasks.traits.money import EXACT_TYPE, PUBLISHED_TYPE, money, published
from tasks.traits.occasions import activity, customer_codes, home_stores, occasions, purchase_days, store_ranks
from tasks.traits.scores import Cuts, score
from tasks.traits.stores import with_open_home
from tasks.traits.windows import local_currency, months_before, window_start


@dataclass(frozen=True, slots=True)
class Tables:
    """The canonical tables that traits read, on the engine that computes."""

    customers: ir.Table
    transactions: ir.Table
    stands_in: Mapping[str, str | None] = field(default_factory=dict)
    """Of stores that closed, the one that took their place."""


@dataclass(frozen=True, slots=True)
class Unscored:
    """`base`: every trait but the scores, then EXACT, not computed yet; it needs `kept` (for `engine.drop`) until then.

    `guests` and `notes` as in TraitsResult.
    """

    base: ir.Table
    guests: Mapping[str, int | Decimal | None]
    notes: Mapping[str, object]
    kept: tuple[ir.Table, ...]


@dataclass(frozen=True, slots=True)
class TraitsResult:
    """`customers`: the columns of CATALOGUE in order, then those of EXACT (unrounded money, never published).

    `guests`: what purchases without a member number add up to, under the same names (orders, EXACT).
    `cuts`: of each score. `notes`: counts by name, for the manifest.
    """

    customers: ir.Table
    guests: Mapping[str, int | Decimal | None]
    cuts: tuple[Cuts, ...]
    notes: Mapping[str, object]


def customer_traits(
    engine: Engine, profile: Profile, tables: Tables, factors: ir.Table, incomes: ir.Table, as_of: date
) -> TraitsResult:
    """Compute every trait of docs/contracts.md ('Traits') as of a local date, inclusive; see `unscored_traits`.

    Scores and rules use what is published, sums the exact values.
    """
    found = unscored_traits(engine, profile, tables, factors, incomes, as_of)
    base = engine.cache(found.base)
    engine.drop(*found.kept)
    customers, cuts = score(engine, profile.traits.scores, base)
    return TraitsResult(in_order(customers), found.guests, cuts, found.notes)


def in_order(scored: ir.Table) -> ir.Table:
    """The columns of `TraitsResult.customers`, in their order."""
    return scored.select(*CATALOGUE, *EXACT.values())


def unscored_traits(
    engine: Engine, profile: Profile, tables: Tables, factors: ir.Table, incomes: ir.Table, as_of: date
) -> Unscored:
    """Everything of a customer that follows from that customer alone.

    `factors` has one row per (currency, date): to_local, to_reference, to_ppp, to_usd DECIMAL(19,12), rate_quality;
    `incomes` country and gdp_per_head (current USD). Money per customer is published rounded half away from zero to
    two places. Money of a lens is null where any line of the span has no rate, or where the profile turns the lens
    off. Raises ProfileError where no currency holds at the as-of date.
    """
    start = window_start(profile.traits, as_of)
    tables = replace(tables, customers=with_open_home(engine, tables.customers, tables.stands_in))
    worth = engine.cache(money(engine, tables.transactions, factors, start=start, as_of=as_of))
    visiting = _visiting(engine, tables, start)
    joined = _joined(tables.customers, worth, visiting)
    base = _base(engine, profile, joined, _inverse_incomes(engine, incomes), as_of)
    guests = _guests(engine, profile, visiting, worth)
    notes = {"window_after": None if start is None else start.isoformat()}
    return Unscored(base, guests, notes, (worth, visiting))


def _visiting(engine: Engine, tables: Tables, start: date | None) -> ir.Table:
    """Activity by `member_number` (null: guests), with the `usual_store` where any customer has no stated open one.

    The usual store is a fifth of the work. One table at the end, so that few are joined at once to the customers.
    """
    lacking = tables.customers.agg(n=tables.customers.home_store.isnull().sum())
    stated = not engine.to_arrow(lacking)["n"][0].as_py()
    ranks = None if stated else store_ranks(engine, tables.transactions, tables.stands_in)
    codes = engine.cache(customer_codes(tables.customers))
    seen = engine.cache(occasions(tables.transactions, codes, ranks))
    days = engine.cache(purchase_days(seen))
    active = activity(days, start).left_join(codes, "customer").drop("customer_right")
    if ranks is not None:
        active = active.left_join(home_stores(seen, days, ranks), "customer").drop("customer_right")
    visiting = engine.cache(active.drop("customer"))
    engine.drop(codes, seen, days)
    return visiting


_COUNTS = ("orders", "frequency", "lifetime_orders", "lifetime_frequency")


def _joined(customers: ir.Table, worth: ir.Table, visiting: ir.Table) -> ir.Table:
    joined = customers.select(*STATED, "home_store")
    for part in (worth, visiting):
        joined = joined.left_join(part, "member_number").drop("member_number_right")
    if "usual_store" not in joined.columns:
        return joined
    return joined.mutate(home_store=joined.home_store.fill_null(joined.usual_store))


def _base(engine: Engine, profile: Profile, joined: ir.Table, income: ir.Table, as_of: date) -> ir.Table:
    """Everything but the scores, under its published name."""
    country = profile.market.country
    # Who is resident by other evidence than an address (a flag of the till) lives in the market's country.
    resident = ibis.ifelse(joined.residence == "resident", country, ibis.null("string"))
    living = ibis.ifelse(joined.residence == "visitor", ibis.null("string"), joined.home_country.fill_null(resident))
    joined = joined.mutate(living=living)
    joined = joined.left_join(income, joined.living == income.income_country)
    quality = {rank: ibis.literal(name) for rank, name in enumerate(RATE_QUALITY)}
    columns = {
        **{name: joined[name] for name in (*STATED, "home_store")},
        **{name: joined[name].fill_null(0).cast("int64") for name in _COUNTS},
        "country": ibis.literal(country),
        "first_order_date": _date(joined.first_day),
        "last_order_date": _date(joined.last_day),
        "recency_days": ibis.literal((as_of - date(1970, 1, 1)).days, "int64") - joined.last_day,
        "currency": ibis.literal(local_currency(profile.market, as_of)),
        "reference_currency": ibis.literal(profile.money.reporting_currency),
        "effort": _effort(engine, joined, as_of) if "effort" in profile.money.lenses else ibis.null("float64"),
        "rate_quality": joined.quality.cases(*quality.items(), else_=ibis.null("string")),
        **_money_columns(engine, profile, joined, as_of),
    }
    unscored = [name for name in CATALOGUE if not name.endswith("_score")]
    return joined.select(**{name: columns[name] for name in (*unscored, *EXACT.values())})


def _date(days: ir.Value) -> ir.Value:
    # Ibis calls this a date, DuckDB makes a timestamp of it: by way of the timestamp both agree.
    return (ibis.timestamp("1970-01-01") + days.as_interval("D")).cast("date")


def _money_columns(engine: Engine, profile: Profile, joined: ir.Table, as_of: date) -> dict[str, ir.Value]:
    """Published and exact money: null without any purchase, 0 without one in the span, null with a gap in the rates."""
    columns: dict[str, ir.Value] = {}
    starts = {"monetary": window_start(profile.traits, as_of), "lifetime": None}
    for name, exact in EXACT.items():
        span, lens = name.split("_", 1)
        if lens not in profile.money.lenses:
            columns[name], columns[exact] = ibis.null(PUBLISHED_TYPE), ibis.null(EXACT_TYPE)
            continue
        none = joined.quality.isnull() | _has_gap(joined[f"gap_{lens}"], starts[span])
        rounded = published(engine, joined[exact].fill_null(0))
        columns[name] = ibis.ifelse(none, ibis.null(PUBLISHED_TYPE), rounded)
        columns[exact] = joined[exact]
    return columns


def _has_gap(latest: ir.Value, start: date | None) -> ir.BooleanValue:
    """Whether a line after `start` does not convert, where `latest` is the date of the latest one."""
    return latest.notnull() if start is None else (latest > start).fill_null(ibis.literal(value=False))


def _inverse_incomes(engine: Engine, incomes: ir.Table) -> ir.Table:
    """`income_country` and `per_head`: one over GDP per head, DECIMAL(19,12), made once in Python."""
    rows = engine.to_arrow(incomes.select("country", "gdp_per_head")).to_pylist()
    unit = Decimal(1).scaleb(-12)
    with localcontext(prec=40):
        known = {r["country"]: (1 / r["gdp_per_head"]).quantize(unit) for r in rows if r["gdp_per_head"]}
    table = pa.table(
        {
            "income_country": pa.array(known.keys(), pa.string()),
            "per_head": pa.array(known.values(), pa.decimal128(19, 12)),
        }
    )
    return engine.from_arrow(table, "incomes")


def _effort(engine: Engine, joined: ir.Table, as_of: date) -> ir.Value:
    """A year's gross USD over GDP per head, to six places.

    By way of DECIMAL(18,6), which both engines turn into the same double.
    """
    spent = published(engine, joined.exact_year.fill_null(0))
    share = (spent * joined.per_head).cast("decimal(37, 14)")  # what both engines make of it, and Ibis does not know
    share = engine.rounded(share, "decimal(18, 6)").cast("float64")
    none = joined.quality.isnull() | _has_gap(joined.gap_year, months_before(as_of, 12))
    return ibis.ifelse(none, ibis.null("float64"), share)


def _guests(engine: Engine, profile: Profile, visiting: ir.Table, worth: ir.Table) -> dict[str, int | Decimal | None]:
    """Orders and exact money of lines without a member number."""
    theirs = visiting.filter(visiting.member_number.isnull())
    counts = engine.to_arrow(theirs.select("orders", "lifetime_orders")).to_pylist()
    sums = engine.to_arrow(worth.filter(worth.member_number.isnull()).select(*EXACT.values())).to_pylist()
    orders = {name: int(counts[0][name]) if counts else 0 for name in ("orders", "lifetime_orders")}
    money = sums[0] if sums else dict.fromkeys(EXACT.values())
    off = {exact for name, exact in EXACT.items() if name.split("_", 1)[1] not in profile.money.lenses}
    return {**orders, **{exact: None if exact in off else value for exact, value in money.items()}}
