"""Traits: one row per customer of the market, from canonical tables, rates and incomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from region_profiles.models import Profile
from tasks.catalogue import CATALOGUE, EXACT, STATED
from tasks.contract import RATE_QUALITY
from tasks.engine import Engine
from tasks.traits.blocks import BLOCKS, Setting, filled
from tasks.traits.blocks.people import with_distance
from tasks.traits.blocks.protected import without_protected
from tasks.traits.coverage import IBIS_TYPES, coverage
from tasks.traits.effort import effort, incomes_table, inverse_incomes, why_no_effort
from tasks.traits.money import EXACT_TYPE, PUBLISHED_TYPE, has_gap, money, published
from tasks.traits.occasions import activity, customer_codes, home_stores, occasions, purchase_days, store_ranks
from tasks.traits.population import inheriting, of_account, with_population
from tasks.traits.scores import Cuts, score
from tasks.traits.stores import with_open_home
from tasks.traits.windows import local_currency, window_start


@dataclass(frozen=True, slots=True)
class Tables:
    """The canonical tables that traits read, on the engine that computes; `others` by name, as far as there are."""

    customers: ir.Table
    transactions: ir.Table
    stands_in: Mapping[str, str | None] = field(default_factory=dict)
    """Of stores that closed, the one that took their place."""
    others: Mapping[str, ir.Table] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unscored:
    """`base`: the traits that this market has, but for the scores, then EXACT and HIDDEN; not computed yet.

    It needs `kept` (for `engine.drop`) until then. `guests` and `notes` as in TraitsResult.
    """

    base: ir.Table
    guests: Mapping[str, int | Decimal | None]
    notes: Mapping[str, object]
    kept: tuple[ir.Table, ...]


@dataclass(frozen=True, slots=True)
class TraitsResult:
    """`customers`: the columns of CATALOGUE in order, then those of EXACT (unrounded money, never published).

    `guests`: what purchases without a member number add up to, under the same names (orders, EXACT).
    `cuts`: of each score. `notes` for the manifest: `off` says by trait why it is null for everyone, `coverage` by
    population and trait which share has a value (tasks/traits/coverage.py).
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
    return TraitsResult(in_order(customers), found.guests, cuts, {**found.notes, "coverage": coverage(engine, base)})


def in_order(scored: ir.Table) -> ir.Table:
    """The columns of `TraitsResult.customers`, in their order; a trait that is off is null."""
    there = set(scored.columns)
    lacking = {trait.name: ibis.null(IBIS_TYPES[trait.type]) for trait in CATALOGUE.values() if trait.name not in there}
    return scored.mutate(**lacking).select(*CATALOGUE, *EXACT.values())


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
    tables = _counted(engine, tables)
    cut = _cut(engine, profile, tables.transactions, as_of)
    worth = engine.cache(money(engine, tables.transactions, factors, start=start, as_of=as_of, cut=cut))
    visiting = _visiting(engine, tables, start, cut)
    setting, blocks = _blocks(engine, profile, tables, factors, as_of)
    joined = with_distance(setting, _joined(tables.customers, (worth, visiting, *blocks[False]), blocks[True]))
    known = inverse_incomes(engine, incomes)
    no_effort = why_no_effort(engine, profile, factors, known, as_of)
    income = engine.from_arrow(incomes_table({} if no_effort else known), "incomes")
    base = _base(engine, profile, joined, income, as_of)
    guests = _guests(engine, profile, visiting, worth)
    off = {trait.name: why for trait in CATALOGUE.values() if (why := setting.why_off(trait)) is not None}
    off |= {"effort": no_effort} if no_effort else {}
    told = {"window_after": start, "calibration_until": cut}
    notes: dict[str, object] = {name: None if day is None else day.isoformat() for name, day in told.items()}
    notes |= {"off": off, "protected": setting.left_out}
    return Unscored(base, guests, notes, (worth, visiting, *blocks[False], *blocks[True]))


def _cut(engine: Engine, profile: Profile, lines: ir.Table, as_of: date) -> date | None:
    """The last day that a backtest of predictions knows of; None where the history is too short for one."""
    if not profile.prediction.on:
        return None
    first = engine.to_arrow(lines.agg(first=lines.local_date.min()))["first"][0].as_py()
    days = None if first is None else profile.prediction.holdout_days((as_of - first).days)
    return None if days is None else as_of - timedelta(days=days)


def _counted(engine: Engine, tables: Tables) -> Tables:
    """Customers with their population and open home store; what contacts did counts for their account."""
    customers = with_population(with_open_home(engine, tables.customers, tables.stands_in))
    contacts = inheriting(engine, customers)
    others = {name: of_account(table, contacts) for name, table in tables.others.items()}
    return replace(tables, customers=customers, transactions=of_account(tables.transactions, contacts), others=others)


