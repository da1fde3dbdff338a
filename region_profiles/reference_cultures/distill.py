"""Distil excel_cultures.csv from a table of Windows cultures.

    python -m region_profiles.reference_cultures.distill windows_cultures.tsv

The source has no header and eight columns: culture, list separator, decimal, group, currency decimal, ANSI code
page, right to left, short date (README.md says whence). Kept are the three that decide how Excel types a cell, with
the date pattern made fit for writing: see `writable_date`.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

TARGET = Path(__file__).with_name("excel_cultures.csv")
HEADER = ("culture", "separator", "decimal", "date", "date_basis")
ISO = "yyyy-MM-dd"

#: Cultures whose default calendar on Windows is not the Gregorian: there a day-first year might be read in another era.
OTHER_CALENDARS = {"ar-SA": "hijri", "fa-IR": "persian", "ps-AF": "persian", "th-TH": "buddhist"}


def writable_date(culture: str, short: str) -> tuple[str, str]:
    """The pattern to write in a file, and what it rests on.

    Two-digit years are written with four, since Excel reads 30 as 1930; literal words go; a month's name, or another
    calendar than the Gregorian, makes it ISO 8601, which Excel types under every region.

    >>> writable_date("de-DE", "dd.MM.yyyy")
    ('dd.MM.yyyy', 'windows')
    >>> writable_date("bg-BG", "d.M.yyyy 'г.'")
    ('d.M.yyyy', 'windows without words')
    >>> writable_date("ur-IN", "d/M/yy")
    ('d/M/yyyy', 'windows with four-digit year')
    >>> writable_date("ar-SA", "dd/MM/yy")
    ('yyyy-MM-dd', 'iso for calendar hijri')
    """
    if culture in OTHER_CALENDARS:
        return ISO, f"iso for calendar {OTHER_CALENDARS[culture]}"
    if "MMM" in short:
        return ISO, "iso for month name"
    plain = re.sub(r"\s*'[^']*'", "", short)
    full = re.sub(r"(?<!y)yy(?!y)", "yyyy", plain)
    if full != plain:
        return full, "windows with four-digit year"
    return full, "windows" if plain == short else "windows without words"


def distil(source: Path, target: Path = TARGET) -> int:
    """Write the table, sorted by culture; returns the number of cultures."""
    with source.open(encoding="utf-8", newline="") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    kept = sorted((row[0], row[1], row[2], *writable_date(row[0], row[-1])) for row in rows)
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows([HEADER, *kept])
    return len(kept)


if __name__ == "__main__":
    sys.stdout.write(f"{distil(Path(sys.argv[1]))} cultures\n")
