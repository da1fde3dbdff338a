"""Where a market's run meets the gate: what was decided before, what holds it now, what follows for the teams."""

from __future__ import annotations

from collections.abc import Iterator

from flows.delivering.teams import deliver_market
from flows.running.outcomes import MarketOutcome
from tasks.gate.identity import KEY, MEANS
from tasks.gate.verdict import Check, Verdict
from tasks.objects import open_store
from tasks.publish.deciding import last_decision, standing
from tasks.publish.erased import forget_bundles
from tasks.publish.index import refresh_market
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import read_manifest
from tasks.run import MarketRun

#: Checks that an outcome names; the market's page for the gate has them all.
MOST = 5
#: What became of the drop's columns often says why the rest holds.
DRIFT = frozenset({"column_came", "column_gone", "column_renamed", "table_came", "table_gone"})


def decided(run: MarketRun, publication: str) -> MarketOutcome | None:
    """The outcome where this very publication counts, is held or was withdrawn: nothing has to be computed.

    The market's page may still tell of a failure, and is written anew.
    """
    store = open_store(run.publish)
    found = read_pointer(store, run.market)
    if found is None:
        return None
    pointer, name = found.pointer, found.pointer.name(publication)
    match standing(pointer, run.as_of, name):
        case "selected":
            # What died between pointer and delivery is made good; what is delivered costs a look at the pointer.
            if run.tombstones:
                forget_bundles(store, pointer, read_manifest(store, run.market, run.as_of, name))
            hints = tuple(delivered(run, name)) if run.deliver and pointer.publication == name else ()
            outcome = MarketOutcome(run.market, run.as_of, "unchanged", name, hints=hints, detail="nothing has changed")
        case "held" | "withdrawn" as how:
            event = last_decision(pointer, run.as_of, name)
            if how == "withdrawn":
                detail = f"withdrawn by {event.who} on {event.when:%Y-%m-%d}: {event.why}"
                outcome = held(run, name, detail, None)
            else:
                outcome = held(run, name, "as before: nothing has changed", Verdict.from_json(event.gate))
        case _:
            return None
    refresh_market(store, run.market)
    return outcome


def held(run: MarketRun, publication: str, detail: str, verdict: Verdict | None) -> MarketOutcome:
    """The outcome of a publication that waits for somebody."""
    holding = () if verdict is None else verdict.holding
    drift = () if verdict is None else tuple(check for check in verdict.checks if check.check in DRIFT)
    approve = f'strata approve {run.market} --as-of {run.as_of} --why "..."'
    todo = (
        f"nobody sees it yet, country={run.market}/gate.html has all checks: have the drop or the setting mended and "
        f"run again, or, if somebody can explain the figures, `{approve}`"
    )
    return MarketOutcome(
        run.market,
        run.as_of,
        "held",
        publication,
        hints=(*(sentence(check) for check in (*holding[:MOST], *drift[:MOST])), todo),
        detail=f"{detail}, {publication}",
        facts={"held_by": sorted({check.check for check in holding})},
    )


def sentence(check: Check) -> str:
    """A check in words of data ops.

    >>> sentence(Check(check="rows_read", subject="transactions", unit="count", value=50, expected=(75, 133), past=12))
    'rows_read of transactions is 50, expected 75 to 133 (by 12 earlier publications)'
    >>> sentence(Check(check="quarantined", subject="stores", value=0.5, expected=(None, 0.2), detail="city:missing"))
    'quarantined of stores is 50.0%, expected at most 20.0%: city:missing'
    """
    if check.check == KEY:
        return f"{check.check}: {MEANS}"
    low, high = (None if bound is None else _shown(check, bound) for bound in check.expected)
    bounds = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}" if high else ""
    parts = [check.check + (f" of {check.subject}" if check.subject else "")]
    if check.value is not None or check.unit == "count":
        parts += [f" is {'few' if check.value is None else _shown(check, check.value)}"]
    parts += [f", expected {bounds}"] if bounds else []
    parts += [f" (by {check.past} earlier publications)"] if check.past else []
    said = ", ".join([*check.why, *([check.detail] if check.detail else [])])
    return "".join(parts) + (f": {said}" if said else "")


def _shown(check: Check, value: float) -> str:
    return f"{value:.1%}" if check.unit == "share" else f"{value:,.6g}" if check.unit == "index" else f"{value:,.0f}"


def delivered(run: MarketRun, publication: str) -> Iterator[str]:
    """Deliver what became current; a hint for each team that did not get it: that never fails the publication."""
    for one in deliver_market(run, publication):
        if not one.good:
            yield f"delivery to {one.hint}; `strata deliver {run.market}` tries again"
