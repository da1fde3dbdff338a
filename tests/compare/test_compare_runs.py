"""A profile that changes between two publications: its moves are told as rule, others as customers': whole runs."""

from __future__ import annotations

from importlib import resources

import pyarrow.parquet as pq
import pytest
import yaml

from flows.planning.runs import plan
from flows.publishing.market import stratify_market
from tests.gate.shop import KEPT, PROFILE, Till, month_end

FIRST, SECOND = month_end(1), month_end(2)
#: `habit` is drawn anew by the change and `tempo` is not; `old` goes and `young` comes with the profile.
BEFORE, AFTER = "lifetime_orders >= 3", "lifetime_orders >= 4"
MUCH = "{code: much, when: 'lifetime_orders >= 6'}"
RULES = "{kind: rules, segments: [%s, {code: some, when: '%s'}], else: few}"


def rules(when, **others):
    """The shop's profile with `habit` by a condition; no other built-in dimension than KEPT and demography."""
    base = yaml.safe_load(resources.files("region_profiles").joinpath("base.yaml").read_text("utf-8"))
    kept = (*KEPT, "demography")
    own = {"habit": when, "tempo": "recency_days <= 14", **others}
    made = {
        "dimensions": ", ".join(
            [*(f"{name}: {RULES % (MUCH, one)}" for name, one in own.items())]
            + [f"{one}: null" for one in base["dimensions"] if one not in kept]
        ),
        "audiences": ", ".join(f"{one}: null" for one in base["audiences"]),
    }
    return (PROFILE % made).replace("comparisons: []", "comparisons: [previous]")


def publish(root, to, day, profile, *, births=True):
    """Publish the shop as of a day; the rows of a canonical file by its name."""
    folder = root / to / str(day)
    (folder / "profiles" / "markets").mkdir(parents=True)
    (folder / "profiles" / "markets" / "de.yaml").write_text(profile, encoding="utf-8")
    landing = Till(day).write(folder / "landing")
    if not births:
        people = landing / "DE" / "customers" / "customers.csv"
        head, *rows = [line.split(";") for line in people.read_text("utf-8").splitlines()]
        lines = [head, *([number, "", since] for number, _, since in rows)]
        people.write_text("".join(";".join(line) + "\n" for line in lines), encoding="utf-8")
    published, profiles = root / to / "published", str(folder / "profiles")
    (run,) = plan(["DE"], as_of=day, landing=str(landing), publish=str(published), profiles=profiles)
    assert stratify_market(run).state == "published"
    (found,) = (published / "country=DE" / f"as_of={day}").iterdir()
    return lambda name: pq.read_table(found / "canonical" / f"{name}.parquet").to_pylist()


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Rows of the first month, of the second under other rules and without birth dates, and of the first under them."""
    root = tmp_path_factory.mktemp("ruled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRATA_WORK", str(root / "work"))
        then = publish(root, "own", FIRST, rules(BEFORE, old="lifetime_orders >= 2"))
        after = rules(AFTER, young="lifetime_orders >= 2")
        now = publish(root, "own", SECOND, after, births=False)
        again = publish(root, "again", FIRST, after, births=False)
    return then, now, again


def segments(read, dimension):
    return {row["customer_id"]: row[f"segment_{dimension}"] for row in read("customers")}


def moves(read, dimension):
    return {row["customer_id"]: row for row in read("membership") if row["dimension"] == dimension}


def test_like_segment_is_what_the_first_date_gives_under_the_new_rules(shop):
    _, now, again = shop
    for dimension in ("habit", "tempo", "young"):
        found, expected = moves(now, dimension), segments(again, dimension)
        assert found
        assert {who: row["like_segment"] for who, row in found.items()} == {who: expected[who] for who in found}


def test_only_those_whom_the_change_alone_moved_are_told_as_rule(shop):
    then, now, again = (segments(read, "habit") for read in shop)
    expected = {
        who: ("rule" if like != then[who] and like == now[who] else "customer", "rule" if like != then[who] else None)
        for who, like in again.items()
        if now[who] != then[who]
    }
    found = {who: (row["cause"], row["restated"]) for who, row in moves(shop[1], "habit").items()}
    assert found == expected
    assert set(expected.values()) == {("rule", "rule"), ("customer", "rule"), ("customer", None)}


def test_a_dimension_that_the_profile_left_alone_is_moved_by_customers_only(shop):
    then, now, _ = (segments(read, "tempo") for read in shop)
    found = {who: (row["cause"], row["restated"]) for who, row in moves(shop[1], "tempo").items()}
    assert found == {who: ("customer", None) for who in now if now[who] != then[who]}


@pytest.mark.parametrize("dimension", ["old", "demography"])
def test_a_dimension_that_goes_with_the_profile_or_the_data_is_left_by_everybody_by_rule(shop, dimension):
    then, now, _ = shop
    assert f"segment_{dimension}" not in now("customers")[0]
    told = ("segment", "previous_segment", "like_segment", "move", "cause", "definition")
    assert {who: tuple(row[name] for name in told) for who, row in moves(now, dimension).items()} == {
        who: (None, before, None, "exit", "rule", None) for who, before in segments(then, dimension).items()
    }


def test_a_dimension_that_comes_is_entered_by_everybody_by_rule(shop):
    told = ("segment", "previous_segment", "move", "cause")
    assert {who: tuple(row[name] for name in told) for who, row in moves(shop[1], "young").items()} == {
        who: (segment, None, "enter", "rule") for who, segment in segments(shop[1], "young").items()
    }
