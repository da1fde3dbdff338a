"""A profile from what is known of the country alone: every value works as it stands, each with where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from region_profiles.loader import country_profile
from region_profiles.models import CurrencyPeriod, Profile
from region_profiles.territories import name, overrides, same_code, zones
from tasks.draft import options
from tasks.draft.rates import known
from tasks.draft.teams import Team, main_teams, spoken_beside
from tasks.draft.text import Text
from tasks.localize import display_digits
from tasks.reference.rates import last_ecb_day
from tasks.reference.tables import default_reference

#: More zones than this are counted, not listed (the United States have 29).
_LISTED = 6
_QUALITY = {
    "identity": "no conversion is needed",
    "ecb": "from the European Central Bank's daily rates",
    "peg": "from its peg",
    "irrevocable": "from its irrevocable rate",
    "annual_average": "from official averages of years",
}


def country_draft(country: str) -> str:
    """A market's file from ISO 3166, CLDR, territories.yaml and the tables of rates and prices.

    `country` is a code that `require` returned. It loads and runs as it is; comments say what a value is, where it
    comes from and what an analyst should decide. Lines behind `# ` with a key are choices left out.
    """
    profile = country_profile(country)
    teams = main_teams(profile)
    text = Text()
    text.comment(
        0,
        f"{name(country)} ({country}): drafted from what is known of the country. Every value works as it stands; "
        "`Decide` marks what only the chain knows. To use a line that is commented out, take its `# ` away. Then: "
        f"strata validate {country} --profiles DIR",
    )
    _market(text, profile)
    _teams(text, profile, teams)
    _money(text, profile)
    _law(text, profile)
    text.lines.append("")
    options.calendar(text, profile, last_ecb_day())
    options.reading(text, profile)
    text.lines.append("")
    options.source(text, profile, teams[0])
    return str(text)


# --- who the market is ------------------------------------------------------------------------------------------------


def _market(text: Text, profile: Profile) -> None:
    market = profile.market
    text.lines.append("")
    text.key(0, "market")
    text.key(1, "country", market.country)
    below = "base.yaml alone" if market.region == "world" else f"base.yaml and regions/{market.region}.yaml"
    text.comment(1, f"Defaults that lie below this file: {below}, among them the borders of customer value.")
    text.key(1, "region", market.region)
    text.comment(1, _zones(market.country, market.time_zone))
    text.key(1, "time_zone", market.time_zone)
    told = _source_of("weekends", market.country) or "CLDR 47"
    text.comment(1, f"Weekend: {told}. Decide: the days on which shops and offices rest, where they differ.")
    text.key(1, "weekend", market.weekend)
    _currencies(text, market.country, market.currencies)
    told = _source_of("languages", market.country) or "CLDR 47: official by law or in fact, the most spoken first"
    text.comment(1, f"Languages of the country ({told}): names of countries and languages in files are read in them.")
    text.key(1, "languages", market.languages)
    text.comment(1, "Decide: countries whose residents come for a day; they count as cross_border, others as visitors.")
    text.lines.append("  # cross_border: [XX]")
    text.comment(1, "Decide: where this market's personal data must stay (docs/publications.md, residency zones).")
    text.lines.append("  # zone: default")
    text.comment(1, "Decide: whom the teams ask about their report; a name or an address, shown in it.")
    text.lines.append("  # contact: crm@example.com")


def _source_of(topic: str, key: str) -> str | None:
    entry = overrides(topic).get(key)
    return None if entry is None else f"{entry.source}, {entry.checked}"


def _zones(country: str, chosen: str) -> str:
    others = [zone for zone in zones(country) if zone != chosen]
    told = "Zone of stores that name none"
    if not zones(country) or chosen not in zones(country):
        return f"{told}; the country has none of its own, this one keeps its time."
    if not others:
        return f"{told}: the country's only one (CLDR 47)."
    listed = ", ".join(others) if len(others) <= _LISTED else f"{len(others)} others"
    return (
        f"{told}: the most populous city's; there are also {listed}. Decide: a store's own zone is mapped with stores."
    )


def _currencies(text: Text, country: str, periods: tuple[CurrencyPeriod, ...]) -> None:
    told = _source_of("currencies", country) or "CLDR 47, from 1999 on"
    text.comment(1, f"Legal tender ({told}); of those that hold on a day the first is the market's own money.")
    still = [period.code for period in periods if period.until is None]
    if len(still) > 1:
        text.comment(
            1, f"Decide: {' and '.join(still)} are both tender; which do tills and books count in? Put it first."
        )
    for code in dict.fromkeys(period.code for period in periods):
        if renewed := same_code(code):
            since, times = renewed["since"], f"{renewed['times']:,}"
            asked = f"Decide: {code} became another money under the same code on {since}: one is {times} of the older"
            text.comment(1, f"{asked} ({renewed['source']}). Which do the files hold? No rate joins the two.")
    text.key(1, "currencies")
    for period in periods:
        entry: dict[str, Any] = {"code": period.code, "since": period.since, "until": period.until}
        written = ", ".join(f"{key}: {value}" for key, value in entry.items() if value is not None)
        text.lines.append(f"    - {{{written}}} # {_decimals(period.code)}")


def _decimals(code: str) -> str:
    rows = default_reference().of("currencies", code)
    exact = next((row["minor_units"] for row in rows), "")
    shown = f"prices show {display_digits(code)} decimals"
    called = rows[0]["name"] if rows else code
    return f"{called}; {shown}" + (f", ISO 4217 has {exact}" if exact and int(exact) != display_digits(code) else "")


# --- who reads --------------------------------------------------------------------------------------------------------


def _teams(text: Text, profile: Profile, teams: tuple[Team, ...]) -> None:
    text.lines.append("")
    text.comment(
        0,
        "Who reads, and in which language: each locale gets the whole market. Decide: the teams' names, and what each "
        "may see; without the grant `customers` a team gets summaries alone, and no list with a row a customer.",
    )
    text.key(0, "teams")
    for team in teams:
        for told in team.told(profile):
            text.comment(1, told)
        mark = "" if team.sure else "# "
        text.lines.append(f"  {mark}- name: {team.name}")
        text.lines.append(f"  {mark}  locales: [{team.locale}]")
        if team.sure:
            text.lines.append("    # grants: [customers, names, emails, phones, addresses]")
    if beside := spoken_beside(profile):
        text.comment(1, f"Also spoken by a fifth of the people or more, though not official: {beside} (CLDR 47).")


# --- money ------------------------------------------------------------------------------------------------------------


def _money(text: Text, profile: Profile) -> None:
    found = known(profile)
    code, target, notes = found.currency, found.target, found.notes
    text.lines.append("")
    text.comment(0, f"Money as the chain, the customer and comparable prices see it (docs/money.md), on {found.until}:")
    if found.lacking:
        text.comment(0, f"- reference: off, since no table has a rate of {code} to {target} on {found.lacking}.")
    else:
        told = " and ".join(_QUALITY.get(one, one) for one in found.days)
        text.comment(0, f"- reference: on, {code} in {target}, {told}.")
    text.comment(0, f"- ppp: {_ppp(notes)}.")
    text.comment(0, f"- effort: {_effort(notes)}.")
    if "ppp" in notes["lenses_off"]:
        text.comment(0, "Without ppp, tiers of customer value follow from rank within the market.")
    text.comment(0, "Decide: the currency in which the chain reports, and the base of its own table of rates, if any.")
    text.lines.append(f"# money: {{reporting_currency: {target}, rates_base: {target}}}")
    if found.fails:
        text.comment(
            0,
            f"Rates of {code} must come from the chain: no table at hand leads from it to {target}. Purchases without "
            "a rate are let through here, in local money alone. Decide: better, deliver a table of rates with the "
            "drop, map it as `rates` (docs/profiles.md), and delete these two lines.",
        )
        text.key(0, "gate")
        text.key(1, "unconverted_share", 1)


def _ppp(notes: Mapping[str, Any]) -> str:
    level, reason = notes["purchasing_power"], notes["lenses_off"].get("ppp")
    if reason:
        return f"off, {reason}"
    known = f"price levels known up to {level['last_year']} ({level['source']} in reference/sources.yaml)"
    return f"on, constant international dollars of {level['vintage']}, {known}"


def _effort(notes: Mapping[str, Any]) -> str:
    reason = notes["lenses_off"].get("effort")
    return f"off, {reason}" if reason else f"on, GDP per head of {notes['incomes']['year']}"


# --- law and tax -----------------------------------------------------------------------------------------------------


def _law(text: Text, profile: Profile) -> None:
    regime, basis = profile.privacy.regime, profile.privacy.basis
    text.lines.append("")
    told = (
        "no law of this country is listed in territories.yaml"
        if regime == "national"
        else "data protection law in force"
    )
    text.comment(
        0, f"Privacy: {told}. Decide with counsel: {basis} profiles all but who objected, consent only who said yes."
    )
    text.key(0, "privacy")
    text.key(1, "regime", regime)
    text.lines.append("  # basis: consent")
    text.comment(
        0, "Decide: whether amounts are with tax (gross), without (net), or know none (untaxed); and the rate."
    )
    text.lines.append("# tax: {amounts: gross, rates: [{rate: 0.2, since: 2020-01-01}]}")
