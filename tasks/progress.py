"""Progress of a run, told to whoever listens: the terminal, the log, or nobody. And what a log line is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str, str, str], None]
_listeners: list[Listener] = []
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039 - it is never changed in place


def listen(listener: Listener) -> Callable[[], None]:
    """Call `listener(market, step, detail)` on each report; the returned function ends it."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def report(market: str, step: str, detail: str = "") -> None:
    """Tell all listeners where a market is. Details are counts and paths, never personal values.

    What is logged from here on, in this thread, is about this market and step.
    """
    known = _about.get()
    _about.set({**(known if known.get("market") == market else {}), "market": market, "step": step})
    for listener in tuple(_listeners):
        listener(market, step, detail)


@contextmanager
def about(**facts: object) -> Iterator[None]:
    """What is logged in here is about these: market, as_of, run, publication, step. None takes one away.

    >>> with about(market="DE", run="4f0c"):
    ...     note(publication="521db2c5d35cf49090afa3e9")
    ...     [subject()[name] for name in ("market", "run", "publication")]
    ['DE', '4f0c', '521db2c5d35cf49090afa3e9']
    """
    before = _about.set(_with(facts))
    try:
        yield
    finally:
        _about.reset(before)


def note(**facts: object) -> None:
    """The same, until the `about` around it ends."""
    _about.set(_with(facts))


def subject() -> Mapping[str, str]:
    """What is logged here and now is about."""
    return _about.get()


def _with(facts: Mapping[str, object]) -> Mapping[str, str]:
    known = {**_about.get(), **{name: str(value) for name, value in facts.items() if value is not None}}
    return {name: value for name, value in known.items() if facts.get(name, value) is not None}
