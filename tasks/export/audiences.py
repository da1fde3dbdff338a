"""Audiences as lists: who is on them, why, what for; those kept out of campaigns stand last."""

from __future__ import annotations

from region_profiles.models import Profile
from region_profiles.playbook_models import AUDIENCE
from tasks.export.base import BASE, MEMBERS
from tasks.export.labels import Labels
from tasks.export.locales import lineage
from tasks.sql import literal

#: Columns of an audience's file that are the same in every row.
SAME = ("audience", "audience_reason", "audience_goal")
#: The order of an audience's rows: 'no' before 'yes'.
ORDER = "aside, place"


def source(audience: str) -> str:
    """The rows of BASE that are in an audience, with audience_rank; `holdout` says whether it keeps them out."""
    return (
        f"(SELECT b.* REPLACE (m.aside AS holdout), m.place, m.audience_rank, m.aside FROM {MEMBERS} m "
        f"JOIN {BASE} b ON b.rowid = m.place WHERE m.audience = {literal(audience)})"
    )


def name(labels: Labels, audience: str) -> str:
    """What an audience is called."""
    return labels.text("audience", audience)


def meaning(labels: Labels, audience: str) -> str:
    """Who is in an audience; of a market's own that it is one."""
    return labels.find(audience, "audience meaning") or labels.text("meaning", "own_audience")


def goal(profile: Profile, labels: Labels, dimension: str, code: str) -> str:
    """What is to be reached with a segment, or an audience: in the market's own words, else those of the catalogs."""
    plan = profile.playbooks.get(dimension, {}).get(code)
    own = {} if plan is None else {tag.lower(): words for tag, words in plan.words.items()}
    mine = (own.get(tag.lower(), {}).get("goal") for tag in lineage(labels.locale))
    said = next((text for text in mine if text), None)
    return said or labels.find("goal", f"playbook {dimension} {code}", f"playbook {code}") or ""


def same(profile: Profile, labels: Labels, audience: str) -> dict[str, str]:
    """The texts of SAME."""
    return {
        "audience": name(labels, audience),
        "audience_reason": meaning(labels, audience),
        "audience_goal": goal(profile, labels, AUDIENCE, audience),
    }


def columns(listed: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of an audience's file: those of the list, then what concerns the audience, the holdout last."""
    own = tuple(one for one in listed if one != "holdout")
    return (
        *own,
        "audience",
        "audience_rank",
        "audience_reason",
        "audience_goal",
        *(("holdout",) * ("holdout" in listed)),
    )
