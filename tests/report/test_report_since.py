"""The second month's report tells what the audiences of the first, and their holdout, did since: whole runs."""

from __future__ import annotations

import re
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from flows.backfilling.foresight import facts_now
from flows.planning.runs import plan
from flows.publishing.market import stratify_market
from tasks.objects import open_store
from tasks.publish.changes import Facts, changes
from tasks.publish.publication import find_previous
from tasks.publish.reading import read_current
from tests.gate.shop import PROFILE, Till, month_end

FIRST, SECOND = month_end(1), month_end(2)
LISTS = "buyers: {when: 'orders > 0', purpose: service}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Two months of the small shop with half of its customers held out; the second run, and its publish root.

    Nothing says since when customers are listed, and in the second month there is one more, who has not bought.
    """
    root = tmp_path_factory.mktemp("since")
    (root / "profiles" / "markets").mkdir(parents=True)
    parts = {"dimensions": "", "audiences": LISTS}
    text = (PROFILE % parts) + "holdout: {share: 0.5, minimum: 5}\n"
    changed = {
        "formats: [csv]": "formats: [html]",
        ", registered: since": "",
        "comparisons: []": "comparisons: [previous]",
    }
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    (root / "profiles" / "markets" / "de.yaml").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRATA_WORK", str(root / "work"))
        for day in (FIRST, SECOND):
            landing = Till(day, share=0.5).write(root / "landing" / str(day))
            if day == SECOND:
                with (landing / "DE" / "customers" / "customers.csv").open("a", encoding="utf-8") as file:
                    file.write("M9999;1980-05-01;\n")
            publish, profiles = str(root / "published"), str(root / "profiles")
            (run,) = plan(["DE"], as_of=day, landing=str(landing), publish=publish, profiles=profiles)
            assert stratify_market(run).state == "published"
    return root, run


def test_results_by_audience_are_those_of_the_lists_that_were_published(shop):
    root, _ = shop
    store = open_store(str(root / "published"))
    folders = {day: next((root / "published" / "country=DE" / f"as_of={day}").iterdir()) for day in (FIRST, SECOND)}
    then, now = (pq.read_table(folders[day] / "canonical/customers.parquet").to_pylist() for day in (FIRST, SECOND))
    lists = pq.read_table(folders[FIRST] / "canonical/audiences.parquet").to_pylist()
    before = {row["customer_id"]: row["lifetime_orders"] for row in then}
    since = {row["customer_id"] for row in now if row["lifetime_orders"] > before.get(row["customer_id"], 0)}
    held = [row["customer_id"] in since for row in lists if row["audience"] == "buyers" and row["holdout"] == "yes"]
    assert len(held) > 10
    _, manifest = read_current(store, "DE")
    (report,) = (export.path for export in manifest.exports if export.path.endswith("_report.html"))
    page = (folders[SECOND] / report).read_text("utf-8").split('<section id="results"')[1].split("</section>")[0]
    told = re.findall(r"<t[hd][^>]*>(?:<bdi>)?buyers(?:</bdi>)?</t[hd]>.*?</tr>", page, re.DOTALL)
    assert told, "no row of the audience"
    assert any(re.search(rf">{len(held)}<", row) for row in told)


def test_who_is_listed_without_a_day_was_known_when_they_were_published_and_not_before(shop):
    root, _ = shop
    folders = {day: next((root / "published" / "country=DE" / f"as_of={day}").iterdir()) for day in (FIRST, SECOND)}

    def read(day, name):
        return pq.read_table(folders[day] / "canonical" / f"{name}.parquet").to_pylist()

    then, now = ({row["customer_id"]: row["segment_lifecycle"] for row in read(day, "customers")} for day in folders)
    (new,) = now.keys() - then.keys()
    prospects = sum(segment == "prospect" for segment in then.values())
    assert prospects > 10
    compared = [
        row["customers"]
        for row in read(SECOND, "comparisons")
        if (row["anchor"], row["dimension"], row["segment"]) == ("previous", "lifecycle", "prospect")
    ]
    assert compared == [prospects]
    moves = [row for row in read(SECOND, "membership") if row["dimension"] == "lifecycle"]
    assert {(row["move"], row["cause"], row["restated"]) for row in moves if row["customer_id"] == new} == {
        ("enter", "customer", None)
    }
    assert {row["restated"] for row in moves} == {None}


def test_the_lists_of_the_publication_before_are_part_of_the_identity(shop):
    root, run = shop
    store = open_store(str(root / "published"))
    previous = find_previous(store, "DE", SECOND)
    _, manifest = read_current(store, "DE")
    assert manifest.references["audiences_before"] == previous.audiences[1]
    foreseen = facts_now(run, root / "drops").facts
    assert not changes(Facts.of(manifest), foreseen)
    other = replace(foreseen, references={**foreseen.references, "audiences_before": "0" * 64})
    assert changes(Facts.of(manifest), other) == ("the publication before",)
