"""Shared drops: each market reads its own rows, and rows of no market stand in the drop's own ledger."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from tasks.errors import ProfileError
from tasks.normalize.canonical import normalize
from tasks.normalize.shared import shared_ledger

SALES = """land;d;a
Germany;2024-01-02;1
 ＧＥＲＭＡＮＹ;2024-01-02;2
Germany ;2024-01-02;3
Untied States;2024-01-02;4
;2024-01-02;5
Austria;x;6
"""


@pytest.fixture
def profile(build):
    return partial(_profile, build)


def _profile(build, country, **more):
    source = {
        "shared": True,
        "markets": {"Germany": "DE", "Austria": "AT"},
        "formats": {"decimal_sign": ".", "date_order": "ymd"},
        **more,
    }
    mapping = {"transactions": {"columns": {"market": "land", "date": "d", "amount": "a"}}}
    return build.profile_of(mapping, market={"country": country}, source=source)


def test_a_market_reads_the_rows_that_name_it_after_cleaning(instance, build, profile, tmp_path):
    con = instance.cursor()
    sources = build.sources_of(con, {"sales": SALES})
    found = {}
    for country in ("DE", "AT"):
        made = normalize(
            con, profile(country), sources, tmp_path / country, as_of=date(2024, 6, 30), pseudonym_key=None
        )
        ledger = made.ledger["transactions"]
        found[country] = (ledger.read, ledger.kept, ledger.quarantined)
        rows = con.execute(f"SELECT record FROM {made.transactions.relation}").fetchall()
        found[country] += (rows,)
    assert found == {"DE": (2, 2, 0, [(1,), (3,)]), "AT": (1, 0, 1, [])}


def test_rows_of_no_market_are_counted_and_quarantined_at_the_drop(instance, build, profile, tmp_path):
    con = instance.cursor()
    sources = build.sources_of(con, {"sales": SALES})
    ledger = shared_ledger(con, [profile("DE"), profile("AT")], sources, tmp_path)
    table = ledger.tables["transactions"]
    assert (table.read, table.markets, table.unassigned) == (6, {"DE": 2, "AT": 1}, 3)
    assert dict(table.reasons) == {"market:unknown": 2, "market:missing": 1}
    rows = con.execute(f"SELECT record, reasons, \"value\" FROM read_parquet('{ledger.quarantine}')").fetchall()
    assert rows == [
        (2, "market:unknown", "GERMANY"),
        (4, "market:unknown", "Untied States"),
        (5, "market:missing", None),
    ]


def test_messages_of_a_shared_drop_are_each_markets_own(instance, build, tmp_path):
    con = instance.cursor()
    sources = build.sources_of(
        con, {"sales": SALES, "messages": "land;m;d\nGermany;1;2024-01-02\nAustria;2;2024-01-02\n?;3;2024-01-02\n"}
    )
    base = {"source": "messages", "columns": {"market": "land", "member_number": "m", "date": "d"}}
    mapping = {"transactions": {"source": "sales", "columns": {"market": "land", "date": "d", "amount": "a"}}}
    source = {"shared": True, "markets": {"Germany": "DE", "Austria": "AT"}}
    profile = build.profile_of({**mapping, "feedback": base}, source={**source, "formats": {"date_order": "ymd"}})
    made = normalize(con, profile, sources, tmp_path / "de", as_of=date(2024, 6, 30), pseudonym_key=None)
    assert made.ledger["feedback"].kept == made.ledger["feedback"].read == 1
    table = shared_ledger(con, [profile], sources, tmp_path / "drop").tables["feedback"]
    assert (table.read, table.markets, table.unassigned) == (3, {"DE": 1, "AT": 1}, 1)


def test_new_tables_of_a_shared_drop_are_each_markets_own(instance, build, tmp_path):
    con = instance.cursor()
    hits = "land;m;d;k\nGermany;;2024-01-02;view\nAustria;;2024-01-02;view\n?;;2024-01-02;cart\n"
    places = "country;city\nGermany;Bonn\nAustria;Linz\n"
    sources = build.sources_of(con, {"sales": SALES, "hits": hits, "places": places})
    events = {"market": "land", "member_number": "m", "date": "d", "kind": "k"}
    mapping = {
        "transactions": {"source": "sales", "columns": {"market": "land", "date": "d", "amount": "a"}},
        "events": {"source": "hits", "columns": events},
        "places": {"source": "places", "columns": {"country": "country", "city": "city"}},
    }
    source = {"shared": True, "markets": {"Germany": "DE", "Austria": "AT"}, "formats": {"date_order": "ymd"}}
    profile = build.profile_of(mapping, source=source)
    made = normalize(con, profile, sources, tmp_path / "de", as_of=date(2024, 6, 30), pseudonym_key=None)
    assert made.ledger["events"].kept == made.ledger["events"].read == 1
    assert made.ledger["places"].kept == 2  # no market is mapped: the table is every market's
    shared = shared_ledger(con, [profile], sources, tmp_path / "drop").tables
    assert (shared["events"].markets, shared["events"].unassigned) == ({"DE": 1, "AT": 1}, 1)
    assert "places" not in shared


def test_markets_that_read_one_drop_differently_are_an_error(instance, build, profile, tmp_path):
    con = instance.cursor()
    sources = build.sources_of(con, {"sales": SALES})
    with pytest.raises(ProfileError, match="DE and AT read one shared drop differently"):
        shared_ledger(con, [profile("DE"), profile("AT", contradiction_bound="0.5")], sources, tmp_path)
