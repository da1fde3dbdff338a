"""Business accounts: company, contracts, quotations, contacts and their roles."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tasks.catalogue.business import COMPANY_SIZES
from tasks.traits.blocks.common import in_window, joined, share, wanted
from tasks.traits.blocks.setting import Block, Setting

#: EU recommendation 2003/361/EC: micro, small, medium enterprises by people employed.
_PEOPLE = (10, 50, 250)
#: A contract that ends within so many days, or within its notice where that is longer, is ending.
_ENDING_DAYS = 90
_SIGNS = 4


@cache
def industries() -> dict[tuple[str, str], str]:
    """Section of ISIC Rev. 4 by scheme and beginning of a code.

    >>> industries()["naics", "562"], industries()["nace", "47"]
    ('E', 'G')
    """
    path = resources.files("region_profiles.reference") / "industries.csv"
    return {
        (row["scheme"], row["prefix"]): row["section"] for row in csv.DictReader(path.read_text("utf-8").splitlines())
    }


def company(setting: Setting) -> ir.Table:
    """Traits of the group company: what is known of each account's company."""
    rows = setting.tables["companies"]
    code = rows.industry.upper().re_replace("[^0-9A-Z]", "")
    # NACE writes its section before the division: C10.1 is division 10.
    code = ibis.ifelse(code.re_search("^[A-U][0-9]"), code.substr(1), code)
    scheme = rows.industry_scheme.fill_null("isic")
    rows = rows.mutate(bare=code, scheme=scheme)
    size = ibis.cases(
        (rows.employees.isnull(), ibis.null("string")),
        *((rows.employees < people, code) for people, code in zip(_PEOPLE, COMPANY_SIZES, strict=False)),
        else_=COMPANY_SIZES[-1],
    )
    parents = rows.filter(rows.parent.notnull()).select(owner="parent").distinct()
    found = _with_section(setting, rows.mutate(size=size)).left_join(parents, ibis._.member_number == parents.owner)
    found = _at_latest_rate(setting, found, "revenue", "worth")
    columns = {
        "industry": found.section,
        "industry_code": ibis.ifelse(found.industry.isnull(), ibis.null("string"), found.scheme + ":" + found.industry),
        "employees": found.employees,
        "company_size": found["size"],
        "company_revenue": found.worth,
        "sites": found.sites,
        "company_group": ibis.ifelse(found.parent.notnull() | found.owner.notnull(), "yes", "no"),
    }
    return found.select("member_number", **wanted(setting, "company", columns))


def _with_section(setting: Setting, rows: ir.Table) -> ir.Table:
    """Companies with the section of the longest beginning of their code that the table of industries knows."""
    known = industries()
    table = pa.table(
        {
            "of_scheme": [scheme for scheme, _ in known],
            "prefix": [prefix for _, prefix in known],
            "found": list(known.values()),
        }
    )
    codes = setting.engine.from_arrow(table, "industries")
    for length in range(1, _SIGNS + 1):
        view = codes.select(**{f"s{length}": codes.of_scheme, f"p{length}": codes.prefix, f"f{length}": codes.found})
        on = [rows.scheme == view[f"s{length}"], rows.bare.substr(0, length) == view[f"p{length}"]]
        rows = rows.left_join(view, on).drop(f"s{length}", f"p{length}")
    longest = [rows[f"f{length}"] for length in range(_SIGNS, 0, -1)]
    return rows.mutate(section=ibis.coalesce(*longest)).drop(*(f"f{length}" for length in range(1, _SIGNS + 1)))


