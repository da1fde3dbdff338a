"""Settings from the environment: STRATA_LANDING, STRATA_PUBLISH, STRATA_WORK, ... Secrets come only from here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from tasks.errors import Terminal


class Settings(BaseSettings):
    """Where things lie and how much of the machine a run may take. Command-line options win over these."""

    model_config = SettingsConfigDict(env_prefix="STRATA_", frozen=True, extra="ignore")

    landing: str | None = None
    """URI of the landing: a folder or s3://bucket/prefix."""
    publish: str | None = None
    """URI of the publish root."""
    work: Path = Path(".strata/work")
    """Folder of intermediate results, in the markets' residency zone: it holds personal data."""
    profiles: Path | None = None
    """Folder of profiles; the built-in ones where null."""
    reference: Path | None = None
    """Folder of newer reference figures, over the built-in ones."""
    engine: Literal["duckdb", "spark"] = "duckdb"
    memory: str = "1200MB"
    """DuckDB's limit for the process; beyond it, DuckDB spills to the work folder."""
    threads: int | None = None
    markets_at_once: int = Field(default=2, ge=1)
    reporting_currency: str | None = None
    """Instead of the profiles' `money.reporting_currency`."""
    pseudonym_key: SecretStr | None = None
    """Key of the pseudonyms; without one customer ids are plain digests, and `doctor` warns."""
    tombstones: Path | None = None
    """File of erased customers, one per line: see tasks/privacy/tombstones.py."""
    pointer: Literal["cas", "single_writer"] = "cas"
    """How current.json changes: `single_writer` where the store has no compare-and-swap."""

    def __init__(self, **given: Any) -> None:
        """Read the environment; Terminal names every variable that holds what it cannot."""
        try:
            super().__init__(**given)
        except ValidationError as error:
            faults = [
                f"STRATA_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
                for fault in error.errors(include_url=False, include_input=False)
            ]
            raise Terminal("; ".join(faults), hint="mend the environment and run again") from None
