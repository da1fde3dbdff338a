"""Rules: what is allowed means the same on DuckDB, on Spark and by hand; what is not is refused before any data."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tasks.errors import ProfileError
from tasks.segment.compiling import compiled
from tasks.segment.evaluate import holds, words
from tasks.segment.language import parse
from tasks.segment.rules import check_rules

VALID = [
    "recency_days <= 90",
    "r_score >= 4 and f_score >= 2 or m_score = 5",
    "not (orders = 0 or monetary_ppp is null)",
    "monetary_local = 200",
    "monetary_local >= 199.995",
    "monetary_ppp / orders > 100",
    "lifetime_local / (orders - orders) > 0",
    "monetary_local * 1.5 + orders >= 300.25",
    "monetary_local - lifetime_local < -5",
    "coalesce(monetary_ppp, 0) >= 0.5",
    "coalesce(monetary_ppp, monetary_reference, -1) < 0",
    "coalesce(effort, 0) > 0.5",
    "language in ('de', 'de-CH')",
    "language not in ('de')",
    "language <> 'fr' and residence = 'resident'",
    "city = 'O''Hara\\n' or city = '' or city = '東京'",
    "orders between 2 and 4",
    "not frequency between 2 and 4",
    "last_order_date >= '2020-01-01'",
    "last_order_date < date '2019-06-30' or last_order_date is null",
    "effort is not null and effort < 0.3333",
    "monetary_local > lifetime_orders",
    "orders > 2.5",
    "-monetary_local > -1e2",
    "true and orders > 1",
]


def evaluated(engine, traits, rules):
    table = traits.customers
    columns = {f"rule{n}": compiled(parse(rule), table) for n, rule in enumerate(rules)}
    found = engine.to_arrow(table.select("customer_id", **columns).order_by("customer_id"))
    return [found[f"rule{n}"].to_pylist() for n in range(len(rules))]


def test_every_allowed_form_means_the_same_on_both_engines_and_by_hand(duck, spark, traits_from, people):
    traits = traits_from(duck, people)
    rows = duck.to_arrow(traits.customers.order_by("customer_id")).to_pylist()
    on_duckdb = evaluated(duck, traits, VALID)
    on_spark = evaluated(spark, traits_from(spark, people), VALID)
    for rule, one, two in zip(VALID, on_duckdb, on_spark, strict=True):
        by_hand = [holds(parse(rule), row) for row in rows]
        assert one == by_hand, rule
        assert two == by_hand, rule
        assert by_hand.count(True) < len(rows), f"{rule} must tell customers apart"


@pytest.mark.parametrize("rule", VALID)
def test_a_rule_written_out_again_is_the_same_rule(rule):
    assert parse(words(parse(rule))) == parse(words(parse(words(parse(rule)))))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (None, None),
        ({"orders": 2, "returns": 0}, None),
    ],
)
def test_division_by_zero_is_null(rule, expected):
    row = {"orders": 0, "monetary_ppp": 5, **(rule or {})} | {"orders": 0}
    assert holds(parse("monetary_ppp / orders > 2"), row) is expected


HOSTILE = {
    "unknown trait": ("monetary_pp >= 100", "did you mean 'monetary_ppp'?"),
    "trailing comment": ("orders > 1 -- everyone", "comments"),
    "block comment": ("orders > 1 /* or true */", "comments"),
    "second statement": ("orders > 1; DROP TABLE customers", "';'"),
    "subquery": ("orders IN (SELECT 1)", "not allowed"),
    "exists": ("EXISTS (SELECT 1)", "not allowed"),
    "function": ("upper(language) = 'DE'", "function"),
    "reads a file": ("read_text('/etc/passwd') = 'x'", "function"),
    "aggregate": ("count(*) > 1", "function"),
    "case": ("CASE WHEN orders > 1 THEN true END", "not allowed"),
    "cast": ("CAST(orders AS VARCHAR) = '1'", "not allowed"),
    "double colon": ("orders::text = '1'", "':'"),
    "pattern": ("language LIKE 'd%'", "no condition"),
    "quoted identifier": ('"orders" = 1', "'\"'"),
    "qualified column": ("t.orders = 1", "not allowed"),
    "star": ("* = 1", "not allowed"),
    "alias": ("orders = 1 AS x", "not allowed"),
    "parameter": ("orders = ?", "'?'"),
    "interval": ("orders = INTERVAL '1' DAY", "not allowed"),
    "text with number": ("orders = '1'", "one type"),
    "number with text": ("language = 1", "one type"),
    "order of text": ("language > 'a'", "no order"),
    "sum of text": ("language + 1 > 2", "no number"),
    "equals null": ("orders = NULL", "IS NULL"),
    "null in a list": ("orders IN (1, NULL)", "IS NULL"),
    "no condition": ("orders", "a comparison"),
    "number as condition": ("NOT 1", "a comparison"),
    "chain": ("1 < orders < 3", "not allowed"),
    "no date": ("last_order_date > '2020-13-01'", "2026-01-31"),
    "empty": ("   ", "empty"),
    "half": ("orders >", "no SQL"),
    "too deep": ("(" * 150 + "orders = 1" + ")" * 150, "SQL"),
    "too long": ("orders = 1 OR " * 200 + "orders = 2", "2000"),
    "out of range": ("orders > 1e40", "digits"),
    "control sign": ("language = 'd\x07'", "cannot be seen"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_on_the_list_is_refused(name):
    rule, said = HOSTILE[name]
    with pytest.raises(ProfileError) as caught:
        parse(rule, ("dimensions", "lifecycle", "segments", 0, "when"), "DE")
    assert said in str(caught.value)
    assert caught.value.path == "dimensions.lifecycle.segments[0].when"


def test_a_profile_s_rules_are_all_checked_at_once(profile_of):
    segments = [{"code": "a", "when": "order = 1"}, {"code": "b", "when": "orders = 1"}, {"code": "c", "when": "1"}]
    dimensions = {"lifecycle": {"kind": "rules", "segments": segments, "else": "rest"}}
    errors = check_rules(profile_of(dimensions=dimensions, stratum={"dimensions": ["lifecycle"]}))
    assert [error.path for error in errors] == [f"dimensions.lifecycle.segments[{n}].when" for n in (0, 2)]
    assert errors[0].hint == "did you mean 'orders'?"


def test_checking_rules_loads_no_engine():
    code = "import sys, tasks.segment.rules; print({'ibis', 'duckdb', 'pyarrow', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "set()"
