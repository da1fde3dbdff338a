"""The whole sample, written once for these tests, and what ingest and normalize make of each market's drop."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from region_profiles.loader import load_profile
from tasks.engine import open_duckdb
from tasks.ingest.drop import read_drop
from tasks.normalize.canonical import normalize
from tasks.objects.opening import open_store
from tasks.sample.generate import generate
from tasks.sample.specs import drops, load

AS_OF = date(2026, 6, 30)
MARKETS = [(drop, market) for drop in drops() for market in load(drop).markets]


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """`folder` of all drops with 2,000 customers each, and the `facts` of SAMPLE.json."""
    folder = tmp_path_factory.mktemp("sample")
    return SimpleNamespace(folder=folder, facts=generate(folder, customers=2000, seed=1).facts)


@pytest.fixture(scope="session")
def duckdb(tmp_path_factory):
    return open_duckdb("1GiB", 2, tmp_path_factory.mktemp("spill"))


@pytest.fixture(scope="session", params=MARKETS, ids=[market for _, market in MARKETS])
def market(request, sample, duckdb, tmp_path_factory):
    """One market: `spec`, `facts` of its tables, `canonical` tables, its `lines` as SQL, a cursor `con`, `profile`."""
    drop, code = request.param
    con, work = duckdb.cursor(), tmp_path_factory.mktemp(code)
    profile = load_profile(code)
    sources = read_drop(con, profile, open_store(sample.folder), work, as_of=AS_OF)
    canonical = normalize(con, profile, sources, work, as_of=AS_OF, pseudonym_key="k" * 32)
    lines = canonical.transactions.relation
    tables = sample.facts["drops"][drop]["tables"]
    facts = {name: table["markets"][code] for name, table in tables.items() if "markets" in table}
    return SimpleNamespace(
        code=code, spec=load(drop), facts=facts, canonical=canonical, lines=lines, con=con, profile=profile
    )
