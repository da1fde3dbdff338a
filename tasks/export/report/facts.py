"""All figures of a market's report, without a word in any language: a few small aggregations, made once a market."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from region_profiles.models import Profile
from tasks.culture.calendar import aligned
from tasks.export.background import Background
from tasks.export.customers import BASE, Base
from tasks.export.report.lenses import Lenses, load_lenses
from tasks.export.report.moves import Moves, load_moves
from tasks.export.summary import MARKET, Summary
from tasks.export.suppress import withheld
from tasks.files import parquet
from tasks.sql import literals
from tasks.sql import name as quoted
from tasks.traits.windows import window_start

#: Cities that stand by name.
CITIES = 10
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
    fractions, None of nothing.
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


def load_facts(
    con: duckdb.DuckDBPyConnection,
    profile: Profile,
    base: Base,
    figures: Summary,
    background: Background,
    segmented_dir: Path,
    as_of: date,
) -> Facts:
    """Read what the report needs from BASE and `segmented_dir` (customers.parquet, membership.parquet).

    The cost is some passes over the customers' file: below two seconds for a million of them.
    """
    minimum, customers = profile.privacy.minimum_count, segmented_dir / "customers.parquet"
    buyers, spent, converted, known = con.execute(
        f"""SELECT count(*) FILTER (orders > 0), coalesce(sum(monetary_local), 0),
                sum(monetary_local) FILTER (rate_quality IN ({literals(_OF_THE_DAY)})),
                count(*) FILTER (language IS NOT NULL)
            FROM {parquet(customers)}"""
    ).fetchall()[0]
    (emails,) = con.execute(f"SELECT count(*) FROM {BASE} WHERE contactable_email = 'yes'").fetchall()[0]
    first = window_start(profile.traits, as_of)
    hidden = (MARKET, "all") in figures.hidden
    revenue = figures.rows[MARKET, "all"]["monetary_local"] or Decimal(0)
    quality = {
        "email": _share(emails, base.rows),
        "language": _share(known, base.rows),
        "rates": _share(converted or 0, spent),
        "guests": _share(revenue - spent, revenue),
    }
    nothing = hidden or not base.rows
    tells = not nothing and _may_tell_buyers(con, profile, figures, customers, buyers, base.rows - buyers)
    return Facts(
        country=profile.market.country,
        as_of=as_of,
        start=None if first is None else first + timedelta(days=1),
        currency=figures.currencies["currency"],
        reference_currency=figures.currencies["reference_currency"],
        customers=base.rows,
        buyers=buyers if tells else None,
        spent=spent,
        withheld=hidden,
        moves=None if nothing else load_moves(con, profile, figures, background, segmented_dir),
        lenses=None if nothing else load_lenses(con, profile, figures, background, customers),
        weeks=_weeks(profile, background.days, as_of),
        cities=() if nothing else _cities(con, customers, minimum),
        quality={} if nothing else quality,
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
    for dimension in profile.dimensions:
        found = con.execute(
            f"SELECT {quoted(f'segment_{dimension}')}, count(*), bool_and(orders > 0), bool_or(orders > 0) "
            f"FROM {parquet(customers)} GROUP BY 1"
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


def _cities(con: duckdb.DuckDBPyConnection, customers: Path, minimum: int) -> tuple[tuple[str | None, int | None], ...]:
    """The largest cities that may be shown, then all others, then customers without one."""
    found = con.execute(
        f"""SELECT coalesce(trim(city), '') AS place, count(*) AS n FROM {parquet(customers)}
            GROUP BY place ORDER BY n DESC, place"""
    ).fetchall()
    named = [(place, count) for place, count in found if place]
    shown = [(place, count) for place, count in named[:CITIES] if count >= minimum]
    if not shown:
        return ()
    rows: list[tuple[str | None, int]] = [*shown]
    rows += [(None, others)] if (others := sum(count for _, count in named[len(shown) :])) else []
    rows += [("", count) for place, count in found if not place]
    told = _protected(rows, minimum)
    return told if any(count is not None for _, count in told) else ()


def _protected(rows: Iterable[tuple[str | None, int]], minimum: int) -> tuple[tuple[str | None, int | None], ...]:
    """Counts that add up to the market's total, with those withheld that subtraction would tell."""
    numbered = list(enumerate(rows))
    hidden = withheld({("city", str(number)): count for number, (_, count) in numbered}, minimum)
    return tuple((place, None if ("city", str(number)) in hidden else count) for number, (place, count) in numbered)
