"""A preview says what a run under the changed profile would do, without the dimensions that do not change."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from region_profiles.loader import load_profile
from region_profiles.setting import with_settings
from tasks.engine import DuckDB, open_duckdb
from tasks.errors import ProfileError
from tasks.segment.market import save, segment
from tasks.segment.preview import needs_run, preview
from tasks.segment.sides import Current, Described

D = Decimal
AS_OF = date(2021, 2, 20)
_MADE = []


@pytest.fixture
def published(traits_from, people, tmp_path_factory):
    """Profile and files of two thousand generated customers, with consent and nobody held out of their group; once."""
    if not _MADE:
        folder, engine = tmp_path_factory.mktemp("previewed"), DuckDB(open_duckdb("500MB", 2).cursor())
        rows = [{**one, "consent_email": "yes" if number % 2 else "no"} for number, one in enumerate(people)]
        profile = load_profile("DE")
        made = segment(engine, profile, traits_from(engine, rows), None, AS_OF)
        save(engine, made, folder)
        _MADE.append((profile, Current(folder / "customers.parquet", AS_OF), engine, folder))
    return _MADE[0]


def changed(*settings):
    return with_settings("DE", settings).profile


def look(published, after):
    profile, current, engine, _ = published
    return preview(engine, current, profile, after)


def run_again(published, after):
    """What a run would make of the same traits, against the published customers."""
    _, current, engine, folder = published
    from tasks.catalogue import CATALOGUE, EXACT
    from tasks.traits.customer import TraitsResult

    table = engine.read_parquet(current.customers)
    base = table.mutate(**{exact: table[name].cast("decimal(38, 6)") for name, exact in EXACT.items()})
    traits = TraitsResult(base.select(*CATALOGUE, *EXACT.values()), {}, (), {})
    made = segment(engine, after, traits, table, AS_OF)
    (folder / "again").mkdir(exist_ok=True)
    save(engine, made, folder / "again")
    return folder / "again"


def test_a_preview_without_a_change_moves_nobody(published):
    found = look(published, published[0])
    assert found.moves == ()
    assert all((size.before, size.revenue_before) == (size.after, size.revenue_after) for size in found.sizes)
    assert sum(size.after for size in found.sizes if size.dimension == "value") == found.customers == 2000
    assert all(one.listed_before == one.listed_after for one in found.audiences)
    assert found.warnings == ()


def test_sizes_moves_strata_and_audiences_are_those_of_a_run(published):
    after = changed(
        "dimensions.value.borders=[200, 4000]",
        "dimensions.lifecycle.segments.champions.when=r_score = 5",
        "audiences.win_back.channels=[email]",
    )
    found, folder = look(published, after), run_again(published, after)
    before, made = (pq.read_table(path).to_pylist() for path in (published[1].customers, folder / "customers.parquet"))
    for name in ("lifecycle", "value", "language", "stratum"):
        column = name if name == "stratum" else f"segment_{name}"
        sizes = {size.segment: (size.before, size.after) for size in found.sizes if size.dimension == name}
        for code, (one, two) in sizes.items():
            assert one == sum(row[column] == code for row in before), (name, code)
            assert two == sum(row[column] == code for row in made), (name, code)
        moved = {}
        for old, new in zip(before, made, strict=True):
            if old[column] != new[column]:
                moved.setdefault((old[column], new[column]), []).append(old)
        told = {(move.before, move.after): move for move in found.moves if move.dimension == name}
        assert {pair: move.customers for pair, move in told.items()} == {
            pair: len(rows) for pair, rows in moved.items()
        }
        for pair, move in told.items():
            assert list(move.examples) == [row["customer_id"] for row in moved[pair][:3]]
            assert move.revenue == sum((row["monetary_local"] or D(0) for row in moved[pair]), D(0))
    listed = pq.read_table(folder / "audiences.parquet").to_pylist()
    for one in found.audiences:
        mine = [row for row in listed if row["audience"] == one.audience]
        assert (one.listed_after, one.contacted_after) == (len(mine), sum(row["holdout"] == "no" for row in mine))


def test_consent_decides_whom_one_may_write_to(published):
    found = look(published, changed("audiences.win_back.channels=[email]", "audiences.win_back.holdout=false"))
    (one,) = [one for one in found.audiences if one.audience == "win_back"]
    rows = pq.read_table(published[1].customers).to_pylist()
    asked = [
        row for row in rows if row["segment_lifecycle"] in {"at_risk", "cannot_lose", "about_to_sleep", "hibernating"}
    ]
    assert one.listed_after == one.contacted_after == sum(row["consent_email"] == "yes" for row in asked)
    assert one.contacted_before < one.contacted_after


def test_new_cuts_of_scores_move_those_whose_rules_read_scores(published):
    found = look(published, changed("traits.scores.monetary.bins=2"))
    assert {move.dimension for move in found.moves} <= {"lifecycle", "account_lifecycle", "stratum"}
    assert found.moves


def test_a_dimension_that_is_new_or_gone_has_one_side(published):
    after = changed("dimensions.cities={kind: trait, trait: city, most: 3}")
    sizes = [size for size in look(published, after).sizes if size.dimension == "cities"]
    assert sizes
    assert {size.before for size in sizes} == {None}
    assert sum(size.after for size in sizes) == 2000
    less = after.model_copy(
        update={"dimensions": {k: v for k, v in published[0].dimensions.items() if k != "language"}}
    )
    assert {size.after for size in look(published, less).sizes if size.dimension == "language"} == {None}


def test_warnings_name_dead_rules_and_small_segments(published):
    after = changed(
        "dimensions.lifecycle.segments.loyal.when=r_score = 0",
        "dimensions.value.borders=[200, 900000]",
        "privacy.minimum_count=1999",
    )
    found = {(one.code, one.dimension, one.segment) for one in look(published, after).warnings}
    assert {("dead", "lifecycle", "loyal"), ("small", "value", "mid")} <= found


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ("traits.window=12", "traits.window"),
        ("money.reporting_currency=EUR", "money.reporting_currency"),
        ("prediction.horizon_days=90", "prediction.horizon_days"),
        ("plausibility.first_date=2020-01-01", "plausibility.first_date"),
    ],
)
def test_what_needs_the_purchases_is_refused_with_what_to_do(published, setting, path):
    after = changed(setting)
    assert needs_run(published[0], after) == (path,)
    with pytest.raises(ProfileError, match="give --landing") as refused:
        look(published, after)
    assert refused.value.path == path


def test_customers_described_again_are_compared_by_id(published, traits_from):
    profile, current, engine, _ = published
    rows = [{"orders": 1, "lifetime_orders": 1, "monetary_ppp": D(5000), "monetary_local": D(50), "r_score": 5}] * 2000
    again = Described(traits_from(engine, rows).customers, {})
    found = preview(engine, current, profile, changed("traits.window=12"), again)
    (high,) = [size for size in found.sizes if (size.dimension, size.segment) == ("value", "high")]
    assert (high.after, high.revenue_after) == (2000, D(100000))


def test_a_preview_is_json(published):
    told = look(published, changed("dimensions.value.borders=[200, 4000]")).as_dict()
    assert json.loads(json.dumps(told))["as_of"] == "2021-02-20"
