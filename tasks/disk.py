"""A full disk, told as what it is whichever library met it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from tasks.errors import Terminal

#: The disk, or this user's share of it.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
#: DuckDB and Arrow tell it in their texts alone; DuckDB spills up to what was free on the disk, by this setting's name.
_WORDS = (*(os.strerror(number) for number in FULL), "max_temp_directory_size")


def disk_full(error: BaseException, work: Path) -> Terminal | None:
    """The error to raise instead, if `error` says that a disk is full; None if it is about something else.

    >>> print(disk_full(OSError(errno.ENOSPC, "No space left on device"), Path("/srv/work")))
    /srv/work: the disk is full; make room or set STRATA_WORK to another disk, and run again: finished steps are not \
repeated (`strata tidy` lists what may go)
    >>> disk_full(OSError(errno.EACCES, "Permission denied"), Path("/srv/work"))
    """
    known = isinstance(error, OSError) and error.errno in FULL
    if not known and not (_is_told_by_its_text(error) and any(words in str(error) for words in _WORDS)):
        return None
    name = error.filename if isinstance(error, OSError) else None
    return Terminal(
        "the disk is full",
        path=str(name or work),
        hint="make room or set STRATA_WORK to another disk, and run again: finished steps are not repeated "
        "(`strata tidy` lists what may go)",
    )


def _is_told_by_its_text(error: BaseException) -> bool:
    """Whether the error is one of DuckDB's, Arrow's or a writer of workbooks', which carry no number."""
    return type(error).__module__.partition(".")[0] in {"duckdb", "_duckdb", "pyarrow", "xlsxwriter", "builtins"}
