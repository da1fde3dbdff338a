"""`strata overlap`."""

from __future__ import annotations

import typer


def overlap() -> None:
    """Not yet."""
    raise typer.Exit(1)
