"""The sections on the data: how good it is, and from the tills to the segments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from tasks.export.background import Background
from tasks.export.report.blocks import Block, Group, Section, Table, Text
from tasks.export.report.facts import Facts
from tasks.export.report.rules import off
from tasks.export.report.words import Words
from tasks.export.suppress import withheld

#: Reasons that a list names; the rarer ones are in the manifest.
REASONS = 12


def quality(words: Words, facts: Facts, background: Background) -> Section:
    """Every delivered row by what became of it, with reasons, and how much is known of customers and money."""
    outcomes = ("kept", "duplicate", "filtered", "quarantined")
    head = (" ", words.say("rows_read"), *(words.say(f"rows_{outcome}") for outcome in outcomes))
    ledger = {table: entry for table, entry in background.ledger.items() if entry.get("read")}
    rows = [
        (words.say(table, "table"), *(words.number(int(entry.get(part, 0))) for part in ("read", *outcomes)))
        for table, entry in ledger.items()
    ]
    blocks: list[Block] = []
    if rows:
        blocks += [Text(words.say("quality_intro")), Table(head, rows, caption=words.say("quality"))]
    for outcome, code in (("filtered", "why_left_out"), ("quarantined", "why_refused"), ("duplicate", "why_duplicate")):
        if reasons := list(_reasons(words, ledger, outcome)):
            heads = (" ", words.say("why", "index"), words.labels.text("index", "rows"))
            blocks.append(Group(words.say(code), [Table(heads, reasons, words=2, caption=words.say(code))]))
    shares = {code: share for code, share in facts.quality.items() if share is not None}
    known = [
        (words.say(f"quality_{code}"), text) for code, text in zip(shares, words.percents(shares.values()), strict=True)
    ]
    if known:
        blocks.append(Table((" ", words.say("share")), known, caption=words.say("quality")))
    blocks += off(words, background)
    return Section("quality", words.say("quality"), blocks)


def _reasons(words: Words, ledger: Mapping[str, Mapping[str, Any]], outcome: str) -> Iterator[tuple[str, str, str]]:
    """Table, reason, rows. Kinds of excluded customers are counts of people: small ones are withheld."""
    minimum = words.profile.privacy.minimum_count
    for table, entry in ledger.items():
        told = words.reasons(entry.get("reasons", {}).get(outcome, {}), table)
        people = (table, outcome) == ("customers", "filtered")
        hidden = withheld({(table, text): rows for text, rows in told}, minimum) if people else frozenset()
        for text, rows in told[:REASONS]:
            yield words.say(table, "table"), text, words.number(None if (table, text) in hidden else rows)


def reconciliation(words: Words, background: Background) -> Iterator[Section]:
    """From the tills to the segments, by currency."""
    found = background.reconciliation
    if not found:
        return
    blocks: list[Block] = []
    till, revenue = found.get("till", {}), found["revenue"]
    currencies = sorted(till)
    rows = [(words.say("till_total"), *(words.exact(Decimal(till[one]["total"]), one) for one in currencies))]
    for outcome in ("duplicate", "filtered", "quarantined", "kept"):
        sums = [words.exact(_sum(till[one].get(outcome, {}).values()), one) for one in currencies]
        rows.append((words.say(f"till_{outcome}"), *sums))
    if till:
        head = (" ", *(words.labels.alone(words.currency(one)) for one in currencies))
        blocks.append(Table(head, rows, caption=words.say("till_total")))
    if till:
        blocks.append(Text(words.say("till_note"), note=True))
    blocks += _revenue(words, revenue)
    blocks += _controls(words, found.get("controls", ()))
    yield Section("reconciliation", words.say("reconciliation"), blocks)


def _sum(amounts: Iterable[str]) -> Decimal:
    return sum(map(Decimal, amounts), Decimal(0))


def _revenue(words: Words, revenue: Mapping[str, Any]) -> Iterator[Block]:
    local, gross = revenue["currency"], {code: Decimal(amount) for code, amount in revenue["gross"].items()}
    # Where the shop's data does not know of tax, nothing may be called revenue with tax.
    kept = words.say("revenue_untaxed" if words.profile.tax.amounts == "untaxed" else "revenue_kept")
    rows = [(kept, words.exact(amount, code)) for code, amount in sorted(gross.items())]
    parts = next(iter(revenue["dimensions"].values()), None)
    if parts is not None:
        rows.append((words.say("revenue_segments"), words.exact(Decimal(parts["segmented"]), local)))
        rows.append((words.say("revenue_guests"), words.exact(Decimal(parts["guests"]), local)))
    yield Table((" ", words.say("total")), rows, caption=kept)
    if set(gross) == {local} and parts is not None:
        if all(_sum(one.values()) == gross[local] for one in revenue["dimensions"].values()):
            yield Text(words.say("balanced"))
    elif len(gross) > 1:
        yield Text(words.say("several_currencies", currency=local))


def _controls(words: Words, controls: Iterable[Mapping[str, Any]]) -> Iterator[Block]:
    """Finance's totals beside the till's, summed by currency."""
    sums: dict[str, list[Decimal]] = {}
    for one in controls:
        parts = sums.setdefault(one["currency"], [Decimal(0)] * 3)
        for place, key in enumerate(("finance", "till", "difference")):
            parts[place] += Decimal(one[key] or 0)
    for currency, amounts in sorted(sums.items()):
        rows = [
            (words.say(f"control_{code}"), words.exact(amount, currency))
            for code, amount in zip(("finance", "till", "difference"), amounts, strict=True)
        ]
        title = words.say("controls", "table")
        yield Group(title, [Table((" ", words.say("total")), rows, caption=title)])
