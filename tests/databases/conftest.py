"""Real servers, started by the first test that asks and stopped at the end; a proxy that cuts the line."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import psycopg
import pymysql
import pytest

from region_profiles.models import Profile
from tasks.ingest.drop import read_drop
from tasks.objects import open_store

AS_OF = date(2024, 3, 31)
PASSWORD = secrets.token_hex(8) + "@:/%"
READER = "strata_reader"


def find(program, *folders):
    """A server's program on PATH or where Debian keeps it, or None."""
    patterns = [path for folder in folders for path in sorted(Path("/").glob(f"{folder}/{program}"), reverse=True)]
    return shutil.which(program) or next(iter(patterns), None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def folder_of_a_server():
    """A folder and the arguments of a process that may use it: database servers refuse to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="strata-server-"))
    as_whom = {}
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        as_whom = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    try:
        yield folder, {**as_whom, "cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def until(ready, process, seconds=30):
    """Wait until `ready()` does not fail; fail with the process."""
    end = time.monotonic() + seconds
    while True:
        try:
            return ready()
        except (psycopg.OperationalError, pymysql.OperationalError):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.1)


def quoted(text):
    from urllib.parse import quote

    return quote(text, safe="")


@dataclass(frozen=True)
class Server:
    """A running server: `owner` may do all, the reader may read the schema `shop` alone."""

    kind: str
    port: int

    def address(self, user=READER, password=PASSWORD, port=None, database="shop", query=""):
        return f"{self.kind}://{user}:{quoted(password)}@127.0.0.1:{port or self.port}/{database}{query}"

    def connect(self):
        if self.kind == "postgresql":
            return psycopg.connect(self.address("owner"), autocommit=True)
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", password="", database="shop", autocommit=True
        )

    def do(self, *statements):
        """Run statements as the owner; the rows of the last."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL of its own; skips where none is installed, which CI refuses."""
    initdb, program = (find(one, "usr/lib/postgresql/*/bin") for one in ("initdb", "postgres"))
    if not initdb or not program:
        pytest.skip("PostgreSQL absent: sources from databases are tested against a real one (package postgresql)")
    with folder_of_a_server() as (folder, how):
        password_file = folder / "password"
        password_file.write_text(PASSWORD)
        password_file.chmod(0o644)
        data, port = folder / "data", free_port()
        subprocess.run(  # noqa: S603 - a server of our own
            [initdb, "-D", data, "-U", "owner", "-A", "scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8",
             "--locale=C", "--no-sync"], check=True, **how,
        )  # fmt: skip
        options = [
            f"-cport={port}",
            "-clisten_addresses=127.0.0.1",
            f"-cunix_socket_directories={folder}",
            "-cfsync=off",
        ]
        process = subprocess.Popen([program, "-D", data, *options], **how)  # noqa: S603
        try:
            until(
                lambda: psycopg.connect(Server("postgresql", port).address("owner", database="postgres")).close(),
                process,
            )
            first = Server("postgresql", port)
            with psycopg.connect(first.address("owner", database="postgres"), autocommit=True) as connection:
                connection.execute("CREATE DATABASE shop")
            first.do(
                f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'",
                "CREATE SCHEMA shop",
                f"GRANT USAGE ON SCHEMA shop TO {READER}",
                f"ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO {READER}",
                "CREATE SCHEMA kept",
                "CREATE TABLE kept.secrets (a INT)",
            )
            yield first
        finally:
            process.send_signal(2)  # fast shutdown
            process.wait(20)


@pytest.fixture(scope="session")
def mariadb():
    """A MariaDB of its own; skips where none is installed, which CI refuses."""
    install, program = (find(one, "usr/sbin", "usr/bin") for one in ("mariadb-install-db", "mariadbd"))
    if not install or not program:
        pytest.skip(
            "MariaDB absent: sources from databases are tested against a real one (package mariadb-server-core)"
        )
    with folder_of_a_server() as (folder, how):
        data, port = folder / "data", free_port()
        subprocess.run(  # noqa: S603 - a server of our own
            [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
             "--skip-test-db"], check=True, **how,
        )  # fmt: skip
        options = [
            "--no-defaults", f"--datadir={data}", f"--socket={folder}/socket", f"--port={port}",
            "--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=0", "--character-set-server=utf8mb4",
            f"--pid-file={folder}/pid",
        ]  # fmt: skip
        process = subprocess.Popen([program, *options], **how)  # noqa: S603
        try:
            server = Server("mysql", port)
            until(lambda: pymysql.connect(host="127.0.0.1", port=port, user="root", password="").close(), process)
            with pymysql.connect(host="127.0.0.1", port=port, user="root", password="") as connection:
                connection.cursor().execute("CREATE DATABASE shop")
            server.do(
                f"CREATE USER '{READER}'@'%' IDENTIFIED BY '{PASSWORD}'",
                f"GRANT SELECT ON shop.* TO '{READER}'@'%'",
                "CREATE DATABASE kept",
                "CREATE TABLE kept.secrets (a INT)",
            )
            yield server
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture
def cut():
    """`cut(port, after)`: a port that leads there and breaks off after so many bytes of the server's."""
    closing = contextlib.ExitStack()

    def start(port, after):
        listening = closing.enter_context(socket.create_server(("127.0.0.1", 0)))

        def forward(source, target, limit):
            passed = 0
            with contextlib.suppress(OSError):
                while data := source.recv(4096):
                    passed += len(data)
                    if limit is not None and passed > limit:
                        break
                    target.sendall(data)
            for side in (source, target):
                with contextlib.suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    there = socket.create_connection(("127.0.0.1", port))
                    for side in (client, there):
                        closing.callback(side.close)
                    ways = ((client, there, None), (there, client, after))
                    for way in ways:
                        threading.Thread(target=forward, args=way, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return listening.getsockname()[1]

    with closing:
        yield start


@pytest.fixture
def as_of():
    return AS_OF


@pytest.fixture(name="profile_of")
def _profile_of():
    """`profile_of(tables, **source)`: a profile that reads them."""
    return profile_of


def profile_of(tables, **source):
    return Profile.model_validate(
        {
            "market": {
                "country": "DE",
                "time_zone": "Europe/Berlin",
                "currencies": [{"code": "EUR"}],
                "languages": ["de"],
            },
            "source": {"tables": tables, **source},
            "dimensions": {"language": {"kind": "trait", "trait": "language"}},
            "teams": [{"name": "crm", "locales": ["de-DE"]}],
        }
    )


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        yield connection


@dataclass
class Read:
    """What was read, as plain Python."""

    con: object
    sources: object

    def rows(self, table="asked"):
        """Rows without file, record and fault, in the relation's order."""
        return [row[3:] for row in self.con.execute(f"SELECT * FROM {self.sources.tables[table].relation}").fetchall()]

    def records(self, table="asked"):
        return [row[1] for row in self.con.execute(f"SELECT * FROM {self.sources.tables[table].relation}").fetchall()]

    def one(self, table="asked"):
        """The only row, by column."""
        (row,) = self.rows(table)
        return dict(zip(self.sources.tables[table].columns, row, strict=True))

    @property
    def input(self):
        return self.sources.inputs[0]


@pytest.fixture
def ask(con, tmp_path, monkeypatch):
    """`ask(server, "SELECT ...")`: what a profile with this SELECT reads; keywords are of the raw table."""

    def call(server, select=None, *, tables=None, address=None, databases=None, work="work", **raw):
        monkeypatch.setenv("STRATA_DATABASE_CRM", address or server.address())
        profile = profile_of(
            tables or {"asked": {"database": "crm", "select": select, **raw}},
            databases=databases or {"crm": {"kind": server.kind}},
        )
        landing = tmp_path / "landing"
        return Read(con, read_drop(con, profile, open_store(landing), tmp_path / work, as_of=AS_OF))

    return call
