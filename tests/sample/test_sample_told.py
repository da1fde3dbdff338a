"""`strata sample` says whose drops it wrote: each market once."""

from __future__ import annotations

import re

from typer.testing import CliRunner

from flows.cli import app


def test_a_drop_is_named_once_and_a_shared_one_with_its_markets(tmp_path):
    said = CliRunner().invoke(app, ["sample", str(tmp_path), "--markets", "DE,benelux", "--customers", "20"]).output
    assert re.search(r"^DE: \d+ customers and", said, re.MULTILINE)
    assert re.search(r"^benelux \(BE, LU, NL\): \d+ customers and", said, re.MULTILINE)
