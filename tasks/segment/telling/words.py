"""What an explanation needs of the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

#: The grade of predictions that no backtest has judged.
UNGRADED = "none"


class Words(Protocol):
    """The reader's words and forms; `text` and `count` are of the messages `explain`."""

    def text(self, code: str, **values: object) -> str:
        """A message with its places filled."""

    def count(self, code: str, n: int) -> str:
        """A message that counts."""

    def trait(self, name: str) -> str:
        """What a trait is called."""

    def dimension(self, name: str) -> str:
        """What a dimension is called."""

    def segment(self, dimension: str, code: str | None) -> str:
        """What a segment is called."""

    def audience(self, name: str) -> str:
        """What an audience is called."""

    def named(self, context: str, code: str) -> str:
        """What another code is called."""

    def sentence(self, context: str, code: str, **values: object) -> str:
        """A message of another context with its places filled."""

    def value(self, trait: str, value: object) -> str:
        """A trait's value as the reader writes it; a word for null."""

    def listed(self, texts: Sequence[str], kind: str = "and") -> str:
        """Several as one."""
