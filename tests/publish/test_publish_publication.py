"""Publishing, and what a reader finds, on a folder and on a real S3 server."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tasks.errors import PublicationError, StoreUnavailable, Terminal
from tasks.objects import open_store
from tasks.publish.publication import already_published, find_previous, publish
from tasks.publish.reading import publication_prefix, read_current, verify
from tasks.publish.runs import attempts, record_end, record_start

WHEN = datetime(2021, 3, 1, 4, 5, 6, tzinfo=UTC)
DAY = date(2021, 2, 20)


@pytest.fixture
def store(place):
    return place[0]


@pytest.fixture
def run(place):
    def publishing(staged, manifest, **named):
        return publish(place[0], staged, manifest, pointer_mode=place[1], **{"who": "ops", "when": WHEN, **named})

    return publishing


def keys(store):
    return [info.key for info in store.list()]


def test_a_publication_lies_as_documented(store, run, made):
    staged, manifest = made()
    published = run(staged, manifest)
    below = f"country=DE/as_of=2021-02-20/publication={manifest.publication}/"
    assert keys(store) == sorted(
        [
            *[below + export.path for export in manifest.exports],
            f"{below}manifest.json",
            "country=DE/current.json",
            "country=DE/index.html",
        ],
        key=str.encode,
    )
    assert (published.id, published.state, published.current) == (manifest.publication, "published", True)
    assert (published.revision, published.superseded, published.stale) == (1, None, ())
    pointer, read = read_current(store, "DE")
    assert read == manifest
    assert pointer.publication == manifest.publication
    assert verify(store, "DE") == ()


def test_the_event_of_a_superseding_publication_says_what_changed(store, run, made):
    run(*made())
    assert [event.why for event in read_current(store, "DE")[0].events] == [None], "a first one supersedes nothing"
    staged, manifest = made("b")
    changed = manifest.model_copy(update={"profile": "9" * 64})
    run(staged, changed.model_copy(update={"publication": changed.derived_id()}))
    events = {event.event: event.why for event in read_current(store, "DE")[0].events[1:]}
    assert events == {"superseded": None, "published": "files: DE/kunden.csv changed; profile"}


def test_a_persons_reason_for_publishing_is_kept_as_it_is(store, run, made):
    run(*made())
    run(*made("b"), why="finance asked for it")
    assert read_current(store, "DE")[0].events[-1].why == "finance asked for it"


def test_publishing_twice_publishes_once(store, run, made):
    first = run(*made())
    before = {info.key: info.etag for info in store.list()}
    second = run(*made(), when=None)
    assert (first.state, second.state, second.revision) == ("published", "unchanged", 1)
    assert {info.key: info.etag for info in store.list()} == before


def test_a_run_may_see_beforehand_that_there_is_nothing_to_do(store, run, made):
    staged, manifest = made()
    assert not already_published(store, "DE", DAY, manifest.publication)
    run(staged, manifest)
    assert already_published(store, "DE", DAY, manifest.publication)
    assert not already_published(store, "DE", DAY, "0" * 24)
    assert not already_published(store, "DE", date(2021, 2, 21), manifest.publication)


def test_other_bytes_under_the_same_id_are_a_determinism_defect_and_readers_keep_the_old(store, run, made):
    _, manifest = made("a")
    run(*made("a"))
    staged, other = made("b")
    bent = other.model_copy(update={name: getattr(manifest, name) for name in ("publication", "inputs")})
    with pytest.raises(PublicationError, match="determinism defect"):
        run(staged, bent)
    assert read_current(store, "DE")[1] == manifest
    assert verify(store, "DE") == ()


def test_a_newer_run_of_the_same_date_supersedes_and_deletes_nothing(store, run, made):
    first, second = run(*made("a")), run(*made("b"))
    assert (second.superseded, second.revision, second.current) == (first.id, 2, True)
    assert store.exists(f"{publication_prefix('DE', DAY, first.id)}manifest.json")


def test_a_backfilled_date_is_selected_but_not_current_and_names_its_stale_successors(store, run, made):
    newest = run(*made("a"))
    backfilled = run(*made("b", "2021-01-20"))
    assert (backfilled.current, backfilled.stale) == (False, (DAY,))
    assert read_current(store, "DE")[0].publication == newest.id
    assert verify(store, "DE", date(2021, 1, 20)) == ()
    assert newest.id.encode() in store.read("country=DE/index.html")


def test_the_predecessor_is_the_one_selected_for_the_greatest_earlier_date(store, run, made):
    assert find_previous(store, "DE", DAY) is None
    for seed, as_of in (("a", "2020-12-20"), ("b", "2021-01-20"), ("c", "2021-01-20"), ("d", "2021-02-20")):
        run(*made(seed, as_of))
    found = find_previous(store, "DE", DAY)
    manifest = made("c", "2021-01-20")[1]
    assert (found.as_of, found.publication) == (date(2021, 1, 20), manifest.publication)
    assert found.sha256 == manifest.customers
    assert store.read(found.key).startswith(b"canonical/customers.parquet;c\n")
    assert (found.audiences, found.references) == (None, {})  # of a program so old that it published none


def test_a_staged_folder_that_disagrees_with_its_manifest_is_refused_before_anything_is_written(store, run, made):
    staged, manifest = made("a")
    (staged / "extra.csv").write_bytes(b"1")
    with pytest.raises(PublicationError, match=r"disagree.*extra.csv"):
        run(staged, manifest)
    (staged / "extra.csv").unlink()
    (staged / "de-DE" / "customers" / "DE.csv").write_bytes(b"changed")
    with pytest.raises(PublicationError, match=r"disagree.*de-DE/customers/DE.csv"):
        run(staged, manifest)
    (staged / "de-DE" / "customers" / "DE.csv").unlink()
    with pytest.raises(PublicationError, match=r"disagree.*de-DE/customers/DE.csv"):
        run(staged, manifest)
    with pytest.raises(PublicationError, match="does not follow from its manifest"):
        run(staged, manifest.model_copy(update={"publication": "0" * 24}))
    assert keys(store) == []


def test_verify_names_what_is_damaged_and_what_is_gone(store, run, made):
    staged, manifest = made()
    run(staged, manifest)
    prefix = publication_prefix("DE", DAY, manifest.publication)
    store.replace(f"{prefix}ja-JP/summary/日本.csv", b"damaged")
    store.delete(f"{prefix}de-DE/customers/DE.csv")
    gone, damaged = verify(store, "DE")
    assert (gone.path, gone.found, damaged.path) == ("de-DE/customers/DE.csv", None, "ja-JP/summary/日本.csv")
    # Running again restores what is gone, and refuses what is damaged.
    with pytest.raises(PublicationError, match="determinism defect"):
        run(staged, manifest)
    store.delete(f"{prefix}ja-JP/summary/日本.csv")
    assert run(staged, manifest).state == "unchanged"
    assert verify(store, "DE") == ()


def test_readers_before_the_first_publication_and_of_a_lost_manifest(store, run, made):
    assert read_current(store, "DE") is None
    with pytest.raises(PublicationError, match="nothing is published"):
        verify(store, "DE")
    staged, manifest = made()
    run(staged, manifest)
    with pytest.raises(PublicationError, match="nothing is published for that date"):
        verify(store, "DE", date(2020, 1, 1))
    store.delete(f"{publication_prefix('DE', DAY, manifest.publication)}manifest.json")
    with pytest.raises(PublicationError, match=r"without a manifest.*restore"):
        read_current(store, "DE")


def test_cas_is_refused_on_swift_by_name_before_anything_is_written(s3_root, made):
    store = open_store(s3_root)
    with pytest.raises(PublicationError, match=r"pointer: cas is refused.*single_writer"):
        publish(store, *made(), who="ops")
    assert keys(store) == []


def test_a_pointer_that_others_keep_changing_ends_as_unavailable(tmp_path, made, monkeypatch):
    store = open_store(tmp_path / "published")
    publish(store, *made("a"), who="ops")
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    monkeypatch.setattr(type(store), "compare_and_swap", lambda *_: False)
    with pytest.raises(StoreUnavailable, match=r"DE: .*keep changing the pointer"):
        publish(store, *made("b"), who="ops")


def test_the_page_escapes_everything(tmp_path, made):
    store = open_store(tmp_path / "published")
    staged, manifest = made()
    publish(store, staged, manifest, who="<script>alert(1)</script>", why='a "reason" & more', when=WHEN)
    page = store.read("country=DE/index.html").decode()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "a &#34;reason&#34; &amp; more" in page
    below = f"as_of=2021-02-20/publication={manifest.publication}/"
    assert f'<a href="{below}ja-JP/summary/%E6%97%A5%E6%9C%AC.csv">ja-JP/summary/日本.csv</a>' in page
    assert "http" not in page.replace("http-equiv", ""), "self-contained"


def test_an_attempt_is_written_at_its_start_and_at_its_end(store):
    attempt = record_start(store, "DE", DAY, "run-1", engine="duckdb", started=WHEN)
    assert keys(store) == ["country=DE/runs/20210301T040506Z-run-1.json"]
    assert [found.outcome for found in attempts(store, "DE")] == ["running"]
    error = Terminal("column is missing", market="DE", column="Kd-Nr")
    record_end(store, attempt, outcome="failed", step="ingest", error=error, timings={"ingest": 1.23456}, ended=WHEN)
    (found,) = attempts(store, "DE")
    assert (found.outcome, found.step, found.timings, found.engine) == ("failed", "ingest", {"ingest": 1.235}, "duckdb")
    assert found.error == {"type": "Terminal", "transient": False, "message": "DE: column Kd-Nr: column is missing"}


def test_attempts_of_a_market_come_in_order_of_time(store):
    for day in (3, 1, 2):
        record_start(store, "DE", DAY, f"r{day}", started=WHEN.replace(day=day))
    record_start(store, "FR", DAY, "other", started=WHEN)
    assert [found.run for found in attempts(store, "DE")] == ["r1", "r2", "r3"]
    with pytest.raises(Terminal, match="not fit for a file name"):
        record_start(store, "DE", DAY, "../../escape")
