"""Dimensions that went off since the publication before: everybody leaves them."""

from __future__ import annotations

from region_profiles.models import Profile
from tasks.sql import literal, name


def gone(profile: Profile, before: frozenset[str]) -> list[str]:
    """Columns of the dimensions that the publication before had and `profile`, of those that are on, has not."""
    on = {f"segment_{dimension}" for dimension in profile.dimensions}
    return sorted(column for column in before - on if column.startswith("segment_"))


def exits(column: str, *, in_like: bool) -> str:
    """Rows of membership, by `strata_sides`, for everybody who had a segment there; columns left out are null.

    The rules of when a dimension is shown moved them, whatever they did. `in_like`: of the earlier date, by today's
    rules and data, it is on.
    """
    before, like = f"p.{name(column)}", f"l.{name(column)}" if in_like else "NULL::VARCHAR"
    return (
        f"SELECT customer_id, {literal(column.removeprefix('segment_'))} AS dimension, {before} AS previous_segment, "
        f"{like} AS like_segment, 'exit' AS move, 'rule' AS cause, "
        f"CASE WHEN n IS NOT NULL AND {like} IS DISTINCT FROM {before} THEN 'rule' END AS restated "
        f"FROM strata_sides WHERE {before} IS NOT NULL"
    )
