"""Handing a parcel over by one of its team's means, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from region_profiles.models import Profile, Team
from region_profiles.operation_models import ByEmail, ByLink, BySftp, Delivery, ToFolder
from tasks.delivery import mail, sftp
from tasks.delivery.letter import File, Letter, Told, letter, recalled, subject
from tasks.delivery.log import Slot, recalls
from tasks.delivery.names import stem, worded
from tasks.delivery.parcel import Bundle, Issue, Parcel, deliveries
from tasks.delivery.servers import Sftp, Smtp
from tasks.errors import PublicationError, Terminal
from tasks.export.report.words import Words
from tasks.objects import ObjectStore, open_store
from tasks.publish.pointer import Pointer

_ZIP, _TEXT = "application/zip", "text/plain; charset=utf-8"
#: The means of a team that has none: its bundle lies in the publish root.
STORE = "store"


@dataclass(frozen=True, slots=True)
class Servers:
    """What the settings say of mail and SFTP servers."""

    smtp: Smtp | None = None
    sftp: Mapping[str, Sftp] = field(default_factory=dict)

    def mail(self) -> Smtp:
        """The mail server; Terminal where none is set."""
        if self.smtp is None:
            raise Terminal("no mail server is set", hint="set STRATA_SMTP__HOST and STRATA_SMTP__FROM")
        return self.smtp

    def named(self, name: str) -> Sftp:
        """An SFTP server; Terminal where it is not set."""
        if name not in self.sftp:
            one = f"STRATA_SFTP__{name.upper()}__"
            raise Terminal(
                f"no SFTP server {name} is set", hint=f"set {one}HOST, {one}USER, {one}KEY and {one}KNOWN_HOSTS"
            )
        return self.sftp[name]


def slots(team: Team) -> dict[Slot, Delivery | None]:
    """A team's deliveries in the order in which they are made: messages last, they say where everything is."""
    ordered = sorted(team.deliver, key=lambda one: one.means == "email")
    if not ordered:
        return {Slot(team.name, STORE): None}
    found: dict[Slot, Delivery | None] = {}
    for one in ordered:
        number = sum(slot.kind == one.means for slot in found) + 1
        found[Slot(team.name, one.means if number == 1 else f"{one.means}-{number}")] = one
    return found


def stored(team: Team) -> bool:
    """Whether a team's bundle lies in the publish root: where nothing takes it elsewhere, or a link may lead to it."""
    return not team.deliver or any(isinstance(one, ByLink | ByEmail) for one in team.deliver)


def hand_over(issue: Issue, parcel: Parcel, slot: Slot, means: Delivery | None, servers: Servers) -> str | None:
    """Deliver by one means; None, or what whoever operates this should know.

    Raises:
        Transient: a store or server did not answer.
        Unclear: a message may have been sent or not.
        Terminal: a setting, an address or a right is missing.
    """
    recalled_before = [_notice(bundle.zip.stem, bundle.words) for bundle in parcel.bundles]
    if stored(parcel.team):
        prefix = deliveries(issue.country, issue.manifest.publication, parcel.team.name)
        _put(issue.store, prefix, parcel.files, recalled_before)
    match means:
        case ToFolder():
            _put(open_store(means.to), "", parcel.files, recalled_before)
        case BySftp():
            sftp.upload(servers.named(means.server), means.folder, parcel.files, recalled_before)
        case ByEmail():
            return _write(issue, parcel, slot, means, servers)
    return None


def _put(store: ObjectStore, prefix: str, files: Sequence[tuple[str, Path]], gone: Sequence[str]) -> None:
    """Put files; an older bundle of that name gives way: bundles are derived, no manifest names them. `gone` go."""
    for name, path in files:
        kind = _ZIP if path.suffix == ".zip" else _TEXT
        try:
            store.put_new(prefix + name, path, kind)
        except PublicationError:
            store.delete(prefix + name)
            store.put_new(prefix + name, path, kind)
    for name in gone:
        store.delete(prefix + name)


def _write(issue: Issue, parcel: Parcel, slot: Slot, means: ByEmail, servers: Servers) -> str | None:
    server, now = servers.mail(), datetime.now(UTC)
    attached = [(bundle.zip.name, bundle.zip) for bundle in parcel.bundles if _attaches(parcel.team, means, bundle)]
    made = mail.compose(
        messages(issue, parcel, means, now),
        subject(parcel.bundles[0].words, parcel.bundles[0].told),
        sender=server.sender,
        to=means.to,
        identity=identity(server, issue.pointer, issue.manifest.as_of, issue.manifest.publication, slot),
        when=now,
        attached=attached,
    )
    refused = mail.send(server, made)
    if refused:
        return f"{refused} of {len(means.to)} addresses were refused"
    if means.attach and len(attached) < len(parcel.bundles):
        return "not attached: " + ("it holds lists of customers" if parcel.personal else "it is too large")
    return None


