"""Settings from the environment: STRATA_LANDING, STRATA_PUBLISH, STRATA_WORK, ... Secrets come only from here."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from tasks.delivery.servers import Sftp, Smtp
from tasks.objects.zones import Zones


class Settings(Zones):
    """Where things lie and how much of the machine a run may take. Command-line options win over these."""

    landing: str | None = None
    """URI of the landing: a folder or s3://bucket/prefix."""
    publish: str | None = None
    """URI of the publish root."""
    work: str | None = None
    """Finished steps: a folder, or the object store that several workers share. In the markets' residency zone: it
    holds personal data."""
    scratch: Path | None = None
    """Folder of this machine in which steps are computed, and which remembers them; `work` itself where that is a
    folder, else `.strata/work`. Where both are given, `work` is shared and `scratch` is this machine's."""
    profiles: Path | None = None
    """Folder of profiles; the built-in ones where null."""
    reference: Path | None = None
    """Folder of newer reference figures, over the built-in ones."""
    engine: Literal["duckdb", "spark"] = "duckdb"
    memory: str = "900MB"
    """DuckDB's limit for the process; beyond it, DuckDB spills to the work folder."""
    threads: int | None = None
    markets_at_once: int = Field(default=2, ge=1)
    pool_memory: str | None = None
    """Memory that the runs of a work pool may take together, as 8GB; three quarters of this machine's where null."""
    notify: dict[Literal["webhook", "slack", "email"], SecretStr] = Field(default_factory=dict)
    """Where data ops are told of failed, held and late runs: docs/deployments.md. Empty is none."""
    reporting_currency: str | None = None
    """Instead of the profiles' `money.reporting_currency`."""
    pseudonym_key: SecretStr | None = None
    """Key of the pseudonyms; without one customer ids are plain digests, and `doctor` warns."""
    tombstones: Path | None = None
    """File of erased customers, one per line: see tasks/privacy/tombstones.py."""
    pointer: Literal["cas", "single_writer"] = "cas"
    """How current.json changes: `single_writer` where the store has no compare-and-swap."""
    chain: str | None = None
    """URI under which `strata chain` publishes; the publish root where null. It gets aggregates alone."""
    chain_stale_days: int = Field(default=35, ge=0)
    """A market whose publication is so many days older than the chain's date is named as stale: a month and some."""
    smtp: Smtp | None = None
    """The mail server of deliveries: STRATA_SMTP__HOST, __FROM, ... (docs/delivery.md)."""
    sftp: dict[str, Sftp] = Field(default_factory=dict)
    """SFTP servers of teams by the name that profiles call them: STRATA_SFTP__<NAME>__HOST, ..."""

    @field_validator("notify")
    @classmethod
    def _some(cls, notify: dict[str, SecretStr]) -> dict[str, SecretStr]:
        return {channel: address for channel, address in notify.items() if address.get_secret_value()}
