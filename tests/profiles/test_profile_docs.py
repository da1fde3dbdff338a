"""docs/profiles.md is true: its files draft as it says, its profile loads, its message is the loader's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot

from region_profiles.loader import load_profile, resolve
from tasks.draft.profile import draft
from tasks.errors import ProfileErrors
from tasks.normalize.select import _FUNCTIONS, _OPERATORS, Fail, parse_select
from tasks.records import RawRelation

DOCS = Path(__file__).resolve().parents[2] / "docs" / "profiles.md"
BLOCKS = dict(
    re.findall(r"^`([^`\n]+)`\n```\w+\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
)


@pytest.fixture
def drop(tmp_path):
    folder = tmp_path / "ateliers"
    folder.mkdir()
    for name in ("ventes_2024-01.csv", "clients.csv"):
        (folder / name).write_text(BLOCKS[name], encoding="utf-8")
    return folder


@pytest.fixture
def profiles(tmp_path):
    path = tmp_path / "profiles" / "markets" / "fr.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(BLOCKS["profiles/markets/fr.yaml"], encoding="utf-8")
    return tmp_path / "profiles"


def test_the_draft_proves_and_asks_what_the_page_says(drop):
    text = draft("FR", drop)
    assert "date_order: dmy" in text
    assert 'decimal_sign: ","' in text
    assert "member_number: N° client" in text
    questions = " ".join(re.sub(r"\n\s*#\s*", " ", text).split("QUESTION:")[1:])
    for asked in (
        "in which currency",
        "gross (with tax)",
        "below zero",
        "what does V mean",
        "what does R mean",
        "countries",
    ):
        assert asked in questions
    assert "code page" not in questions
    assert "ventes_*.csv catches those to come" in re.sub(r"\n\s*#\s*", " ", text)
    assert text.count("# QUESTION:") <= 10


def test_the_pages_profile_loads_with_the_drafts_mapping(drop, profiles):
    mapping = load_profile("FR", profiles).source.mapping
    drafted = draft("FR", drop)
    for column, raw in mapping["transactions"].columns.items():
        assert f"{column}: {raw}\n" in drafted


def test_the_pages_message_is_the_loaders(profiles):
    path = profiles / "markets" / "fr.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("delimiter", "delimeter", 1), encoding="utf-8")
    with pytest.raises(ProfileErrors) as caught:
        resolve("FR", profiles)
    message = str(caught.value.errors[0]).replace(str(profiles), "profiles")
    told = next(line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("FR: "))
    start, end = told.split("...")
    assert message.startswith(start)
    assert message.endswith(end)


def listed(what):
    """The names between the page's marks."""
    found = re.search(rf"<!-- {what} -->\n(.*?)<!--", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return set(re.findall(r"`([^`]+)`", found[1]))


def test_the_page_lists_every_function_of_a_select_and_no_other():
    few = dict.fromkeys(("abs", "round", "trim", "upper", "lower", "length", "coalesce", "concat"), "a")
    taken = few | dict.fromkeys(("substring", "lpad", "split_part"), "a, 1, 2")
    texts = {name: f"SELECT {name}({taken.get(name, 'a, b')})" for name in listed("functions")}
    meant = {name: type(sqlglot.parse_one(text, dialect="duckdb").expressions[0]) for name, text in texts.items()}
    replaced = sqlglot.parse_one("SELECT replace(a, 'b', 'c'), regexp_replace(a, 'b', 'c')", dialect="duckdb")
    meant["replace"], meant["regexp_replace"] = map(type, replaced.expressions)
    assert {name for name, kind in meant.items() if kind not in _FUNCTIONS} == set()
    assert set(_FUNCTIONS) - set(meant.values()) == set()


#: What each operator parses to, by an example; the rest of the allow-list is names, literals and types.
OPERATORS = {
    "AND": "a AND b", "OR": "a OR b", "NOT": "NOT a", "IS": "a IS NULL", "IN": "a IN ('b')",
    "BETWEEN": "a BETWEEN b AND c", "LIKE": "a LIKE 'b'", "ILIKE": "a ILIKE 'b'",
    "=": "a = b", "<>": "a <> b", "<": "a < b", "<=": "a <= b",
    ">": "a > b", ">=": "a >= b", "+": "a + b", "-": "a - b", "*": "a * b", "/": "a / b", "%": "a % b", "||": "a || b",
    "CASE": "CASE WHEN a THEN b END", "CAST": "CAST(a AS VARCHAR)", "TRY_CAST": "TRY_CAST(a AS VARCHAR)",
    "[]": "a[1:2]",
}  # fmt: skip
PARTS = {"Paren", "Neg", "Column", "Identifier", "Literal", "Null", "Boolean", "Alias", "DataType", "DataTypeParam"}
WITHIN = {"If", "Slice"}


def test_the_page_lists_every_operator_of_a_select_and_no_other():
    assert listed("operators") == set(OPERATORS)
    kinds = {type(sqlglot.parse_one(f"SELECT {text}", dialect="duckdb").expressions[0]) for text in OPERATORS.values()}
    assert kinds <= set(_OPERATORS)
    assert {kind.__name__ for kind in set(_OPERATORS) - kinds} == PARTS | WITHIN


def test_the_pages_selects_are_allowed():
    """Those with a FROM, over raw tables of the columns that they read."""
    selects = [
        text for text in re.findall(r"```sql\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL) if "FROM" in text
    ]
    assert len(selects) == 2
    for text in selects:
        query = sqlglot.parse_one(text, dialect="duckdb")
        columns = {table.name: [] for table in query.find_all(sqlglot.exp.Table)}
        for column in query.find_all(sqlglot.exp.Column):
            columns[column.table].append(column.name)
        tables = {name: RawRelation(name, "t", tuple(dict.fromkeys(names))) for name, names in columns.items()}
        assert {"order_id", "date"} <= set(parse_select(text, tables, Fail("FR", "transactions")).outputs)
