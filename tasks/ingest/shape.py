"""The shape of a value that may be personal."""

from __future__ import annotations

import re
import unicodedata


def shape(text: str, limit: int = 80) -> str:
    """What a record looks like without what it says: letters become x, digits 9.

    >>> shape("4711;Müller;3,50")
    '9999;xxxxxx;9,99'
    """
    masked = re.sub(r"[^\W_]", lambda m: "9" if unicodedata.category(m[0]) == "Nd" else "x", text)
    return masked if len(masked) <= limit else masked[: limit - 1] + "…"
