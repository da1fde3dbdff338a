"""Values of databases become the texts that the same values have in a Parquet file; what has no text is refused."""

from __future__ import annotations

import pytest

from tasks.errors import DropError

pytestmark = pytest.mark.xdist_group("databases")

#: Columns of one table in SQL that both servers and DuckDB understand, two rows of values.
COLUMNS = {
    "whole": ("BIGINT", "9007199254740993", "-1"),
    "small": ("SMALLINT", "7", "NULL"),
    "price": ("DECIMAL(10,2)", "1249.00", "-0.50"),
    "exact": ("DECIMAL(30,10)", "12345678901234567890.0123456789", "0"),
    "large": ("DOUBLE PRECISION", "1e21", "0.00001"),
    "rounded": ("DOUBLE PRECISION", "0.1", "129.69600000000003"),
    "single": ("REAL", "129.7", "3"),
    "day": ("DATE", "DATE '2024-02-29'", "NULL"),
    "moment": ("TIMESTAMP", "TIMESTAMP '2024-01-01 10:00:00.5'", "TIMESTAMP '2024-01-01 00:00:00'"),
    "clock": ("TIME", "TIME '09:30:00'", "NULL"),
    "name": ("VARCHAR(40)", "'Zoé  田中 ''\"; '", "''"),
}


def table(name, types=None):
    fields = ", ".join(f"{column} {(types or {}).get(kind, kind)}" for column, (kind, *_) in COLUMNS.items())
    rows = (", ".join(values[place] for values in COLUMNS.values()) for place in (1, 2))
    return [f"CREATE TABLE {name} ({fields})", *(f"INSERT INTO {name} VALUES ({row})" for row in rows)]


@pytest.fixture
def parquet(con, tmp_path):
    """The same rows as a typed file gives them."""
    from tasks.ingest.drop import read_drop
    from tasks.objects import open_store

    for statement in table("source"):
        con.execute(statement)
    (tmp_path / "files" / "DE").mkdir(parents=True)
    con.execute(f"COPY (SELECT * FROM source ORDER BY whole) TO '{tmp_path}/files/DE/a.parquet' (FORMAT parquet)")

    def read(profile, as_of):
        return read_drop(con, profile, open_store(tmp_path / "files"), tmp_path / "work", as_of=as_of)

    return read


@pytest.mark.parametrize("kind", ["postgres", "mariadb"])
def test_a_value_has_the_text_that_it_has_in_parquet(request, ask, parquet, con, kind, profile_of, as_of):
    server = request.getfixturevalue(kind)
    types = {"TIMESTAMP": "DATETIME(6)", "REAL": "FLOAT"} if kind == "mariadb" else None
    server.do("DROP TABLE IF EXISTS shop.forms", *table("shop.forms", types))
    asked = ask(server, "SELECT * FROM shop.forms")
    sources = parquet(profile_of({"asked": {"files": ["*.parquet"]}}), as_of)
    relation = sources.tables["asked"].relation
    expected = [dict(zip(COLUMNS, row[3:], strict=True)) for row in con.execute(f"SELECT * FROM {relation}").fetchall()]
    found = [dict(zip(COLUMNS, row, strict=True)) for row in asked.rows()]
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert set(asked.input.inferred["typed"].split(", ")) == set(COLUMNS) - {"name"}
    assert sources.inputs[0].inferred["typed"] == asked.input.inferred["typed"]


def test_types_that_postgresql_alone_has(postgres, ask):
    postgres.do("DROP TYPE IF EXISTS shop.pair", "CREATE TYPE shop.pair AS (number int, word text)")
    one = ask(
        postgres,
        """SELECT TIMESTAMPTZ '2024-07-01 10:00:00.25+02' AS instant, true AS yes, 'a  '::char(4) AS padded,
           '{"b": [1, 2]}'::jsonb AS json, ARRAY['x', NULL] AS list, '\\x00ff'::bytea AS bytes,
           'NaN'::float8 AS nan, 12.5::money AS money, ROW(1, 'a')::shop.pair AS pair,
           'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid AS id, NULL::text AS nothing""",
    )
    assert one.one() == {
        "instant": "2024-07-01T08:00:00.25+00:00",
        "yes": "true",
        "padded": "a",
        "json": '{"b": [1, 2]}',
        "list": '["x",null]',
        "bytes": "00ff",
        "nan": "nan",
        "money": "12.50",
        "pair": '{"number":1,"word":"a"}',
        "id": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "nothing": None,
    }
    assert one.input.inferred["typed"] == "instant, yes, json, list, bytes, nan, money, pair"


def test_types_that_mysql_alone_has(mariadb, ask):
    mariadb.do(
        "CREATE OR REPLACE TABLE own (at TIMESTAMP(3) NULL, bits BIT(3), data BLOB, tier ENUM('gold', 'new'), "
        "made YEAR, yes BOOLEAN, zero DATE)",
        "SET STATEMENT sql_mode = '', time_zone = '+02:00' FOR "
        "INSERT INTO own VALUES ('2024-07-01 10:00:00.250', b'101', x'00ff', 'gold', 2024, TRUE, '0000-00-00')",
    )
    asked = ask(mariadb, "SELECT * FROM own")
    assert asked.one() == {
        "at": "2024-07-01T08:00:00.25+00:00",
        "bits": "5",
        "data": "00ff",
        "tier": "gold",
        "made": "2024",
        "yes": "1",
        "zero": "0000-00-00",  # no date: normalize refuses it, nothing is guessed here
    }
    assert asked.input.inferred["typed"] == "at, bits, data, made, yes, zero"


@pytest.mark.parametrize(
    ("kind", "select", "type_"),
    [
        ("postgres", "SELECT point(1, 2) AS place", "point"),
        ("postgres", "SELECT INTERVAL '1 month' AS place", "interval"),
        ("mariadb", "SELECT ST_PointFromText('POINT(1 2)') AS place", "geometry"),
    ],
)
def test_a_type_without_an_agreed_text_is_refused_by_name(request, ask, kind, select, type_):
    with pytest.raises(DropError, match=rf"column place: .*type {type_} is no text") as caught:
        ask(request.getfixturevalue(kind), select)
    assert caught.value.column == "place"


def test_text_that_is_not_utf_8_is_refused_without_the_value(postgres, ask):
    postgres.do("DROP DATABASE IF EXISTS ascii", "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0")
    address = postgres.address("owner", database="ascii")
    with pytest.raises(DropError, match="a text cannot be told in UTF-8"):
        ask(postgres, "SELECT convert_from('\\x4dfc6c6c6572', 'SQL_ASCII') AS name", address=address)


@pytest.mark.parametrize("kind", ["postgres", "mariadb"])
def test_names_of_columns_are_kept_and_stand_once(request, ask, kind):
    server = request.getfixturevalue(kind)
    mark = '"' if kind == "postgres" else "`"
    asked = ask(server, f"SELECT 1 AS {mark}N° client{mark}, 50 % 7 AS {mark}5% off{mark}, 3 AS {mark}file{mark}")
    assert asked.one() == {"N° client": "1", "5% off": "1", "file_2": "3"}
    with pytest.raises(DropError, match=r"(stand twice: a|Duplicate column name 'a')"):
        ask(server, "SELECT 1 AS a, 2 AS a")
