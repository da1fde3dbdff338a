"""docs/profiles.md is true: its files draft as it says, its profile loads, its message is the loader's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from region_profiles.loader import load_profile, resolve
from tasks.draft.profile import draft
from tasks.errors import ProfileErrors

DOCS = Path(__file__).resolve().parents[2] / "docs" / "profiles.md"
BLOCKS = dict(
    re.findall(r"^`([^`\n]+)`\n```\w+\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
)


@pytest.fixture
def drop(tmp_path):
    folder = tmp_path / "ateliers"
    folder.mkdir()
    for name in ("ventes_2024-01.csv", "clients.csv"):
        (folder / name).write_text(BLOCKS[name], encoding="utf-8")
    return folder


@pytest.fixture
def profiles(tmp_path):
    path = tmp_path / "profiles" / "markets" / "fr.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(BLOCKS["profiles/markets/fr.yaml"], encoding="utf-8")
    return tmp_path / "profiles"


def test_the_draft_proves_and_asks_what_the_page_says(drop):
    text = draft("FR", drop)
    assert "date_order: dmy" in text
    assert 'decimal_sign: ","' in text
    assert "member_number: N° client" in text
    questions = " ".join(re.sub(r"\n\s*#\s*", " ", text).split("QUESTION:")[1:])
    for asked in (
        "in which currency",
        "gross (with tax)",
        "below zero",
        "what does V mean",
        "what does R mean",
        "countries",
    ):
        assert asked in questions
    assert "code page" not in questions
    assert "ventes_*.csv catches those to come" in re.sub(r"\n\s*#\s*", " ", text)
    assert text.count("# QUESTION:") <= 10


def test_the_pages_profile_loads_with_the_drafts_mapping(drop, profiles):
    mapping = load_profile("FR", profiles).source.mapping
    drafted = draft("FR", drop)
    for column, raw in mapping["transactions"].columns.items():
        assert f"{column}: {raw}\n" in drafted


def test_the_pages_message_is_the_loaders(profiles):
    path = profiles / "markets" / "fr.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("delimiter", "delimeter", 1), encoding="utf-8")
    with pytest.raises(ProfileErrors) as caught:
        resolve("FR", profiles)
    message = str(caught.value.errors[0]).replace(str(profiles), "profiles")
    told = next(line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("FR: "))
    start, end = told.split("...")
    assert message.startswith(start)
    assert message.endswith(end)
