"""Names of bundles and of what lies in them: safe wherever they are unpacked, whatever the catalogs or stores say."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date

from tasks.errors import PublicationError

#: Names that Windows keeps for devices, with any ending.
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{one}{n}" for one in ("com", "lpt") for n in range(1, 10))})
#: Signs that Windows has in no name; a slash between folders is ours.
_SIGNS = frozenset('<>:"\\|?*')
#: Bytes of a name in UTF-8; file systems have 255 for one name.
LONGEST = 240
_LETTERS = 40


def stem(country: str, as_of: date, locale: str) -> str:
    """What the names of a market's files in one locale begin with.

    >>> stem("DE", date(2021, 2, 20), "de-DE")
    'DE_2021-02-20_de-DE'
    """
    return f"{country}_{as_of.isoformat()}_{locale}"


def worded(text: str, otherwise: str) -> str:
    """Words of a catalog as part of a file name: letters, marks, digits, blanks and hyphens of any script.

    >>> worded("Lies mich: zuerst!", "README"), worded("最初に読む", "README"), worded("../..", "README")
    ('Lies mich zuerst', '最初に読む', 'README')
    """
    plain = unicodedata.normalize("NFC", text)
    kept = "".join(one if unicodedata.category(one)[0] in "LMN" or one in " -" else " " for one in plain)
    return " ".join(kept[:_LETTERS].split()).strip("- ") or otherwise


def checked_members(names: Iterable[str]) -> tuple[str, ...]:
    """The names as they are; PublicationError where one would leave the folder it is unpacked in, or hide another.

    >>> checked_members(["report.html", "customers/list.csv"])
    ('report.html', 'customers/list.csv')
    >>> checked_members(["customers/../../list.csv"])
    Traceback (most recent call last):
        ...
    tasks.errors.PublicationError: not a name for a file of a bundle; found 'customers/../../list.csv'; expected plain \
names joined by slashes, none twice
    """
    found: dict[str, str] = {}
    for name in names:
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in found or not all(_plain(part) for part in name.split("/")):
            raise PublicationError(
                "not a name for a file of a bundle", value=name, expected="plain names joined by slashes, none twice"
            )
        found[folded] = name
    return tuple(found.values())


def _plain(part: str) -> bool:
    signs = any(one in _SIGNS or unicodedata.category(one) in {"Cc", "Cf", "Cs"} for one in part)
    device = part.partition(".")[0].strip().casefold() in _DEVICES
    return bool(part) and not signs and not device and part.strip(" .") == part and len(part.encode()) <= LONGEST
