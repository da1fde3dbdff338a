"""When there is a chain publication, which markets are in, and that it is whole or not there."""

from __future__ import annotations

import json
from datetime import date

import pytest
from typer import Typer
from typer.testing import CliRunner

from flows.commands.chain import chain as command
from flows.publishing.chain import publish_aggregates
from tasks.chain.publication import ChainManifest, publish_chain, read_chain_pointer
from tasks.chain.staging import stage
from tasks.errors import ProfileError, PublicationError, Terminal
from tasks.objects import open_store
from tasks.objects.store import sha256_of
from tests.chain.conftest import AS_OF, BEFORE, make_chain


def files(folder):
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in folder.rglob("*") if path.is_file()}


def manifest_of(chain, outcome):
    path = chain.folder(outcome) / "manifest.json"
    return ChainManifest.from_bytes(path.read_bytes(), str(path))


# --- which markets ----------------------------------------------------------------------------------------------------


def test_missing_later_and_stale_markets_are_named_with_their_dates(chain):
    chain.market("DE")
    chain.market("FR", as_of=date(2026, 5, 25))
    chain.market("JP", as_of=date(2026, 7, 31))
    outcome = chain.publish(as_of=AS_OF)
    told = manifest_of(chain, outcome)
    assert {one.country: (one.days, one.stale) for one in told.markets} == {"DE": (0, False), "FR": (36, True)}
    assert {one.country: (one.reason, one.first) for one in told.absent} == {
        "BR": ("nothing", None), "JP": ("later", date(2026, 7, 31)), "VN": ("nothing", None)
    }  # fmt: skip


def test_how_old_is_stale_is_a_setting(chain, monkeypatch):
    chain.market("DE")
    chain.market("FR", as_of=BEFORE)
    assert not any(one.stale for one in chain.publish().manifest.markets)
    monkeypatch.setenv("STRATA_CHAIN_STALE_DAYS", "7")
    assert [one.country for one in chain.publish().manifest.markets if one.stale] == ["FR"]


def test_a_market_of_the_root_that_the_profiles_do_not_have_is_named_and_left_out(chain):
    chain.market("DE")
    chain.market("FR")
    chain.profile("DE", "privacy: {minimum_count: 5}")
    (chain.profiles / "markets" / "fr.yaml").unlink()
    outcome = chain.publish()
    assert [one.country for one in outcome.manifest.markets] == ["DE"]
    assert ("FR", "profile") in [(one.country, one.reason) for one in outcome.absent]


def test_without_a_date_the_latest_of_any_market_counts_and_of_each_market_its_latest_until_then(chain):
    chain.market("DE", as_of=BEFORE)
    chain.market("DE", as_of=date(2026, 6, 15))
    chain.market("FR")
    outcome = chain.publish()
    assert outcome.as_of == AS_OF
    assert {one.country: one.as_of for one in outcome.manifest.markets} == {"DE": date(2026, 6, 15), "FR": AS_OF}
    earlier = chain.publish(as_of=date(2026, 6, 14))
    assert {one.country: one.as_of for one in earlier.manifest.markets} == {"DE": BEFORE}


# --- the same again ---------------------------------------------------------------------------------------------------


def test_the_same_markets_give_the_same_id_and_the_same_bytes(chain, tmp_path):
    chain.market("DE")
    chain.market("FR")
    first = chain.publish(locales=("de-DE",))
    again = chain.publish(locales=("de-DE",))
    assert (first.state, again.state) == ("published", "unchanged")
    elsewhere = chain.publish(locales=("de-DE",), into=str(tmp_path / "elsewhere"))
    assert elsewhere.manifest.publication == first.manifest.publication
    copy = tmp_path / "elsewhere" / chain.folder(first).relative_to(chain.root)
    assert files(copy) == files(chain.folder(first))


