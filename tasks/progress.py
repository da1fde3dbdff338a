"""Progress of a run, told to whoever listens: the terminal, or nobody."""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[str, str, str], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> Callable[[], None]:
    """Call `listener(market, step, detail)` on each report; the returned function ends it."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def report(market: str, step: str, detail: str = "") -> None:
    """Tell all listeners where a market is. Details are counts and paths, never personal values."""
    for listener in tuple(_listeners):
        listener(market, step, detail)
