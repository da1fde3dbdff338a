"""tasks.memo: a finished step is found again, a damaged one is not, and two runs end with one folder."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tasks.memo import REF, remember


def _writes(text, calls):
    def compute(folder):
        calls.append(folder)
        (folder / "a.txt").write_text(text)
        return {"rows": 1}

    return compute


def test_a_finished_step_is_reused_with_its_notes(tmp_path):
    calls = []
    first = remember(tmp_path, "traits", {"input": "x"}, _writes("one", calls))
    again = remember(tmp_path, "traits", {"input": "x"}, _writes("two", calls))
    assert (first.reused, again.reused) == (False, True)
    assert len(calls) == 1
    assert again.folder == first.folder
    assert again.notes == {"rows": 1}
    assert again.digest == first.digest


def test_another_dependency_or_step_is_computed_anew(tmp_path):
    calls = []
    remember(tmp_path, "traits", {"input": "x"}, _writes("one", calls))
    remember(tmp_path, "traits", {"input": "y"}, _writes("one", calls))
    remember(tmp_path, "segment", {"input": "x"}, _writes("one", calls))
    assert len(calls) == 3


@pytest.mark.parametrize("damage", ["changed", "missing", "no ref", "broken ref"])
def test_a_damaged_folder_is_computed_again(tmp_path, damage):
    calls = []
    first = remember(tmp_path, "traits", 1, _writes("one", calls))
    match damage:
        case "changed":
            (first.folder / "a.txt").write_text("tampered")
        case "missing":
            (first.folder / "a.txt").unlink()
        case "no ref":
            (first.folder / REF).unlink()
        case "broken ref":
            (first.folder / REF).write_text("{")
    again = remember(tmp_path, "traits", 1, _writes("one", calls))
    assert not again.reused
    assert (again.folder / "a.txt").read_text() == "one"


def test_a_step_that_fails_leaves_nothing_behind(tmp_path):
    def fails(folder):
        (folder / "half.txt").write_text("half")
        raise ValueError("died")

    with pytest.raises(ValueError, match="died"):
        remember(tmp_path, "traits", 1, fails)
    assert list(tmp_path.iterdir()) == []


def test_two_runs_of_one_step_end_with_one_folder(tmp_path):
    calls = []
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: remember(tmp_path, "traits", 1, _writes("one", calls)), range(8)))
    assert {result.folder for result in found} == {found[0].folder}
    assert [path.name for path in tmp_path.iterdir()] == [found[0].folder.name]
