"""`strata explain`, `members`, `overlap` and `preview` on a publication whose every customer is written down here."""

from __future__ import annotations

import csv
import json
from datetime import date

import duckdb
import pytest

from region_profiles.loader import load_profile, profile_digest
from tasks.objects import open_store
from tasks.privacy.pseudonyms import key_fingerprint, pseudonym
from tasks.publish.manifest import Manifest, exports_of, publication_id
from tasks.publish.publication import publish

JUNE = date(2026, 6, 30)
#: lifecycle -> member numbers; each spent 10.00 EUR. The market withholds counts under 10.
SEGMENTS = {"loyal": range(40), "new": range(40, 60), "at_risk": range(60, 75)}
#: Audiences, which overlap: 25 in both, 15 in the first alone, 12 in the second alone, 23 in none.
AUDIENCES = {"vip_service": range(40), "win_back": range(15, 52)}


@pytest.fixture
def published(tmp_path):
    """Publish DE; audiences, segments and the pseudonym key as given. Gives the publish root."""

    def make(segments=SEGMENTS, audiences=AUDIENCES, key=None):
        staged, store = tmp_path / "staged", open_store(tmp_path / "published")
        (staged / "canonical").mkdir(parents=True)
        people = [(pseudonym(key, "DE", str(n)), code) for code, numbers in segments.items() for n in numbers]
        rows = ", ".join(f"('{one}', '{code}')" for one, code in people)
        listed = ", ".join(
            f"('{pseudonym(key, 'DE', str(n))}', '{code}', {rank})"
            for rank, (code, numbers) in enumerate(audiences.items(), 1)
            for n in numbers
        )
        with duckdb.connect() as con:
            con.execute(
                "COPY (SELECT id AS customer_id, 'person' AS population, 'de' AS language, 1::BIGINT AS orders, "
                "1::BIGINT AS frequency, 1::BIGINT AS lifetime_orders, 20::BIGINT AS recency_days, "
                "10.00::DECIMAL(18,2) AS monetary_local, 'EUR' AS currency, 10.00::DECIMAL(18,2) AS lifetime_local, "
                "3::BIGINT AS r_score, 3::BIGINT AS f_score, 3::BIGINT AS m_score, 'no' AS holdout, "
                f"segment AS segment_lifecycle, 'all' AS stratum FROM (VALUES {rows}) AS t(id, segment) ORDER BY id)"
                f" TO '{staged}/canonical/customers.parquet' (FORMAT parquet)"
            )
            con.execute(
                "COPY (SELECT id AS customer_id, audience, rank::BIGINT AS priority, 'no' AS holdout "
                f"FROM (VALUES {listed}) AS t(id, audience, rank) ORDER BY id, audience)"
                f" TO '{staged}/canonical/audiences.parquet' (FORMAT parquet)"
            )
        identity = {
            "country": "DE", "as_of": JUNE, "profile": profile_digest(load_profile("DE")), "references": {},
            "tombstones": None, "pseudonym_key": key_fingerprint(key), "output_version": 1, "previous": None,
        }  # fmt: skip
        manifest = Manifest(
            **identity,
            publication=publication_id(inputs=[], **identity),
            inputs=[],
            ledger={},
            columns={},
            exports=exports_of(staged),
        )
        publish(store, staged, manifest, who="test")
        return tmp_path / "published"

    return make


# --- explain ----------------------------------------------------------------------------------------------------------


def test_explain_finds_a_customer_by_member_number_and_by_pseudonym(strata, published):
    root = published()
    by_number = json.loads(strata("explain", "de", "3", "--publish", root, "--json").out)
    by_id = json.loads(strata("explain", "DE", pseudonym(None, "DE", "3"), "--publish", root, "--json").out)
    assert by_number == by_id
    (lifecycle,) = [one for one in by_number["placements"] if one["dimension"] == "lifecycle"]
    assert (lifecycle["segment"], lifecycle["why"]) == ("loyal", "rule")
    assert lifecycle["facts"]["rule"] == "r_score >= 3 and f_score >= 3"
    assert by_number["audiences"] == [{"audience": "vip_service", "priority": 1, "holdout": "no"}]
    assert by_number["traits"]["monetary_local"] == "10.00"


