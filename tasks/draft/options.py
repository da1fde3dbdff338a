"""Parts of a draft that most markets leave out: commented lines, each valid once its `# ` is taken away."""

from __future__ import annotations

import re
from datetime import date, timedelta

from region_profiles.models import Profile
from tasks.culture.calendar.feasts import holidays_between, why_none
from tasks.culture.calendar.moments import moments_between
from tasks.draft.teams import Team
from tasks.draft.text import Text
from tasks.localize.data import facts, resolve

_YEAR = timedelta(days=365)


def reading(text: Text, profile: Profile) -> None:
    """How customers' languages are told, and which files are written."""
    market = profile.market
    text.comment(
        0,
        "A customer who chose no language gets one from messages, else that of the region where it is sure. Decide: "
        "where residents speak many languages, say that a country's is unknown (null).",
    )
    text.lines.append(f"# languages: {{by_country: {{{market.country}: null}}}}")
    text.comment(0, "Lists of contacts split by the customer's language; each CSV for machines as well:")
    text.lines.append("# exports: {split_by_language: true, machine: true}")


def calendar(text: Text, profile: Profile, since: date) -> None:
    """Holidays and shopping moments of the year from a day on."""
    country = profile.market.country
    holidays = holidays_between(country, None, since, since + _YEAR, f"en-{country}")
    codes = dict.fromkeys(moment.code for moment in moments_between(country, since, since + _YEAR))
    known = f"{len(holidays)} public holidays" if holidays else f"no public holidays ({why_none(country)})"
    text.comment(
        0,
        f"Calendar that playbooks and comparisons with last year follow: {known} and these shopping moments in a year: "
        f"{', '.join(codes) or 'none'}. Decide: which mean nothing here, which do customers bring along?",
    )
    dropped = ", ".join(list(codes)[:1])
    text.lines.append(f"# calendar: {{drop: [{dropped}], add: {{lunar_new_year: CN}}}}")


def source(text: Text, profile: Profile, team: Team) -> None:
    """What the shops deliver."""
    order, dialect, country = _date_order(team.locale), team.dialect, profile.market.country
    text.comment(
        0,
        f"What the shops deliver. `strata profile new {country} --from DROP` drafts this part from files; "
        "docs/profiles.md teaches it. Signs below are those of the culture; the files decide.",
    )
    sign = dialect.decimal if dialect.decimal in ".," else "."
    text.lines += [
        "# source:",
        "#   encoding: utf-8",
        f'#   formats: {{date_order: {order}, decimal_sign: "{sign}"}}',
        "#   tables:",
        f'#     sales: {{files: ["sales*.csv"], delimiter: "{dialect.separator}"}}',
        f'#     customers: {{files: ["customers*.csv"], delimiter: "{dialect.separator}"}}',
        "#   mapping:",
        "#     transactions:",
        "#       source: sales",
        "#       columns: {order_id: ..., member_number: ..., date: ..., quantity: ..., amount: ...}",
        "#     customers:",
        "#       source: customers",
        "#       columns: {member_number: ..., family_name: ..., given_name: ..., email: ..., language: ...}",
    ]


def _date_order(locale: str) -> str:
    """The order of day, month and year in a locale's short dates.

    >>> _date_order("de-AT"), _date_order("en-US"), _date_order("ja")
    ('dmy', 'mdy', 'ymd')
    """
    pattern = re.sub("[^dMy]", "", str(facts(resolve(locale))["date.short"])).lower()
    return "".join(dict.fromkeys(pattern))
