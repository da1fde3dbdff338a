"""Lines of a draft: YAML with questions and notes as comments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import wrap

from region_profiles.show import flow, quoted

OPEN = "?"
WIDTH = 110


@dataclass
class Text:
    """YAML as it is written; each question is one line, so that answering is editing that line."""

    lines: list[str] = field(default_factory=list)

    def key(self, depth: int, name: str, value: object = None) -> None:
        """`name:` or `name: value`."""
        tail = "" if value is None else f" {flow(value)}"
        self.lines.append(f"{'  ' * depth}{quoted(name)}:{tail}")

    def ask(self, depth: int, name: str, question: str, value: object = OPEN) -> None:
        """A question above the line that it is about."""
        self.comment(depth, f"QUESTION: {question}")
        self.key(depth, name, value)

    def note(self, depth: int, text: str) -> None:
        """What was decided by evidence, or left out."""
        self.comment(depth, f"NOTE: {text}")

    def comment(self, depth: int, text: str) -> None:
        """A comment, in as many lines as it takes; words of scripts without blanks are not broken."""
        pad = f"{'  ' * depth}# "
        self.lines += wrap(
            text,
            WIDTH,
            initial_indent=pad,
            subsequent_indent=pad + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )

    def block(self, depth: int, name: str, text: str) -> None:
        """`name: |` and its lines."""
        self.lines.append(f"{'  ' * depth}{name}: |")
        self.lines += [f"{'  ' * (depth + 1)}{line}" for line in text.splitlines()]

    def table(self, depth: int, name: str, entries: Mapping[str, str]) -> None:
        """A mapping, an entry a line."""
        if entries:
            self.key(depth, name)
            for key, value in entries.items():
                self.key(depth + 1, key, value)

    def __str__(self) -> str:
        return "\n".join(self.lines) + "\n"
