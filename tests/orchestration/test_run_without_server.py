"""`strata run` as people start it, with no Prefect server configured."""

from __future__ import annotations

import pytest

from tasks.objects import open_store
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import verify


@pytest.fixture(scope="module")
def runs(strata, drops, drops_with_a_broken_one, tmp_path_factory):
    """First DE alone; then all three, JP's drop broken: every test below looks at these two."""
    publish = tmp_path_factory.mktemp("published")
    options = ("--publish", publish, "--as-of", "2026-06-30")
    first = strata("run", "DE", "--landing", drops, *options)
    before = read_pointer(open_store(publish), "DE")
    return publish, first, before, strata("run", "--landing", drops_with_a_broken_one, *options)


def test_it_publishes_and_says_so(runs):
    publish, first, _, _ = runs
    assert first.code == 0, first.said
    assert verify(open_store(publish), "DE") == ()
    assert first.out.startswith("as of 2026-06-30: DE\n")
    row = next(line for line in first.out.splitlines() if line.split()[:2] == ["DE", "published"])
    # SAMPLE.json counts the records; the columns are read, kept, duplicate, filtered, quarantined, customers.
    read, kept, duplicate, filtered, quarantined = (int(cell.replace(",", "")) for cell in row.split()[3:8])
    assert read == kept + duplicate + filtered + quarantined
    assert "1 of 1 markets in" in first.out


def test_progress_goes_to_a_file_a_line_a_market_and_no_noise(runs):
    _, first, _, second = runs
    assert [line.split(" ", 2)[:2] for line in first.out.splitlines() if line.startswith("DE:")] == [
        ["DE:", "published"]
    ]
    assert {line.split(" ", 2)[0] for line in second.out.splitlines() if " published " in line} >= {"BG:"}
    assert "\x1b" not in first.said
    assert "Traceback" not in first.said + second.said


def test_running_again_changes_nothing(runs):
    publish, _, before, second = runs
    assert "DE: unchanged nothing has changed" in second.out
    assert read_pointer(open_store(publish), "DE") == before
    assert [event.event for event in before.pointer.events].count("published") == 1


def test_a_broken_drop_stops_its_own_market_alone(runs):
    publish, _, _, second = runs
    store = open_store(publish)
    assert second.code == 1
    assert verify(store, "BG") == ()
    assert read_pointer(store, "JP") is None
    (told,) = [line for line in second.out.splitlines() if line.startswith("JP: DropError:")]
    assert "no file for the table purchases; found" in told
    assert "Correct source.tables.purchases.files" in told
    assert "2 of 3 markets in" in second.out
