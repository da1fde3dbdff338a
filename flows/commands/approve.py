"""`strata approve`: a publication that the gate held, or that was withdrawn, becomes the one that counts."""

from __future__ import annotations

import typer

from flows.publishing.deciding import (
    AsOf,
    DryRun,
    Id,
    Market,
    Who,
    Why,
    Yes,
    complete,
    confirmed,
    desk,
    login,
    move,
    now,
    reason,
    stale_sentence,
    tell,
    to_teams,
)
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

    at, why, decider = desk(market, publish, profiles), reason(why), login(who)
    pointer = at.pointer()
    day, name = to_approve(pointer, as_of.date() if as_of else None, publication)
    told = {"market": at.country, "as_of": day, "publication": name, "who": decider, "why": why, "dry_run": dry_run}
    if standing(pointer, day, name) == "selected":
        return tell({**told, "state": "unchanged"}, [f"{at.country}: {day} {name} counts already"], as_json=as_json)
    complete(at, day, name)
    what = f"{at.country}: {day} {name}, {standing(pointer, day, name)}"
    if dry_run:
        return tell({**told, "state": "dry_run"}, [f"{what}: would be approved"], as_json=as_json)
    if not confirmed(f"{what}: approve it?", yes=yes):
        return tell({**told, "state": "unchanged"}, ["left as it is"], as_json=as_json)
    moment = now()
    _, after = move(at, lambda found: approving(found, day, name, who=decider, when=moment, why=why))
    current = after.current == day
    stale, sentences = stale_sentence(at.country, after)
    said = f"{at.country}: {day} {name} approved by {decider}" + ("" if current else f"; current stays {after.current}")
    got, well = to_teams(at.country, publish, profiles, lambda order: deliver(order, name)) if current else ([], True)
    facts = {**told, "state": "approved", "current": after.current, "stale": stale, "when": moment, "delivery": got}
    tell(facts, [said, *sentences, *got], as_json=as_json)
    raise typer.Exit(0 if well else 1)
