"""The order of drops: by the dates in names where the profile says so, never against them."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

import pytest

from region_profiles.models import DropDate
from tasks.errors import DropError
from tasks.ingest.named_dates import path_day

MEMBERS = {"customers": {"files": ["members*.csv"], "mode": "increment", "key": ["id"]}}
MONTHLY = r"(?P<year>\d{4})-(?P<month>\d{2})"


def landed(tmp_path, *files):
    """Files under DE, each modified a day after the one before; every one says another consent of member 1."""
    for day, name in enumerate(files, start=1):
        path = tmp_path / "landing" / "DE" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"id;consent\n1;{name}\n")
        stamp = datetime(2026, 1, day, tzinfo=UTC).timestamp()
        os.utime(path, (stamp, stamp))


def newest(found):
    return [row[4] for row in found.all("customers") if row[2] is None]


@pytest.mark.parametrize(
    "files",
    [
        ("2026-10/members.csv", "2026-09/members.csv"),
        ("2026-08_all/members.csv", "20260731/members.csv"),
        ("members_2026-10.csv", "members_2026-09.csv"),
        ("members_2569-02.csv", "members_2569-01.csv"),
    ],
)
def test_increments_copied_in_another_order_than_their_names_are_refused(read, tmp_path, files):
    """Else the older row wins, and a consent that was withdrawn comes back."""
    landed(tmp_path, *files)
    with pytest.raises(DropError) as caught:
        read(tables=MEMBERS)
    assert all(name in str(caught.value) for name in (*files, "source.drop_date", "customers"))


def test_increments_in_the_order_of_their_names_are_read(read, tmp_path):
    landed(tmp_path, "2026-08_all/members.csv", "2026-09/members.csv", "2026-10/members.csv")
    assert newest(read(tables=MEMBERS)) == ["2026-10/members.csv"]


def test_with_drop_date_names_decide_whatever_the_times_say(read, tmp_path):
    landed(tmp_path, "2026-10/members.csv", "2026-09/members.csv", "2026-08_all/members.csv")
    assert newest(read(tables=MEMBERS, source={"drop_date": {"by": "path", "pattern": MONTHLY}})) == [
        "2026-10/members.csv"
    ]


def test_a_snapshot_whose_newest_folder_was_copied_first_is_refused(read, tmp_path):
    landed(tmp_path, "2026-10/members.csv", "2026-09/members.csv")
    with pytest.raises(DropError, match="modified in another order"):
        read(tables={"customers": {"files": ["members.csv"]}})


def test_files_beside_each_other_in_a_snapshot_are_parts_in_any_order(read, tmp_path):
    landed(tmp_path, "members_2026.csv", "members_2025-12.csv", "members_2025-11.csv")
    assert len(read(tables={"customers": {"files": ["members*.csv"]}}).rows("customers")) == 3


@pytest.mark.parametrize(("folder", "day"), [("2026-02/", date(2026, 2, 28)), ("2024-02/", date(2024, 2, 29))])
def test_a_month_without_a_day_is_its_last_day(folder, day):
    assert path_day(DropDate(by="path", pattern=MONTHLY), f"{folder}x.csv", "x.csv") == day


def test_a_snapshot_beside_increments_tells_the_older_files_it_leaves(read, tmp_path):
    landed(tmp_path, "a/members.csv", "b/members.csv")
    for name in ("a", "b"):
        (tmp_path / "landing" / "DE" / name / "sales.csv").write_text("n;x\n1;2\n")
    found = read(tables={"sales": {"files": ["sales.csv"]}, **MEMBERS})
    assert "files of older ones that are not: 1, of DE/" in found.notes["drops_older:sales"]
