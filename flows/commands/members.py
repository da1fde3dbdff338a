"""`strata members`."""

from __future__ import annotations

import typer


def members() -> None:
    """Not yet."""
    raise typer.Exit(1)
