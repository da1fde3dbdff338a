"""Each file in faults/ is a German market's file with one fault, named after it.

`# FAULT path | words | ...` stands in the line that the error must name; every part must be in its message.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from region_profiles.loader import resolve
from tasks.errors import ProfileError, ProfileErrors

FAULTS = sorted((Path(__file__).parent / "faults").glob("*.yaml"))
MARK = re.compile(r"# FAULT (?P<parts>.+)$")


def expected(path: Path) -> dict[int, list[str]]:
    """line: what its message says."""
    lines = path.read_bytes().decode("utf-8", "replace").splitlines()
    found = {number: MARK.search(line) for number, line in enumerate(lines, 1)}
    return {number: match["parts"].split(" | ") for number, match in found.items() if match}


def faults_of(path: Path) -> tuple[ProfileError, ...]:
    with pytest.raises(ProfileErrors) as caught:
        resolve("DE", file=path)
    return caught.value.errors


@pytest.mark.parametrize("path", FAULTS, ids=lambda path: path.stem)
def test_fault_is_reported_at_its_line_with_its_facts(path):
    errors = faults_of(path)
    promised = expected(path)
    assert promised, "the file must say what it expects"
    assert [error.line for error in errors] == list(promised)
    for error in errors:
        assert error.file == str(path)
        for part in promised[error.line]:
            assert part in str(error)


def test_faults_carry_their_facts_as_attributes():
    (error,) = faults_of(Path(__file__).parent / "faults" / "key_misspelt.yaml")
    assert error.market == "DE"
    assert error.line == 5
    assert error.path == "source.tables.sales.delimeter"
    assert error.value == "delimeter"
    assert error.hint == "did you mean 'delimiter'?"
