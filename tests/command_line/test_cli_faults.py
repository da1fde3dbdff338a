"""What is wrong with a command is said at once, before Prefect is imported, with what to do; exit code 2."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Runs the command and says on the last line whether Prefect (or pandas, half a second more) was imported.
WATCHED = """
import sys
from flows.cli import main
try:
    main()
finally:
    print("imported:", *sorted({"prefect", "pandas", "boto3"} & set(sys.modules)), file=sys.stderr)
"""


@pytest.fixture
def watched(tmp_path):
    """A function that runs the command in a process of its own: exit code, and what it said on standard error."""

    def call(*arguments, **environ):
        own = {name: value for name, value in os.environ.items() if not name.startswith(("STRATA_", "PREFECT_"))}
        found = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", WATCHED, *map(str, arguments)],
            cwd=tmp_path,
            env={**own, "PYTHONPATH": str(ROOT), "COLUMNS": "300", **environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        said, _, imported = found.stderr.rpartition("imported:")
        assert imported.split() == [], "a fault must be found before heavy imports"
        assert "Traceback" not in said
        return found.returncode, said

    return call


def profiles(folder, line):
    """The built-in profiles with a line at the end of DE's."""
    shutil.copytree(ROOT / "region_profiles", folder, ignore=shutil.ignore_patterns("*.py", "examples", "catalogs"))
    with (folder / "markets" / "de.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    return folder


@pytest.fixture
def landing(tmp_path):
    (tmp_path / "drops" / "DE").mkdir(parents=True)
    (tmp_path / "drops" / "DE" / "kunden.csv").write_text("Kunden-Nr.\n1\n")
    return tmp_path / "drops"


def test_a_date_that_is_none(watched):
    code, said = watched("run", "DE", "--as-of", "30.06.2026")
    assert code == 2
    assert "'30.06.2026'" in said
    assert "%Y-%m-%d" in said


def test_an_engine_that_is_none(watched, landing):
    code, said = watched("run", "DE", "--landing", landing, "--publish", "p", "--engine", "oracle")
    assert code == 2
    assert "'oracle' is neither duckdb nor spark" in said


@pytest.mark.parametrize(("given", "missing"), [("--landing", "--publish"), ("--publish", "--landing")])
def test_a_root_that_is_not_given(watched, landing, given, missing):
    code, said = watched("run", "DE", given, landing)
    assert code == 2
    assert f"say {missing} URI or set STRATA_{missing[2:].upper()}" in said


@pytest.mark.parametrize("markets", [(), ("DE",)])
def test_a_landing_that_is_not_there(watched, tmp_path, markets):
    code, said = watched("run", *markets, "--landing", tmp_path / "nowhere", "--publish", tmp_path / "published")
    assert code == 2
    assert "nowhere" in said
    assert "expected a folder named as" in said
    assert not (tmp_path / "published").exists()


def test_a_market_that_is_none(watched, landing):
    code, said = watched("run", "XQ", "--landing", landing, "--publish", "p")
    assert code == 2
    assert "unknown market; found 'XQ'" in said


def test_a_store_of_an_unknown_kind(watched):
    code, said = watched("run", "DE", "--landing", "ftp://host/drops", "--publish", "p")
    assert code == 2
    assert "expected a folder, file:///folder or s3://bucket/prefix" in said


def test_a_profile_with_an_unknown_key_names_file_line_and_the_nearest_key(watched, landing, tmp_path):
    folder = profiles(tmp_path / "profiles", "tax_basis: net")
    code, said = watched("run", "DE", "--landing", landing, "--publish", "p", "--profiles", folder)
    assert code == 2
    line = len((folder / "markets" / "de.yaml").read_text().splitlines())
    assert f"de.yaml:{line}" in said
    assert "tax_basis" in said


def test_a_rule_over_an_unknown_trait(watched, landing, tmp_path):
    rule = "dimensions: {spenders: {kind: rules, segments: [{code: big, when: monetary > 5}], else: small}}"
    folder = tmp_path / "profiles"
    profiles(folder, "")
    (folder / "markets" / "de.yaml").write_text(rule)
    code, said = watched("run", "DE", "--landing", landing, "--publish", "p", "--profiles", folder)
    assert code == 2
    assert "monetary" in said
    assert "spenders" in said


def test_an_environment_that_cannot_be(watched):
    code, said = watched("status", STRATA_ENGINE="oracle", STRATA_MARKETS_AT_ONCE="0")
    assert code == 2
    assert "STRATA_ENGINE: Input should be 'duckdb' or 'spark'" in said
    assert "STRATA_MARKETS_AT_ONCE: Input should be greater than or equal to 1" in said


NEWCOMER = """
market: {country: DE}
source:
  formats: {decimal_sign: ".", date_order: ymd}
  tables:
    sales: {files: [sales.csv], delimiter: ";"}
    products: {files: [products.csv], delimiter: ";"}
  mapping:
    transactions:
      source: sales
      columns: {order_id: n, date: day, amount: paid}
      constants: {currency: EUR}
tax: {amounts: gross}
"""


@pytest.fixture
def validate(tmp_path):
    """A function that validates DE with one profile and a landing of these files: exit code and what was printed."""

    def call(profile, **files):
        for name, text in files.items():
            path = tmp_path / "drops" / "DE" / f"{name}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (tmp_path / "own" / "markets").mkdir(parents=True)
        (tmp_path / "own" / "markets" / "de.yaml").write_text(profile)
        landing = ("--landing", "drops", "--as-of", "2026-01-31") if files else ()
        found = subprocess.run(  # noqa: S603 - our own program
            [
                sys.executable,
                "-c",
                "from flows.cli import main; main()",
                "validate",
                "DE",
                "--profiles",
                "own",
                *landing,
            ],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "STRATA_WORK": str(tmp_path / "work")},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return found.returncode, found.stdout + found.stderr

    return call


def test_an_increment_without_a_key_is_a_fault_for_it_would_count_receipts_twice(validate):
    code, said = validate(NEWCOMER.replace('[sales.csv], delimiter: ";"', "[sales.csv], mode: increment"))
    assert code == 1
    assert "source.tables.sales.key: is missing" in said


def test_validate_tells_what_is_not_read_and_how_many_rows_are_refused(validate):
    refused = "".join(f"{n};2026-01-0{n};x\n" for n in range(1, 6))
    code, said = validate(
        NEWCOMER,
        sales=f"n;day;paid\n{refused}6;2026-01-06;10\n",
        products="id;price\n1;2\n",
        history_2025="n;day;paid\n1;2025-01-01;5\n",
    )
    assert code == 0, said
    assert "history_2025.csv (" in said
    assert "no mapping reads products" in said
    assert "(and 3 more of transactions with amount:unreadable)" in said
    assert "canonical/quarantine.parquet" in said
    assert "grant customers" in said


def test_validate_tells_what_counts_and_may_yet_be_wrong(validate):
    profile = (
        NEWCOMER.replace(
            "columns: {order_id: n, date: day, amount: paid}",
            "columns: {order_id: n, date: day, amount: paid, kind: kind, returned_order_id: of, member_number: who}",
        )
        .replace(
            "tax: {amounts: gross}",
            "    customers: {source: people, columns: {member_number: who}}\n"
            "    controls: {source: finance, columns: {since: since, until: until, amount: total}}\n"
            "tax: {amounts: gross, rates: [{rate: 0.19}]}",
        )
        .replace(
            "    products: {files: [products.csv]",
            '    people: {files: [people.csv], delimiter: ";"}\n    finance: {files: [finance.csv], delimiter: ";"}\n'
            "    products: {files: [products.csv], optional: true",
        )
    )
    code, said = validate(
        profile,
        sales="n;day;paid;kind;of;who\n1;2026-01-01;10;sale;;a\n2;2026-01-02;4;return;NOSUCH;a\n",
        people="who\na\n",
        finance="since;until;total\n2026-01-01;2026-01-31;7.00\n",
    )
    assert code == 0, said
    assert "returns: 1 of 1 name an order that is not there; they count" in said
    assert "finance has 7.0000 EUR from 2026-01-01 to 2026-01-31; the drop has 6.0000" in said
    assert "home_country is not mapped, so residence is unknown and effort empty" in said