def test_a_market_that_publishes_again_makes_another_publication_and_the_old_one_stays(chain):
    chain.market("DE")
    first = chain.publish()
    before = files(chain.folder(first))
    chain.market("DE", 620)
    second = chain.publish()
    assert second.manifest.publication != first.manifest.publication
    pointer, _ = read_chain_pointer(open_store(chain.root))
    assert pointer.selected == {AS_OF: second.manifest.publication}
    assert [event.event for event in pointer.events] == ["published", "superseded", "published"]
    assert files(chain.folder(first)) == before


def test_an_earlier_date_does_not_become_the_current_one(chain):
    chain.market("DE", as_of=BEFORE)
    chain.market("DE")
    chain.publish()
    chain.publish(as_of=BEFORE)
    pointer, _ = read_chain_pointer(open_store(chain.root))
    assert (pointer.current, sorted(pointer.selected)) == (AS_OF, [BEFORE, AS_OF])
    page = (chain.root / "chain/index.html").read_text(encoding="utf-8")
    for publication in pointer.selected.values():
        assert f"publication={publication}/manifest.json" in page


def test_the_manifest_names_what_it_is_made_of_and_its_id_follows_from_it(chain):
    published = chain.market("DE")
    outcome = chain.publish()
    told = manifest_of(chain, outcome)
    assert told.publication == told.derived_id()
    (market,) = told.markets
    place = chain.root / f"country=DE/as_of={AS_OF}/publication={published.id}/manifest.json"
    assert (market.publication, market.manifest) == (published.id, sha256_of(place))
    assert {one.path: one.sha256 for one in told.exports} == {
        path: digest for path, digest in files(chain.folder(outcome)).items() if path != "manifest.json"
    }
    assert market.development == "developed"


# --- whole or not there -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["segments", "customers", "membership"])
def test_a_damaged_or_missing_file_of_a_market_is_told_and_nothing_is_published(chain, name):
    chain.market("DE", as_of=BEFORE)
    chain.market("DE")
    chain.market("FR")
    path = chain.file("DE", name)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")
    outcome = chain.publish()
    assert outcome.state == "broken"
    assert ["DE" in str(error) and name in str(error) for error in outcome.broken] == [True]
    path.unlink()
    assert "missing" in str(chain.publish().broken[0])
    assert not (chain.root / "chain").exists()


def test_segments_that_do_not_add_up_to_the_customers_are_refused(chain):
    contact = "CASE WHEN customer_id = 'DE000009' THEN 'contact' ELSE population END AS population"
    chain.market("DE", customers=f"SELECT * REPLACE ({contact}) FROM {{usual}}")
    path = chain.file("DE", "customers")
    chain.con.execute(f"CREATE TABLE all_of_them AS SELECT * REPLACE ('person' AS population) FROM '{path}'")
    manifest = path.parents[1] / "manifest.json"
    path.chmod(0o644)
    manifest.chmod(0o644)
    old = sha256_of(path)
    chain.con.execute(f"COPY all_of_them TO '{path}'")
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(old, sha256_of(path)), encoding="utf-8")
    (error,) = chain.publish().broken
    assert "599 customers" in str(error)
    assert "600 customers" in str(error)


def test_a_pointer_that_cannot_be_read_is_told_beside_the_markets_that_can(chain):
    chain.market("DE")
    chain.market("FR")
    (chain.root / "country=FR/current.json").write_text("{}", encoding="utf-8")
    outcome = chain.publish()
    assert (outcome.state, len(outcome.broken)) == ("broken", 1)
    assert "country=FR/current.json" in str(outcome.broken[0])


def test_a_publication_without_its_manifest_is_told(chain):
    published = chain.market("DE")
    (chain.root / f"country=DE/as_of={AS_OF}/publication={published.id}/manifest.json").unlink()
    outcome = chain.publish()
    assert "without a manifest" in str(outcome.broken[0])


def test_what_a_dead_attempt_left_is_taken_up_and_what_differs_is_refused(chain, tmp_path):
    chain.market("DE")
    planned = chain.publish(dry_run=True)
    written = stage(chain.con, planned.view, tmp_path / "staged_by_hand")
    place = chain.folder(planned)
    place.mkdir(parents=True)
    (place / "chain.parquet").write_bytes((tmp_path / "staged_by_hand/chain.parquet").read_bytes())
    assert chain.publish().state == "published"
    (chain.root / "chain/current.json").unlink()
    (place / "chain.parquet").chmod(0o644)
    (place / "chain.parquet").write_bytes(b"other")
    with pytest.raises(PublicationError):
        publish_chain(open_store(chain.root), tmp_path / "staged_by_hand", written)
    assert not (chain.root / "chain/current.json").exists()


