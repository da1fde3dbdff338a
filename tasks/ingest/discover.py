"""Which files of the landing count: folder, globs, dates of drops, snapshots and increments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Literal
from unicodedata import normalize
from zoneinfo import ZoneInfo

from region_profiles.models import Profile, RawTable
from tasks.errors import DropError
from tasks.ingest import archives
from tasks.ingest.named_dates import marked_days, path_day, refuse_contradiction
from tasks.objects.store import ObjectInfo, ObjectStore

#: Backfills say which drops count: those dated up to the as-of date, or all that are there now.
Drops = Literal["latest", "known"]
#: Names of files in a message.
LISTED = 10
WORKBOOKS = (".xlsx", ".xls")
#: An object, its path inside the drop, and the member where it is a zip.
Candidate = tuple[ObjectInfo, str, str | None]


@dataclass(frozen=True, slots=True)
class Found:
    """One file of a table: an object or a member of a zip, with the date and the folder of its drop."""

    table: str
    info: ObjectInfo
    inside: str
    member: str | None
    day: date
    drop: str

    @property
    def name(self) -> str:
        """For people: the key, and the member of a zip."""
        return self.info.key if self.member is None else f"{self.info.key}!{self.member}"


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files that count, by table in the profile's order, and what was noticed."""

    folder: str
    files: Mapping[str, tuple[Found, ...]]
    notes: Mapping[str, str]


def discover(
    profile: Profile, store: ObjectStore, fetch: Callable[[ObjectInfo], Path], *, as_of: date, drops: Drops
) -> Discovery:
    """The files of each raw table. `fetch` gives a local copy of an object: zips and markers must be looked into.

    Tables of databases have none.
    Raises DropError where the folder is missing or empty, a required table has no file, or a file has two meanings.
    """
    notes: dict[str, str] = {}
    if not profile.source.needs_drop:
        return Discovery(profile.drop, {}, {})
    folder, there, dated = delivered(profile, store, fetch, notes)
    if drops == "known":
        last = known_until(profile, as_of)
        notes["drops_known"] = f"only drops of up to {last} count"
        late = sorted({f.drop for f in dated if f.day > last})
        dated = [f for f in dated if f.day <= last]
        if late:
            notes["drops_ignored"] = f"dated after {last}: {', '.join(late)}"
    elif profile.source.drop_date.by != "modified" and any(f.day > as_of for f in dated):
        notes["drops_later"] = f"some are dated after {as_of}; of these too the rows up to then count"
    files = _choose(dated, profile, folder, there, notes)
    return Discovery(folder, files, notes)


def known_until(profile: Profile, as_of: date) -> date:
    """The last day whose drops were known to a run for the as-of date.

    Days in paths and markers are of the data; a file's own time is of its arrival, in the night after the as-of date.
    """
    return as_of + timedelta(days=1) if profile.source.drop_date.by == "modified" else as_of


def delivered(
    profile: Profile, store: ObjectStore, fetch: Callable[[ObjectInfo], Path], notes: dict[str, str]
) -> tuple[str, list[str], list[Found]]:
    """The market's folder, the paths of all files in it, and those of its tables with their drops, of any date.

    Raises DropError where the folder is missing or empty, or a file has two meanings.
    """
    folder, objects = folder_of(profile.drop, store, notes)
    names: list[Candidate] = [(o, normalize("NFC", o.key[len(folder) + 1 :]), None) for o in objects]
    candidates = _with_members(names, profile.source.delivered, fetch)
    matched = _match(candidates, profile.source.delivered, notes)
    _unread(profile, candidates, matched, notes)
    return folder, [c[1] for c in candidates], _dated(matched, profile, folder, objects, fetch, notes)


def folder_of(wanted: str, store: ObjectStore, notes: dict[str, str]) -> tuple[str, list[ObjectInfo]]:
    """The drop's folder as the landing spells it, and what lies in it; DropError where there is nothing."""
    objects = [o for o in store.list(f"{wanted}/") if _visible(o.key)]
    if objects:
        return wanted, objects
    folders = sorted({o.key.split("/", 1)[0] for o in store.list("") if "/" in o.key})
    alike = [f for f in folders if f.casefold() == wanted.casefold()]
    if len(alike) == 1 and alike[0] != wanted:
        notes["folder"] = f"{alike[0]} for {wanted}: differs in case"
        return alike[0], [o for o in store.list(f"{alike[0]}/") if _visible(o.key)]
    near = get_close_matches(wanted, folders, 3, 0.4) or folders[:10]
    raise DropError(
        "the landing has no such folder, or it is empty",
        path=store.uri,
        value=wanted,
        expected=f"one of {', '.join(near)}" if near else "files",
        hint="upload the drop, or declare source.drop",
    )


