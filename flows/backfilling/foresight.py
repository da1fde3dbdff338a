"""What a backfill would do with a date, and how long it takes, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Literal

from flows.running.unforeseen import unforeseen
from tasks.contract import OUTPUT_VERSION
from tasks.errors import DropError, StrataError
from tasks.export.labels import catalog_digests
from tasks.ingest.drop import delivered_files
from tasks.memo import digest_of, recall, remember
from tasks.objects import ObjectStore, open_store
from tasks.objects.store import sha256_of
from tasks.predict.pooled import read_region
from tasks.privacy.pseudonyms import key_fingerprint
from tasks.publish.changes import Facts, changes
from tasks.publish.pointer import Pointer
from tasks.publish.publication import find_previous
from tasks.publish.reading import read_manifest
from tasks.publish.runs import Attempt
from tasks.reference.tables import BUILT_IN, default_reference
from tasks.run import MarketRun
from tasks.shelf import shelf

State = Literal["new", "changed", "stale", "held", "unchanged", "unclear"]
#: Attempts from which a duration is estimated.
LATEST = 20
#: Steps of an attempt that are no work.
WAITING = ("arrival",)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is known of a date before its run.

    `new`: it has no publication. `changed`: what the id digests differs, and `why` says what. `stale`: only the
    publication before it differs. `held`: it waits for approval, or was withdrawn. `unchanged`: nothing differs;
    `sure` where reference figures were compared, too. `unclear`: only the run can tell, as `why` says.
    """

    market: str
    as_of: date
    state: State
    why: tuple[str, ...] = ()
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """The facts of a run as far as they are known cheaply, and the key under which its identity is remembered."""

    facts: Facts
    key: dict[str, object]


def foresee(run: MarketRun, pointer: Pointer | None, known: Known | None, *, moved: bool = False) -> Foreseen:
    """What the run would come to. `moved`: an earlier date is made anew before, so this one follows another."""
    selected = pointer.selected.get(run.as_of) if pointer else None
    if pointer is None or selected is None:
        return _without(run, pointer)
    if known is None:
        why = "its databases are asked" if run.profile.source.asked else "its drop cannot be read now"
        return Foreseen(run.market, run.as_of, "unclear", (why,))
    before = Facts.of(read_manifest(open_store(run.publish), run.market, run.as_of, selected))
    differ = changes(before, known.facts)
    if moved and "the publication before" not in differ:
        differ = (*differ, "the publication before")
    if differ:
        return Foreseen(run.market, run.as_of, "stale" if differ == ("the publication before",) else "changed", differ)
    found = recall(run.results, "identity", known.key)
    sure = found is not None and pointer.name(str(found.notes["publication"])) == selected
    return Foreseen(run.market, run.as_of, "unchanged", (), sure)


def _without(run: MarketRun, pointer: Pointer | None) -> Foreseen:
    events = [event for event in (pointer.events if pointer else ()) if event.as_of == run.as_of]
    kinds = [event.event for event in events if event.event in {"held", "withdrawn"}]
    if not kinds:
        return Foreseen(run.market, run.as_of, "new")
    why = "a publication is held: `strata approve`" if kinds[-1] == "held" else "its publication was withdrawn"
    return Foreseen(run.market, run.as_of, "held", (why,))


def facts_now(run: MarketRun, work: Path) -> Known | None:
    """The facts of a run; None where its files cannot be read now, or databases must be asked. `work` takes copies."""
    if run.profile.source.asked:
        return None
    store = open_store(run.landing)
    try:
        files = delivered_files(run.profile, store, work, as_of=run.as_of, drops=run.drops)
    except DropError:
        return None
    previous = find_previous(open_store(run.publish), run.market, run.as_of)
    pinned = read_region(run.reference, run.profile.market.region)
    references = {
        **_catalogs(tuple(sorted({locale for team in run.profile.teams for locale in team.locales}))),
        **({} if pinned is None else {"purchase_models": pinned[1]}),
        **(previous.references if previous else {}),
    }
    facts = Facts(
        inputs=tuple(files),
        profile=run.profile_digest,
        tombstones=digest_of(list(run.tombstones)) if run.tombstones else None,
        pseudonym_key=key_fingerprint(run.pseudonym_key),
        output_version=OUTPUT_VERSION,
        previous=previous.sha256 if previous else None,
        references=references,
    )
    return Known(facts, _key(run, facts))