def test_a_dimension_that_the_publication_lacks_is_off(strata, published):
    told = json.loads(strata("explain", "DE", "3", "--publish", published(), "--json").out)
    (place,) = [one for one in told["placements"] if one["dimension"] == "place"]
    assert (place["segment"], place["why"]) == (None, "off_absent")


def test_an_unknown_number_is_refused_with_what_to_try(strata, published):
    found = strata("explain", "DE", "03", "--publish", published())
    assert found.code == 2
    assert "zeros intact" in found.err
    assert "who objected or was erased is in no publication" in found.err


def test_another_key_is_told_apart_from_an_unknown_customer(strata, published):
    root = published(key="a key of at least thirty-two characters")
    found = strata("explain", "DE", "3", "--publish", root)
    assert found.code == 2
    assert "cannot be found with this STRATA_PSEUDONYM_KEY" in found.err


def test_columns_of_a_segment_need_a_file_and_a_customer_none(strata, published, tmp_path):
    root = published()
    assert "--out FILE.csv" in strata("explain", "DE", "--segment", "lifecycle", "loyal", "--publish", root).err
    assert "name one customer, or a segment" in strata("explain", "DE", "--publish", root).err
    found = strata(
        "explain", "DE", "--segment", "lifecycle", "at_risk", "--out", tmp_path / "why.csv", "--publish", root
    )
    assert found.out.strip().endswith("why.csv: 15 customers")
    rows = list(csv.DictReader((tmp_path / "why.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["customer_id"] for row in rows} == {pseudonym(None, "DE", str(n)) for n in SEGMENTS["at_risk"]}


# --- members ----------------------------------------------------------------------------------------------------------


def test_members_are_those_who_were_published_in_the_segment(strata, published, tmp_path):
    root = published()
    told = json.loads(strata("members", "DE", "lifecycle", "new", "--publish", root, "--json").out)
    assert [one["customer_id"] for one in told] == sorted(pseudonym(None, "DE", str(n)) for n in SEGMENTS["new"])
    found = strata(
        "members", "DE", "lifecycle", "new", "--as-of", JUNE, "--csv", tmp_path / "new.csv", "--publish", root
    )
    assert found.out.strip().endswith("new.csv: 20 customers as of 2026-06-30")
    assert len((tmp_path / "new.csv").read_text(encoding="utf-8").splitlines()) == 21


def test_members_of_an_audience_have_their_rank_in_it(strata, published):
    told = json.loads(strata("members", "DE", "--audience", "win_back", "--publish", published(), "--json").out)
    assert len(told) == len(AUDIENCES["win_back"])
    assert {(one["priority"], one["held"]) for one in told} == {(2, "no")}


def test_an_empty_segment_names_those_that_are_not(strata, published):
    root = published()
    assert (
        "expected one of at_risk, loyal, new" in strata("members", "DE", "lifecycle", "champs", "--publish", root).err
    )
    assert "expected one of lifecycle, stratum" in strata("members", "DE", "value", "high", "--publish", root).err
    assert "nothing is published for that date" in strata(
        "members", "DE", "lifecycle", "new", "--as-of", "2020-01-31", "--publish", root
    ).err  # fmt: skip
    assert "name a dimension and a segment" in strata("members", "DE", "lifecycle", "--publish", root).err


# --- overlap ----------------------------------------------------------------------------------------------------------


def test_each_customer_is_in_exactly_one_intersection(strata, published):
    told = json.loads(strata("overlap", "DE", "--publish", published(), "--json").out)
    found = {tuple(one["sets"]): (one["customers"], one["revenue"]) for one in told["intersections"]}
    assert found == {
        ("vip_service", "win_back"): (25, "250.00"),
        (): (23, "230.00"),
        ("vip_service",): (15, "150.00"),
        ("win_back",): (12, "120.00"),
    }
    assert told["sets"] == {"vip_service": 40, "win_back": 37}
    assert told["customers"] == sum(count for count, _ in found.values()) == 75


def test_what_is_small_is_withheld_and_what_would_tell_of_it(strata, published):
    told = json.loads(
        strata(
            "overlap",
            "DE",
            "--publish",
            published(audiences={"vip_service": range(40), "win_back": range(3)}),
            "--json",
        ).out
    )
    shown = {tuple(one["sets"]): one["customers"] for one in told["intersections"]}
    assert ("vip_service", "win_back") not in shown
    assert told["sets"]["win_back"] is None
    assert told["withheld"] >= 2
    # Neither the whole nor a set less what is shown may come to the three.
    assert told["customers"] - sum(shown.values()) != 3
    assert (told["sets"]["vip_service"] or 0) - shown.get(("vip_service",), 0) != 3


def test_segments_of_two_dimensions_intersect_and_top_limits_the_table(strata, published):
    found = strata("overlap", "DE", "--dimension", "lifecycle", "stratum", "--top", "2", "--publish", published())
    assert "lifecycle: loyal + stratum: all" in found.out
    assert "1 smaller intersections are not shown" in found.out


def test_an_unknown_dimension_is_refused_with_those_that_are_there(strata, published):
    found = strata("overlap", "DE", "--dimension", "lifecycle", "value", "--publish", published())
    assert found.code == 2
    assert "expected one of lifecycle, stratum" in found.err


def test_the_page_is_whole_and_names_every_set(strata, published, tmp_path):
    strata("overlap", "DE", "--publish", published(), "--html", tmp_path / "overlap.html")
    page = (tmp_path / "overlap.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.count("<circle") == 2 * 4 + 4  # a dot for each set and column, a dark one for each membership
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "vip_service" in page


# --- preview ----------------------------------------------------------------------------------------------------------


def test_a_preview_needs_a_change(strata, published):
    assert "--profile FILE, or --set PATH=VALUE" in strata("preview", "DE", "--publish", published()).err


def test_a_preview_of_what_needs_the_purchases_says_so(strata, published):
    found = strata("preview", "DE", "--set", "traits.window=12", "--publish", published())
    assert found.code == 2
    assert "traits.window: a preview cannot see this change" in found.err
    assert "give --landing" in found.err


def test_a_setting_that_leads_nowhere_is_refused_with_the_nearest(strata, published):
    root = published()
    found = strata("preview", "DE", "--set", "dimensions.valeu.borders=[1, 2]", "--publish", root)
    assert found.code == 2
    assert "valeu" in found.err
    assert "champs" in strata(
        "preview", "DE", "--set", "dimensions.lifecycle.segments.champs.when=orders > 1", "--publish", root
    ).err  # fmt: skip
    assert "is no setting" in strata("preview", "DE", "--set", "dimensions", "--publish", root).err


# --- profile diff -----------------------------------------------------------------------------------------------------


def said(strata, *settings):
    arguments = [part for one in settings for part in ("--set", one)]
    return strata("profile", "diff", "DE", *arguments).out.splitlines()


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("dimensions.value.borders=[200, 900]", "value: border mid to high 1,000 -> 900"),
        ("dimensions.lifecycle.segments.loyal.when=orders > 9",
         "lifecycle: rule of loyal: r_score >= 3 and f_score >= 3 -> orders > 9"),
        ("dimensions.cities={kind: trait, trait: city}", "new dimension cities: values of city"),
        ("traits.window=all", "traits.window: 24 -> all"),
        ("audiences.win_back.channels=[email]", "audience win_back loses channel sms"),
        ("dimensions.value.hysteresis=0.1", "value: hysteresis 0.05 -> 0.1"),
    ],
)  # fmt: skip
def test_a_change_is_said_in_words(strata, setting, text):
    assert text in said(strata, setting)


def test_files_of_two_markets_are_compared_by_what_they_resolve_to(strata, tmp_path):
    teams = "teams:\n  - {name: crm, locales: [de-DE], grants: [customers%s]}\n"
    for name, more in (("old", ""), ("new", ", names")):
        (tmp_path / f"{name}.yaml").write_text("market: {country: DE}\n" + teams % more, encoding="utf-8")
    found = strata("profile", "diff", tmp_path / "old.yaml", tmp_path / "new.yaml")
    assert found.out.splitlines() == ["team crm gets grant names"]
    told = json.loads(strata("profile", "diff", tmp_path / "old.yaml", tmp_path / "new.yaml", "--json").out)
    assert [(one["path"], one["text"]) for one in told] == [("teams[crm].grants", "team crm gets grant names")]
    assert strata("profile", "diff", tmp_path / "old.yaml", tmp_path / "old.yaml").out.strip() == "no difference"
    assert "no such file" in strata("profile", "diff", tmp_path / "none.yaml", "DE").err


def test_two_markets_are_compared_by_path(strata):
    assert "market.country is DE in DE, CH in CH" in strata("profile", "diff", "DE", "CH").out
