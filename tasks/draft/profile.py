"""The draft of a market's profile: from its files where a drop is given, else what follows from the country."""

from __future__ import annotations

import re
from pathlib import Path

from region_profiles.loader import load_profile
from region_profiles.models import Profile
from region_profiles.territories import require
from tasks.draft.country import country_draft
from tasks.draft.groups import drop_dates
from tasks.draft.headers import ROLES, canonical
from tasks.draft.keys import prove
from tasks.draft.plan import Plan, plan
from tasks.draft.questions import key_of, later_by, sharing, unknown, vat_codes
from tasks.draft.rates import known
from tasks.draft.roles import Matched, cast, within
from tasks.draft.samples import read_samples
from tasks.draft.teams import main_teams
from tasks.draft.text import OPEN, Text
from tasks.draft.told import told
from tasks.draft.write import write_mapping
from tasks.ingest.shape import shape

_CODE_PAGE = "files are not UTF-8; which code page does the shop's system write? These fit: {}"


def draft(market: str, drop: Path | None = None) -> str:
    """A profile as YAML text for markets/<cc>.yaml; without a drop, what is known of the country, with comments.

    What the files prove is written; what they do not is a `# QUESTION` above a value `?`, which the loader refuses
    until it is answered; what was decided or left out is a `# NOTE`.

    Raises:
        ProfileError: for an unknown market.
        Terminal: if the drop holds no table.
    """
    country = require(market)
    if drop is None:
        return country_draft(country)
    defaults = load_profile(country)
    samples, notes = read_samples(drop)
    text = Text()
    name = drop.resolve().name
    text.comment(
        0,
        f"Draft for {country} from the {len(samples)} tables of the drop {name}. Answer each QUESTION in the line "
        "below it (`?` is refused), look at each NOTE, then: strata validate",
    )
    for note in notes:
        text.note(0, note)
    found, perhaps, left = told(samples)
    roles = cast(left)
    roles.told, roles.perhaps = found, perhaps
    prove(roles)
    within(roles)
    made = plan(roles, defaults)
    made.drop_date = drop_dates(path.relative_to(drop).as_posix() for path in drop.rglob("*/*"))
    text.key(0, "market")
    text.key(1, "country", country)
    _source(text, made, name)
    _rest(text, made, defaults)
    return str(text)


def _source(text: Text, made: Plan, drop: str) -> None:
    text.key(0, "source")
    text.key(1, "drop", drop)
    if made.market_of:
        text.ask(1, "shared", made.market_question)
        text.table(1, "markets", made.markets)
    elif made.market_question:
        text.ask(1, "shared", made.market_question)
    if made.drop_date:
        text.note(1, f"the folders are named by date: {made.drop_date[0]}")
        text.key(1, "drop_date", {"by": "path", "pattern": made.drop_date[1]})
    if made.encodings:
        text.ask(1, "encoding", _CODE_PAGE.format(", ".join(made.encodings)))
    _formats(text, made)
    text.key(1, "tables")
    for name, table in made.cast.tables().items():
        _table(text, name, table, made)
    _others(text, made)
    if not made.cast.transactions:
        _no_sales(text, made)
    text.key(1, "mapping")
    for mapping in made.mappings:
        write_mapping(text, mapping)


def _formats(text: Text, made: Plan) -> None:
    if made.formats:
        text.key(1, "formats")
    for note in made.format_notes:
        text.note(2, note)
    for name, (value, question) in made.formats.items():
        if question:
            text.ask(2, name, question, value or OPEN)
        else:
            text.key(2, name, value)


def _no_sales(text: Text, made: Plan) -> None:
    text.ask(2, "sales", "no table has a date and an amount under a name that is known; which is it?")
    for sample in made.cast.others:
        # Without one known name the first line may be no header but somebody's record.
        known = any(canonical(column.name, role) for column in sample.columns for role in ROLES)
        names = [column.name if known else shape(column.name) for column in sample.columns]
        text.note(2, f"{sample.file}: columns {', '.join(names)}")