def _key(run: MarketRun, facts: Facts) -> dict[str, object]:
    """All that the id follows from, whole files of reference figures in place of the figures used."""
    return {
        "market": run.market,
        "as_of": str(run.as_of),
        "inputs": facts.inputs,
        "profile": facts.profile,
        "tombstones": facts.tombstones,
        "key": facts.pseudonym_key,
        "previous": facts.previous,
        "references": [dict(facts.references or {}), reference_digest()],
    }


def note_identity(run: MarketRun, known: Known, publication: str) -> None:
    """Remember which publication these facts come to, so that the next backfill need not look further."""
    with shelf(run.work, run.shared):
        remember(run.results, "identity", known.key, lambda _: {"publication": publication})


@lru_cache(maxsize=64)
def _catalogs(locales: tuple[str, ...]) -> dict[str, str]:
    return catalog_digests(locales)


def reference_digest() -> str:
    """Digest of all reference figures that there are: built-in ones, the user's newer ones, the ECB's history."""
    overlay = default_reference().overlay
    files = [
        path
        for folder in (BUILT_IN, overlay)
        if folder and folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.is_file()
    ]
    return _digest_of_all(tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in files))


@lru_cache(maxsize=8)
def _digest_of_all(files: tuple[tuple[Path, int, int], ...]) -> str:
    return digest_of([version("CurrencyConverter"), [(path.name, sha256_of(path)) for path, _, _ in files]])


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a market's runs took: one that makes a publication, and one that finds nothing changed."""

    made: float | None
    unchanged: float | None

    def seconds(self, foreseen: Iterable[Foreseen]) -> float | None:
        """For these dates; None where no earlier run says how long one takes."""
        total = 0.0
        for one in foreseen:
            if one.sure:
                continue
            each = self.unchanged if one.state == "unchanged" else self.made
            if each is None:
                return None
            total += each
        return total


def pace(store: ObjectStore, market: str) -> Pace:
    """How long the market's latest attempts took: the median of each kind."""
    taken: dict[str, list[float]] = {"published": [], "unchanged": [], "held": []}
    for attempt in latest_attempts(store, market, LATEST):
        if attempt.outcome in taken:
            work = (seconds for step, seconds in attempt.timings.items() if step not in WAITING)
            taken[attempt.outcome].append(sum(work))
    made = taken["published"] + taken["held"]
    unchanged = taken["unchanged"]
    return Pace(median(made) if made else None, median(unchanged) if unchanged else None)


def latest_attempts(store: ObjectStore, market: str, most: int) -> list[Attempt]:
    """The market's newest attempts, newest first; what cannot be read is left out, for it was written by another."""
    found = []
    for key in sorted((info.key for info in store.list(f"country={market}/runs/")), reverse=True)[:most]:
        try:
            found.append(Attempt.from_bytes(store.read(key), f"{store.uri}/{key}"))
        except StrataError:
            continue
    return found


def foreseen_of(run: MarketRun, days: Sequence[date], pointer: Pointer | None, work: Path) -> list[Foreseen]:
    """What a backfill of these dates would do, oldest first. Nothing but `work` is written to."""
    found: list[Foreseen] = []
    moved = False
    for day in days:
        one = replace(run, as_of=day)
        try:
            foreseen = foresee(one, pointer, facts_now(one, work), moved=moved)
        except StrataError as error:
            foreseen = Foreseen(run.market, day, "unclear", (str(error),))
        except Exception as error:  # noqa: BLE001 - a dry run tells what it can of the others
            foreseen = Foreseen(run.market, day, "unclear", (str(unforeseen(error)),))
        moved = moved or foreseen.state in {"new", "changed", "stale"}
        found.append(foreseen)
    return found
