"""Residency zones: which roots, which server and which keys belong to each, from the environment.

`STRATA_ZONES__EU__PUBLISH=s3://strata-eu/published` and so on, one variable a fact; `STRATA_ZONES` as one JSON object
says the same. A bucket, or a folder with all below it, belongs to one zone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from tasks.errors import Terminal
from tasks.objects.s3_settings import S3Settings


class ZoneServer(BaseModel):
    """How to reach a zone's S3 server; what is null is as STRATA_S3_... and boto3's own chain say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: str | None = None
    region: str | None = None
    addressing: Literal["auto", "path", "virtual"] | None = None
    checksums: Literal["when_required", "when_supported"] | None = None
    ca_bundle: str | None = None
    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None
    session_token: SecretStr | None = None

    @model_validator(mode="after")
    def _both_keys(self) -> ZoneServer:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key go together")
        return self

    def settings(self) -> S3Settings:
        """Settings of the environment, with this zone's own over them."""
        own = self.model_dump(exclude_none=True, exclude={"access_key_id", "secret_access_key", "session_token"})
        if self.access_key_id is None or self.secret_access_key is None:
            return replace(S3Settings.from_env(), **own)
        token = None if self.session_token is None else self.session_token.get_secret_value()
        keys = (self.access_key_id.get_secret_value(), self.secret_access_key.get_secret_value(), token)
        return replace(S3Settings.from_env(), **own, keys=keys)


class Zone(BaseModel):
    """A zone's roots, its server, and how its pointers change where that differs from STRATA_POINTER."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    landing: str | None = None
    publish: str | None = None
    work: str | None = None
    s3: ZoneServer = ZoneServer()
    pointer: Literal["cas", "single_writer"] | None = None

    @property
    def roots(self) -> tuple[str, ...]:
        """The roots that are given."""
        return tuple(root for root in (self.landing, self.publish, self.work) if root)


class Zones(BaseSettings):
    """The zones of the environment; Terminal names every variable that holds what it cannot."""

    model_config = SettingsConfigDict(env_prefix="STRATA_", env_nested_delimiter="__", frozen=True, extra="ignore")

    zones: dict[str, Zone] = Field(default_factory=dict)
    """Roots and server of each residency zone; without any, all markets share the general roots."""

    def __init__(self, **given: Any) -> None:
        """Read the environment."""
        try:
            super().__init__(**given)
        except ValidationError as error:
            faults = [
                f"STRATA_{'__'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
                for fault in error.errors(include_url=False, include_input=False)
            ]
            raise Terminal("; ".join(faults), hint="mend the environment and run again") from None
        except SettingsError:  # its own text may quote the value
            raise Terminal("STRATA_ZONES is no JSON object", hint="mend the environment and run again") from None
        one_zone_each(self.zones)


def one_zone_each(zones: Mapping[str, Zone]) -> None:
    """Terminal where a root of one zone lies in another's."""
    for name, zone in zones.items():
        for root in zone.roots:
            others = [other for other in owners(zones, root) if other != name]
            if others:
                raise Terminal(
                    f"zones {name} and {others[0]} share a bucket or folder",
                    value=root,
                    expected="a bucket, or a folder outside of the others', for each zone",
                    hint="mend STRATA_ZONES",
                )


def owners(zones: Mapping[str, Zone], uri: str) -> Iterator[str]:
    """The zones in whose bucket, or below whose folder, a URI lies.

    >>> list(owners({"eu": Zone(publish="s3://strata-eu/published")}, "s3://strata-eu/landing"))
    ['eu']
    """
    return (name for name, zone in zones.items() if any(_within(uri, root) for root in zone.roots))


def bucket_of(uri: str) -> str | None:
    """The bucket, or None for a folder.

    >>> bucket_of("s3://strata-eu/published"), bucket_of("/srv/published")
    ('strata-eu', None)
    """
    return uri.removeprefix("s3://").partition("/")[0] if uri.startswith("s3://") else None


def _within(uri: str, root: str) -> bool:
    if bucket_of(uri) or bucket_of(root):
        return bucket_of(uri) == bucket_of(root)
    path, folder = (Path(one.removeprefix("file://")).absolute() for one in (uri, root))
    return path.is_relative_to(folder)


def server_of(uri: str) -> S3Settings:
    """How to reach a bucket: as its zone says, where it is a zone's."""
    given = frozenset((name, value) for name, value in os.environ.items() if name.upper().startswith("STRATA_ZONES"))
    if not given:
        return S3Settings.from_env()
    zones = _zones(given)
    return next((zones[name].s3.settings() for name in owners(zones, uri)), None) or S3Settings.from_env()


@lru_cache(maxsize=8)
def _zones(_environment: frozenset[tuple[str, str]]) -> dict[str, Zone]:
    return Zones().zones
