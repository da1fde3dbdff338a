"""The language of each customer: as stated, else as they write, else as their region speaks, else null.

Stated is the customer's choice or the team's correction. Regions are those of residence: the home country, or the
market's for a listed customer of whom nothing says that they live elsewhere. Neither name nor nationality is looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from region_profiles.models import Profile
from tasks.contract import LANGUAGE_EVIDENCE
from tasks.culture.languages import regions
from tasks.files import parquet
from tasks.normalize.sql import create
from tasks.sql import literal, literals

#: Who wrote in which language: member_number, language.
SPOKEN = "strata_spoken"
#: Texts that Python holds at once.
_BATCH = 10_000


def resolved_sql(con: duckdb.DuckDBPyConnection, profile: Profile, people: str, messages: str | None) -> str:
    """The relation `people` with `language` resolved and `language_evidence`; its `language` is what was stated.

    `people` has home_country, visitor, home_unread, subdivision, postcode and file (null: derived from purchases).
    `messages` is a relation of member_number and language, from `read_messages`; None without messages.
    """
    _store_regions(con, profile)
    home = (
        "CASE WHEN home_country IS NOT NULL THEN home_country WHEN file IS NULL OR visitor OR home_unread THEN NULL "
        f"ELSE {literal(profile.market.country)} END"
    )
    inside = f"home IN ({literals(regions.divided())})"
    part = f"CASE WHEN {inside} THEN {_folded('subdivision')} END"
    post = f"CASE WHEN {inside} THEN left({_postcode('postcode')}, 12) END"
    spoken = "spoken.language" if messages else "NULL::VARCHAR"
    join = f" LEFT JOIN {messages} spoken ON spoken.member_number = p.member_number" if messages else ""
    placed = (
        f"SELECT *, {part} AS home_part, {post} AS home_post FROM "
        f"(SELECT p.*, {spoken} AS spoken, {home} AS home FROM {people} p{join})"
    )
    places = _store_places(con, placed)
    # A part that is known decides, though it says that nothing is known: Fribourg is no reason to write German.
    regional = "CASE WHEN parts.known THEN parts.language ELSE territories.language END"
    joined = (
        f"SELECT placed.* EXCLUDE (home, home_part, home_post), {regional} AS regional FROM ({placed}) placed "
        "LEFT JOIN strata_territories territories ON territories.country = placed.home "
        f"LEFT JOIN {places} parts ON parts.home = placed.home "
        "AND parts.home_part IS NOT DISTINCT FROM placed.home_part "
        "AND parts.home_post IS NOT DISTINCT FROM placed.home_post"
    )
    evidence = (
        "CASE WHEN language IS NOT NULL THEN 'stated' WHEN spoken IS NOT NULL THEN 'messages' "
        "WHEN regional IS NOT NULL THEN 'region' ELSE 'none' END"
    )
    return (
        f"(SELECT * EXCLUDE (spoken, regional) REPLACE (coalesce(language, spoken, regional) AS language), "
        f"{evidence} AS language_evidence FROM ({joined}))"
    )


def _folded(text: str) -> str:
    """Names and codes of subdivisions compare without case, accents and signs."""
    return f"regexp_replace(lower(strip_accents({text})), '[\\s.''’-]+', '', 'g')"


def _postcode(text: str) -> str:
    """Letters and digits alone, a country's sign before them left out: `CH-8001`, `H2X 1Y4`."""
    return f"regexp_replace(regexp_replace(upper({text}), '^[A-Z]{{1,3}}-', ''), '[^0-9A-Z]', '', 'g')"


def _store_regions(con: duckdb.DuckDBPyConnection, profile: Profile) -> None:
    """Temporary tables strata_territories, strata_parts (by folded name) and strata_postcodes."""
    market, settings = profile.market, profile.languages
    territories = dict(regions.of_territories())
    if len({tag.split("-")[0] for tag in market.languages}) > 1:
        territories[market.country] = None  # which of them a resident speaks, the country does not say
    territories |= {country: None if tag == "und" else tag for country, tag in settings.by_country.items()}
    _table(con, "strata_territories", {"country": list(territories), "language": list(territories.values())})
    parts, posts = regions.of_subdivisions(), regions.of_postcodes()
    _table(con, "strata_arrow_parts", {field: [getattr(part, field) for part in parts] for field in parts[0]._fields})
    clear = "HAVING count(DISTINCT coalesce(language, '')) = 1"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE strata_parts AS SELECT country, {_folded('key')} AS key, "
        f"min(language) AS language FROM strata_arrow_parts GROUP BY ALL {clear}"
    ).fetchall()
    _table(con, "strata_postcodes", {field: [getattr(post, field) for post in posts] for field in posts[0]._fields})