def _at_latest_rate(setting: Setting, rows: ir.Table, amount: str, called: str) -> ir.Table:
    """With an amount in the reporting currency, at the latest rate of its currency among the market's purchases."""
    factors = setting.factors.filter(setting.factors.to_reference.notnull())
    last = factors.group_by("currency").agg(day=factors.date.max())
    rates = factors.join(last, "currency").filter(ibis._.date == ibis._.day)
    rates = rates.select(rate_currency="currency", latest_rate="to_reference")
    joined_ = rows.left_join(rates, rows.currency == rates.rate_currency).drop("rate_currency")
    product = (joined_[amount] * joined_.latest_rate).cast("decimal(38, 16)")
    return joined_.mutate(**{called: setting.engine.rounded(product, "decimal(18, 2)")}).drop("latest_rate")


def role(setting: Setting) -> ir.Table:
    """Each contact's role in buying, as stated."""
    people = setting.tables["customers"]
    return people.select("member_number", **wanted(setting, "business", {"role": people.role}))


def business(setting: Setting) -> ir.Table:
    """Traits of the group business, of accounts."""
    people = setting.tables["customers"]
    of_accounts = people.filter(people.population == "contact").group_by(member_number="counted_as")
    parts = [of_accounts.agg(contacts=ibis._.count().cast("int64"))]
    if "contracts" in setting.tables:
        parts.append(_contracts(setting))
    if "quotes" in setting.tables:
        parts.append(_quotes(setting))
    return joined(parts)


def _contracts(setting: Setting) -> ir.Table:
    as_of = ibis.date(setting.as_of.isoformat())
    rows = _at_latest_rate(setting, setting.tables["contracts"], "amount", "worth")
    rows = rows.filter(rows.starts <= as_of)
    running = rows.ends.isnull() | (rows.ends >= as_of)
    days = rows.ends.epoch_days().cast("int64") - as_of.epoch_days().cast("int64")
    notice = ibis.greatest(rows.notice_days.fill_null(0), _ENDING_DAYS)
    rows = rows.mutate(running=running, ending=(running & (days <= notice)).fill_null(ibis.literal(value=False)))
    found = rows.group_by("member_number").agg(
        lasting=(rows.running & ~rows.ending).any(),
        ending=rows.ending.any(),
        ends=rows.ends.max(where=rows.running),
        worth=rows.worth.sum(where=rows.running).cast("decimal(18, 2)"),
    )
    state = ibis.cases((found.lasting, "active"), (found.ending, "ending"), else_="ended")
    columns = {"contract": state, "contract_ends": found.ends, "contract_worth": found.worth}
    return found.select("member_number", **wanted(setting, "business", columns))


def _quotes(setting: Setting) -> ir.Table:
    as_of = ibis.date(setting.as_of.isoformat())
    rows = _at_latest_rate(setting, in_window(setting, setting.tables["quotes"]), "amount", "worth")
    status = rows.status.fill_null("open")
    valid = (status == "open") & (rows.valid_until.isnull() | (rows.valid_until >= as_of))
    lost = status.isin(["lost", "expired"]) | ((status == "open") & ~valid)
    rows = rows.mutate(valid=valid, won=status == "won", lost=lost)
    found = rows.group_by("member_number").agg(
        day=rows.local_date.max(),
        quotes_open=rows.valid.sum().cast("int64"),
        quotes_worth=rows.worth.sum(where=rows.valid).cast("decimal(18, 2)"),
        won=rows.won.sum(),
        decided=(rows.won | rows.lost).sum(),
    )
    last = rows.join(found.select("member_number", "day"), "member_number").filter(ibis._.local_date == ibis._.day)
    last = last.group_by("member_number").agg(valid=last.valid.any(), accepted=last.won.any())
    both = found.join(last, "member_number")
    stage = ibis.cases((both.valid, "quoted"), (both.accepted, "won"), else_="lost")
    columns = {
        "decision_stage": stage,
        "quotes_open": both.quotes_open,
        "quotes_worth": both.quotes_worth,
        "quote_win_share": share(both.won, both.decided),
    }
    return both.select("member_number", **wanted(setting, "business", columns))


COMPANY = Block(("company",), company)
BUSINESS = Block(("business",), business)
ROLE = Block(("business",), role, own=True)
