"""Explanations agree with what was published, and say what would have had to differ."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.telling.wording import wording
from region_profiles.loader import load_profile
from tasks.engine import DuckDB, open_duckdb
from tasks.errors import Terminal
from tasks.files import parquet
from tasks.segment.columns import explain_segment, write
from tasks.segment.explain import Published, explain
from tasks.segment.language import parse
from tasks.segment.market import save, segment
from tasks.segment.nearly import wishes
from tasks.segment.own import Own
from tasks.segment.telling import differing, told
from tasks.traits.scores import Cuts

D = Decimal
AS_OF = date(2021, 2, 20)
_MADE = []
#: Persons' recency: 5 up to 30 days, 4 up to 60, 3 up to 90, 2 up to 365; who is at a border has the higher score.
RECENCY = Cuts(
    "r_score", "recency_days", "quantiles", 5, None, reached=False, counts={}, without=0,
    cuts={0: (D(-366), D(-91), D(-61), D(-31))},
)  # fmt: skip


@pytest.fixture
def published(traits_from, people, tmp_path_factory):
    """Profile and files of two thousand generated customers, scored so that cuts and scores belong together; once."""
    if not _MADE:
        folder, engine = tmp_path_factory.mktemp("explained"), DuckDB(open_duckdb("500MB", 2).cursor())
        rows = [one | ({"r_score": _recency(one["recency_days"])} if one.get("r_score") else {}) for one in people]
        profile = load_profile("DE")
        made = segment(engine, profile, traits_from(engine, rows, cuts=(RECENCY,)), None, AS_OF)
        notes = {"segments": save(engine, made, folder)}
        files = Published(AS_OF, folder / "customers.parquet", notes, None, folder / "audiences.parquet")
        _MADE.append((profile, files))
    return _MADE[0]


def _recency(days):
    return 5 if days <= 30 else 4 if days <= 60 else 3 if days <= 90 else 2 if days <= 365 else 1


def rows_of(published, **wanted):
    rows = pq.read_table(published[1].customers).to_pylist()
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def placed(found, dimension):
    return next(one for one in found.placements if one.dimension == dimension)


# --- the segment and its rule -----------------------------------------------------------------------------------------


def test_every_customer_s_explanation_names_the_published_segment_and_its_rule(published):
    profile, files = published
    for row in rows_of(published)[::40]:
        found = explain(files, profile, row["customer_id"])
        assert {one.dimension: one.segment for one in found.placements} == {
            **{name: row.get(f"segment_{name}") for name in profile.dimensions},
            "stratum": row["stratum"],
        }
        assert {one.why for one in found.placements}.isdisjoint({"changed", "personal"})
        lifecycle = placed(found, "lifecycle")
        matched = [rule.segment for rule in lifecycle.rules if rule.outcome == "matched"]
        assert matched == ([] if row["segment_lifecycle"] == "lost" else [row["segment_lifecycle"]])


def test_of_a_rule_that_matched_every_condition_holds_with_the_customer_s_values(published):
    profile, files = published
    row = rows_of(published, segment_lifecycle="at_risk")[0]
    rule = placed(explain(files, profile, row["customer_id"]), "lifecycle").rules[0]
    assert (rule.rule, rule.outcome) == ("r_score <= 2 and f_score >= 2", "matched")
    assert [(part.condition, dict(part.values), part.holds) for part in rule.parts] == [
        ("r_score <= 2", {"r_score": row["r_score"]}, True),
        ("f_score >= 2", {"f_score": row["f_score"]}, True),
    ]


def test_a_person_is_outside_of_the_dimensions_of_accounts(published):
    profile, files = published
    found = explain(files, profile, rows_of(published)[0]["customer_id"])
    assert placed(found, "account_lifecycle").why == "outside"


def test_a_dimension_that_is_off_says_why_and_the_others_stand(published):
    profile, files = published
    notes = {
        **files.notes["segments"],
        "dimensions_off": {"place": {"code": "off", "reason": "no places", "trait": "city_size"}},
    }
    table = pq.read_table(files.customers).drop_columns(["segment_place"])
    path = files.customers.with_name("less.parquet")
    pq.write_table(table, path)
    found = explain(replace(files, customers=path, notes={"segments": notes}), profile, table["customer_id"][0].as_py())
    place = placed(found, "place")
    assert (place.segment, place.why, place.facts["reason"]) == (None, "off_off", "no places")
    assert placed(found, "lifecycle").segment is not None


def test_a_prospect_has_no_scores_and_no_tier_and_nothing_fails(published):
    profile, files = published
    row = rows_of(published, segment_lifecycle="prospect")[0]
    found = explain(files, profile, row["customer_id"])
    assert placed(found, "value").why == "nobody"
    assert [score.points for score in found.scores] == [None]
    assert found.nulls["r_score"] == {"code": "unknown", "reason": None}


def test_a_changed_profile_does_not_change_the_rules_that_decided(published):
    profile, files = published
    row = rows_of(published, segment_lifecycle="at_risk")[0]
    lifecycle = profile.dimensions["lifecycle"]
    first = lifecycle.segments[0].model_copy(update={"when": "orders > 0"})
    changed = lifecycle.model_copy(update={"segments": (first, *lifecycle.segments[1:])})
    today = profile.model_copy(update={"dimensions": {**profile.dimensions, "lifecycle": changed}})
    assert placed(explain(files, today, row["customer_id"]), "lifecycle").why == "rule"
    unknown = replace(files, notes={})  # a publication whose manifest tells no rules
    why = placed(explain(unknown, today, row["customer_id"]), "lifecycle")
    assert (why.why, why.facts["today"]) == ("changed", "net_negative")


def test_a_rule_on_what_is_in_no_publication_asks_for_the_landing(published, tmp_path):
    profile, files = published
    table = pq.read_table(files.customers).drop_columns(["gender"])
    women = "gender = 'female'"
    first = profile.dimensions["lifecycle"].segments[0].model_copy(update={"code": "women", "when": women})
    rules = profile.dimensions["lifecycle"].model_copy(update={"segments": (first,)})
    today = profile.model_copy(update={"dimensions": {"lifecycle": rules}})
    column = table.column_names.index("segment_lifecycle")
    table = table.set_column(column, "segment_lifecycle", pa.array(["women"] * table.num_rows))
    pq.write_table(table, tmp_path / "customers.parquet")
    who = table["customer_id"][0].as_py()
    files = Published(AS_OF, tmp_path / "customers.parquet", {})
    why = placed(explain(files, today, who), "lifecycle")
    assert (why.why, why.facts["traits"]) == ("personal", ["gender"])
    pq.write_table(
        pa.table({"customer_id": [who], "gender": ["female"], "member_number": ["7"], "counted_as": ["7"]}),
        tmp_path / "traits.parquet",
    )
    lines = "(SELECT * FROM (VALUES (NULL)) t(member_number) WHERE false)"
    for name in ("local_date", "order_id", "line_id", "kind", "net", "gross", "currency", "rate_date",
                 "returned_order_id", "file", "record"):  # fmt: skip
        lines = lines.replace("SELECT *", f"SELECT *, NULL AS {name}", 1)
    own = Own(tmp_path / "traits.parquet", lines, {})
    assert placed(explain(files, today, who, own=own), "lifecycle").why == "rule"


def test_nobody_of_that_number_is_an_error_that_helps(published):
    with pytest.raises(Terminal, match="zeros intact"):
        explain(published[1], published[0], "0")


# --- what would have had to differ ------------------------------------------------------------------------------------


def test_nearly_matched_rules_fail_in_one_condition_and_come_nearest_first(published):
    profile, files = published
    found = explain(files, profile, rows_of(published, segment_lifecycle="at_risk", r_score=2)[0]["customer_id"])
    nearly = [rule for rule in placed(found, "lifecycle").rules if rule.outcome == "nearly"]
    assert nearly
    assert [rule.distance for rule in nearly] == sorted(rule.distance for rule in nearly)
    for rule in nearly:
        assert sum(not part.holds for part in rule.parts) == 1


def test_a_score_says_what_it_means_in_days():
    """Cuts at 91 and 61 days: a score of 4 is up to 60 days."""
    row = {"r_score": 3, "recency_days": 75}
    (wish,) = wishes(parse("r_score >= 4"), row, [RECENCY.as_dict()])
    assert (wish.value, wish.need, wish.needed) == (3, "at_least", 4)
    assert (wish.basis.trait, wish.basis.value, wish.basis.need, wish.basis.needed) == (
        "recency_days",
        75,
        "at_most",
        60,
    )
    (lower,) = wishes(parse("r_score <= 2"), row, [RECENCY.as_dict()])
    assert (lower.basis.need, lower.basis.needed) == ("at_least", 91)


@pytest.mark.parametrize(
    ("rule", "row", "expected"),
    [
        ("orders > 4", {"orders": 2}, [("orders", "at_least", D(5))]),
        ("monetary_ppp < 200", {"monetary_ppp": D(250)}, [("monetary_ppp", "at_most", D("199.99"))]),
        ("language IN ('de', 'fr')", {"language": "en"}, [("language", "one_of", ("de", "fr"))]),
        ("NOT (orders >= 3)", {"orders": 5}, [("orders", "at_most", D(2))]),
        ("loyalty_tier IS NOT NULL", {"loyalty_tier": None}, [("loyalty_tier", "known", None)]),
        ("f_score = 2 OR m_score >= 3", {"f_score": 5, "m_score": 2}, [("m_score", "at_least", D(3))]),
        ("(orders > 4 AND frequency > 1) OR orders > 100", {"orders": 4, "frequency": 1},
         [("orders", "at_least", D(5)), ("frequency", "at_least", D(2))]),
        ("3 <= orders", {"orders": 2}, [("orders", "at_least", D(3))]),
        ("language <> 'de'", {"language": "de"}, [("language", "other", "de")]),
        ("orders > 1", {"orders": None}, [("orders", "at_least", D(2))]),
        ("orders > 1", {"orders": 2}, []),
        ("FALSE", {}, []),
    ],
)  # fmt: skip
def test_what_would_have_to_differ(rule, row, expected):
    assert [(one.trait, one.need, one.needed) for one in wishes(parse(rule), row)] == expected


def test_a_tier_kept_by_hysteresis_says_so(duck, traits_from, tmp_path):
    traits = traits_from(duck, [{"orders": 1, "lifetime_orders": 1, "monetary_ppp": D("195"), "r_score": 3}])
    previous = duck.to_arrow(traits.customers.select("customer_id")).append_column("segment_value", pa.array(["mid"]))
    made = segment(duck, load_profile("DE"), traits, duck.from_arrow(previous, "previous"), AS_OF)
    save(duck, made, tmp_path)
    files = Published(AS_OF, tmp_path / "customers.parquet", {"segments": made.notes})
    value = placed(explain(files, load_profile("DE"), "id00000"), "value")
    assert (value.segment, value.why) == ("mid", "kept")
    assert {name: value.facts[name] for name in ("alone", "low", "high")} == {"alone": "low", "low": 190, "high": 1050}
    low, high = value.rules
    assert (low.segment, low.rule) == ("low", "monetary_ppp <= 189.99")
    assert (high.segment, high.rule) == ("high", "monetary_ppp >= 1050")


# --- words ------------------------------------------------------------------------------------------------------------


def with_lines(tmp_path, row):
    line = {
        **dict.fromkeys(("line_id", "returned_order_id")),
        "member_number": row["member_number"], "local_date": AS_OF, "rate_date": AS_OF, "order_id": "B7",
        "kind": "sale", "net": D(10), "gross": D("11.9"), "currency": "EUR", "file": 0, "record": 17,
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist([line]), tmp_path / "lines.parquet")
    traits = {name: [row[name]] for name in ("customer_id", "member_number")} | {"counted_as": [row["member_number"]]}
    pq.write_table(pa.table(traits), tmp_path / "traits.parquet")
    rate = {"to_local": D(1), "to_reference": D("1.2"), "to_ppp": D("1.4"), "to_usd": D("1.2"), "rate_quality": "ecb"}
    return Own(tmp_path / "traits.parquet", parquet(tmp_path / "lines.parquet"), {("EUR", AS_OF): rate}, ("sales.csv",))


def test_source_rows_come_with_their_file_and_the_rate_of_their_day(published, tmp_path):
    profile, files = published
    row = rows_of(published, segment_lifecycle="at_risk")[0]
    (line,) = explain(files, profile, row["customer_id"], own=with_lines(tmp_path, row)).as_dict()["lines"]
    assert (line["source"], line["record"], line["gross"]) == ("sales.csv", 17, "11.9")
    assert (line["to_reference"], line["rate_quality"], line["rate_date"]) == ("1.2", "ecb", "2021-02-20")


def test_told_in_english_with_codes_for_whoever_works_here(published, tmp_path):
    profile, files = published
    row = max(rows_of(published, segment_lifecycle="at_risk", r_score=2), key=lambda one: one["recency_days"])
    found = explain(files, profile, row["customer_id"], own=with_lines(tmp_path, row))
    text = told(found, wording(profile, None))
    assert f"Customer {row['member_number']} ({row['customer_id']}), DE, as of 2021-02-20" in text
    assert "because this rule holds, and none before it: r_score <= 2 and f_score >= 2" in text
    assert (
        f"r_score 2 instead of at least 3 (that is, recency_days {row['recency_days']} instead of at most 90)" in text
    )
    assert "net 10.00, gross 11.90 EUR; order B7; sales.csv, record 17" in text
    assert "with tax)" in text
    assert "with tax)" not in told(found, wording(profile, None), untaxed=True)


def test_told_in_the_reader_s_language_and_forms(published):
    profile, files = published
    row = rows_of(published, segment_lifecycle="at_risk")[0]
    text = told(explain(files, profile, row["customer_id"]), wording(profile, "de-DE"))
    assert "20.02.2021" in text
    assert "Kundenlebenszyklus: Abwanderungsgefährdete Kunden" in text
    assert "%(" not in text


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            {"code": "few_holdout_purchases", "purchases": 12.0, "minimum": 30},
            "customers bought on only 12 days in all, and 30 are needed",
        ),
        ({"code": "no_backtest"}, "could not be tested on this market's past, so they have no grade"),
    ],
)
def test_predictions_without_a_grade_say_so_in_words_and_why(published, reason, said):
    profile, files = published
    weak = {"code": "weak", "reason": "", "grade": "none", "share": None, "trait": "churn_risk"}
    of = {"fit": {"model": "nbd"}, "grade": "none", "reasons": [{"code": "no_death"}, reason], "horizon_days": 365}
    segments = {**files.notes["segments"], "dimensions_off": {"churn_risk": weak}}
    notes = {"segments": segments, "predicted": {"prediction": {"person": of}}}
    who = rows_of(published)[0]["customer_id"]
    table = pq.read_table(files.customers)
    gone = [name for name in ("segment_churn_risk",) if name in table.column_names]
    path = files.customers.with_name("ungraded.parquet")
    pq.write_table(table.drop_columns(gone), path)
    found = explain(replace(files, customers=path, notes=notes), profile, who)
    for locale in (None, "en-GB"):
        text = told(found, wording(profile, locale))
        assert "grade none" not in text
        assert "%(" not in text
        (off,) = (line for line in text.splitlines() if "switched off" in line and "without a grade" in line)
        assert "too little history for a backtest" in off
        assert said in text
        assert "leave for good" not in text  # what else is to know of the model is the report's
    graded = {**notes, "segments": {**segments, "dimensions_off": {"churn_risk": {**weak, "grade": "D"}}}}
    text = told(explain(replace(files, customers=path, notes=graded), profile, who), wording(profile, "en-GB"))
    assert "is predicted too weakly to act on: grade D" in text


# --- a whole segment --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dimension", "code"),
    [
        ("lifecycle", "at_risk"),
        ("lifecycle", "lost"),
        ("lifecycle", "needs_attention"),
        ("value", "mid"),
        ("language", "de"),
    ],
)
def test_columns_of_a_segment_say_of_each_customer_what_an_explanation_says(published, dimension, code):
    profile, files = published
    words, engine = wording(profile, None), DuckDB(open_duckdb("500MB", 2).cursor())
    made = explain_segment(engine, files, profile, dimension, code, words).to_pylist()
    assert [row["customer_id"] for row in made] == sorted(
        row["customer_id"] for row in rows_of(published, **{f"segment_{dimension}": code})
    )
    for row in made[::5]:
        rules = placed(explain(files, profile, row["customer_id"]), dimension).rules
        nearly = [rule for rule in rules if rule.outcome == "nearly"]
        if not nearly:
            assert row["nearest"] is None
            continue
        assert row["distance"] == pytest.approx(nearly[0].distance)
        equal = [rule for rule in nearly if rule.distance == pytest.approx(nearly[0].distance)]
        assert row["nearest"] in {rule.segment for rule in equal}
        if len(equal) == 1 and not any(" OR " in part.condition for part in equal[0].parts if not part.holds):
            assert row["differing"] == differing(nearly[0].differing, words)


def test_columns_are_written_as_csv_and_parquet(published, tmp_path):
    profile, files = published
    engine = DuckDB(open_duckdb("500MB", 2).cursor())
    made = explain_segment(engine, files, profile, "lifecycle", "at_risk", wording(profile, None))
    for name in ("why.csv", "why.parquet"):
        write(made, tmp_path / name)
    head, first = (tmp_path / "why.csv").read_text(encoding="utf-8").splitlines()[:2]
    assert head == '"customer_id","rule","r_score","f_score","nearest","differing","distance"'
    assert made["customer_id"][0].as_py() in first
    assert pq.read_table(tmp_path / "why.parquet").num_rows == made.num_rows


def test_a_segment_without_customers_and_an_unknown_dimension_are_refused(published):
    profile, files = published
    engine = DuckDB(open_duckdb("500MB", 2).cursor())
    with pytest.raises(Terminal, match="nobody is in that segment"):
        explain_segment(engine, files, profile, "lifecycle", "champs", wording(profile, None))
    with pytest.raises(Terminal, match="one of lifecycle"):
        explain_segment(engine, files, profile, "life", "loyal", wording(profile, None))


def test_an_explanation_is_json(published):
    profile, files = published
    found = explain(files, profile, rows_of(published)[0]["customer_id"]).as_dict()
    assert json.loads(json.dumps(found))["as_of"] == "2021-02-20"


# --- accounts and contacts --------------------------------------------------------------------------------------------


def test_a_contact_is_where_the_account_is_and_all_their_purchases_count(duck, traits_from, tmp_path):
    bought = {
        "orders": 2,
        "lifetime_orders": 2,
        "frequency": 2,
        "recency_days": 9,
        "r_score": 5,
        "f_score": 2,
        "m_score": 3,
    }
    rows = [
        {"type": "account", "population": "account", **bought},
        {"type": "contact", "population": "contact", **bought},
        {"type": "person", "orders": 1, "lifetime_orders": 1, "r_score": 5, "f_score": 1, "m_score": 1},
    ]
    made = segment(duck, load_profile("DE"), traits_from(duck, rows), None, AS_OF)
    save(duck, made, tmp_path)
    numbers = ["00000", "00001", "00002"]
    counted = {"customer_id": [f"id{one}" for one in numbers], "member_number": numbers}
    pq.write_table(pa.table(counted | {"counted_as": ["00000", "00000", "00002"]}), tmp_path / "traits.parquet")
    lines = [
        dict.fromkeys(("line_id", "returned_order_id", "net", "gross", "currency", "rate_date"))
        | {"member_number": one, "order_id": one, "kind": "sale", "local_date": AS_OF, "file": 0, "record": place}
        for place, one in enumerate(numbers)
    ]
    pq.write_table(pa.Table.from_pylist(lines), tmp_path / "lines.parquet")
    own = Own(tmp_path / "traits.parquet", parquet(tmp_path / "lines.parquet"), {})
    files = Published(AS_OF, tmp_path / "customers.parquet", {"segments": made.notes})
    account, contact = (explain(files, load_profile("DE"), f"id{one}", own=own) for one in numbers[:2])
    assert (account.account, contact.account) == (None, "00000")
    assert account.numbers == contact.numbers == ("00000", "00001")
    assert [line["order_id"] for line in contact.lines] == ["00001", "00000"]
    for dimension in ("account_lifecycle", "account_value"):
        assert placed(contact, dimension).segment == placed(account, dimension).segment
    assert placed(contact, "account_lifecycle").segment == "potential_loyalist"
    assert placed(contact, "lifecycle").why == "outside"


def test_who_was_merged_is_explained_by_the_customer_they_now_are(published, tmp_path):
    profile, files = published
    row = rows_of(published, segment_lifecycle="at_risk")[0]
    found = explain(files, profile, row["customer_id"], own=with_lines(tmp_path, row), merged_from="0815")
    assert (found.merged_from, found.traits["customer_id"]) == ("0815", row["customer_id"])


# --- moves ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        ([], ("stay", None, None)),
        ([("hibernating", "move", "customer")], ("move", "hibernating", "customer")),
        ([(None, "enter", "identity")], ("enter", None, "identity")),
    ],
)
def test_a_placement_says_where_the_customer_was_before_and_why_they_moved(published, tmp_path, moved, expected):
    profile, files = published
    row = rows_of(published, segment_lifecycle="at_risk")[0]
    rows = [
        {"customer_id": row["customer_id"], "dimension": "lifecycle", "segment": "at_risk", "previous_segment": before,
         "like_segment": before, "move": move, "cause": cause, "restated": None, "changed": "recency_days: 60 > 90"}
        for before, move, cause in moved
    ]  # fmt: skip
    names = ("customer_id", "dimension", "segment", "previous_segment", "move", "cause", "restated", "changed")
    schema = pa.schema([(name, pa.string()) for name in names])
    pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "membership.parquet")
    with_moves = replace(files, membership=tmp_path / "membership.parquet")
    history = placed(explain(with_moves, profile, row["customer_id"]), "lifecycle").history
    assert (history.move, history.previous, history.cause) == expected
    first = placed(explain(replace(with_moves, first=True), profile, row["customer_id"]), "lifecycle").history
    assert first.move == "first"
