"""Whether customers keep their ids: pseudonyms by another key than before are new ones for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.gate.history import Past
from tasks.gate.verdict import Check

#: The check, its explanation on the page, and the setting that holds the key.
KEY, SETTING = "pseudonym_key", "STRATA_PSEUDONYM_KEY"
#: For data ops: what it means, and the two ways on.
MEANS = (
    f"every customer would get a new id, for {SETTING} is another key than that of the publication before; "
    "if that is a mistake put the key before back and run again"
)


def same_key(now: Past, past: Sequence[Past]) -> Iterator[Check]:
    """Holds a publication whose pseudonyms are by another key than those of the publication before.

    Whoever keeps ids could match nobody any more, holdouts would be drawn anew, and tombstones that are pseudonyms fit
    nobody: a person must want that. A first publication, and one after a publication whose key is not known, passes.
    """
    before = past[-1].key if past else None
    if before is not None and now.key is not None:
        other = before != now.key
        yield Check(
            check=KEY,
            past=1,
            outcome="hold" if other else "ok",
            why=(KEY,) if other else (),
            detail=SETTING if other else None,
        )
