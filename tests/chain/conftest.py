"""Markets with made customers, published as a run publishes them, and the chain over them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pytest

from flows.planning.runs import checked_profile
from flows.publishing.chain import publish_aggregates
from region_profiles.loader import profile_digest
from tasks.objects import open_store
from tasks.publish.manifest import CUSTOMERS, Manifest, exports_of, publication_id
from tasks.publish.publication import find_previous, publish

AS_OF, BEFORE = date(2026, 6, 30), date(2026, 5, 31)
LOCAL = {"BR": "BRL", "DE": "EUR", "FR": "EUR", "JP": "JPY", "VN": "VND"}
#: Files of a chain of five; what follows a country's name lies over the built-in base and region.
PROFILES = {
    "BR": "dimensions: {value: {borders: [150, 750]}}",
    "DE": "privacy: {minimum_count: 5}",
    "FR": "privacy: {minimum_count: 5}",
    "JP": "privacy: {minimum_count: 10}",
    "VN": "dimensions: {value: {borders: [150, 750]}}",
}

#: Segments with a fourth, an eighth ... of the customers, two languages of most and one of few.
CUSTOMER = """
    SELECT printf('{country}%06d', i) AS customer_id, 'person' AS population,
        CASE WHEN i % 50 = 7 THEN 'tr' WHEN i % 3 = 0 THEN 'en' WHEN i % 97 = 1 THEN NULL ELSE 'de' END AS language,
        CASE WHEN i % 4 = 0 THEN 0 ELSE 1 + i % 5 END AS orders,
        CASE WHEN orders > 0 THEN (10 + (i * 7919) % 997)::DECIMAL(18, 2) ELSE 0 END AS monetary_local,
        (monetary_local * {rate})::DECIMAL(18, 2) AS monetary_reference,
        (monetary_local * {rate} * 1.5)::DECIMAL(18, 2) AS monetary_ppp,
        CASE WHEN orders = 0 THEN 'prospect'
             ELSE ['champions', 'loyal', 'new', 'at_risk', 'lost'][1 + (i + {shift}) % 5] END AS segment_lifecycle,
        CASE WHEN orders = 0 THEN 'none' WHEN monetary_ppp >= 1000 THEN 'high' WHEN monetary_ppp >= 200 THEN 'mid'
             ELSE 'low' END AS segment_value,
        CASE WHEN i % {few} = 0 THEN 'visitor' ELSE 'resident' END AS segment_residence,
        CASE WHEN orders = 0 THEN 'prospect' ELSE 'active' END AS stratum
    FROM range({first}, {last}) t(i)"""
GUESTS = "0, 17, 1234.56, 1100.004999, 1500.5"
DIMENSIONS = ("lifecycle", "value", "residence", "stratum")


def column(dimension):
    return dimension if dimension == "stratum" else f"segment_{dimension}"


@dataclass
class Chain:
    """A publish root with markets, and the folder of their profiles."""

    root: Path
    profiles: Path
    work: Path
    con: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    count: int = 0

    def profile(self, country, text):
        """Another profile for a market of this chain alone."""
        own = self.work.parent / "profiles"
        if self.profiles != own:
            self.profiles = Path(shutil.copytree(self.profiles, own))
        (self.profiles / "markets" / f"{country.lower()}.yaml").write_text(text, encoding="utf-8")

    def market(
        self,
        country,
        size=600,
        as_of=AS_OF,
        *,
        shift=0,
        few=20,
        rate="0.9",
        first=0,
        customers=None,
        moves=None,
        stores=None,
        notes=None,
        digest=None,
    ):
        """Publish a market; `customers` is SQL over the usual ones ({usual}), `moves` over its membership ({usual})."""
        store = open_store(self.root)
        self.count += 1
        folder = self.work / str(self.count)
        (folder / "canonical").mkdir(parents=True)
        usual = CUSTOMER.format(country=country, rate=rate, shift=shift, few=few, first=first, last=first + size)
        rows = (customers or "{usual}").format(usual=f"({usual})" if customers else usual)
        con = self.con
        con.execute(f"CREATE OR REPLACE TEMP TABLE now AS {rows}")
        con.execute(f"COPY (SELECT * FROM now ORDER BY customer_id) TO '{folder}/{CUSTOMERS}'")
        sums = "count(*), sum(orders)::BIGINT, sum(monetary_local), sum(monetary_reference), sum(monetary_ppp)"
        parts = [
            f"SELECT '{one}' AS dimension, {column(one)} AS segment, {sums} FROM now WHERE population <> 'contact' "
            f"GROUP BY ALL UNION ALL SELECT '{one}', 'guest', {GUESTS}"
            for one in DIMENSIONS
        ]
        named = "dimension, segment, customers, orders, monetary_local, monetary_reference, monetary_ppp"
        con.execute(f"CREATE OR REPLACE TEMP TABLE sums({named}) AS {' UNION ALL '.join(parts)}")
        money = ", ".join(
            f"monetary_{lens}::DECIMAL(38, 6) AS monetary_{lens}" for lens in ("local", "reference", "ppp")
        )
        con.execute(
            f"COPY (SELECT * REPLACE ({money}) FROM sums ORDER BY ALL) TO '{folder}/canonical/segments.parquet'"
        )
        previous = find_previous(store, country, as_of)
        self._membership(folder, store, previous, moves)
        if stores:
            con.execute(f"COPY ({stores}) TO '{folder}/canonical/stores.parquet'")
        manifest = self._manifest(country, as_of, folder, previous, notes or {}, digest)
        return publish(store, folder, manifest, who="test")

    def _membership(self, folder, store, previous, moves):
        none = "SELECT * FROM now WHERE false"
        before = f"SELECT * FROM '{store.local_path(previous.key)}'" if previous else none
        parts = [
            f"SELECT coalesce(n.customer_id, b.customer_id) AS customer_id, '{one}' AS dimension, "
            f"n.{column(one)} AS segment, b.{column(one)} AS previous_segment, '' AS move, '' AS rule FROM now n "
            f"FULL JOIN ({before}) b USING (customer_id) WHERE n.{column(one)} IS DISTINCT FROM b.{column(one)}"
            for one in DIMENSIONS
        ]
        rows = (moves or "{usual}").format(usual=f"({' UNION ALL '.join(parts)})")
        rows = rows if moves else f"FROM {rows}"
        self.con.execute(f"COPY ({rows}) TO '{folder}/canonical/membership.parquet'")

    def _manifest(self, country, as_of, folder, previous, notes, digest):
        profile = profile_digest(checked_profile(country, self.profiles, None))
        identity = {
            "country": country, "as_of": as_of, "profile": digest or profile, "references": {}, "tombstones": None,
            "pseudonym_key": "3" * 16, "output_version": 1, "previous": previous.sha256 if previous else None,
        }  # fmt: skip
        entry = {"table": "customers", "uri": f"{country}/{self.count}.csv", "sha256": f"{self.count:064x}"}
        money = {"local_currency": LOCAL[country], "reporting_currency": "USD", "lenses_off": {}}
        return Manifest(
            **identity,
            publication=publication_id(inputs=[tuple(entry.values())], **identity),
            inputs=[{**entry, "bytes": 1, "rows": 1}],
            ledger={},
            columns={},
            exports=exports_of(folder),
            notes={"money": money, "segments": {"dimensions": {}}, **notes},
        )

    def publish(self, **options):
        """The chain's publication."""
        options = {"publish": str(self.root), "profiles": self.profiles, **options}
        return publish_aggregates(**options)

    def rows(self, outcome, name):
        """Rows of a published file."""
        return self.con.sql(f"FROM '{self.folder(outcome)}/{name}.parquet'").to_arrow_table().to_pylist()

    def folder(self, outcome):
        return self.root / f"chain/as_of={outcome.as_of}/publication={outcome.manifest.publication}"

    def file(self, country, name, as_of=AS_OF):
        """A canonical file of the only publication of a market at a date."""
        (path,) = (self.root / f"country={country}/as_of={as_of}").glob(f"publication=*/canonical/{name}.parquet")
        return path


