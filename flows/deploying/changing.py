"""A difference between a server and the files, and what ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `what` is named, `how` says it, `apply` ends it."""

    what: str
    how: str
    apply: Callable[[], object]


@dataclass(frozen=True, slots=True)
class LeftOver:
    """Something of ours that no file names any more."""

    what: str
    delete: Callable[[], object]
