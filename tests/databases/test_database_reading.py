"""How a database is read: at one moment, in batches, every row accounted for; and how it fails, without its secrets."""

from __future__ import annotations

import traceback

import pytest

from tasks.errors import DatabaseUnavailable, DropError, Transient
from tasks.ingest.databases import read

pytestmark = pytest.mark.xdist_group("databases")

BOTH = pytest.mark.parametrize("kind", ["postgres", "mariadb"])


@pytest.fixture
def server(request, kind):
    return request.getfixturevalue(kind)


MADE = set()


@pytest.fixture
def orders(server):
    """A table of 1,000 orders in a scrambled order, a day each from 2020-01-01 on, made once."""
    if server.port in MADE:
        return server
    MADE.add(server.port)
    server.do("DROP TABLE IF EXISTS shop.orders", "CREATE TABLE shop.orders (id INT, day DATE, note VARCHAR(20))")
    first = "DATE '2020-01-01' + "
    day = first + "{}" if server.kind == "postgresql" else first + "INTERVAL {} DAY"
    rows = ", ".join(
        f"({n}, {day.format(n)}, {'NULL' if n % 3 else repr('')})" for n in (i * 7 % 1000 for i in range(1000))
    )
    server.do(f"INSERT INTO shop.orders VALUES {rows}")
    return server


@BOTH
def test_every_row_is_read_once_in_the_order_of_its_columns(orders, ask, monkeypatch):
    monkeypatch.setattr(read, "BATCH", 64)
    asked = ask(orders, "SELECT id + 1000 AS id, note FROM shop.orders")
    assert asked.rows() == [(str(n + 1000), None if n % 3 else "") for n in range(1000)]
    assert asked.records() == list(range(1, 1001))
    assert asked.input.rows == 1000
    assert asked.input.bytes == 4 * 1000
    assert asked.sources.notes["asked:asked"].startswith("1,000 rows announced by ")
    assert asked.sources.notes["asked:asked"].endswith(", 1,000 read")


@BOTH
def test_no_batch_is_larger_than_agreed(orders, ask, monkeypatch):
    monkeypatch.setattr(read, "BATCH", 300)
    sizes = []
    write = read.pq.ParquetWriter.write_table
    monkeypatch.setattr(
        read.pq.ParquetWriter, "write_table", lambda self, table: sizes.append(len(table)) or write(self, table)
    )
    ask(orders, "SELECT id FROM shop.orders")
    assert sizes == [300, 300, 300, 100]


@BOTH
def test_the_same_rows_have_the_same_digest_in_any_order_and_batch_and_others_another(orders, ask, monkeypatch):
    first = ask(orders, "SELECT id, day, note FROM shop.orders").input
    orders.do("CREATE TABLE shop.again AS SELECT * FROM shop.orders ORDER BY id DESC")
    monkeypatch.setattr(read, "BATCH", 17)
    again = ask(orders, "SELECT id, day, note FROM shop.again", work="elsewhere").input
    orders.do("UPDATE shop.again SET note = '' WHERE id = 1")  # null was there
    changed = ask(orders, "SELECT id, day, note FROM shop.again").input
    renamed = ask(orders, "SELECT id, day, note AS remark FROM shop.orders").input
    orders.do("DROP TABLE shop.again")
    assert first.sha256 == again.sha256
    assert len({first.sha256, changed.sha256, renamed.sha256}) == 3


@BOTH
def test_parameters_are_the_as_of_date_and_the_profiles_since(orders, ask):
    asked = ask(orders, "SELECT id, day FROM shop.orders WHERE day > :since AND day <= :as_of", since="2020-01-01")
    assert [len(asked.rows()), asked.rows()[0]] == [999, ("1", "2020-01-02")]
    assert ask(orders, "SELECT :as_of AS a, ':as_of' AS b FROM shop.orders WHERE id = 1").rows() == [
        ("2024-03-31", ":as_of")
    ]
    assert asked.sources.notes["asked:asked"].endswith("as_of 2024-03-31, since 2020-01-01")


