"""All figures of a market's report, without a word in any language: a few small aggregations, made once a market."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from region_profiles.models import Profile
from tasks.culture.calendar import aligned
from tasks.export.background import Background
from tasks.export.customers import BASE, Base
from tasks.export.report.alike import Alike, load_alike
from tasks.export.report.cities import load_cities
from tasks.export.report.expected import Expected, load_expected
from tasks.export.report.lenses import Lenses, load_lenses
from tasks.export.report.moves import Moves, load_moves
from tasks.export.report.outcomes import Outcomes, load_outcomes
from tasks.export.report.own import Own, load_own
from tasks.export.report.parts import columns, counted
from tasks.export.summary import MARKET, Summary
from tasks.files import parquet
from tasks.sql import literals
from tasks.sql import name as quoted
from tasks.traits.windows import window_start

FOUR_WEEKS = timedelta(days=28)
#: Revenue of these qualities was converted at a rate of the day or an official fixed one.
_OF_THE_DAY = ("identity", "market_table", "ecb", "peg", "irrevocable")


@dataclass(frozen=True, slots=True)
class Weeks:
    """Revenue of the last four weeks and of those of last year they are compared with (docs/calendar.md).

    Gross, in the market's currency. `moment` is the feast that lies alike in both, `unaligned` are those that do not.
    """

    revenue: Decimal
    before: Decimal
    moment: str | None
    unaligned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report shows. Counts are customers; None in place of one is withheld (`Privacy.minimum_count`).

    `start` is the period's first day, None where the whole history counts. `buyers` bought in the period, `spent` is
    what they spent, in `currency`. `cities`: by name; "" are customers without one, None all other cities. Shares are
    fractions, None of nothing. `own`: figures of segments and audiences that have plans.
    """

    country: str
    as_of: date
    start: date | None
    currency: str
    reference_currency: str
    customers: int
    buyers: int | None
    spent: Decimal
    withheld: bool
    moves: Moves | None
    lenses: Lenses | None
    weeks: Weeks | None
    cities: tuple[tuple[str | None, int | None], ...]
    quality: Mapping[str, Decimal | None]
    outcomes: Outcomes | None = None
    alike: Alike | None = None
    expected: Expected | None = None
    own: Mapping[tuple[str, str], Own] = field(default_factory=dict)


def load_facts(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    base: Base,
    figures: Summary,
    background: Background,
    segmented_dir: Path,
    as_of: date,
) -> Facts:
    """Read what the report needs from BASE and `segmented_dir`.

    There are customers.parquet, membership.parquet and, where they were made, audiences and comparisons.parquet.

    The cost is some passes over the customers' file: below two seconds for a million of them.
    """
    customers = segmented_dir / "customers.parquet"
    rows, buyers, spent, converted, known = con.execute(
        f"""SELECT count(*), count(*) FILTER (orders > 0), coalesce(sum(monetary_local), 0),
                sum(monetary_local) FILTER (rate_quality IN ({literals(_OF_THE_DAY)})),
                count(*) FILTER (language IS NOT NULL)
            FROM {parquet(customers)} WHERE {counted(columns(con, customers))}"""
    ).fetchall()[0]
    (emails,) = con.execute(f"SELECT count(*) FROM {BASE} WHERE contactable_email = 'yes'").fetchall()[0]
    first = window_start(profile.traits, as_of)
    hidden = (MARKET, "all") in figures.hidden
    revenue = figures.rows[MARKET, "all"]["monetary_local"] or Decimal(0)
    quality = {
        "email": _share(emails, base.rows),
        "language": _share(known, rows),
        "rates": _share(converted or 0, spent),
        "guests": _share(revenue - spent, revenue),
    }
    nothing = hidden or not base.rows
    moves = None if nothing else load_moves(con, profile, figures, background, segmented_dir)
    before = frozenset() if moves is None else moves.hidden
    tells = not nothing and _may_tell_buyers(con, profile, figures, customers, buyers, rows - buyers)
    return Facts(
        country=profile.market.country,
        as_of=as_of,
        start=None if first is None else first + timedelta(days=1),
        currency=figures.currencies["currency"],
        reference_currency=figures.currencies["reference_currency"],
        customers=rows,
        buyers=buyers if tells else None,
        spent=spent,
        withheld=hidden,
        moves=moves,
        lenses=None if nothing else load_lenses(con, profile, figures, background, customers),
        weeks=_weeks(profile, background.days, as_of),
        cities=() if nothing else load_cities(con, profile, customers),
        quality={} if nothing else quality,
        outcomes=None if nothing else load_outcomes(con, profile, background, segmented_dir, before),
        alike=None if nothing else load_alike(con, profile, background, segmented_dir, figures.hidden | before),
        expected=None if nothing else load_expected(con, profile, figures, customers),
        own={} if nothing else load_own(con, profile, background, segmented_dir),
    )


def _share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    return Decimal(part) / Decimal(whole) if whole > 0 else None


def _may_tell_buyers(
    con: duckdb.DuckDBPyConnection, profile: Profile, figures: Summary, customers: Path, buyers: int, rest: int
) -> bool:
    """Whether the number of buyers betrays no withheld segment.

    Where each segment of a dimension has either buyers or others alone, buyers are the sum of some of its segments:
    the withheld ones among them must then be protected as `withheld` protects those of a dimension.
    """
    minimum = profile.privacy.minimum_count
    if any(0 < count < minimum for count in (buyers, rest)):
        return False
    there = columns(con, customers)
    for dimension in profile.dimensions:
        if f"segment_{dimension}" not in there:
            continue
        found = con.execute(
            f"SELECT {quoted(f'segment_{dimension}')}, count(*), bool_and(orders > 0), bool_or(orders > 0) "
            f"FROM {parquet(customers)} WHERE {counted(there)} GROUP BY 1"
        ).fetchall()
        if any(every != some for _, _, every, some in found):
            continue
        for side in (True, False):
            parts = [n for code, n, some, _ in found if some is side and (dimension, code) in figures.hidden]
            if parts and (len(parts) == 1 or sum(parts) < minimum + len(parts) - 1):
                return False
    return True


def _weeks(profile: Profile, days: Mapping[date, Decimal], as_of: date) -> Weeks | None:
    """None where nothing was sold in the weeks of last year, or where the history begins within them."""
    begin = as_of - FOUR_WEEKS + timedelta(days=1)
    then = aligned(profile.market.country, begin, as_of, profile.calendar)
    if not days or min(days) > then.start:
        return None
    revenue = sum((amount for day, amount in days.items() if begin <= day <= as_of), Decimal(0))
    before = sum((amount for day, amount in days.items() if then.start <= day <= then.end), Decimal(0))
    return Weeks(revenue, before, then.by, then.unaligned) if before > 0 else None
