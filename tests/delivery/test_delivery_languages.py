"""Every language has every word of a delivery: nobody reads a code."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from region_profiles.catalogs.messages import languages
from tasks.delivery.bundle import Entry
from tasks.delivery.figures import Before, Figures
from tasks.delivery.letter import File, Told, letter, recalled, subject
from tasks.delivery.names import checked_members, worded
from tasks.delivery.pages import links, message, readme
from tasks.export.report.words import Words
from tasks.publish.manifest import Export
from tests.delivery.desk import Market

KINDS = {
    "de-DE/summary/x_report.html": "report", "de-DE/summary/x_summary.xlsx": "workbook",
    "de-DE/summary/x_segments.csv": "segments", "de-DE/customers/x_customers.csv": "customers",
    "de-DE/customers/x_customers_by_segment.xlsx": "customers", "de-DE/customers/x_contacts_tr.csv": "contacts",
    "de-DE/customers/x_contacts_by_role.csv": "roles", "de-DE/customers/x_audience_win_back.csv": "audience",
    "de-DE/customers/x_store_1.csv": "store",
    "tags/x_tags.csv": "tags", "de-DE/summary/other.bin": None,
}  # fmt: skip
SIZES = {("market", "all"): 91, ("lifecycle", "loyal"): 49, ("lifecycle", "lost"): 12}
HOWS = ("link", "attached", "folder", "sftp", "ask")


@pytest.mark.parametrize("language", languages())
def test_every_word_of_a_delivery_is_in_the_language(language, tmp_path):
    profile = Market(tmp_path, tmp_path).profile
    words = Words(language, profile)
    figures = Figures(SIZES, dict.fromkeys(SIZES, None))
    steady, moved = (
        Before(date(2026, 5, 31), Figures({**SIZES, ("lifecycle", "loyal"): size}, {}), same_rules=same)
        for size, same in ((49, True), (40, True))
    )
    ruled = Before(date(2026, 5, 31), figures, same_rules=False)
    entries = [
        Entry(path.rpartition("/")[2], Export(path=path, locale=None, bytes=1, sha256="0" * 64, rows=1), kind)
        for path, kind in KINDS.items()
    ]
    made = []
    for before in (None, steady, moved, ruled):
        told = Told("DE", date(2026, 6, 30), "4fb8eb5177161db9c5ba3807", figures, before, replaces=True, lists=True)
        files = [File(f"DE_{how}.zip", how) for how in HOWS]
        one = letter(words, profile, told, files, datetime(2026, 7, 1, tzinfo=UTC))
        made += [one.text(), message([one]), readme(words, one, entries).decode()]
        made.append(links(words, one, entries, lambda entry: entry.name, ["intro"]).decode())
        made += [subject(words, told), subject(words, told, "recall_subject")]
        made += [recalled(words, profile, told, valid).text() for valid in (None, date(2026, 5, 31))]
    empty = Told("DE", date(2026, 6, 30), "4fb8eb5177161db9c5ba3807", None, None)
    made.append(letter(words, profile, empty).text())
    names = [
        f"{worded(words.say('readme', 'delivery'), '')}.html",
        f"{worded(words.say('recall_file', 'delivery'), '')}.txt",
    ]
    assert words.labels.notes == ()
    assert not [text for text in made if "%(" in text]
    assert not [text for text in made if "。 " in text], "no blank between sentences that need none"
    assert checked_members(names) == tuple(names)
    assert all(len(name) > 6 for name in names), "words, and not the ending alone"
