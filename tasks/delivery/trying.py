"""Attempts within bounds: what passes is tried again after a growing pause, then told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from tasks.errors import Terminal, Transient

T = TypeVar("T")
#: Seconds before the second and the third attempt.
PAUSES = (1.0, 5.0)


class Unclear(Terminal):
    """A connection broke off when a message had been handed over: it may have been sent or not."""


def again(attempt: Callable[[], T]) -> T:
    """What `attempt` returns; one that is Transient is made again, three times in all."""
    for pause in PAUSES:
        try:
            return attempt()
        except Transient:
            time.sleep(pause)
    return attempt()
