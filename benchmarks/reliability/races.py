"""Writers that race for one market: one winner each time, or a refusal by name."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tasks.objects import open_store
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import verify
from tests.deaths import started
from tests.workers import Publisher

WRITERS = 8
#: Seconds until all writers have staged their files and wait for the start.
HEAD_START = 0.3
#: Rounds with one publish root; then another one, so that pointers stay of a usual length.
A_ROOT = 10


@dataclass
class Raced:
    """What came of it; `told` holds what must not be."""

    where: str
    rounds: int = 0
    publications: int = 0
    seconds: float = 0.0
    refused: str | None = None
    told: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether every promise held."""
        return not self.told


def race(
    root: str, folder: Path, rounds: int, tell: Callable[[str], None], environ: dict[str, str] | None = None
) -> Raced:
    """Rounds of eight writers, twice each: all with one publication, then each with its own of one date.

    One publication is published once and found by the others. Of eight, all are recorded one after the other, each
    superseding the one before, and the last one counts.
    """
    began, raced = time.monotonic(), Raced(root.partition("://")[0] if "://" in root else "folder")
    with ExitStack() as running:
        crowd = _crowd(running, folder, environ or {})
        for number in range(rounds):
            here = f"{root}/{number // A_ROOT}"
            _same(crowd, here, f"same{number}", raced)
            _different(crowd, here, f"own{number}", raced)
            raced.rounds += 1
            if raced.rounds % A_ROOT == 0:
                tell(f"{raced.where}: {raced.rounds} rounds")
    raced.seconds = time.monotonic() - began
    return raced


def refused(root: str, folder: Path, environ: dict[str, str] | None = None) -> Raced:
    """Eight writers on a store without compare-and-swap: each is refused by name, and nothing is written."""
    began, raced = time.monotonic(), Raced(root.partition("://")[0])
    with ExitStack() as running:
        ended = _together(_crowd(running, folder, environ or {}), root, ["refused"] * WRITERS)
    words = {str(one.get("message", one)) for one in ended if one.get("error") == "PublicationError"}
    if len(words) != 1 or "pointer: cas is refused" not in min(words):
        raced.told.append(f"not refused by name: {ended}")
    else:
        raced.refused = words.pop()
    if left := [info.key for info in open_store(root).list()]:
        raced.told.append(f"refused, and wrote {left[0]}")
    raced.rounds, raced.seconds = 1, time.monotonic() - began
    return raced


def _crowd(running: ExitStack, folder: Path, environ: dict[str, str]) -> list[Publisher]:
    return [
        Publisher(running.enter_context(started("tests.publish.publish_worker", **environ)), folder / f"writer{number}")
        for number in range(WRITERS)
    ]


def _together(crowd: Sequence[Publisher], root: str, seeds: Sequence[str]) -> list[dict[str, object]]:
    at = time.time() + HEAD_START
    for worker, seed in zip(crowd, seeds, strict=True):
        worker.order(root, seed, at=at)
    return [worker.answer() for worker in crowd]


def _same(crowd: Sequence[Publisher], root: str, seed: str, raced: Raced) -> None:
    before = read_pointer(open_store(root), "DE")
    ended = _together(crowd, root, [seed] * WRITERS)
    states = sorted(str(one.get("state", one)) for one in ended)
    if states != ["published", *["unchanged"] * (WRITERS - 1)]:
        raced.told.append(f"one publication, not one winner: {states}")
    after = read_pointer(open_store(root), "DE")
    if after is None or after.pointer.revision != (before.pointer.revision if before else 0) + 1:
        raced.told.append("one publication, and the pointer moved otherwise than once")
    raced.publications += 1
    _whole(root, raced)


def _different(crowd: Sequence[Publisher], root: str, seed: str, raced: Raced) -> None:
    before = read_pointer(open_store(root), "DE")
    ended = _together(crowd, root, [f"{seed}-{number}" for number in range(WRITERS)])
    states = [str(one.get("state", one)) for one in ended]
    after = read_pointer(open_store(root), "DE")
    if before is None or after is None:
        raced.told.append("there is no pointer")
        return
    if states != ["published"] * WRITERS or after.pointer.revision != before.pointer.revision + WRITERS:
        raced.told.append(f"eight publications, not eight turns: {states}")
    told = [(one.event, one.publication) for one in after.pointer.events[len(before.pointer.events) :]]
    line = [before.pointer.publication, *(one for event, one in told if event == "published")]
    chain = [step for old, new in pairwise(line) for step in (("superseded", old), ("published", new))]
    if told != chain or after.pointer.publication != line[-1] or len(set(line)) != WRITERS + 1:
        raced.told.append("eight publications, and an event does not follow from the one before")
    raced.publications += WRITERS
    _whole(root, raced)


def _whole(root: str, raced: Raced) -> None:
    raced.told.extend(f"not whole: {fault}" for fault in verify(open_store(root), "DE")[:1])
