"""Customers keep their ids: pseudonyms by another key are held until somebody says that it is meant."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date

import duckdb
import pytest
from typer.testing import CliRunner

from flows.cli import app
from tasks.export.labels import Labels
from tasks.gate.history import Past
from tasks.gate.identity import same_key
from tasks.objects import open_store
from tasks.privacy.pseudonyms import key_fingerprint
from tasks.publish.reading import publication_prefix, read_manifest
from tests.gate.shop import Till, month_end, run

MARCH, APRIL = Past(date(2024, 3, 31), {}, key="a" * 16), Past(date(2024, 4, 30), {}, key="b" * 16)


def outcomes(now, past):
    return [(check.check, check.outcome) for check in same_key(now, past)]


def test_another_key_than_before_holds_and_the_same_one_passes():
    assert outcomes(APRIL, [MARCH]) == [("pseudonym_key", "hold")]
    assert outcomes(replace(APRIL, key=MARCH.key), [MARCH]) == [("pseudonym_key", "ok")]


def test_only_the_publication_before_counts_so_that_one_approval_is_enough():
    may = Past(date(2024, 5, 31), {}, key=APRIL.key)
    assert outcomes(may, [MARCH, APRIL]) == [("pseudonym_key", "ok")]


def test_a_first_publication_and_one_after_an_unknown_key_are_not_judged():
    assert outcomes(APRIL, []) == outcomes(APRIL, [replace(MARCH, key=None)]) == []


@pytest.fixture(scope="module")
def rekeyed(tmp_path_factory):
    """A shop with one month by one key, and the next by another; how the second ended."""
    root = tmp_path_factory.mktemp("rekeyed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRATA_WORK", str(root / "work"))
        patch.setenv("STRATA_PSEUDONYM_KEY", "the first")
        assert run(root, root / "published", Till(month_end(1)), "m1").state == "published"
        patch.setenv("STRATA_PSEUDONYM_KEY", "the second")
        return root, run(root, root / "published", Till(month_end(2)), "m2")


@pytest.fixture
def copied(rekeyed, tmp_path, monkeypatch):
    monkeypatch.setenv("STRATA_WORK", str(rekeyed[0] / "work"))
    shutil.copytree(rekeyed[0] / "published", tmp_path / "published")
    return tmp_path / "published"


def test_a_run_with_another_key_is_held_and_says_what_it_means_and_both_ways_on(rekeyed):
    root, outcome = rekeyed
    assert (outcome.state, outcome.facts["held_by"]) == ("held", ["pseudonym_key"])
    told = " ".join(outcome.hints)
    for words in (
        "every customer would get a new id",
        "STRATA_PSEUDONYM_KEY",
        "put the key before back",
        "strata approve DE",
    ):
        assert words in told
    page = (root / "published/country=DE/gate.html").read_text("utf-8")
    assert "STRATA_PSEUDONYM_KEY" in page
    assert Labels("de-DE").text("gate check", "customers") in page
    manifest = read_manifest(open_store(root / "published"), "DE", month_end(2), outcome.publication)
    assert manifest.pseudonym_key == key_fingerprint("the second")
    assert "the second" not in page + manifest.model_dump_json()


def test_with_the_key_before_the_same_month_is_published(rekeyed, copied, monkeypatch):
    monkeypatch.setenv("STRATA_PSEUDONYM_KEY", "the first")
    assert run(rekeyed[0], copied, Till(month_end(2)), "m2").state == "published"


def test_moves_between_two_keys_are_nobodys_deed(rekeyed):
    root, outcome = rekeyed
    path = root / "published" / publication_prefix("DE", month_end(2), outcome.publication)
    query = f"SELECT DISTINCT move, cause FROM '{path}/canonical/membership.parquet' ORDER BY ALL"
    assert duckdb.sql(query).fetchall() == [("enter", "identity"), ("exit", "identity")]
    manifest = read_manifest(open_store(root / "published"), "DE", month_end(2), outcome.publication)
    assert manifest.notes["compared"]["rekeyed"] is True


def test_once_approved_the_next_one_with_that_key_is_published(rekeyed, copied, monkeypatch):
    monkeypatch.setenv("STRATA_PSEUDONYM_KEY", "the second")
    arguments = ["approve", "DE", "--why", "the first key leaked", "--yes", "--publish", str(copied)]
    done = CliRunner().invoke(app, [*arguments, "--profiles", str(rekeyed[0] / "profiles")])
    assert done.exit_code == 0, done.output
    assert run(rekeyed[0], copied, Till(month_end(3)), "m3").state == "published"
