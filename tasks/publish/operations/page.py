"""operations.html: how all markets stand, for operators, in English; and the same in Markdown."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from tasks.export.labels import Labels
from tasks.export.report.setting import template
from tasks.publish.gate_page import NAME as GATE
from tasks.publish.operations.due import GRACE
from tasks.publish.operations.records import Operations, Rates, Standing, Tried, listed
from tasks.publish.root_page import NAME as INDEX

NAME, TITLE = "operations.html", "Operations"
#: Rates older than this are worth a look: the ECB publishes on every working day, and Easter makes five days of none.
OLD_RATES = timedelta(days=7)
#: Purchases that end longer before the as-of date are worth a look: the drop may be an old one.
OLD_PURCHASES = timedelta(days=30)
#: Pixels of a bar of the trend, between two, and of the highest.
BAR, GAP, HIGH = 7, 3, 26
#: Kinds of rates whose codes are no words.
KINDS = {"ecb": "ECB", "identity": "same currency"}
#: Attempts that computed a publication: the others say nothing of how long one takes.
MADE = frozenset({"published", "held"})


def render_operations(found: Operations) -> bytes:
    """The page, self-contained, in UTF-8."""
    english = Labels("en")
    day = found.at.date()
    return (
        template("tasks.publish", NAME)
        .render(
            index=INDEX,
            title=TITLE,
            tally=found.tally,
            needy=bool(found.needy),
            written=moment(found.at),
            until=_until(found),
            rates=_rates_line(found.rates_until, day),
            old_rates=found.rates_until is None or day - found.rates_until > OLD_RATES,
            markets=[_market(one, english.country_name(one.market)) for one in found.markets],
        )
        .encode()
    )


def _market(one: Standing, name: str) -> dict[str, Any]:
    return {
        "code": one.market,
        "name": name,
        "href": f"country={one.market}/{INDEX}" if one.current else None,
        "gate_href": f"country={one.market}/{GATE}" if one.gate or one.word == "held" else None,
        "word": one.word,
        "doing": one.doing,
        "needs": [(need, need.todo.split("`")) for need in one.needs],  # commands stand between backticks
        "current": one.current,
        "age": age(one),
        "missed": one.missed,
        "published": moment(one.published) if one.published else None,
        "publication": one.publication,
        "next": next_run(one),
        "schedule": one.schedule,
        "zone": one.time_zone,
        "quarantined": quarantined(one),
        "ledger": one.ledger,
        "gate": one.gate or "",
        "warnings": listed(one.warnings),
        "delivered": delivered(one),
        "deliveries": one.deliveries,
        "purchases": one.newest_purchase,
        "purchases_age": purchases_age(one),
        "rates": rates_of(one.rates),
        "trend": trend(one),
        "took": took(one),
        "attempts": one.attempts,
    }


def _until(found: Operations) -> str | None:
    """When another run should have written the page again."""
    due = min((one.next_run for one in found.markets if one.next_run), default=None)
    return moment(due.astimezone(found.at.tzinfo) + GRACE) if due else None


def _rates_line(until: date | None, today: date) -> str:
    if until is None:
        return "No exchange rates of the ECB are at hand"
    return f"Exchange rates of the ECB until {until}, {max(0, (today - until).days)} days ago"


# --- words for page, artifact and terminal ----------------------------------------------------------------------------


def moment(at: datetime) -> str:
    """A moment of UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def age(one: Standing) -> str:
    """How old the current publication is; empty without one."""
    return "" if one.age_days is None else f"{one.age_days} d"


def next_run(one: Standing) -> str:
    """On the market's own clock, which is named as people there name it."""
    if one.next_run is None or one.time_zone is None:
        return "by hand" if one.schedule == "never" else "no profile"
    return f"{one.next_run.astimezone(ZoneInfo(one.time_zone)):%a %d %b %H:%M %Z}"