def _blocks(
    engine: Engine, profile: Profile, tables: Tables, factors: ir.Table, as_of: date
) -> tuple[Setting, dict[bool, list[ir.Table]]]:
    """The blocks whose traits the market's tables carry, computed: what contacts inherit (False), what is their own."""
    sources, left_out = without_protected(
        engine, profile, {**tables.others, "customers": tables.customers, "transactions": tables.transactions}
    )
    start = window_start(profile.traits, as_of)
    setting = Setting(engine, profile, sources, factors, as_of, start, filled(engine, sources), left_out)
    made: dict[bool, list[ir.Table]] = {False: [], True: []}
    for block in BLOCKS:
        if any(map(setting.wanted, block.groups)):
            made[block.own].append(engine.cache(block.compute(setting)))
    return setting, made


def _visiting(engine: Engine, tables: Tables, start: date | None, cut: date | None) -> ir.Table:
    """Activity by `member_number` (null: guests), with the `usual_store` where any customer has no stated open one.

    The usual store is a fifth of the work. One table at the end, so that few are joined at once to the customers.
    """
    lacking = tables.customers.agg(n=tables.customers.home_store.isnull().sum())
    stated = not engine.to_arrow(lacking)["n"][0].as_py()
    ranks = None if stated else store_ranks(engine, tables.transactions, tables.stands_in)
    codes = engine.cache(customer_codes(tables.customers))
    seen = engine.cache(occasions(tables.transactions, codes, ranks))
    days = engine.cache(purchase_days(seen))
    active = activity(days, start, cut).left_join(codes, "customer").drop("customer_right")
    if ranks is not None:
        active = active.left_join(home_stores(seen, days, ranks), "customer").drop("customer_right")
    visiting = engine.cache(active.drop("customer"))
    engine.drop(codes, seen, days)
    return visiting


_COUNTS = ("orders", "frequency", "lifetime_orders", "lifetime_frequency")


def _joined(customers: ir.Table, parts: Iterable[ir.Table], own: Iterable[ir.Table]) -> ir.Table:
    joined = customers.select(*STATED, "home_store", "population", "counted_as")
    for part in parts:
        joined = joined.left_join(part, joined.counted_as == part.member_number).drop("member_number_right")
    for part in own:
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
        "population": joined.population,
        "country": ibis.literal(country),
        "first_order_date": _date(joined.first_day),
        "last_order_date": _date(joined.last_day),
        "recency_days": ibis.literal((as_of - date(1970, 1, 1)).days, "int64") - joined.last_day,
        "currency": ibis.literal(local_currency(profile.market, as_of)),
        "reference_currency": ibis.literal(profile.money.reporting_currency),
        "effort": effort(engine, joined, as_of) if "effort" in profile.money.lenses else ibis.null("float64"),
        "rate_quality": joined.quality.cases(*quality.items(), else_=ibis.null("string")),
        **_money_columns(engine, profile, joined, as_of),
    }
    columns |= {name: joined[name] for name in CATALOGUE if name not in columns and name in joined.columns}
    if "interval_days" in columns:
        of_account = joined.population != "person"
        columns["order_cycle_days"] = ibis.ifelse(of_account, joined.interval_days, ibis.null("float64"))
    hidden = {"counted_as": joined.counted_as, "calibration_last_date": _date(joined.calibration_last_day)}
    hidden["calibration_frequency"] = joined.calibration_frequency.fill_null(0).cast("int64")
    ppp = "ppp" in profile.money.lenses
    hidden["calibration_ppp"] = joined.exact_calibration.cast(EXACT_TYPE) if ppp else ibis.null(EXACT_TYPE)
    there = [name for name in CATALOGUE if name in columns]
    return joined.select(**{name: columns[name] for name in (*there, *EXACT.values())}, **hidden)


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
        none = joined.quality.isnull() | has_gap(joined[f"gap_{lens}"], starts[span])
        rounded = published(engine, joined[exact].fill_null(0))
        columns[name] = ibis.ifelse(none, ibis.null(PUBLISHED_TYPE), rounded)
        columns[exact] = joined[exact]
    return columns


def _guests(engine: Engine, profile: Profile, visiting: ir.Table, worth: ir.Table) -> dict[str, int | Decimal | None]:
    """Orders and exact money of lines without a member number."""
    theirs = visiting.filter(visiting.member_number.isnull())
    counts = engine.to_arrow(theirs.select("orders", "lifetime_orders")).to_pylist()
    sums = engine.to_arrow(worth.filter(worth.member_number.isnull()).select(*EXACT.values())).to_pylist()
    orders = {name: int(counts[0][name]) if counts else 0 for name in ("orders", "lifetime_orders")}
    money = sums[0] if sums else dict.fromkeys(EXACT.values())
    off = {exact for name, exact in EXACT.items() if name.split("_", 1)[1] not in profile.money.lenses}
    return {**orders, **{exact: None if exact in off else value for exact, value in money.items()}}
