"""The server of the `strata up` that runs on this machine, for runs that name none.

A run without a server starts one of its own upon the database below PREFECT_HOME. Where that database is `strata up`'s,
two processes would write to one SQLite file.
"""

from __future__ import annotations

import json
import os
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

URL = "PREFECT_API_URL"
#: A server on a busy machine.
ANSWER_SECONDS = 10


def _home() -> Path:
    """Prefect's folder, before Prefect is imported."""
    return Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()


def _record() -> Path:
    return _home() / "strata-up.json"


@contextmanager
def recorded(api: str, pid: int) -> Iterator[None]:
    """While this lasts, runs on this machine with the same PREFECT_HOME find the server, a process of that number."""
    file = _record()
    told = json.dumps({"api": api, "pid": pid})
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(told, encoding="utf-8")
    try:
        yield
    finally:
        if file.is_file() and file.read_text(encoding="utf-8") == told:  # not another `strata up`'s
            file.unlink()


def server_at_hand() -> str | None:
    """The API of a `strata up` with this PREFECT_HOME that answers; None where a server is named, or there is none."""
    if os.environ.get(URL) or _named_by_profile():
        return None
    try:
        told = json.loads(_record().read_text(encoding="utf-8"))
        api = str(told["api"])
        os.kill(int(told["pid"]), 0)
        with urllib.request.urlopen(f"{api}/health", timeout=ANSWER_SECONDS):  # noqa: S310 - loopback
            return api
    except (OSError, ValueError, KeyError, TypeError, urllib.error.URLError):
        return None


def _named_by_profile() -> bool:
    """Whether Prefect's own active profile names a server."""
    try:
        known = tomllib.loads((_home() / "profiles.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    active = os.environ.get("PREFECT_PROFILE") or known.get("active")
    return bool(known.get("profiles", {}).get(active, {}).get(URL))
