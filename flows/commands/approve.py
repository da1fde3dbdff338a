"""`strata approve`: a publication that the gate held, or that was withdrawn, becomes the one that counts."""

from __future__ import annotations

from flows.commands.deciding import AsOf, Decision, DryRun, Id, Market, Who, Why, Yes, complete, desk, login, reason
from flows.telling.publications import Json, Profiles, Publish


def approve(
    market: Market,
    why: Why,
    as_of: AsOf = None,
    publication: Id = None,
    publish: Publish = None,
    profiles: Profiles = None,
    who: Who = None,
    *,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Let a publication count that the gate holds, or that somebody withdrew. Who, when and why stand in the pointer.

    Without --as-of the last one that is held. What becomes current is delivered. Exit code 0: it counts (also if it did
    already), or it was a dry run or the answer was no; 1: it counts, and some team did not get it (`strata deliver`
    tries again); 2: nothing is held, or a newer publication of the date is selected.

    For example:

    strata approve DE --why "the shop closed two stores; sales agree with finance"

    strata approve DE --as-of 2026-05-31 --why "checked with the till" --yes
    """
    from flows.delivering.teams import deliver
    from tasks.publish.deciding import approving, standing, to_approve
    from tasks.publish.erased import forget_bundles

    at, why, decider = desk(market, publish, profiles), reason(why), login(who)
    pointer = at.pointer()
    day, name = to_approve(pointer, as_of.date() if as_of else None, publication)
    it = Decision(at, day, name, decider, why, dry_run, as_json)
    how = standing(pointer, day, name)
    if how == "selected":
        return it.tell("unchanged", f"{it} counts already")
    manifest = complete(at, day, name)
    if not it.stands(f"{it}, {how}: would be approved", f"{it}, {how}: approve it?", yes=yes):
        return None
    after = it.move(approving)
    forget_bundles(at.store, after, manifest)
    current = after.current == day
    said = f"{it} approved by {decider}" + ("" if current else f"; current stays {after.current}")
    return it.ended("approved", said, after, "delivery", (lambda order: deliver(order, name)) if current else None)
