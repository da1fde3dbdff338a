"""The page's example: a market whose customers and purchases come from PostgreSQL, from its tables to a publication."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.cli import main
from flows.planning.runs import plan
from flows.publishing.market import stratify_market
from tasks.objects import open_store
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import verify

pytestmark = pytest.mark.xdist_group("databases")
ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs" / "profiles.md").read_text(encoding="utf-8")
PROFILE = re.search(r"^`profiles/markets/be.yaml`\n```yaml\n(.*?)^```", DOCS, re.DOTALL | re.MULTILINE)[1]
AS_OF = "2024-01-31"

TABLES = """
CREATE TABLE shop.orders (order_id int PRIMARY KEY, sold_at timestamptz, member_id text, store text);
CREATE TABLE shop.lines (order_id int, line int, article text, quantity int, total numeric(10,2));
CREATE TABLE shop.members
  (member_id text, first_name text, last_name text, email text, country char(2), registered date);
-- 23:30 in Brussels on the 31st is 22:30 in UTC; 00:30 on 1 February is still the 31st in UTC, and too late.
INSERT INTO shop.orders VALUES
  (101, '2024-01-02 10:00+01', '00017', 'GNT'), (102, '2024-01-15 10:00+01', NULL, 'GNT'),
  (103, '2024-01-31 23:30+01', '00023', 'WEB'), (104, '2024-02-01 00:30+01', '00023', 'WEB'),
  (105, '2018-12-31 10:00+01', '00017', 'GNT'), (106, '2024-01-20 09:00+01', '00017', 'GNT');
INSERT INTO shop.lines VALUES
  (101, 1, 'A-100', 2, 39.80), (101, 2, 'B-210', 1, 1249.00), (102, 1, 'A-100', 1, 19.90), (103, 1, 'C-305', 1, 89.50),
  (104, 1, 'C-305', 1, 5.00), (105, 1, 'C-305', 1, 7.00), (106, 1, 'B-210', -1, -1249.00);
INSERT INTO shop.members VALUES
  ('00017', 'Anne', 'Peeters', 'anne@example.org', 'BE', '2019-05-12'),
  ('00023', 'Tom', 'Janssens', 'tom@example.org', 'BE', '2023-11-28'), ('00031', 'Zoé', 'Martin', NULL, 'FR', NULL);
"""


@pytest.fixture(scope="module")
def shop(postgres):
    postgres.do("DROP TABLE IF EXISTS shop.orders, shop.lines, shop.members CASCADE", TABLES)
    yield postgres
    postgres.do("DROP TABLE shop.orders, shop.lines, shop.members")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    root = tmp_path_factory.mktemp("chain")
    (root / "profiles" / "markets").mkdir(parents=True)
    (root / "profiles" / "markets" / "be.yaml").write_text(PROFILE, encoding="utf-8")
    (root / "landing").mkdir()
    return root


@pytest.fixture(scope="module")
def environ(shop, home):
    return {
        "STRATA_DATABASE_CRM": shop.address(),
        "STRATA_WORK": str(home / "work"),
        "STRATA_PROFILES": str(home / "profiles"),
        "STRATA_LANDING": str(home / "landing"),
        "STRATA_PUBLISH": str(home / "published"),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


def started(environ, *arguments):
    """`strata` in a process of its own: exit code and all that it said."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("STRATA_", "PREFECT_"))}
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "flows.cli", *arguments],
        cwd=ROOT, env={**own, **environ}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


