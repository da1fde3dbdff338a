"""Safe YAML with the line of every value.

A profile's YAML is a small part of YAML 1.2: mappings, lists and plain scalars. Tags are refused, aliases count with
all they expand to, a key stands once. Only `true` and `false` are booleans, so `NO` is Norway; numbers have no
underscores, sexagesimals or exponents, `007` stays text; a date is a date; fractions are Decimal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from tasks.errors import ProfileError

Scalar = str | int | bool | Decimal | date | None

#: A profile is a page of text: beyond these it is a mistake or an attack.
MAX_BYTES = 1_000_000
MAX_NODES = 20_000
MAX_DEPTH = 40

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MAX_DIGITS = 30
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from; `text` is how a scalar was written. Facts of CLDR have no line."""

    file: str
    line: int | None = None
    text: str | None = None

    def __str__(self) -> str:
        """`file:line`."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its origin; `size` counts the nodes it stands for."""

    value: dict[str, Node] | list[Node] | Scalar
    origin: Origin
    size: int = 1

    def get(self, key: str) -> Node | None:
        """The child of that key; None where there is none."""
        return self.value.get(key) if isinstance(self.value, dict) else None


def plain(node: Node) -> Any:
    """The value without origins."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def deepest(root: Node, path: tuple[int | str, ...]) -> tuple[Node, tuple[int | str, ...]]:
    """The deepest node on the way along a path, and how much of the path leads to it."""
    node, done = root, 0
    for step in path:
        children = node.value
        if isinstance(children, dict) and step in children:
            node = children[str(step)]
        elif isinstance(children, list) and isinstance(step, int) and step < len(children):
            node = children[step]
        else:
            break
        done += 1
    return node, path[:done]


def planted(value: Any, origin: Origin) -> Node:
    """Plain data as nodes of one origin."""
    if isinstance(value, dict):
        return Node({key: planted(child, origin) for key, child in value.items()}, origin)
    if isinstance(value, list | tuple):
        return Node([planted(child, origin) for child in value], origin)
    return Node(value, origin)


def scalar(text: str) -> Scalar:
    """What a plain, unquoted scalar means.

    >>> [scalar(text) for text in ("NO", "yes", "true", "007", "24", "0.05", "1_000", "12:30", "~")]
    ['NO', 'yes', True, '007', 24, Decimal('0.05'), '1_000', '12:30', None]
    >>> scalar("2026-01-01"), scalar("2026-02-30")
    (datetime.date(2026, 1, 1), '2026-02-30')
    """
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= _MAX_DIGITS and _INTEGER.fullmatch(text):
        return int(text)
    if len(text) <= _MAX_DIGITS and _DECIMAL.fullmatch(text):
        return Decimal(text)
    if _DATE.fullmatch(text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    return text


def _line(event: Any) -> int:
    """Line of an event, from 1."""
    return int(event.start_mark.line) + 1


class _Reader:
    """Builds nodes from the parser's events; collects what can be reported together, raises where it cannot go on."""

    def __init__(self, events: Iterator[Any], file: str) -> None:
        self.events = events
        self.file = file
        self.faults: list[ProfileError] = []
        self.anchors: dict[str, Node] = {}
        self.nodes = 0

    def fault(self, problem: str, line: int | None, **facts: Any) -> ProfileError:
        return ProfileError(problem, file=self.file, line=line, **facts)

    def count(self, size: int, line: int) -> None:
        self.nodes += size
        if self.nodes > MAX_NODES:
            raise self.fault(
                "too many values", line, expected=f"at most {MAX_NODES}, aliases counted with all they stand for"
            )

    def node(self, event: Any, path: tuple[str, ...]) -> Node:
        line = _line(event)
        if len(path) > MAX_DEPTH:
            raise self.fault("nested too deeply", line, expected=f"at most {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, path, line)
        if event.tag not in {None, "!"}:
            raise self.fault(
                "YAML tags are not allowed", line, path=".".join(path) or None, value=event.tag, expected="plain values"
            )
        if isinstance(event, yaml.ScalarEvent):
            node = Node(scalar(event.value) if event.implicit[0] else event.value, self.at(line, event.value))
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self.sequence(path, line)
        else:
            node = self.mapping(path, line)
        self.count(1, line)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def at(self, line: int, text: str | None = None) -> Origin:
        return Origin(self.file, line, text)

    def alias(self, event: Any, path: tuple[str, ...], line: int) -> Node:
        target = self.anchors.get(event.anchor)
        if target is None:
            raise self.fault("alias without an anchor before it", line, path=".".join(path) or None, value=event.anchor)
        self.count(target.size, line)
        return target

    def sequence(self, path: tuple[str, ...], line: int) -> Node:
        children: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            children.append(self.node(event, (*path, str(len(children)))))
        return Node(children, self.at(line), 1 + sum(child.size for child in children))

    def mapping(self, path: tuple[str, ...], line: int) -> Node:
        children: dict[str, Node] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self.fault("a key must be a word", _line(event), path=".".join(path) or None)
            key, here = event.value, _line(event)
            child = self.node(next(self.events), (*path, key))
            if key in children:
                self.faults.append(
                    self.fault(
                        f"key stands twice, first in line {children[key].origin.line}",
                        here,
                        path=".".join((*path, key)),
                        expected="each key once",
                    )
                )
                continue
            # The key's line, not that of a value that begins below it.
            children[key] = Node(child.value, Origin(self.file, here, child.origin.text), child.size)
        return Node(children, self.at(line), 1 + sum(child.size for child in children.values()))


def _text(content: bytes, file: str) -> str:
    if len(content) > MAX_BYTES:
        raise ProfileError("file is too large", file=file, value=len(content), expected=f"at most {MAX_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProfileError(
            "is not UTF-8",
            file=file,
            line=content.count(b"\n", 0, error.start) + 1,
            value=f"byte {content[error.start]:#04x}",
            expected="UTF-8",
            hint="save it as UTF-8",
        ) from None


def read_yaml(content: bytes, file: str) -> tuple[Node, list[ProfileError]]:
    """A YAML document's mapping and the faults that do not hinder reading on (keys that stand twice).

    Raises:
        ProfileError: where the document cannot be read further: not UTF-8, no YAML, a tag, an alias bomb, two
            documents, no mapping.
    """
    text = _text(content, file)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        events: Iterator[Any] = yaml.parse(text, Loader=loader)
        next(events)  # start of stream
        start = next(events)
        if isinstance(start, yaml.StreamEndEvent):
            return Node({}, Origin(file, 1)), []
        reader = _Reader(events, file)
        root = reader.node(next(events), ())
        next(events)  # end of document
        after = next(events)
    except yaml.MarkedYAMLError as error:
        # An open quote ends with the file: where it begins says more.
        ended = "end of stream" in (error.problem or "")
        mark = (error.context_mark if ended else None) or error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        raise ProfileError(f"is not YAML: {error.problem or error.context}", file=file, line=line) from None
    except yaml.YAMLError as error:
        raise ProfileError(f"is not YAML: {str(error).splitlines()[0]}", file=file) from None
    if not isinstance(after, yaml.StreamEndEvent):
        raise ProfileError("holds more than one document", file=file, line=_line(after), expected="one")
    if root.value is None:
        return Node({}, root.origin), reader.faults
    if not isinstance(root.value, dict):
        raise ProfileError("is not a mapping", file=file, line=root.origin.line, expected="`key: value` lines")
    return root, reader.faults


def read_file(path: Path, file: str) -> tuple[Node, list[ProfileError]]:
    """`read_yaml` of a file; `file` is its name in messages."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProfileError(f"cannot be read: {error.strerror}", file=file) from None
    return read_yaml(content, file)
