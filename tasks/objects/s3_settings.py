"""How to reach an S3 server. Credentials come from boto3's own chain, unless a zone has its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from tasks.errors import Terminal

CHOICES = {"addressing": ("auto", "path", "virtual"), "checksums": ("when_required", "when_supported")}


@dataclass(frozen=True, slots=True)
class S3Settings:
    """Each field is an environment variable: `endpoint` is STRATA_S3_ENDPOINT, and so on.

    Seconds for timeouts, bytes for `part_size`, attempts count the first one. `checksums` is `when_required` because
    some servers answer 411 to trailing checksums; every write carries a Content-MD5 either way.
    """

    endpoint: str | None = None
    region: str | None = None
    addressing: Literal["auto", "path", "virtual"] = "auto"
    checksums: Literal["when_required", "when_supported"] = "when_required"
    ca_bundle: str | None = None
    connect_timeout: float = 5.0
    read_timeout: float = 60.0
    attempts: int = 5
    #: Files above it go up in parts of this size (S3 takes no part below 5 MiB but the last, and 10,000 parts).
    part_size: int = 16 << 20
    #: Access key, secret key and session token of a zone (tasks.objects.zones): no variable STRATA_S3_KEYS is read.
    keys: tuple[str, str, str | None] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise Terminal(
                    f"STRATA_S3_{name.upper()} is none of its choices",
                    value=getattr(self, name),
                    expected=" or ".join(allowed),
                )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> S3Settings:
        """Settings from the environment; what is absent or empty keeps its default.

        >>> S3Settings.from_env({"STRATA_S3_ENDPOINT": "https://s3.example.org", "STRATA_S3_ATTEMPTS": "3"}).attempts
        3
        >>> S3Settings.from_env({"STRATA_S3_ATTEMPTS": "often"})
        Traceback (most recent call last):
            ...
        tasks.errors.Terminal: STRATA_S3_ATTEMPTS is no number; found 'often'
        """
        given: dict[str, Any] = {}
        for one in fields(cls):
            name = f"STRATA_S3_{one.name.upper()}"
            text = environ.get(name, "").strip()
            if not text or one.name == "keys":
                continue
            kind = type(one.default)
            try:
                given[one.name] = kind(text) if kind in {int, float} else text
            except ValueError:
                raise Terminal(f"{name} is no number", value=text) from None
        return cls(**given)