@BOTH
def test_all_tables_of_a_database_are_as_they_were_at_one_moment(orders, ask, monkeypatch):
    receive = read.receive

    def and_somebody_writes(*given):
        orders.do("INSERT INTO shop.orders VALUES (5000, NULL, NULL)")
        return receive(*given)

    monkeypatch.setattr(read, "receive", and_somebody_writes)
    select = {"database": "crm", "select": "SELECT id FROM shop.orders"}
    asked = ask(orders, tables={"one": select, "two": select})
    assert [len(asked.rows("one")), len(asked.rows("two"))] == [1000, 1000]
    assert orders.do("SELECT count(*) FROM shop.orders ") in ([(1002,)], ((1002,),))
    orders.do("DELETE FROM shop.orders WHERE id = 5000")


@BOTH
def test_a_table_without_rows_has_its_columns(orders, ask):
    asked = ask(orders, "SELECT id, note FROM shop.orders WHERE id < 0")
    assert asked.rows() == []
    assert asked.sources.tables["asked"].columns == ("id", "note")


@BOTH
def test_a_key_and_later_by_say_which_of_several_rows_counts(orders, ask):
    select = "SELECT id % 2 AS member, id, day FROM shop.orders"
    asked = ask(orders, select, key=["member"], later_by="day")
    faults = asked.con.execute(
        f"SELECT member, id FROM {asked.sources.tables['asked'].relation} WHERE fault IS NULL ORDER BY 1"
    ).fetchall()
    assert faults == [("0", "998"), ("1", "999")]


@BOTH
def test_a_connection_that_breaks_in_the_middle_is_worth_a_retry_and_leaves_nothing(
    orders, ask, cut, tmp_path, monkeypatch
):
    monkeypatch.setattr(read, "BATCH", 10)
    select = "SELECT id, day, note FROM shop.orders"
    broken = cut(orders.port, 12_000)
    with pytest.raises(Transient, match="the connection broke off") as caught:
        ask(orders, select, address=orders.address(port=broken))
    assert isinstance(caught.value, DatabaseUnavailable)
    assert list((tmp_path / "work" / "databases").iterdir()) == []
    assert len(ask(orders, select).rows()) == 1000


@BOTH
def test_rows_that_are_fewer_than_announced_are_not_taken(orders, ask, monkeypatch, tmp_path):
    receive = read.receive
    monkeypatch.setattr(read, "receive", lambda *given: (receive(*given)[0], 999))
    with pytest.raises(DatabaseUnavailable, match="1,000 rows announced, 999 came"):
        ask(orders, "SELECT id FROM shop.orders")
    assert list((tmp_path / "work" / "databases").iterdir()) == []


SLOW = {
    "postgresql": "SELECT count(*) AS n FROM generate_series(1, 1000000000) AS g",
    "mysql": "SELECT sum(a.id * b.id * c.id * d.id) AS n FROM orders a, orders b, orders c, orders d",
}


@BOTH
def test_a_statement_may_take_so_long_and_no_longer(orders, ask):
    databases = {"crm": {"kind": orders.kind, "timeout": 1}}
    with pytest.raises(DropError, match="took longer") as caught:
        ask(orders, SLOW[orders.kind], databases=databases)
    assert "source.databases.crm.timeout" in caught.value.hint


def test_what_writes_in_a_function_is_refused_by_the_transaction(postgres, ask):
    postgres.do(
        "CREATE TABLE IF NOT EXISTS shop.log (a INT)",
        "CREATE OR REPLACE FUNCTION shop.note() RETURNS int LANGUAGE sql SECURITY DEFINER "
        "AS 'INSERT INTO shop.log VALUES (1) RETURNING a'",
    )
    with pytest.raises(DropError, match="ReadOnlySqlTransaction"):
        ask(postgres, "SELECT shop.note() AS a")
    assert postgres.do("SELECT count(*) FROM shop.log") == [(0,)]


