"""Whole runs killed at random instants, readers polling: what was seen, what was lost, what was left."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tasks.objects import open_store
from tasks.objects.store import ObjectStore
from tasks.publish.leftovers import leftovers, remove
from tasks.publish.manifest import Manifest
from tasks.publish.pointer import read_pointer
from tasks.publish.reading import publication_prefix, read_current, read_manifest, verify
from tasks.scratch import scraps
from tests.deaths import reader
from tests.workers import Runner

#: Kills with one publish root; then another one, so that the pointer's events stay as many as in years of operation.
A_ROOT = 100
#: Every so many runs begin with an empty work folder and compute; the others remember all but the export.
COMPUTES, ITS_KILLS, KILLS = 8, 4, 2
#: Every so many runs that died are never repeated, as when a newer drop comes: their leftovers stay.
ABANDONED = 7
#: Every second kill comes after this share of a run's time: publishing and delivery are short.
LAST = 2 / 3
#: Leftovers are looked for as `strata tidy` does, so much later.
LATER = timedelta(days=8)


@dataclass
class Killed:
    """What came of it; all but the first block must be 0."""

    kills: int = 0
    computing: int = 0
    publications: int = 0
    reads: int = 0
    seconds: float = 0.0
    collected: dict[str, int] = field(default_factory=dict)

    mixtures: int = 0
    rows_lost: int = 0
    incomplete: int = 0
    needing_a_hand: int = 0
    told: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether every promise held."""
        return not (self.mixtures or self.rows_lost or self.incomplete or self.needing_a_hand)

    def wrong(self, what: str, count: str, by: int = 1) -> None:
        """Count something that must not be, and keep the first few in words."""
        setattr(self, count, getattr(self, count) + by)
        if len(self.told) < 10:  # noqa: PLR2004 - enough to begin with
            self.told.append(what)

    def collect(self, kind: str, count: int) -> None:
        """Count what was left and went by itself or by `strata tidy`."""
        self.collected[kind] = self.collected.get(kind, 0) + count


@dataclass(frozen=True)
class World:
    """Where the runs happen."""

    worker: Runner
    folder: Path
    warm: Path
    temporary: Path
    truths: tuple[Manifest, Manifest]
    usual: float
    computing: float


def kill(
    worker: Runner, folder: Path, temporary: Path, count: int, tell: Callable[[str], None], seed: int = 7
) -> Killed:
    """Kill `count` runs at random instants of the time that a run takes; see `Killed`.

    `temporary` is the worker's TMPDIR.
    """
    started, killed = time.monotonic(), Killed()
    world = _world(worker, folder, temporary)
    chance = random.Random(seed)  # noqa: S311 - instants, not secrets
    root = 0
    while killed.kills < count:
        _one_root(world, folder / f"root{root}", min(A_ROOT, count - killed.kills), killed, chance)
        shutil.rmtree(folder / f"root{root}")
        root += 1
        tell(f"{killed.kills} kills, {killed.publications} publications, {killed.reads} reads")
    killed.seconds = time.monotonic() - started
    return killed


def _world(worker: Runner, folder: Path, temporary: Path) -> World:
    """Undisturbed runs of both drops: what their publications hold, and how long a run takes."""
    warm, truths, seconds = folder / "warm", [], []
    for number in (0, 1):
        publish = str(folder / f"undisturbed{number}")
        seconds.append(worker.run(publish, warm, number, deliver=str(folder / "teams"))["seconds"])
        found = read_current(open_store(publish), "DE")
        if found is None:
            raise SystemExit("the undisturbed run does not publish")
        truths.append(found[1])
    publish = str(folder / "usual")
    usual = min(worker.run(publish, warm, number, deliver=str(folder / "teams"))["seconds"] for number in (2, 3, 4))
    return World(worker, folder, warm, temporary, (truths[0], truths[1]), usual, max(seconds))


def _one_root(world: World, folder: Path, count: int, killed: Killed, chance: random.Random) -> None:
    publish, teams = str(folder / "published"), folder / "teams"
    store = open_store(publish)
    enough, number, abandoned = killed.kills + count, 0, 0
    _complete(world, store, teams, world.warm, number, killed)
    with reader(store, pause=0.05, at_least=1) as (seen, complaints), _bundles(teams, killed):
        while killed.kills < enough:
            number += 1
            computes = number % COMPUTES == 0
            work = folder / f"work{number}" if computes else world.warm
            whole = world.computing if computes else world.usual
            for turn in range(ITS_KILLS if computes else KILLS):
                seconds = chance.uniform(whole * LAST if turn % 2 else 0, whole)
                ended = world.worker.run(publish, work, number, deliver=str(teams), seconds=seconds)
                died = ended["status"] == -signal.SIGKILL
                killed.kills += died
                killed.computing += died and computes
                if not died and ended["status"]:
                    killed.wrong(f"a run that was not killed failed: {ended}", "incomplete")
            if number % ABANDONED == 0:
                abandoned += 1
                continue
            _complete(world, store, teams, work, number, killed)
            if computes:
                _tidy_work(work, killed)
                shutil.rmtree(work)
        number += 1
        _complete(world, store, teams, world.warm, number, killed)
    killed.reads += seen.reads
    for complaint in complaints:
        killed.wrong(f"a reader saw: {complaint}", "mixtures")
    _left(world, store, teams, number, killed)
    _all_whole(store, killed)