def messages(issue: Issue, parcel: Parcel, means: ByEmail, now: datetime) -> list[Letter]:
    """The letters of a message, one for each locale; they say where the bundles are and how long links last."""
    link = next((one for one in parcel.team.deliver if isinstance(one, ByLink)), None)
    until = None if link is None else now + timedelta(hours=link.hours)
    found = []
    for bundle in parcel.bundles:
        file = _where(issue, parcel.team, means, bundle, link)
        shown = until if file.href else None
        found.append(letter(bundle.words, issue.profile, bundle.told, [file], shown))
    return found


def _where(issue: Issue, team: Team, means: ByEmail, bundle: Bundle, link: ByLink | None) -> File:
    name = bundle.zip.name
    if link is not None:
        key = deliveries(issue.country, issue.manifest.publication, team.name) + name
        return File(name, "link", issue.store.presign(key, link.hours * 3600))
    if _attaches(team, means, bundle):
        return File(name, "attached")
    kinds = {one.means for one in team.deliver}
    return File(name, next((one for one in ("folder", "sftp") if one in kinds), "ask"))


def _attaches(team: Team, means: ByEmail, bundle: Bundle) -> bool:
    """Never a bundle with lists, and none of a team that might have some."""
    lists = bundle.told.lists or "customers" in team.grants
    return means.attach and not lists and bundle.zip.stat().st_size <= mail.LARGEST


def identity(server: Smtp, pointer: Pointer, as_of: date, publication: str, slot: Slot, kind: str = "report") -> str:
    """The Message-ID of a delivery: the same whenever it is sent again, another after a recall."""
    facts = (pointer.country, publication, slot.team, slot.means, str(recalls(pointer, as_of, slot)), kind)
    return mail.message_id(server.sender, *facts)


@dataclass(frozen=True, slots=True)
class Recall:
    """A publication to take back; `overwritten`: another report of its date has come to the same place since."""

    store: ObjectStore
    pointer: Pointer
    profile: Profile
    as_of: date
    publication: str
    overwritten: bool = False

    @property
    def valid(self) -> date | None:
        """Readers use the publication of this date."""
        return self.pointer.current


def take_back(back: Recall, team: Team, slot: Slot, means: Delivery | None, servers: Servers, folder: Path) -> None:
    """Tell a team that what it got is withdrawn, and remove the bundle where we put it.

    Where files lie, a short text named after the bundle takes its place. Links to the bundle, and pages of links, end.
    """
    told = Told(back.pointer.country, back.as_of, back.publication, None, None)
    every = [Words(locale, back.profile) for locale in team.locales]
    letters = [recalled(words, back.profile, told, back.valid) for words in every]
    names, notices = _notices(team, told, every, letters, folder)
    prefix = deliveries(back.pointer.country, back.publication, team.name)
    for info in list(back.store.list(f"{prefix}links/")):
        back.store.delete(info.key)
    if stored(team):
        _put(back.store, prefix, notices, names)
    match means:
        case ToFolder() if not back.overwritten:
            _put(open_store(means.to), "", notices, names)
        case BySftp() if not back.overwritten:
            sftp.upload(servers.named(means.server), means.folder, notices, names)
        case ByEmail():
            server = servers.mail()
            facts = (back.pointer, back.as_of, back.publication, slot)
            made = mail.compose(
                letters,
                subject(every[0], told, "recall_subject"),
                sender=server.sender,
                to=means.to,
                identity=identity(server, *facts, kind="recall"),
                when=datetime.now(UTC),
                answers=identity(server, *facts),
            )
            mail.send(server, made)


def _notices(
    team: Team, told: Told, every: Sequence[Words], letters: Sequence[Letter], folder: Path
) -> tuple[list[str], list[tuple[str, Path]]]:
    """Names of what goes, and the texts that come in its place."""
    gone, texts = [], []
    for locale, words, one in zip(team.locales, every, letters, strict=True):
        name = stem(told.country, told.as_of, locale)
        path = folder / _notice(name, words)
        path.write_bytes(one.as_file())
        gone += [f"{name}.zip", f"{name}.txt"]
        texts.append((path.name, path))
    return gone, texts


def _notice(name: str, words: Words) -> str:
    """The name of the text that stands where a bundle was; the next bundle of that date takes it away."""
    return f"{name}_{worded(words.say('recall_file', 'delivery'), 'Withdrawn')}.txt"