def make_chain(folder, profiles):
    return Chain(folder / "published", profiles, folder / "staged")


@pytest.fixture(scope="session")
def five(tmp_path_factory):
    """Profiles of five markets; nobody may change them."""
    folder = tmp_path_factory.mktemp("five")
    (folder / "markets").mkdir()
    for country, text in PROFILES.items():
        (folder / "markets" / f"{country.lower()}.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def chain(tmp_path, monkeypatch, five):
    """An empty publish root, and profiles of five markets."""
    for name in ("STRATA_PUBLISH", "STRATA_CHAIN", "STRATA_ZONES", "STRATA_PROFILES"):
        monkeypatch.delenv(name, raising=False)
    return make_chain(tmp_path, five)


#: Two stores of three years and one of one; the second sells a tenth more than the year before, at a worse rate.
STORES = """
    SELECT 'S' || s AS store_id, m::DATE AS month, 50::BIGINT AS orders,
        (1000 * s * CASE WHEN m >= '2025-06-01' AND s = 2 THEN 1.1 ELSE 1 END)::DECIMAL(38, 6) AS net_local,
        (net_local * CASE WHEN m >= '2025-06-01' THEN 0.8 ELSE 1 END)::DECIMAL(38, 6) AS net_reference,
        0::BIGINT AS unconverted, NULL::DATE AS opened, NULL::DATE AS closed,
        s < 3 AND m >= '2024-06-01' AND m < '2026-06-01' AS like_for_like
    FROM range(1, 4) t(s), generate_series(TIMESTAMP '2023-06-01', TIMESTAMP '2026-06-01', INTERVAL 1 MONTH) u(m)
    WHERE s < 3 OR m >= '2025-06-01' ORDER BY 1, 2"""


@pytest.fixture(scope="session")
def usual(tmp_path_factory, five):
    """Five markets with two dates and stores, published as a chain in English and Arabic; nobody may change it."""
    chain = make_chain(tmp_path_factory.mktemp("chain"), five)
    for country, rate in (("BR", "0.2"), ("DE", "1.1"), ("FR", "1.1"), ("JP", "0.7"), ("VN", "0.4")):
        chain.market(country, 600, BEFORE, rate=rate)
        chain.market(country, 700, AS_OF, shift=int(country == "DE"), rate=rate,
                     stores=STORES if country != "VN" else None)  # fmt: skip
    outcome = chain.publish(locales=("en-GB", "ar-AE"))
    assert outcome.state == "published"
    return chain, outcome