def _visible(key: str) -> bool:
    path = PurePosixPath(key)
    return not path.name.startswith((".", "~$")) and "__MACOSX" not in path.parts


def _with_members(
    names: list[Candidate], tables: Mapping[str, RawTable], fetch: Callable[[ObjectInfo], Path]
) -> list[Candidate]:
    """The objects, each zip replaced by the files in it: under its own name if it holds one, else under theirs."""
    out: list[Candidate] = []
    globs = [g for t in tables.values() for g in t.files]
    for info, inside, _ in names:
        if not inside.lower().endswith(".zip"):
            out.append((info, inside, None))
            continue
        within = archives.members(fetch(info), info.key)
        own = any(_fits(inside, g, str.casefold) for g in globs)
        if len(within) == 1 and own:
            out.append((info, inside, within[0]))
        else:
            base = f"{inside.rpartition('/')[0]}/".lstrip("/")
            out += [(info, base + normalize("NFC", m.replace("\\", "/")), m) for m in within]
    return out


def _fits(inside: str, glob: str, fold: Callable[[str], str]) -> bool:
    glob = fold(normalize("NFC", glob))
    names = {inside, archives.plain_name(inside)}
    if "/" not in glob:
        names = {PurePosixPath(n).name for n in names}
    return any(fnmatchcase(fold(n), glob) for n in names)


def _match(
    candidates: list[Candidate], tables: Mapping[str, RawTable], notes: dict[str, str]
) -> list[tuple[str, Candidate]]:
    matched: list[tuple[str, Candidate]] = []
    owner: dict[str, str] = {}
    for table, raw in tables.items():
        hits = [c for c in candidates if any(_fits(c[1], g, str) for g in raw.files)]
        if not hits:
            hits = [c for c in candidates if any(_fits(c[1], g, str.casefold) for g in raw.files)]
            if hits:
                notes[f"case:{table}"] = f"{', '.join(raw.files)} matched only without regard to case"
        for info, inside, _ in hits:
            plain = archives.plain_name(inside)
            other = owner.setdefault(inside, table)
            if other != table and not plain.lower().endswith(WORKBOOKS):
                raise DropError(
                    f"the file matches the tables {other} and {table}", file=info.key, hint="make their globs differ"
                )
        plain_names = [archives.plain_name(inside) for _, inside, _ in hits]
        for name in plain_names:
            if plain_names.count(name) > 1:
                raise DropError("the same file is there twice, packed and unpacked", file=name, hint="remove one")
        matched += [(table, hit) for hit in hits]
    return matched


def _unread(
    profile: Profile, candidates: list[Candidate], matched: list[tuple[str, Candidate]], notes: dict[str, str]
) -> None:
    """Note the files that no table's globs catch: a history or a month of sales may be among them."""
    caught = {inside for _, (_, inside, _) in matched}
    marker = profile.source.drop_date.marker
    left = {c[1]: c[0].size for c in candidates if c[1] not in caught and PurePosixPath(c[1]).name != marker}
    if left:
        shown = [f"{inside} ({size:,} bytes)" for inside, size in sorted(left.items())[:LISTED]]
        more = f" and {len(left) - LISTED} more" if len(left) > LISTED else ""
        notes["files_unread"] = f"{len(left)} that no glob of source.tables catches: {', '.join(shown)}{more}"


def _dated(
    matched: list[tuple[str, Candidate]],
    profile: Profile,
    folder: str,
    objects: Iterable[ObjectInfo],
    fetch: Callable[[ObjectInfo], Path],
    notes: dict[str, str],
) -> list[Found]:
    rule, zone = profile.source.drop_date, ZoneInfo(profile.market.time_zone)
    if rule.by == "marker":
        markers = marked_days(rule, folder, objects, fetch)
        inside_marked = []
        for table, (info, inside, member) in matched:
            homes = [h for h in markers if not h or inside.startswith(f"{h}/")]
            if homes:
                home = max(homes, key=len)
                inside_marked.append(Found(table, info, inside, member, markers[home], home or folder))
            else:
                notes["unmarked"] = f"files without {rule.marker} beside them are ignored, as {info.key}"
        return inside_marked
    if rule.by == "path":
        days = [path_day(rule, inside, info.key) for _, (info, inside, _) in matched]
        return [Found(t, i, s, m, d, str(d)) for (t, (i, s, m)), d in zip(matched, days, strict=True)]
    homes_of = {i.key: i.key.rpartition("/")[0] for _, (i, _, _) in matched}
    newest = {h: max(i.modified for _, (i, _, _) in matched if homes_of[i.key] == h) for h in set(homes_of.values())}
    return [
        Found(t, i, s, m, newest[homes_of[i.key]].astimezone(zone).date(), homes_of[i.key]) for t, (i, s, m) in matched
    ]