def quarantined(one: Standing) -> str:
    """The share of rows that were refused; that the ledger is not balanced comes first."""
    if one.quarantined is None:
        return ""
    share = f"{one.quarantined:.2%}" if one.quarantined else "0"
    return share if one.balanced else f"not balanced, {share}"


def delivered(one: Standing) -> str:
    """How many of the current publication's deliveries are done."""
    done = sum(each.state == "delivered" for each in one.deliveries)
    return f"{done} of {len(one.deliveries)}" if one.deliveries else ""


def purchases_age(one: Standing) -> str:
    """How long before the as-of date the purchases end, where that is worth a look."""
    if one.newest_purchase is None or one.current is None or one.current - one.newest_purchase <= OLD_PURCHASES:
        return ""
    return f"{(one.current - one.newest_purchase).days} d before the as-of date"


def rates_of(rates: Rates | None) -> str:
    """Which kinds of rates were used, and the days without any."""
    if rates is None:
        return ""
    without = [f"{days} days without {currency}" for currency, days in sorted(rates.without.items())]
    return listed(without) if without else ", ".join(KINDS.get(kind, kind.replace("_", " ")) for kind in rates.kinds)


def took(one: Standing) -> str:
    """Seconds of the last attempt that made a publication, and the median of those that are shown."""
    made = [each.seconds for each in one.attempts if each.outcome in MADE and each.seconds is not None]
    if not made:
        return ""
    return f"{made[0]:.1f} s" + (f" ({median(made):.1f})" if len(made) > 1 else "")


def trend(one: Standing) -> Markup | None:
    """The attempts, oldest first, as bars of their seconds; one without an end, or that failed, is an outline.

    Its numbers stand in the page's table of attempts, and in the drawing's own name.
    """
    shown = [each for each in reversed(one.attempts) if each.seconds is not None]
    if len(shown) < 2:  # noqa: PLR2004 - one bar is no trend
        return None
    most = max(each.seconds or 0 for each in shown) or 1
    bars = Markup().join(_bar(place, each, most) for place, each in enumerate(shown))
    told = ", ".join(f"{each.seconds:.1f}" for each in shown)
    wide = len(shown) * (BAR + GAP)
    return Markup(
        '<svg class="trend" role="img" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" '
        'aria-label="seconds of the last attempts, oldest first: {told}">{bars}</svg>'
    ).format(wide=wide, high=HIGH + 1, told=told, bars=bars)


def _bar(place: int, one: Tried, most: float) -> Markup:
    high = max(2.5, round((one.seconds or 0) / most * HIGH, 1))
    kind = "made" if one.outcome in MADE else "same" if one.outcome == "unchanged" else "broken"
    return Markup('<rect class="{kind}" x="{x}" y="{y}" width="{wide}" height="{high}"/>').format(
        kind=kind, x=place * (BAR + GAP) + 0.5, y=round(HIGH + 0.5 - high, 1), wide=BAR, high=high
    )


def in_markdown(found: Operations) -> str:
    """For a Prefect artifact."""
    columns = ("market", "state", "current as of", "age", "next run", "quarantined", "gate", "purchases until",
               "took")  # fmt: skip
    lines = [f"# {found.tally[0].upper()}{found.tally[1:]}", "", f"{moment(found.at)}; {found.root}", ""]
    lines += [
        f"- **{one.market}** {need.word}: {_cell(need.says)}; {_cell(need.todo)}"
        for one in found.needy
        for need in one.needs
    ]
    lines += ["", f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(_cell(cell) for cell in cells(one))} |" for one in found.markets]
    return "\n".join([*lines, "", _rates_line(found.rates_until, found.at.date()) + "."])


def cells(one: Standing) -> tuple[str, ...]:
    """A market's row: market, state, current, age, next run, quarantined, gate, purchases until, took."""
    return (
        one.market,
        one.word,
        str(one.current or "none"),
        age(one),
        next_run(one),
        quarantined(one),
        one.gate or "",
        str(one.newest_purchase or ""),
        took(one),
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