def _store_places(con: duckdb.DuckDBPyConnection, placed: str) -> str:
    """The distinct homes in countries whose parts differ, and what is written there: a row a place, not a person.

    The name of the part decides; where none is given or known, the longest beginning of the postcode.
    """
    posts = (
        "SELECT homes.*, max_by(c.language_or_none, length(c.prefix)) AS found FROM homes JOIN "
        "(SELECT *, coalesce(language, '') AS language_or_none FROM strata_postcodes) c ON c.country = homes.home "
        "AND starts_with(homes.home_post, c.prefix) AND length(homes.home_post) >= c.digits GROUP BY ALL"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE strata_homes AS WITH homes AS ("
        f"SELECT DISTINCT home, home_part, home_post FROM ({placed}) WHERE home IN ({literals(regions.divided())}) "
        "AND language IS NULL AND (home_part IS NOT NULL OR home_post IS NOT NULL)) "
        "SELECT homes.*, p.key IS NOT NULL OR posts.found IS NOT NULL AS known, "
        "CASE WHEN p.key IS NOT NULL THEN p.language ELSE nullif(posts.found, '') END AS language FROM homes "
        "LEFT JOIN strata_parts p ON p.country = homes.home AND p.key = homes.home_part "
        f"LEFT JOIN ({posts}) posts ON posts.home = homes.home "
        "AND posts.home_part IS NOT DISTINCT FROM homes.home_part AND posts.home_post = homes.home_post"
    ).fetchall()
    return "strata_homes"


def read_messages(con: duckdb.DuckDBPyConnection, profile: Profile, people: str, messages: str) -> dict[str, int]:
    """Write `strata_spoken` (member_number, language) for the `people` without a language; counts for the manifest.

    `messages` is a relation of member_number, local_date, text, file, record. Of each customer the latest ones are
    read, together, as far as the profile's `characters` go; equal texts once.
    """
    from tasks.culture.languages.detect import Bounds, detect  # the model takes a second: only where there are texts

    settings = profile.languages
    length = settings.characters
    latest = (
        f"SELECT member_number, left(string_agg(left(text, {length}), chr(10) "
        f"ORDER BY local_date DESC, file DESC, record DESC), {length}) AS text FROM {messages} "
        f"SEMI JOIN (SELECT member_number FROM {people} WHERE language IS NULL) USING (member_number) "
        "WHERE text IS NOT NULL GROUP BY member_number"
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE strata_texts AS {latest}").fetchall()
    expected = tuple(tag.split("-")[0] for tag in profile.market.languages)
    bounds = Bounds(settings.minimum_letters, float(settings.confidence), expected)
    con.execute("CREATE OR REPLACE TEMP TABLE strata_read (text VARCHAR, language VARCHAR)").fetchall()
    for texts in _batches(con):
        answered = [detect(text, bounds) for text in texts]
        _table(con, "strata_arrow_read", {"text": texts, "language": answered})
        con.execute("INSERT INTO strata_read SELECT * FROM strata_arrow_read WHERE language IS NOT NULL").fetchall()
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {SPOKEN} AS SELECT member_number, language FROM strata_texts "
        "JOIN strata_read USING (text)"
    ).fetchall()
    counts = f"(SELECT count(*) FROM strata_texts), (SELECT count(*) FROM {SPOKEN})"
    customers, answered_ = con.execute(f"SELECT {counts}").fetchall()[0]
    for table in (
        "strata_texts",
        "strata_distinct",
        "strata_read",
        "strata_arrow_read",
    ):  # what people wrote is kept no longer than needed
        con.execute(f"DROP TABLE IF EXISTS {table}").fetchall()
    return {"customers_with_messages": int(customers), "answered": int(answered_)}


def _batches(con: duckdb.DuckDBPyConnection) -> Iterator[list[str]]:
    """The distinct texts; DuckDB holds them, Python one batch."""
    con.execute("CREATE OR REPLACE TEMP TABLE strata_distinct AS SELECT DISTINCT text FROM strata_texts").fetchall()
    size = int(con.execute("SELECT count(*) FROM strata_distinct").fetchall()[0][0])
    for start in range(0, size, _BATCH):
        query = f"SELECT text FROM strata_distinct WHERE rowid >= {start} AND rowid < {start + _BATCH}"
        yield [text for (text,) in con.execute(query).fetchall()]


def counted(con: duckdb.DuckDBPyConnection, customers: Path) -> dict[str, int]:
    """How many customers of the canonical file each evidence has."""
    found = Counter[str](
        dict(
            con.execute(
                f"SELECT language_evidence, count(*) FROM {parquet(customers)} GROUP BY ALL ORDER BY ALL"
            ).fetchall()
        )
    )
    return {code: found[code] for code in LANGUAGE_EVIDENCE}


def _table(con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, list[Any]]) -> None:
    types = {"digits": pa.int64()}
    create(
        con,
        table,
        pa.table({name: pa.array(values, types.get(name, pa.string())) for name, values in columns.items()}),
    )