def _others(text: Text, made: Plan) -> None:
    """What is in no role: a question where its numbers are those of the sales, else a note."""
    for number, sample in enumerate(made.cast.others, start=1):
        where = sample.file + (f", sheet {sample.sheet}" if sample.sheet else "")
        shared, perhaps = sharing(made.cast, sample), made.cast.perhaps.get(sample.file)
        if perhaps:
            text.key(2, f"unused_{number}")
            question = (
                f"nothing reads {where}, which may be {' or '.join(perhaps)}: write its globs "
                f"([{', '.join(sample.files)}]) and map it (docs/profiles.md), or delete this table"
            )
            text.ask(3, "files", question)
            continue
        if shared is None:
            text.note(2, f"not used: {where}; {unknown(sample)}")
            continue
        text.key(2, f"unused_{number}")
        question = (
            f"nothing reads {where}, though {shared}: returns, lines, payments, products? Write its "
            f"globs ([{', '.join(sample.files)}]) and read it in a mapping (docs/profiles.md), or delete this table"
        )
        text.ask(3, "files", question)


def _table(text: Text, name: str, table: Matched, made: Plan) -> None:
    sample, refunds = table.sample, made.cast.refunds
    text.key(2, name)
    with_returns = list(refunds.sample.files) if refunds and name == "sales" else []
    text.key(3, "files", [*sample.files, *with_returns])
    if sample.files == (sample.file,) and (dated := re.search(r"\d[\d._-]{3,}(?=\.)", sample.file)):
        glob = sample.file.replace(dated[0], "*")
        text.note(3, f"one file, perhaps named by its date: then {glob} catches those to come")
    if sample.sheet:
        text.key(3, "sheet", sample.sheet)
    if sample.delimiter:
        if sample.file.lower().endswith((".txt", ".tab")):
            text.key(3, "format", "csv")
        text.key(3, "delimiter", sample.delimiter)
    if sample.skip:
        text.key(3, "skip", sample.skip)
    if not sample.header:
        text.key(3, "header", value=False)
        text.key(3, "columns", [column.name for column in sample.columns])
    if sample.encodings and not made.encodings:
        text.ask(3, "encoding", _CODE_PAGE.format(", ".join(sample.encodings)))
    _again(text, name, table)
    if not sample.whole:
        text.note(3, f"only the first {sample.rows} records of a file were looked at")


def _again(text: Text, name: str, table: Matched) -> None:
    """Whether rows come again, in other folders or beside each other, and which of them counts then."""
    key, folders = key_of(name, table), table.sample.folders
    if folders > 1:
        question = f"in {folders} folders: is each file the whole table (snapshot) or only what is new (increment)?"
        text.ask(3, "mode", question)
        if key is None:
            question = (
                "which columns tell a row apart, so that its later version counts? [] if none comes again changed"
            )
            text.ask(3, "key", question)
        else:
            text.key(3, "key", key)
    elif found := later_by(name, table):
        text.key(3, "key", key)
        question = (
            f"{found[1]} of {', '.join(key or [])} stand in several rows: by which date does the latest count? "
            f"{', '.join(found[0])} differ; no such line, nor key, if the rows are duplicates"
        )
        text.ask(3, "later_by", question)


def _rest(text: Text, made: Plan, defaults: Profile) -> None:
    if made.negatives:
        text.key(0, "plausibility")
        text.ask(1, "negative_quantity_is_return", f"{made.negatives}; are these returns (true), or faults (false)?")
    if made.rates_question:
        text.key(0, "money")
        text.ask(1, "rates_base", made.rates_question)
    elif (money := known(defaults)).fails:
        text.key(0, "money")
        question = (
            f"no table has a rate of {money.currency} to {money.target} on {money.lacking}, and a run would fail "
            "(docs/money.md). Best a table of rates in the drop, mapped as `rates` (docs/profiles.md): then delete "
            "this line. Or do without money in the chain's currency: [local, ppp]"
        )
        text.ask(1, "lenses", question)
    text.key(0, "tax")
    text.ask(1, "amounts", made.tax_question)
    if codes := vat_codes(made.cast):
        question = (
            f"{codes}: which rate is each? One rate for all as [{{rate: 0.2}}]; several as `tax` in a SELECT "
            "(docs/profiles.md, VAT letters) and here the standard one"
        )
        text.ask(1, "rates", question)
    customers = made.cast.customers
    if customers and "consent_profiling" in customers.columns:
        text.key(0, "privacy")
        question = (
            f"{customers.columns['consent_profiling']} tells who may be profiled: only those who said yes (consent), "
            "or all but those who said no (legitimate_interest)?"
        )
        text.ask(1, "basis", question)
    if customers:
        text.note(
            0,
            "no list of customers is written for a team without the grant `customers`: "
            f"teams: [{{name: crm, locales: [{main_teams(defaults)[0].locale}], grants: [customers]}}], "
            "with locales of yours",
        )
