"""A resolved profile for reading: as YAML with the origin of each value, as a JSON Schema for editors, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from region_profiles.findings import Steps
from region_profiles.loader import Resolved
from region_profiles.reading import scalar

#: Origins stand in a column of their own from here on, or right behind longer lines.
COLUMN = 72
#: Lists up to this width stand in one line.
WIDTH = 90
_INDICATORS = "-?:,[]{}#&*!|>'\"%@`"


def as_yaml(resolved: Resolved, *, origin: bool = False) -> str:
    """The whole profile as YAML; with `origin`, file:line behind each value.

    What no file says is marked `default`: it comes from the models. What is unset or empty is left out. As the only
    layer of a market it reads back as the same profile.
    """
    data = resolved.profile.model_dump(by_alias=True)
    lines: list[str] = []
    for text, path in emit(data):
        if not origin or path is None or text.rstrip().endswith("|"):
            lines.append(text)
            continue
        source = str(resolved.origins.get(path, "default"))
        lines.append(f"{text:<{COLUMN}} # {source}")
    return "\n".join(lines) + "\n"


def emit(value: Any, path: Steps = (), indent: int = 0, *, full: bool = False) -> Iterator[tuple[str, Steps | None]]:
    """Lines of YAML of a mapping, each with the path of the value that stands in it, or None.

    What is not set is left out; with `full` it is there as null or an empty list, so that no layer below comes through.

    >>> [line for line, _ in emit({"market": {"languages": ("no", "en")}, "007": "1_000"})]
    ['market:', '  languages: [no, en]', '007: 1_000']
    """
    pad = " " * indent
    for key, child in value.items():
        here = (*path, key)
        name = quoted(str(key))
        if _unset(child) and not full:
            continue
        if child is None:
            yield f"{pad}{name}: null", here
        elif isinstance(child, Mapping):
            yield f"{pad}{name}:{'' if child else ' {}'}", None
            yield from emit(child, here, indent + 2, full=full)
        elif isinstance(child, str) and "\n" in child:
            yield f"{pad}{name}: |", here
            yield from ((f"{pad}  {line}" if line else "", None) for line in child.rstrip("\n").split("\n"))
        elif isinstance(child, list | tuple) and (
            len(flow(child)) > WIDTH or any(isinstance(c, Mapping) for c in child)
        ):
            yield f"{pad}{name}:", None
            yield from ((f"{pad}  - {flow(item)}", (*here, number)) for number, item in enumerate(child))
        else:
            yield f"{pad}{name}: {flow(child)}", here


def _unset(value: Any) -> bool:
    """None, or a collection in which nothing is set."""
    if isinstance(value, Mapping):
        return all(_unset(child) for child in value.values())
    return value is None or value in ([], ())


def flow(value: Any) -> str:
    """A value in one line.

    >>> flow({"code": "EUR", "until": None, "since": date(2026, 1, 1)})
    '{code: EUR, since: 2026-01-01}'
    """
    if isinstance(value, Mapping):
        inner = ", ".join(f"{quoted(str(k))}: {flow(v)}" for k, v in value.items() if not _unset(v))
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(flow(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, int | date) else quoted(str(value))


def quoted(text: str) -> str:
    """Text as a YAML scalar that reads back as this text, also within a flow list.

    >>> quoted("Kd-Nr"), quoted("24"), quoted("a: b"), quoted("true"), quoted("%Y")
    ('Kd-Nr', '"24"', '"a: b"', '"true"', '"%Y"')
    """
    clean = text.isprintable() and text == text.strip() and any(map(str.isalnum, text)) and text[0] not in _INDICATORS
    clean = clean and not any(sign in text for sign in (": ", " #", ",", "[", "]", "{", "}")) and not text.endswith(":")
    if clean and scalar(text) == text and isinstance(scalar(text), str):
        return text
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    )
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of one layer: any part may be left out, null clears, a region may `extend` another.

    Items of lists are whole, since lists replace: there the required keys stay required.
    """
    from region_profiles.models import Profile

    whole = Profile.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = whole["$defs"]
    in_lists = {reference for name in definitions for reference in _items(definitions[name])} | set(_items(whole))
    for name, definition in {**definitions, "": whole}.items():
        if name in in_lists or "properties" not in definition:
            continue
        definition.pop("required", None)
        definition["properties"] = {
            key: {"anyOf": [part, {"type": "null"}]} for key, part in definition["properties"].items()
        }
    whole["properties"]["extends"] = {"type": "string", "description": "Only in regions: the region this builds on."}
    whole["title"] = "Profile of a market, or a layer of one"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}


def _items(part: Any) -> Iterator[str]:
    """Names of the definitions that are items of a list somewhere in a part."""
    if isinstance(part, dict):
        reference = part.get("items", {}).get("$ref") if isinstance(part.get("items"), dict) else None
        if reference:
            yield str(reference).rsplit("/", 1)[-1]
        for child in part.values():
            yield from _items(child)
    elif isinstance(part, list):
        for child in part:
            yield from _items(child)


def differences(one: Resolved, other: Resolved) -> tuple[str, ...]:
    """What differs between two profiles, a sentence each, in the profile's order.

    Segments, teams, tiers and currencies are compared by their names, and their order apart.
    """
    names = [one.profile.market.country, other.profile.market.country]
    if names[0] == names[1]:
        names = ["the first", "the second"]
    left, right = (dict(_flat(resolved.profile.model_dump(by_alias=True), "")) for resolved in (one, other))
    said = []
    for path in [*left, *(path for path in right if path not in left)]:
        values = [_worded(side[path]) if path in side else "not set" for side in (left, right)]
        if values[0] != values[1]:
            said.append(f"{path} is {values[0]} in {names[0]}, {values[1]} in {names[1]}")
    return tuple(said)


def _worded(value: Any) -> str:
    return "not set" if _unset(value) else flow(value)


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Path in words: value; lists of named mappings by name, with their order as a value of its own."""
    if isinstance(value, Mapping) and value:
        for key, child in value.items():
            yield from _flat(child, f"{path}.{key}" if path else str(key))
        return
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        key = next((key for key in ("code", "name") if key in value[0]), None)
        if key is not None:
            yield f"the order of {path}", [item[key] for item in value]
            for item in value:
                yield from _flat({k: v for k, v in item.items() if k != key}, f"{path}[{item[key]}]")
            return
    yield path, value
