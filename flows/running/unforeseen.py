"""Errors that nobody wrote a message for."""

from __future__ import annotations

from tasks.errors import Terminal


class Unforeseen(Terminal):
    """An error of the program that nobody wrote a message for."""


def unforeseen(error: BaseException) -> Unforeseen:
    """Type and place of an error, without its text: that may quote data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else "unknown place"
    return Unforeseen(f"unforeseen {type(error).__name__} at {where}", hint="STRATA_DEBUG=1 shows it whole")
