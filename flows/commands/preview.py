"""`strata preview`: what a changed profile would do; nothing is published."""

from __future__ import annotations

import typer


def preview() -> None:
    """Show what changed rules would do."""
    raise typer.Exit(1)
