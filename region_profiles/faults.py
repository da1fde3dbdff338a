"""What pydantic found, told to the person who wrote the YAML: file, line, path, value, expected, nearest name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from region_profiles.findings import Fault, Steps, nearest, written
from region_profiles.models import Profile
from region_profiles.reading import Node, Origin, deepest
from tasks.errors import ProfileError

#: In a location such as dimensions.value.tiers.borders the third step is the kind.
_UNION_AT = 2


class Locator:
    """Finds the line of a path in a merged tree and words faults there."""

    def __init__(self, tree: Node, market: str) -> None:
        self.tree = tree
        self.market = market

    def origins(self) -> dict[Steps, Origin]:
        """The origin of every value."""
        return dict(_origins(self.tree, ()))

    def at(self, path: Steps) -> tuple[Node, Steps]:
        """The deepest node on the way to a path and how far it got."""
        return deepest(self.tree, path)

    def actual(self, loc: Steps) -> Steps:
        """A pydantic location as a path of the data: less the names of union branches and marks of keys."""
        node = self.tree
        path: list[str | int] = []
        for number, step in enumerate(loc):
            children = node.value
            if number == _UNION_AT and loc[0] == "dimensions" and (kind := node.get("kind")) and kind.value == step:
                continue  # pydantic names the chosen kind of dimension
            if isinstance(children, dict) and step in children:
                node = children[str(step)]
            elif isinstance(children, list) and isinstance(step, int) and step < len(children):
                node = children[step]
            elif not isinstance(children, dict) or step == "[key]":
                continue
            path.append(step)
        return tuple(path)

    def error(self, fault: Fault) -> ProfileError:
        """The fault with its file and line: the value's own, else those of what should hold it."""
        node, _ = self.at(fault.path)
        return ProfileError(
            fault.problem,
            market=self.market,
            file=node.origin.file,
            line=node.origin.line,
            path=written(fault.path) or None,
            value=fault.value if fault.value is None or isinstance(fault.value, str) else str(fault.value),
            expected=fault.expected,
            hint=fault.hint,
        )

    def unanswered(self) -> list[ProfileError]:
        """A draft's questions that are still open: values that are `?`, or a SELECT that names the column "?"."""
        return [
            self.error(Fault(path, "question is not answered", "?", "an answer: see the comment there"))
            for path, origin in self.origins().items()
            if origin.text is not None and (origin.text == "?" or '"?"' in origin.text)
        ]

    def as_text(self, data: Any, details: Iterable[Mapping[str, Any]]) -> bool:
        """Put the written text in place of numbers, booleans and dates where text is wanted; whether any was."""
        changed = False
        for detail in details:
            path = self.actual(detail["loc"])
            node, found = self.at(path)
            if detail["type"] != "string_type" or found != path or node.origin.text is None:
                continue
            holder = data
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = node.origin.text
            changed = True
        return changed

    def errors(self, details: Iterable[Mapping[str, Any]]) -> list[ProfileError]:
        """One error a path: the branches of a union are alternatives, not faults of their own."""
        faults: dict[Steps, Fault] = {}
        for detail in details:
            if detail["type"] == "too_short" and detail["input"]:
                continue  # its items are at fault, each reported by itself
            fault = self._fault(detail)
            before = faults.get(fault.path)
            if before and before.expected and fault.expected and fault.expected not in before.expected:
                fault = Fault(
                    fault.path, before.problem, fault.value, f"{before.expected} or {fault.expected}", before.hint
                )
            faults[fault.path] = fault
        return [self.error(fault) for fault in faults.values()]

    def _fault(self, detail: Mapping[str, Any]) -> Fault:
        path, kind, value = self.actual(detail["loc"]), detail["type"], detail["input"]
        shown = (
            value if isinstance(value, str | int | float) else None if isinstance(value, dict | list) else str(value)
        )
        match kind:
            case "extra_forbidden":
                known = _names(Profile, path[:-1], self.tree)
                expected = "one of " + ", ".join(known) if known else None
                return Fault(path, "unknown key", path[-1], expected, nearest(path[-1], known))
            case "missing":
                return Fault(path, "is missing", None, "a value")
            case "union_tag_not_found":
                return Fault((*path, "kind"), "is missing", None, "one of rules, tiers, trait")
            case "union_tag_invalid":
                known = re.findall(r"'(\w+)'", detail["ctx"]["expected_tags"])
                return Fault(
                    (*path, "kind"),
                    "unknown kind",
                    detail["ctx"]["tag"],
                    "one of " + ", ".join(known),
                    nearest(detail["ctx"]["tag"], known),
                )
            case "literal_error":
                expected = detail["ctx"]["expected"].replace("'", "")
                return Fault(
                    path,
                    "is not allowed",
                    shown,
                    expected,
                    nearest(value, re.findall(r"'([^']+)'", detail["ctx"]["expected"])),
                )
            case _:
                return Fault(path, "is not allowed", shown, _wanted(detail))


def _wanted(detail: Mapping[str, Any]) -> str:
    patterns = {
        "^[a-z][a-z0-9_]*$": "lower-case letters, digits and _, a letter first",
        "^[A-Z]{2}$": "an ISO 3166 alpha-2 code such as DE",
        "^[A-Z]{3}$": "an ISO 4217 code such as EUR",
        "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$": "a BCP 47 tag such as de-DE",
    }
    if detail["type"] == "string_pattern_mismatch":
        pattern: str = detail["ctx"]["pattern"]
        return patterns.get(pattern, pattern)
    types = {
        "tuple_type": "a list",
        "dict_type": "a mapping",
        "model_type": "a mapping",
        "string_type": "text",
        "date_from_datetime_inexact": "a date such as 2026-01-31",
        "date_from_datetime_parsing": "a date such as 2026-01-31",
        "date_type": "a date such as 2026-01-31",
        "date_parsing": "a date such as 2026-01-31",
    }
    if detail["type"] == "too_short":
        return f"at least {detail['ctx']['min_length']}"
    message: str = detail["msg"]
    return types.get(detail["type"]) or message.removeprefix("Input should be ").removeprefix("Input should have ")


def _origins(node: Node, path: Steps) -> Iterable[tuple[Steps, Origin]]:
    if path:
        yield path, node.origin
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from _origins(child, (*path, key))
    elif isinstance(node.value, list):
        for number, child in enumerate(node.value):
            yield from _origins(child, (*path, number))


def _names(model: Any, path: Steps, node: Node) -> list[str]:
    """The keys that the model at a path has, in its own order; none where it is no model."""
    for step in path:
        models = _models(model)
        if isinstance(step, int) or (get_origin(model) in {dict, tuple}):
            model = get_args(model)[0 if isinstance(step, int) else 1]
        else:
            kind = node.get("kind")
            chosen = [
                one
                for one in models
                if kind is None or "kind" not in one.model_fields or one.model_fields["kind"].default == kind.value
            ]
            fields = {field.alias or name: field for one in chosen for name, field in one.model_fields.items()}
            if step not in fields:
                return []
            model = fields[str(step)].annotation
        children = node.value
        if isinstance(children, dict) and step in children:
            node = children[str(step)]
        elif isinstance(children, list) and isinstance(step, int):
            node = children[step]
    kind = node.get("kind")
    chosen = _models(model)
    chosen = [
        one
        for one in chosen
        if kind is None or "kind" not in one.model_fields or one.model_fields["kind"].default == kind.value
    ]
    return [field.alias or name for one in chosen for name, field in one.model_fields.items()]


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation allows."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in {Annotated, Union, UnionType}:
        return [one for part in get_args(annotation) for one in _models(part)]
    return []
