"""A profile's tables from databases: what is refused before any database is asked. No server is needed."""

from __future__ import annotations

import sys
from datetime import date

import pytest

from region_profiles.source_checks import check_source
from region_profiles.source_models import RawTable, Source
from tasks.errors import DropError
from tasks.ingest.databases.place import Place
from tasks.ingest.databases.read import session
from tasks.ingest.databases.statement import statement


def faults(select, kind="postgresql", **raw):
    """What is wrong with a table: (path within the table, problem)."""
    table = {"database": "crm", "select": select, **raw}
    source = Source.model_validate({"databases": {"crm": {"kind": kind}}, "tables": {"orders": table}})
    return [(fault.path[3], fault.problem) for fault in check_source(source)]


@pytest.mark.parametrize(
    "select",
    [
        "SELECT id, total FROM shop.orders",
        "SELECT id, total::numeric(10,2) AS total FROM shop.orders WHERE day <= :as_of -- ;",
        "WITH paid AS (SELECT id FROM shop.payments) SELECT o.id FROM shop.orders o JOIN paid USING (id);",
        "SELECT id FROM shop.orders UNION ALL SELECT id FROM shop.old_orders",
        "SELECT DISTINCT ON (id) id, day FROM (SELECT * FROM shop.orders ORDER BY id, day DESC LIMIT 10) AS newest",
        "SELECT note FROM t WHERE note = ':nobody' AND a[1:2] = b",
        "SELECT coalesce(lower(a), 'x'), count(*) OVER (PARTITION BY b), date_trunc('day', c), age(c, :as_of) FROM t",
    ],
)
def test_a_select_that_only_reads_is_sound(select):
    assert faults(select) == []


@pytest.mark.parametrize(
    ("select", "problem"),
    [
        ("DELETE FROM shop.orders", "is no SELECT"),
        ("INSERT INTO a SELECT 1", "is no SELECT"),
        ("DROP TABLE a", "is no SELECT"),
        ("COPY a TO '/tmp/a'", "is no SELECT"),
        ("SELECT 1; DROP TABLE a", "holds 2 statements"),
        ("SELECT a FROM b WHERE", "is no SQL of postgres"),
        ("WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone", "does more than read"),
        ("SELECT * INTO a FROM b", "does more than read"),
        ("SELECT a FROM b FOR UPDATE", "does more than read"),
        ("SELECT pg_sleep(100)", "calls a function that does more than read"),
        ("SELECT pg_catalog.PG_READ_FILE('/etc/passwd')", "calls a function that does more than read"),
        ("SELECT * FROM dblink('host=other', 'SELECT 1') AS t(a int)", "calls a function that does more than read"),
        ("SELECT set_config('transaction_read_only', 'off', true)", "calls a function that does more than read"),
        ("SELECT a FROM b WHERE day > now() - INTERVAL '1 day'", "calls a function that answers otherwise each time"),
        ("SELECT a FROM b WHERE day < current_date", "calls a function that answers otherwise each time"),
        ("SELECT a, gen_random_uuid() AS id FROM b", "calls a function that answers otherwise each time"),
        ("SELECT a FROM b LIMIT 10", "leaves rows out by their place"),
        ("SELECT a FROM b ORDER BY a", "orders its rows, and they are put in the order of their columns"),
        ("SELECT a FROM b WHERE c = :customer", "unknown parameter"),
        ("SELECT a FROM b WHERE c = $1", "unknown parameter"),
        ("SELECT a FROM b WHERE day >= :since", "has `:since`"),
        ("  ", "is missing"),
    ],
)
def test_a_select_that_does_more_or_is_not_the_same_again_is_refused(select, problem):
    ((path, told),) = faults(select)
    assert (path, told.startswith(problem)) == ("select", True), told


@pytest.mark.parametrize(
    ("select", "problem"),
    [
        ('SELECT `a` FROM `b` WHERE c = "text"', None),
        ("SELECT @a := 1", "unknown parameter"),
        ("SELECT sleep(100)", "calls a function that does more than read"),
        ("SELECT load_file('/etc/passwd')", "calls a function that does more than read"),
        ("SELECT a FROM b WHERE day < curdate()", "calls a function that answers otherwise each time"),
    ],
)
def test_a_select_of_mysql_is_read_as_its_own_sql(select, problem):
    assert [told for _, told in faults(select, "mysql")] == ([] if problem is None else [problem])


def test_what_is_of_files_does_not_stand_beside_a_database():
    told = faults(
        "SELECT 1 AS a", files=["*.csv"], encoding="utf-8", mode="increment", later_by="a", since="2024-01-01"
    )
    assert [path for path, _ in told] == ["encoding", "files", "mode", "key", "since"]


def test_a_table_has_files_or_a_database():
    source = Source.model_validate({"tables": {"orders": {}}})
    assert [(fault.path, fault.problem) for fault in check_source(source)] == [
        (("source", "tables", "orders", "files"), "is missing")
    ]


def test_a_database_that_is_not_declared_is_told_with_the_nearest():
    tables = {"orders": {"database": "cmr", "select": "SELECT 1 AS a"}}
    source = Source.model_validate({"databases": {"crm": {}}, "tables": tables})
    faults = {fault.path: fault for fault in check_source(source)}
    assert faults["source", "tables", "orders", "database"].hint == "did you mean 'crm'?"
    assert faults["source", "databases", "crm"].warning


def test_a_name_alone_is_postgresql():
    source = Source.model_validate({"tables": {"orders": {"database": "crm", "select": "SELECT a::int FROM b"}}})
    assert list(check_source(source)) == []


def test_parameters_are_bound_and_nothing_else_of_the_text_is_touched():
    asked = "SELECT ':as_of', 7 % 2 /* :since; */ FROM t WHERE a::date <= :as_of AND b >= :since AND c LIKE '5%'"
    made = statement(RawTable(database="crm", select=asked, since=date(2020, 1, 1)), "postgresql", date(2024, 3, 31))
    assert made.text == (
        "SELECT ':as_of', 7 %% 2 /* :since; */ FROM t WHERE a::date <= %(as_of)s AND b >= %(since)s AND c LIKE '5%%'"
    )
    assert made.values == {"as_of": date(2024, 3, 31), "since": date(2020, 1, 1)}


def test_a_missing_setting_names_the_variable_and_its_form(monkeypatch):
    monkeypatch.delenv("STRATA_DATABASE_CRM", raising=False)
    with pytest.raises(DropError) as caught, session(Place("crm", "postgresql"), 10):
        pass
    assert "STRATA_DATABASE_CRM is not set" in str(caught.value)
    assert caught.value.expected == "postgresql://user:password@host/database"


@pytest.mark.parametrize(
    ("kind", "module", "package"), [("postgresql", "postgres", "psycopg"), ("mysql", "mysql", "pymysql")]
)
def test_a_driver_that_is_not_installed_is_named(monkeypatch, kind, module, package):
    monkeypatch.setenv("STRATA_DATABASE_CRM", f"{kind}://reader:secret@127.0.0.1/shop")
    monkeypatch.delitem(sys.modules, f"tasks.ingest.databases.{module}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DropError, match=f"the driver {package} is not installed"), session(Place("crm", kind), 10):
        pass
