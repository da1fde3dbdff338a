"""Codes of clusters over a market's months: never used twice, never set beside codes that stand for others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from flows.planning.runs import plan
from flows.publishing.market import stratify_market
from tasks.objects import open_store
from tasks.publish.publication import find_previous
from tasks.publish.reading import read_current
from tests.tills import profile, sales

MARCH, APRIL, MAY, JUNE = date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30)
#: Of the built-in profile's dimensions.
KEPT = ("lifecycle", "cluster")
MORE = """
prediction: {on: false}
clusters: {traits: [recency_days, lifetime_frequency], minimum_customers: %d, k: 2, accept_unstable: true}
comparisons: [%s]
stratum: {dimensions: [%s]}
"""


@dataclass
class Market:
    """DE in a folder of its own, run as of one month's end after another."""

    folder: Path

    def run(
        self, as_of: date, *, minimum: int = 100, comparisons: str = "", stratum: str = "lifecycle"
    ) -> dict[str, Any]:
        """The notes of the month's publication."""
        landing, profiles = self.folder / str(as_of), self.folder / "profiles"
        for path, text in (
            (profiles / "markets" / "de.yaml", profile(KEPT, MORE % (minimum, comparisons, stratum))),
            (landing / "DE" / "sales.csv", sales(as_of, strangers=70)),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        places = {"landing": str(landing), "publish": str(self.publish), "profiles": str(profiles)}
        (run,) = plan(["DE"], as_of=as_of, **places)
        assert stratify_market(run).state == "published"
        return read_current(open_store(self.publish), "DE")[1].notes

    @property
    def publish(self) -> str:
        return str(self.folder / "published")

    def rows(self, as_of: date, name: str) -> list[dict[str, Any]]:
        (path,) = (self.folder / "published" / "country=DE" / f"as_of={as_of}").glob(f"*/canonical/{name}.parquet")
        return pq.read_table(path).to_pylist()


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Market]]:
    """A function that gives a market which nobody has run yet."""
    with pytest.MonkeyPatch.context() as patch:

        def fresh() -> Market:
            folder = tmp_path_factory.mktemp("market")
            patch.setenv("STRATA_WORK", str(folder / "work"))
            return Market(folder)

        yield fresh


@pytest.fixture(scope="module")
def year(market: Callable[[], Market]) -> Year:
    """Four months of a market, whose clusters are refused in the third; their notes."""
    made = market()
    return made, {
        MARCH: made.run(MARCH),
        APRIL: made.run(APRIL, comparisons="previous, last_year"),
        MAY: made.run(MAY, minimum=1000),
        JUNE: made.run(JUNE, comparisons="previous"),
    }


Year = tuple[Market, dict[date, dict[str, Any]]]


def codes(notes: dict[str, Any]) -> set[str]:
    return {one["code"] for one in notes["predicted"]["clusters"]["clusters"]}


def dimensions_of(rows: list[dict[str, Any]]) -> dict[str, set[str]]:
    """By comparison, the dimensions that have rows."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["anchor"], set()).add(row["dimension"])
    return found


def test_codes_of_before_a_refused_month_do_not_come_back_after_it(year: Year) -> None:
    _, notes = year
    assert (codes(notes[MARCH]), codes(notes[APRIL])) == ({"c1", "c2"},) * 2
    refused = notes[MAY]["predicted"]["clusters"]
    assert (refused["refused"], refused["last"]) == ("too_few_customers", 2)
    assert codes(notes[JUNE]) == {"c3", "c4"}


def test_the_id_of_a_publication_after_a_refusal_digests_the_codes_that_are_used_up(year: Year) -> None:
    market, _ = year
    before = {as_of: find_previous(open_store(market.publish), "DE", as_of) for as_of in (MAY, JUNE)}
    assert before[MAY].last_cluster == 0, "its own customers tell it"
    assert before[JUNE].last_cluster == 2
    assert ["clusters_before" in before[as_of].references for as_of in (MAY, JUNE)] == [False, True]
    assert read_current(open_store(market.publish), "DE")[1].references.items() >= before[JUNE].references.items()


@pytest.mark.parametrize("name", ["comparisons", "flows"])
def test_clusters_are_compared_with_the_publication_before_and_not_with_last_year(year: Year, name: str) -> None:
    market, _ = year
    found = dimensions_of(market.rows(APRIL, name))
    assert {one: "cluster" in dimensions for one, dimensions in found.items()} == {"previous": True, "last_year": False}
    assert all("lifecycle" in dimensions for dimensions in found.values())


def test_clusters_are_not_compared_with_a_publication_that_had_none(year: Year) -> None:
    market, _ = year
    assert "cluster" not in dimensions_of(market.rows(JUNE, "comparisons"))["previous"]


def test_a_market_whose_stratum_stands_on_clusters_is_compared_where_they_can_be_matched(
    market: Callable[[], Market],
) -> None:
    made = market()
    made.run(MARCH, stratum="cluster")
    made.run(APRIL, stratum="cluster", comparisons="previous, last_year")
    assert dimensions_of(made.rows(APRIL, "comparisons")).keys() == {"previous"}
