"""UTC by constants is what DuckDB's ICU says, in every zone, on the days of a clock change most of all."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from tasks.normalize.zones import utc_sql

_ZONES = (
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",  # by half an hour
    "America/Santiago",  # at midnight
    "Asia/Beirut",
    "Africa/Casablanca",  # four times a year
    "Asia/Kathmandu",
    "Africa/Juba",  # changed its offset for good in 2021
    "Asia/Pyongyang",
    "Pacific/Apia",
)


@pytest.mark.parametrize("zone", _ZONES)
def test_constants_are_what_icu_says(zone: str) -> None:
    con = duckdb.connect()
    moment = utc_sql(con, f"'{zone}'", "moment", date(2024, 6, 30))
    differ = con.execute(
        f"SELECT moment FROM (SELECT moment, {moment} AS utc FROM (SELECT unnest(generate_series("
        "TIMESTAMP '2010-12-01', TIMESTAMP '2025-12-31', INTERVAL 15 MINUTE)) AS moment)) "
        "WHERE utc IS DISTINCT FROM make_timestamp(epoch_us(timezone($1, moment))) LIMIT 5",
        [zone],
    ).fetchall()
    assert differ == []


def test_most_moments_ask_for_no_zone() -> None:
    con = duckdb.connect()
    assert utc_sql(con, "'Europe/Paris'", "moment", date(2024, 6, 30)).count("WHEN") == 17


def test_stores_in_several_zones_ask_icu() -> None:
    zone = "CASE WHEN text_store_id IN ('1') THEN 'Europe/Lisbon' ELSE 'Europe/Paris' END"
    assert utc_sql(duckdb.connect(), zone, "moment", date(2024, 6, 30)) == (
        f"make_timestamp(epoch_us(timezone({zone}, moment)))"
    )