@pytest.fixture
def strata(environ, monkeypatch, capsys):
    """`strata(...)` in this process: exit code and all that it said."""

    def call(*arguments, **more):
        for name in [name for name in os.environ if name.startswith(("STRATA_", "PREFECT_"))]:
            monkeypatch.delenv(name)
        for name, value in {**environ, **more}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["strata", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return ended.value.code or 0, told.out + told.err

    return call


@pytest.fixture(scope="module")
def published(environ):
    """`strata run`, for all markets that need no drop; BE is the only one."""
    return started(environ, "run", "--as-of", AS_OF)


def test_it_publishes_what_the_select_gives(published, home):
    code, said = published
    assert code == 0, said
    assert verify(open_store(str(home / "published")), "BE") == ()


@pytest.mark.usefixtures("published")
def test_again_elsewhere_nothing_has_changed(environ, home, monkeypatch, tmp_path):
    for name, value in {**environ, "STRATA_WORK": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    (run,) = plan(["BE"], as_of=date.fromisoformat(AS_OF))
    assert stratify_market(run).state == "unchanged"
    events = read_pointer(open_store(str(home / "published")), "BE").pointer.events
    assert [event.event for event in events].count("published") == 1


@pytest.mark.usefixtures("published")
def test_its_manifest_counts_the_rows_and_names_no_host(home, shop):
    (text,) = [path.read_text("utf-8") for path in (home / "published").rglob("manifest.json")]
    told = json.loads(text)
    assert [(entry["uri"], entry["rows"]) for entry in told["inputs"]] == [
        ("postgresql:crm/sales", 5),  # the lines of 101, 102, 103 and 106: 104 is of February, 105 of 2018
        ("postgresql:crm/members", 3),
    ]
    assert told["ledger"]["transactions"]["read"] == told["ledger"]["transactions"]["kept"] == 5
    assert told["notes"]["drop"]["asked:sales"].startswith("5 rows announced by PostgreSQL ")
    for secret in (shop.address(), shop.address().split("@")[0], str(shop.port), "127.0.0.1", "strata_reader"):
        assert secret not in text
    for path in (path for path in home.rglob("*") if path.is_file()):
        assert shop.address().encode() not in path.read_bytes(), path


@pytest.mark.usefixtures("published")
def test_its_customers_are_those_of_the_table_with_their_money(home):
    (path,) = (home / "published").rglob("canonical/customers.parquet")
    columns = ["type", "last_order_date", "lifetime_local"]
    rows = pq.read_table(path, columns=columns).sort_by([("lifetime_local", "descending")]).to_pylist()
    assert [tuple(str(value) for value in row.values()) for row in rows] == [
        ("person", "2024-01-31", "89.50"),  # in Brussels, not in UTC
        ("person", "2024-01-02", "39.80"),  # of what was bought on the 2nd, most was given back on the 20th
        ("person", "None", "None"),
    ]


def test_validate_shows_the_count_and_doctor_the_database(strata, shop):
    code, said = strata("validate", "--as-of", AS_OF)
    assert code == 0, said
    assert "note: asked:sales: 5 rows announced by PostgreSQL" in said
    _, said = strata("doctor")
    assert re.search(r"ok\s+database crm\s+PostgreSQL [\d.]+ answers; its role only", " ".join(said.split()))
    assert shop.address().split("@")[0] not in said


def test_a_wrong_password_fails_the_market_and_is_not_told(strata, shop):
    address = shop.address(password="wrong-secret")
    code, said = strata("validate", "BE", "--as-of", AS_OF, STRATA_DATABASE_CRM=address)
    assert code == 1
    assert "BE postgresql:crm: the server refuses user or password; mend STRATA_DATABASE_CRM" in said
    assert "wrong-secret" not in said


def test_files_and_a_database_stand_in_one_drop(shop, ask, tmp_path):
    landing = tmp_path / "landing" / "DE"
    landing.mkdir(parents=True)
    (landing / "sales.csv").write_text("Date;Member;Total\n31.01.2024;00017;39,80\n", encoding="utf-8")
    both = {
        "sales": {"files": ["sales.csv"]},
        "members": {"database": "crm", "select": "SELECT member_id, registered FROM shop.members"},
    }
    asked = ask(shop, tables=both)
    assert [(entry.table, entry.uri) for entry in asked.sources.inputs] == [
        ("sales", "DE/sales.csv"),
        ("members", "postgresql:crm/members"),
    ]
    assert asked.rows("sales") == [("31.01.2024", "00017", "39,80")]
    assert asked.rows("members")[0] == ("00017", "2019-05-12")
    assert "files_unread" not in asked.sources.notes