def _complete(world: World, store: ObjectStore, teams: Path, work: Path, number: int, killed: Killed) -> None:
    """Run again, undisturbed: it completes, and its publication has every row of the drop."""
    ended = world.worker.run(store.uri, work, number, deliver=str(teams))
    if ended["status"] or ended["state"] not in {"published", "unchanged"}:
        return killed.wrong(f"running again did not complete: {ended}", "incomplete")
    found = read_current(store, "DE")
    if found is None or found[1].publication != ended["publication"]:
        return killed.wrong("running again completed and is not current", "incomplete")
    killed.publications += 1
    if faults := verify(store, "DE"):
        killed.wrong(f"not whole: {faults[0]}", "mixtures")
    if lost := _lost(world.truths[number % 2], found[1]):
        killed.wrong(f"rows differ from the undisturbed run: {found[1].publication}", "rows_lost", lost)
    return None


def _lost(truth: Manifest, found: Manifest) -> int:
    """Rows that ledger and files have more or fewer, and canonical files that differ though their rows are as many."""
    ledgers = [
        abs(truth.ledger[table].get(name, 0) - found.ledger.get(table, {}).get(name, 0))
        for table, entry in truth.ledger.items()
        for name in entry
        if isinstance(entry[name], int)
    ]
    theirs = {export.path: export for export in found.exports}
    differ = 0
    for export in truth.exports:
        other = theirs.get(export.path)
        if other is None:
            differ += export.rows or 1
        elif export.path.startswith("canonical/") and other.sha256 != export.sha256:
            differ += abs((export.rows or 0) - (other.rows or 0)) or 1
    return sum(ledgers) + differ


@contextmanager
def _bundles(teams: Path, killed: Killed) -> Iterator[None]:
    """A team that opens its bundles all the while: each is whole."""
    over = threading.Event()

    def poll() -> None:
        while not over.wait(0.1):
            for path in teams.glob("*.zip"):
                try:
                    with zipfile.ZipFile(path) as bundle:
                        broken = bundle.testzip()
                except FileNotFoundError:
                    continue
                except (zipfile.BadZipFile, OSError) as error:
                    broken = str(error)
                if broken:
                    killed.wrong(f"a team saw a broken bundle: {path.name}: {broken}", "mixtures")

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _left(world: World, store: ObjectStore, teams: Path, number: int, killed: Killed) -> None:
    """What the dead left: what goes by itself, what `strata tidy` collects, and what is still there then."""
    ended = world.worker.run(store.uri, world.warm, number, deliver=str(teams), hours=2)
    undelivered = [hint for hint in ended.get("hints", ()) if hint.startswith("delivery to")]
    if ended["status"] or ended["state"] != "unchanged" or undelivered:
        killed.wrong(f"a run of two hours later does not end as unchanged and delivered: {ended}", "needing_a_hand")
    found = read_pointer(store, "DE")
    if found is None:
        return killed.wrong("the pointer is gone", "needing_a_hand")
    current = found.pointer.publication
    claims = [event for event in found.pointer.events if event.event == "delivering" and event.publication == current]
    for root in (Path(unquote(urlsplit(store.uri).path)), teams):
        writing = [path for path in (root / ".strata" / "writing").glob("*") if path.is_file()]
        held = [path for path in (root / ".strata" / "locks").glob("*") if not _free(path)]
        for what, count in (("file in flight", len(writing)), ("lock that is held", len(held))):
            if count:
                killed.wrong(f"{count} x {what} below {root.name}", "needing_a_hand", count)
    if claims:
        killed.wrong(f"{len(claims)} deliveries claimed by the dead", "needing_a_hand", len(claims))
    later = datetime.now(UTC) + LATER
    dead = leftovers(store, "DE", later, timedelta(days=7))
    killed.collect("publications without a name", sum(remove(store, one, later) for one in dead))
    if leftovers(store, "DE", later, timedelta(days=7)):
        killed.wrong("publications are left after strata tidy", "needing_a_hand")
    _tidy_work(world.warm, killed)
    _bundle_folders(world, store, teams, number, killed)
    return None


def _tidy_work(work: Path, killed: Killed) -> None:
    later = datetime.now(UTC) + LATER
    found = scraps(work, later, timedelta(days=7))
    for one in found:
        one.remove()
    killed.collect("unfinished steps", len(found))
    hidden = [path for path in work.glob("*/.*") if path.name != ".strata"]
    if hidden:
        killed.wrong(f"left in the work folder after strata tidy: {hidden[0].name}", "needing_a_hand", len(hidden))


def _bundle_folders(world: World, store: ObjectStore, teams: Path, number: int, killed: Killed) -> None:
    """Folders in which bundles were made: the next delivery of a day later removes them."""
    left = list(world.temporary.glob("strata-deliver-*"))
    old = time.time() - 2 * 86_400
    for path in left:
        os.utime(path, (old, old))
    _complete(world, store, teams, world.warm, number + 1, killed)
    killed.collect("folders of bundles", len(left))
    if still := [path for path in left if path.exists()]:
        killed.wrong(f"folders of bundles are left: {still[0].name}", "needing_a_hand", len(still))


def _free(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _all_whole(store: ObjectStore, killed: Killed) -> None:
    """Every publication that was ever selected, not only the current one, is still there to the last byte."""
    found = read_pointer(store, "DE")
    events = found.pointer.events if found else ()
    for as_of, publication in sorted({(one.as_of, one.publication) for one in events}):
        manifest = read_manifest(store, "DE", as_of, publication)
        prefix = publication_prefix("DE", as_of, publication)
        for export in manifest.exports:
            if _bytes(store, prefix + export.path) != export.bytes:
                killed.wrong(f"{publication} has lost {export.path}", "rows_lost", export.rows or 1)


def _bytes(store: ObjectStore, key: str) -> Any:
    info = store.head(key)
    return None if info is None else info.size
