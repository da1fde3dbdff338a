"""A profile with some values set from the command line: `dimensions.value.borders=[150, 900]`."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from region_profiles.findings import nearest
from region_profiles.loader import Resolved, resolve
from region_profiles.reading import plain, read_file
from region_profiles.show import emit
from tasks.errors import ProfileError

#: Keys by which items of a list are named, beside their numbers from 0.
_NAMES = ("code", "name")


def with_settings(
    market: str, settings: Sequence[str], directory: Path | None = None, *, file: Path | None = None
) -> Resolved:
    """The market's profile with `PATH=VALUE` set one after another, checked as a whole.

    PATH is of keys joined by dots; items of a list go by number, or by their code or name
    (`dimensions.lifecycle.segments.new.when`). VALUE is YAML; mappings merge, all else replaces. `file` stands in for
    the market's own file.

    Raises:
        ProfileError: no PATH=VALUE, or a path that leads nowhere.
        ProfileErrors: with every fault of the profile that comes of it.

    >>> with_settings("DE", ["dimensions.value.borders=[150, 900]"]).profile.dimensions["value"].borders
    (Decimal('150'), Decimal('900'))
    """
    resolved = resolve(market, directory, file=file)
    if not settings:
        return resolved
    whole: Any = resolved.profile.model_dump(by_alias=True)
    for setting in settings:
        path, sign, text = setting.partition("=")
        if not sign or not path.strip():
            raise ProfileError("is no setting", value=setting, expected="PATH=VALUE")
        _set(whole, path.strip().split("."), _value(text), setting)
    with tempfile.TemporaryDirectory() as folder:
        changed = Path(folder, "--set")
        changed.touch()
        below = resolve(market, directory, file=changed).profile.model_dump(by_alias=True)
        changed.write_text(
            "\n".join(line for line, _ in emit(_cleared(whole, below), full=True)) + "\n", encoding="utf-8"
        )
        return resolve(market, directory, file=changed)


def _cleared(whole: Any, below: Any) -> Any:
    """`whole` with null where the files below the market's own have a key that it has not: else it would come back."""
    if not (isinstance(whole, dict) and isinstance(below, dict)):
        return whole
    gone = dict.fromkeys(key for key in below if key not in whole)
    return {key: _cleared(value, below.get(key)) for key, value in whole.items()} | gone


def _value(text: str) -> Any:
    """YAML, as a profile's file would have it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "--set")
        file.write_text(f"value: {text}\n", encoding="utf-8")
        node, faults = read_file(file, "--set")
    if faults:
        raise faults[0]
    return plain(node)["value"]


def _set(whole: Any, steps: Sequence[str], value: Any, setting: str) -> None:
    at, done = whole, list[str]()
    for number, step in enumerate(steps):
        done.append(step)
        last = number == len(steps) - 1
        key = _key(at, step, setting, done, new=last or not isinstance(at, list | tuple))
        if isinstance(at, dict) and (last or at.get(key) is None):
            at[key] = _joined(at.get(key), value) if last else {}
        elif isinstance(at, dict) and isinstance(at[key], tuple):
            at[key] = list(at[key])
        elif last:
            at[key] = _joined(at[key], value)
        at = at[key]


def _joined(below: Any, above: Any) -> Any:
    """Mappings merge by key, all else replaces."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: _joined(below.get(key), one) for key, one in above.items()}}
    return above


def _key(at: Any, step: str, setting: str, done: Sequence[str], *, new: bool) -> Any:
    path = ".".join(done)
    if isinstance(at, dict):
        if step in at or new:
            return step
        raise ProfileError("no such setting", path=path, value=setting, hint=nearest(step, at))
    if isinstance(at, list):
        names = [next((item[key] for key in _NAMES if isinstance(item, dict) and key in item), None) for item in at]
        if step in names:
            return names.index(step)
        if step.isdigit() and int(step) < len(at):
            return int(step)
        known = [str(name) for name in names if name is not None]
        raise ProfileError("no such item", path=path, value=setting, expected=", ".join(known) or f"0 to {len(at) - 1}")
    raise ProfileError("leads into a single value", path=path, value=setting, expected="a path to a setting")