#: What goes wrong: the address, the SELECT, the class, what is told.
FAILURES = {
    "wrong password": ({"password": "wrong-secret"}, None, DropError, "refuses user or password"),
    "unknown user": ({"user": "strata_nobody"}, None, DropError, "refuses user or password"),
    "nobody listens": ({"port": 1}, None, DatabaseUnavailable, "the connection refused"),
    "no such database": ({"database": "nope"}, None, DropError, "no such database"),
    "no such option": ({"query": "?colour=blue"}, None, DropError, r"(cannot be read|unknown options: colour)"),
    "no such table": ({}, {"both": "SELECT a FROM shop.nothing"}, DropError, r"nothing.* (does not|doesn't) exist"),
    "no such column": ({}, {"both": "SELECT colour FROM shop.orders"}, DropError, "colour"),
    "not granted": ({}, {"both": "SELECT a FROM kept.secrets"}, DropError, r"(?i)permission denied"),
    "value at fault": (
        {},
        {
            "postgresql": "SELECT CAST('Zoe Martin' || id AS int) AS a FROM shop.orders",
            "mysql": "SELECT (SELECT 'Zoe Martin' FROM shop.orders) AS a",  # more than one row
        },
        DropError,
        "refuses the SELECT",
    ),
}


@BOTH
@pytest.mark.parametrize("case", FAILURES)
def test_what_goes_wrong_is_told_with_what_to_do_and_without_secrets(orders, ask, case, tmp_path):
    part, select, error, told = FAILURES[case]
    select = (select or {}).get(orders.kind, (select or {}).get("both"))
    address = orders.address(**part)
    with pytest.raises(error, match=told) as caught:
        ask(orders, select or "SELECT id FROM shop.orders", address=address)
    wrong = caught.value
    assert wrong.market == "DE"
    assert wrong.hint or wrong.expected
    assert wrong.file == f"{orders.kind}:crm" + ("/asked" if select else "")
    assert wrong.path == ("source.tables.asked.select" if select else None)
    shown = str(wrong) + repr(wrong) + "".join(traceback.format_exception(wrong))
    secrets = (
        address,
        address.split("@")[0],
        "wrong-secret",
        "strata_nobody",
        "strata_reader",
        "127.0.0.1",
        "Zoe Martin",
    )
    assert [secret for secret in secrets if secret in shown] == []
    left = tmp_path / "work" / "databases"
    assert not left.exists() or list(left.iterdir()) == []


@pytest.mark.parametrize("address", ["sqlite:///shop.db", "postgresql", "mysql://reader@host/shop", "  "])
def test_an_address_of_another_kind_is_refused_without_being_told(postgres, ask, address):
    with pytest.raises(DropError) as caught:
        ask(postgres, "SELECT 1 AS a", address=address)
    assert "STRATA_DATABASE_CRM" in str(caught.value)
    assert "host/shop" not in str(caught.value)


def test_looking_at_a_database_says_whether_its_role_only_reads(postgres, mariadb, monkeypatch):
    def look(address):
        monkeypatch.setenv("STRATA_DATABASE_CRM", address)
        return read.look("crm")

    assert look(postgres.address()) == ("ok", look(postgres.address())[1])
    assert look(postgres.address())[1].endswith("answers; its role only reads")
    assert look(postgres.address("owner"))[0] == "note"
    assert look(mariadb.address())[0] == "ok"
    assert look(mariadb.address("root", ""))[0] == "note"
    assert look(mariadb.address(password="wrong"))[0] == "wrong"
    assert look("oracle://a")[0] == "wrong"


def test_a_login_that_needs_tls_says_so(mariadb, ask, monkeypatch):
    def without_tls(**_given):  # pymysql's own words; MariaDB has no such login to try it with
        raise RuntimeError(
            "'cryptography' package is required for sha256_password or caching_sha2_password auth methods"
        )

    monkeypatch.setattr("pymysql.connect", without_tls)
    with pytest.raises(DropError, match="needs an encrypted connection"):
        ask(mariadb, "SELECT 1 AS a")


@BOTH
def test_a_connection_that_breaks_before_it_begins_is_worth_a_retry_and_closed(orders, ask, cut):
    for after in (60, 200, 400, 700):  # within login, and after it
        with pytest.raises(DatabaseUnavailable):
            ask(orders, "SELECT id FROM shop.orders", address=orders.address(port=cut(orders.port, after)))
