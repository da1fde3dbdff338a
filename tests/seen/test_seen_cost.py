"""One look stays cheap, however many markets and years: requests are counted."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from tasks.objects import open_store
from tasks.publish.operations.reading import ATTEMPTS, look, look_at_all, markets_of, newest_keys
from tests.seen.conftest import NOW, Shop


class Counting:
    """A store that counts what is asked of it, and how many keys its listings give."""

    def __init__(self, store):
        self.store, self.uri, self.asked, self.listed = store, store.uri, Counter(), 0

    def __getattr__(self, name):
        def call(*arguments):
            self.asked[name] += 1
            return getattr(self.store, name)(*arguments)

        return call

    def list(self, prefix=""):
        self.asked["list"] += 1
        for info in self.store.list(prefix):
            self.listed += 1
            yield info


def years_of(shop, market, days, until=NOW):
    """A publication, and an attempt each day before; their records are all alike, so that they are soon written."""
    shop.publish(market)
    shop.attempt("published", market)
    runs = shop.store.root / f"country={market}" / "runs"
    (record,) = runs.iterdir()
    for back in range(days):
        (runs / f"{until - timedelta(days=back + 1):%Y%m%dT%H%M%SZ}-x.json").write_bytes(record.read_bytes())


def test_forty_markets_cost_a_pointer_a_manifest_ten_records_and_a_listing_each(shop):
    for number in range(40):
        years_of(shop, f"{'ABCD'[number // 10]}{'ABCDEFGHIJ'[number % 10]}", 30)
    store = Counting(shop.store)
    found = look_at_all(store, markets_of(store), NOW)
    assert len(found) == 40
    assert all(one.pointer and one.manifest and len(one.attempts) == ATTEMPTS for one in found)
    assert dict(store.asked) == {"folders": 1, "read_versioned": 40, "read": 40 * (1 + ATTEMPTS), "list": 40}


def test_years_of_attempts_cost_no_more_than_one(shop):
    years_of(shop, "DE", 1100)
    store = Counting(shop.store)
    assert len(look(store, "DE", NOW).attempts) == ATTEMPTS
    assert dict(store.asked) == {"read_versioned": 1, "read": 1 + ATTEMPTS, "list": 1}
    assert store.listed <= 366  # a page of a listing on S3 holds 1,000


def test_in_january_last_years_are_listed_too(shop):
    january = NOW.replace(month=1, day=3)
    years_of(shop, "DE", 30, until=january)
    for late in (shop.store.root / "country=DE" / "runs").glob("20260701*"):
        late.unlink()
    keys = newest_keys(shop.store, "DE", january, 5)
    assert [key.split("/")[-1][:8] for key in keys] == ["20260102", "20260101", "20251231", "20251230", "20251229"]


def test_a_market_that_rested_for_years_still_shows_its_attempts(shop):
    shop.attempt("published", ago=timedelta(days=1500))
    assert len(look(shop.store, "DE", NOW).attempts) == 1


def test_a_market_without_a_pointer_costs_one_object_and_one_listing_more(shop):
    shop.attempt("failed")
    store = Counting(shop.store)
    assert not look(store, "DE", NOW).lost
    shop.publish()
    shop.store.replace("country=DE/index.html", b"<p>")
    shop.store.delete("country=DE/current.json")
    lost = Counting(shop.store)
    assert look(lost, "DE", NOW).lost
    extra = lost.asked - store.asked
    assert (store.asked["exists"], dict(extra)) == (1, {"list": 1})


def test_a_real_s3_server_gives_the_same(s3_root):
    shop = Shop(open_store(s3_root))
    shop.attempt("published", ago=timedelta(days=400))
    shop.attempt("failed")
    publication = shop.publish()
    found = look(shop.store, "DE", NOW)
    assert (found.pointer.publication, found.manifest.publication) == (publication, publication)
    assert [one.outcome for one in found.attempts] == ["failed", "published"]
    assert markets_of(shop.store) == ["DE"]
