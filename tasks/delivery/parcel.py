"""What one team gets of a publication, made ready on this machine: for each locale a bundle and a short text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from region_profiles.models import Profile, Team
from tasks.delivery.bundle import Entry, entries, write_bundle
from tasks.delivery.figures import read_before, read_figures
from tasks.delivery.letter import Told, letter
from tasks.delivery.names import stem, worded
from tasks.delivery.pages import readme
from tasks.export.report.words import Words
from tasks.objects import ObjectStore
from tasks.publish.manifest import Manifest
from tasks.publish.pointer import Pointer
from tasks.publish.reading import bundles_prefix


@dataclass(frozen=True, slots=True)
class Issue:
    """A publication that is to be delivered: where it lies, its manifest, today's profile and that one's digest."""

    store: ObjectStore
    pointer: Pointer
    manifest: Manifest
    profile: Profile
    digest: str

    @property
    def country(self) -> str:
        """The market."""
        return self.manifest.country


@dataclass(frozen=True, slots=True)
class Bundle:
    """One locale's part: the ZIP, the short text, and what both were filled from."""

    words: Words
    told: Told
    zip: Path
    text: Path
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Parcel:
    """All locales of a team."""

    team: Team
    bundles: tuple[Bundle, ...]

    @property
    def personal(self) -> bool:
        """Whether it has rows of customers."""
        return any(bundle.told.lists for bundle in self.bundles)

    @property
    def files(self) -> list[tuple[str, Path]]:
        """Names and places of all its files."""
        return [(path.name, path) for bundle in self.bundles for path in (bundle.zip, bundle.text)]


def deliveries(country: str, publication: str, team: str) -> str:
    """Where a team's bundles lie in the publish root, with a closing slash.

    >>> deliveries("DE", "4fb8eb5177161db9c5ba3807", "crm")
    'country=DE/deliveries/4fb8eb5177161db9c5ba3807/crm/'
    """
    return f"{bundles_prefix(country, publication)}{team}/"


def contents(issue: Issue, team: Team, locale: str, *, replaces: bool = False) -> tuple[Words, Told, tuple[Entry, ...]]:
    """A locale's words, what its summary tells, and its files."""
    words, manifest = Words(locale, issue.profile), issue.manifest
    found = entries(manifest, team, locale, issue.digest)
    told = Told(
        issue.country,
        manifest.as_of,
        manifest.publication,
        read_figures(issue.store, manifest, locale),
        read_before(issue.store, issue.pointer, manifest, locale),
        replaces,
        any(entry.personal for entry in found),
    )
    return words, told, found


def pack(issue: Issue, team: Team, folder: Path, *, replaces: bool = False) -> Parcel:
    """Write a team's bundles and texts into a folder.

    Raises:
        Terminal: the team's grants may have become fewer since.
        PublicationError: a file of the publication is not what its manifest says.
    """
    made = []
    for locale in team.locales:
        words, told, found = contents(issue, team, locale, replaces=replaces)
        name = stem(issue.country, issue.manifest.as_of, locale)
        summary = letter(words, issue.profile, told)
        first = f"{worded(words.say('readme', 'delivery'), 'README')}.html"
        target, text = folder / f"{name}.zip", folder / f"{name}.txt"
        write_bundle(issue.store, issue.manifest, found, [(first, readme(words, summary, found))], target)
        text.write_bytes(summary.as_file())
        made.append(Bundle(words, told, target, text, found))
    return Parcel(team, tuple(made))
