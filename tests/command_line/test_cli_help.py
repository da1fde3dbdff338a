"""Every command explains itself, with an example."""

from __future__ import annotations

import pytest
from typer.main import get_command

from flows.cli import app


def commands():
    """Every command with the words that start it."""
    for name, command in get_command(app).commands.items():
        if hasattr(command, "commands"):
            yield from (f"{name} {inner}" for inner in command.commands)
        else:
            yield name


def test_the_commands_are_those_of_the_manual():
    assert set(commands()) == {
        *("demo", "sample", "run", "validate", "doctor", "status", "preview", "explain", "diff", "chain", "traits"),
        *("members", "overlap", "reference pool"),
        *("approve", "withdraw"),
        *("deliver", "link"),
        *("backfill", "rerun"),
        *("up", "deploy", "tidy"),
        *("profile new", "profile show", "profile schema", "profile diff", "reference show", "reference refresh"),
    }


@pytest.mark.parametrize("words", list(commands()))
def test_help_shows_an_example_that_starts_with_the_command(strata, words):
    found = strata(*words.split(), "--help")
    assert found.code == 0
    after = found.out.lower().partition("example")[2]
    assert f"strata {words}" in after


def test_without_a_command_the_help_is_shown(strata):
    found = strata()
    assert "Usage:" in found.out + found.err
    assert all(words.split()[0] in found.out + found.err for words in commands())