def test_a_dry_run_tells_and_writes_nothing(chain):
    chain.market("DE")
    outcome = chain.publish(dry_run=True)
    assert (outcome.state, outcome.view.total["customers"]) == ("planned", 600)
    assert not (chain.root / "chain").exists()


def test_an_unknown_locale_is_told_before_anything_is_read(chain):
    with pytest.raises(ProfileError, match="xx-YY"):
        chain.publish(locales=("xx-YY",))


# --- zones ------------------------------------------------------------------------------------------------------------


def test_markets_of_several_zones_meet_in_a_root_of_the_chain_s_own(tmp_path, monkeypatch, five):
    one, two = make_chain(tmp_path / "eu", five), make_chain(tmp_path / "br", five)
    for profiles in (one, two):
        for country in ("DE", "FR", "JP", "VN"):
            profiles.profile(country, "market: {zone: eu}")
        profiles.profile("BR", "market: {zone: br}")
    one.market("DE")
    two.market("BR")
    zones = {"eu": {"publish": str(one.root)}, "br": {"publish": str(two.root)}}
    monkeypatch.setenv("STRATA_ZONES", json.dumps(zones))
    with pytest.raises(Terminal, match="none is the chain's"):
        publish_aggregates(profiles=one.profiles)
    monkeypatch.setenv("STRATA_CHAIN", str(tmp_path / "chain"))
    outcome = publish_aggregates(profiles=one.profiles)
    assert {entry.country for entry in outcome.manifest.markets} == {"BR", "DE"}
    assert (tmp_path / "chain/chain/current.json").exists()
    assert not (one.root / "chain").exists()


# --- the command ------------------------------------------------------------------------------------------------------


def run(*arguments):
    app = Typer()
    app.command()(command)
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_the_command_prints_markets_total_and_place_and_ends_with_0(chain):
    chain.market("DE", 620)
    chain.market("BR")
    options = ("--publish", chain.root, "--profiles", chain.profiles)
    done = run(*options)
    assert done.exit_code == 0, done.output
    assert "2 markets" in done.output
    assert "1,220" in done.output
    assert "missing FR: nothing is published" in done.output
    assert "apart value: BR (borders)" in done.output
    assert "apart value: DE (alone)" in done.output
    assert "chain as of 2026-06-30: published" in done.output
    assert "unchanged" in run(*options).output


def test_the_command_ends_with_1_where_there_is_nothing_or_something_is_broken(chain):
    options = ("--publish", chain.root, "--profiles", chain.profiles)
    nothing = run(*options)
    assert (nothing.exit_code, "no market has a publication" in nothing.output) == (1, True)
    chain.market("DE")
    chain.file("DE", "segments").unlink()
    broken = run(*options)
    assert broken.exit_code == 1
    assert "segments.parquet" in broken.output


def test_the_command_is_registered_and_its_help_shows_examples():
    from flows.cli import app

    assert "chain" in {one.name for one in app.registered_commands}
    assert "strata chain --publish published" in run("--help").output


def test_an_object_store_is_read_by_copies_that_are_checked_too(chain, monkeypatch):
    chain.market("DE")
    chain.market("FR")
    wanted = chain.publish(dry_run=True).manifest.publication
    monkeypatch.setattr("tasks.objects.folder.FolderStore.local_path", lambda *_: None)
    assert chain.publish(dry_run=True).manifest.publication == wanted
    path = chain.file("FR", "membership")
    chain.market("FR", as_of=BEFORE)
    path.unlink()
    assert chain.publish(dry_run=True).state == "planned", "nothing of it is read: there was no publication before"
    chain.file("FR", "segments").unlink()
    assert chain.publish(dry_run=True).state == "broken"