def _choose(
    dated: list[Found], profile: Profile, folder: str, there: list[str], notes: dict[str, str]
) -> dict[str, tuple[Found, ...]]:
    """Snapshots from the newest complete drop, increments from all, in the order of their dates."""
    tables = profile.source.delivered
    required = {t for t, raw in tables.items() if raw.mode == "snapshot" and not raw.optional}
    held: dict[tuple[date, str], set[str]] = {}
    for f in dated:
        held.setdefault((f.day, f.drop), set()).add(f.table)
    newest_first = sorted(held, reverse=True)
    complete = [d for d in newest_first if required <= held[d]]
    spread = [{f.drop for f in dated if f.table == t} for t in required]
    if not complete and profile.source.drop_date.by == "modified" and all(len(s) == 1 for s in spread):
        chosen = set(held)  # each table has a folder of its own: together they are one drop
    else:
        chosen = set(complete[:1])
        if complete and complete[0] != newest_first[0]:
            late = [f"{drop} lacks {', '.join(sorted(required - held[day, drop]))}" for day, drop in newest_first]
            notes["drops_incomplete"] = "; ".join(late[: newest_first.index(complete[0])])
    if dated and required and not chosen:
        _incomplete(newest_first, required, held, profile, folder, there, notes)
    files: dict[str, tuple[Found, ...]] = {}
    for table, raw in tables.items():
        mine = [f for f in dated if f.table == table and (raw.mode == "increment" or (f.day, f.drop) in chosen)]
        mine.sort(key=_modified if profile.source.drop_date.by == "modified" else lambda f: (f.day, f.name))
        if not mine and not raw.optional:
            _missing(table, raw, folder, there, notes)
        if mine:
            files[table] = tuple(mine)
        _told_order(profile, table, [f for f in dated if f.table == table], mine, notes)
    if profile.source.drop_date.by != "modified" and dated:
        notes["drops"] = ", ".join(sorted({str(f.day) for fs in files.values() for f in fs}))
    return files


def _told_order(profile: Profile, table: str, there: list[Found], mine: list[Found], notes: dict[str, str]) -> None:
    """DropError where names contradict the order of times; a note of older drops that a snapshot leaves unread."""
    tables = profile.source.tables
    snapshot = tables[table].mode == "snapshot"
    if profile.source.drop_date.by == "modified":
        order = sorted(there, key=_modified) if snapshot else mine
        refuse_contradiction(table, [f.inside for f in order], folders_only=snapshot)
    older = [f for f in there if f not in mine]
    if older and any(other.mode == "increment" for other in tables.values()):
        drops = sorted({f.drop for f in older})
        more = f" and {len(drops) - LISTED} more" if len(drops) > LISTED else ""
        notes[f"drops_older:{table}"] = (
            "mode snapshot: only the newest complete drop is read; "
            f"files of older ones that are not: {len(older)}, of {', '.join(drops[:LISTED])}{more}"
        )


def _modified(found: Found) -> tuple[date, datetime, str]:
    return found.day, found.info.modified, found.name


def _incomplete(
    newest_first: list[tuple[date, str]],
    required: set[str],
    held: Mapping[tuple[date, str], set[str]],
    profile: Profile,
    folder: str,
    there: list[str],
    notes: Mapping[str, str],
) -> None:
    """Blame the table that is nowhere; if all are somewhere, tell what each drop lacks."""
    for table in sorted(required - set().union(*held.values())):
        _missing(table, profile.source.tables[table], folder, there, notes)
    lacking = [f"{day} lacks {', '.join(sorted(required - held[day, drop]))}" for day, drop in newest_first[:LISTED]]
    raise DropError(
        "no drop is complete", path=folder, value="; ".join(lacking), hint="wait for the upload, or ask for the files"
    )


def _missing(table: str, raw: RawTable, folder: str, there: list[str], notes: Mapping[str, str]) -> None:
    names = sorted(set(there))
    near = [n for g in raw.files for n in get_close_matches(g.replace("*", ""), names, 3, 0.4)]
    raise DropError(
        f"no file for the table {table}" + "".join(f"; {n}" for k, n in notes.items() if k.startswith("drops")),
        path=folder,
        expected=" or ".join(raw.files),
        value=", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else ""),
        hint=f"did you mean {near[0]}? Correct source.tables.{table}.files" if near else "is the upload complete?",
    )
