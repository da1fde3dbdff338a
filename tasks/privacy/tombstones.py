"""Tombstones: who was erased stays erased, though the store's next drop brings them again.

A tombstone names nobody. It is either a pseudonym (`customer_id`, 32 hex digits, good as long as the key stays) or
`sha256:<salt>:<64 hex digits>`, the digest of salt, market and member number, which outlives a change of the key.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tasks.errors import Terminal

_PSEUDONYM = re.compile(r"[0-9a-f]{32}")
_SALTED = re.compile(r"sha256:([0-9A-Za-z_-]{1,64}):([0-9a-f]{64})")
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Tombstones:
    """The erased of a market: pseudonyms, and digests by salt."""

    pseudonyms: frozenset[str]
    salted: Mapping[str, frozenset[str]]

    def __bool__(self) -> bool:
        return bool(self.pseudonyms or self.salted)


def salted_digest(salt: str, market: str, member: str) -> str:
    """A tombstone that holds under any key.

    >>> salted_digest("2026", "DE", "0012")
    'sha256:2026:ce263afbfa13e44165b5c5a1196e9658c720999c25a34d861976e3d660260ee5'
    """
    digest = hashlib.sha256(_SEPARATOR.join((salt, market, member)).encode()).hexdigest()
    return f"sha256:{salt}:{digest}"


def parse_tombstones(entries: Iterable[str]) -> Tombstones:
    """Read the entries of a tombstone list; blank lines are nothing.

    Raises Terminal for an entry of neither form: an erasure that cannot be read must not be passed over.

    >>> parse_tombstones(["0" * 32, ""]).pseudonyms == {"0" * 32}
    True
    """
    pseudonyms: set[str] = set()
    salted: defaultdict[str, set[str]] = defaultdict(set)
    for number, entry in enumerate(entries, start=1):
        text = entry.strip()
        if _PSEUDONYM.fullmatch(text):
            pseudonyms.add(text)
        elif match := _SALTED.fullmatch(text):
            salted[match[1]].add(match[2])
        elif text:
            raise Terminal(
                "a tombstone cannot be read",
                record=number,
                expected="a customer_id (32 hex digits), or sha256:<salt>:<64 hex digits>",
                hint="nothing is published while an erasure cannot be honoured: mend the list",
            )
    return Tombstones(frozenset(pseudonyms), {salt: frozenset(digests) for salt, digests in sorted(salted.items())})


def erased_sql(tombstones: Tombstones, market: str, customer_id: str, member: str) -> str:
    """A DuckDB condition: is the customer of these two expressions erased?

    >>> erased_sql(parse_tombstones([]), "DE", "customer_id", "member_number")
    'false'
    """
    conditions = []
    if tombstones.pseudonyms:
        conditions.append(f"{customer_id} IN ({_list(tombstones.pseudonyms)})")
    for salt, digests in tombstones.salted.items():
        separator = f"chr({ord(_SEPARATOR)})"
        message = f"'{salt}' || {separator} || '{market}' || {separator} || {member}"
        conditions.append(f"sha256({message}) IN ({_list(digests)})")
    return f"({' OR '.join(conditions)})" if conditions else "false"


def _list(digests: frozenset[str]) -> str:
    return ", ".join(f"'{digest}'" for digest in sorted(digests))
