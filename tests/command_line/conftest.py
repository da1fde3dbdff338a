"""The command in this process, as `strata` itself calls it."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from flows.cli import main


@dataclass(frozen=True)
class Said:
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


@pytest.fixture
def strata(monkeypatch, capsys):
    """A function that runs `strata` with arguments, with none of the caller's STRATA_ settings."""
    from os import environ

    for name in list(environ):
        if name.startswith(("STRATA_", "PREFECT_")):
            monkeypatch.delenv(name)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["strata", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        told = capsys.readouterr()
        return Said(code, told.out, told.err)

    return call
