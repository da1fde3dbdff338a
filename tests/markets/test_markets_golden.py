"""A fixed drop gives fixed bytes: whoever changes them for the same input raises tasks.contract.OUTPUT_VERSION.

The id of a publication promises its bytes. A change that keeps the id makes an old publication and a new one of the
same name differ, which a run can only report as a determinism defect. So also for an upgrade of DuckDB, whose Parquet
writer decides the canonical files' bytes: it is recorded beside the digests to name the culprit.

After raising OUTPUT_VERSION: STRATA_RECORD_GOLDEN=1 python -m pytest tests/markets/test_markets_golden.py
"""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tasks.contract import OUTPUT_VERSION

pytestmark = pytest.mark.xdist_group("golden")
HERE = Path(__file__).parent / "golden"
RECORD = HERE / "digests.json"
AS_OF = date(2021, 2, 20)
KEY = "a key of at least thirty-two characters"


@pytest.fixture(scope="module")
def golden(run_markets, tmp_path_factory):
    root = tmp_path_factory.mktemp("golden")
    ran = run_markets(HERE / "landing", root, AS_OF, profiles=HERE / "profiles", markets=["AT"], pseudonym_key=KEY)
    return ran["AT"]


@pytest.fixture(scope="module")
def found(golden):
    manifest = golden.manifest
    return {
        "output_version": manifest["output_version"],
        "duckdb": duckdb.__version__,
        "inputs": {
            "profile": manifest["profile"],
            "pseudonym_key": manifest["pseudonym_key"],
            **manifest["references"],
            **{file["uri"]: file["sha256"] for file in manifest["inputs"]},
        },
        "files": golden.digests,
    }


def verdict(recorded, found):
    """What is wrong, in words for whoever changed it; None where nothing is."""
    changed = sorted(path for path, digest in found["files"].items() if recorded["files"].get(path) != digest)
    changed += [f"{path} is gone" for path in sorted(recorded["files"].keys() - found["files"].keys())]
    again = "then record the digests anew (see the top of this file)"
    if recorded["output_version"] != found["output_version"]:
        return f"OUTPUT_VERSION is {found['output_version']}, the digests are of {recorded['output_version']}: {again}"
    if not changed:
        return None
    told = f"{len(changed)} published files have other bytes: {', '.join(changed)}"
    inputs = sorted(
        name
        for name in recorded["inputs"].keys() | found["inputs"].keys()
        if recorded["inputs"].get(name) != found["inputs"].get(name)
    )
    if inputs:  # the id follows from these: another publication, no broken promise
        return f"{told}; the input changed ({', '.join(inputs)}): see that the change is meant, {again}"
    if recorded["duckdb"] != found["duckdb"]:
        told += f"; DuckDB was {recorded['duckdb']}, is {found['duckdb']}"
    return f"{told}; the input is the same: raise OUTPUT_VERSION in tasks/contract, {again}"


def test_the_same_input_has_the_same_bytes_as_when_it_was_recorded(found):
    if os.environ.get("STRATA_RECORD_GOLDEN"):
        RECORD.write_text(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
    recorded = json.loads(RECORD.read_text("utf-8"))
    wrong = verdict(recorded, found)
    assert wrong is None, wrong


def test_the_version_of_the_program_is_that_of_the_publication(found):
    assert found["output_version"] == OUTPUT_VERSION


def test_a_changed_byte_is_told_with_what_to_do(found):
    other = found | {"files": found["files"] | {"canonical/customers.parquet": "0" * 64}}
    told = verdict(other, found)
    assert "1 published files" in told
    assert "canonical/customers.parquet" in told
    assert "raise OUTPUT_VERSION" in told


def test_a_file_too_many_or_too_few_is_told(found):
    fewer = {path: digest for path, digest in found["files"].items() if not path.startswith("tags/")}
    assert "tags/" in verdict(found, found | {"files": fewer})
    assert "tags/" in verdict(found | {"files": fewer}, found)


def test_other_input_may_have_other_bytes_but_is_told(found):
    other = found | {"files": {}, "inputs": found["inputs"] | {"profile": "0" * 64}}
    told = verdict(other, found)
    assert "the input changed (profile)" in told
    assert "raise" not in told


def test_a_raised_version_asks_for_new_digests(found):
    assert "record the digests anew" in verdict(found | {"output_version": found["output_version"] - 1}, found)


def test_a_new_duckdb_that_writes_other_bytes_is_named(found):
    other = found | {"duckdb": "0.1", "files": {}}
    assert "DuckDB was 0.1" in verdict(other, found)


def test_the_fixed_drop_has_what_hurts(golden):
    """Else the digests guard little: faults, duplicates, objectors, guests, returns, five locales."""
    ledger = golden.ledger["transactions"]
    assert ledger["quarantined"] == 5
    assert ledger["reasons"] == {
        "duplicate": {"content": 1},
        "filtered": {"after_as_of": 1, "customer:employee": 1, "customer:objection": 1},
        "quarantined": {
            "amount:implausible": 1,
            "date:before_first_date": 1,
            "date:unreadable": 2,
            "quantity:not_positive": 2,
        },
    }
    lifecycle = {row["segment"]: row["customers"] for row in golden.segments if row["dimension"] == "lifecycle"}
    assert {"prospect", "net_negative"} <= {code for code, customers in lifecycle.items() if customers}
    guest = next(row for row in golden.segments if (row["dimension"], row["segment"]) == ("lifecycle", "guest"))
    assert guest["monetary_local"] == 30
    assert golden.locales == ["ar-EG", "de-AT", "en-US", "ja-JP", "zh-Hans-CN"]


def test_the_manifest_names_locales_and_nothing_else_as_locales(golden):
    assert {export["locale"] for export in golden.manifest["exports"]} == {None, *golden.locales}


def test_a_row_with_two_faults_stands_once_with_both(golden):
    files = [file["uri"] for file in golden.manifest["inputs"]]
    (row,) = [row for row in golden.rows("quarantine") if ";" in row["reasons"]]
    assert (files[row["file"]], row["record"]) == ("AT/sales_2.csv", 10)
    assert row["reasons"] == "date:unreadable;quantity:not_positive"
    assert (row["column"], row["value"]) == ("date", "31.02.2020")
