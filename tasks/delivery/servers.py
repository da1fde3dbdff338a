"""Servers that deliveries go through, from the environment: STRATA_SMTP__... and STRATA_SFTP__<NAME>__..."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class Smtp(BaseModel):
    """The mail server. `tls`: `starttls` (default), `tls` from the first byte, or `none` on this machine alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str
    port: int | None = Field(default=None, ge=1, le=65535)
    """587 for starttls, 465 for tls, 25 for none where null."""
    user: str | None = None
    password: SecretStr | None = None
    sender: str = Field(alias="from")
    """Address that messages come from: `reports@example.org`, or `Reports <reports@example.org>`."""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    ca_bundle: Path | None = None
    """Certificates to trust instead of the system's."""
    timeout: float = Field(default=30.0, gt=0, le=600)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.tls == "none" and not loopback(self.host):
            raise ValueError("tls: none is for a server of this machine alone")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        return self

    @property
    def at(self) -> int:
        """The port."""
        return self.port or {"starttls": 587, "tls": 465, "none": 25}[self.tls]


class Sftp(BaseModel):
    """One SFTP server. `key`: the private key itself, or the path of its file; `known_hosts`: path of such a file."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str
    port: int = Field(default=22, ge=1, le=65535)
    user: str
    key: SecretStr
    known_hosts: Path
    zone: str | None = None
    """Residency zone in which it stands; needed for lists of customers where zones are configured."""
    timeout: float = Field(default=30.0, gt=0, le=600)


def loopback(host: str) -> bool:
    """Whether a host is this machine.

    >>> loopback("localhost"), loopback("127.0.0.1"), loopback("::1"), loopback("mail.example.org")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
