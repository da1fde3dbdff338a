"""`strata profile`: show, schema, diff and new."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Profiles: what a market's run is made of.", no_args_is_help=True)

Profiles = Annotated[
    Path | None, typer.Option("--profiles", help="Folder of profiles laid over the built-in base.", show_default=False)
]


@app.command()
def show(
    market: Annotated[str, typer.Argument(help="ISO 3166 code, such as DE.")],
    profiles: Profiles = None,
    origin: Annotated[bool, typer.Option("--origin", help="Name file and line of each value.")] = False,
) -> None:
    """Print a market's resolved profile, with where each value comes from.

    Example: strata profile show DE --origin
    """
    from region_profiles.loader import resolve
    from region_profiles.show import as_yaml

    resolved = resolve(market, profiles)
    typer.echo(as_yaml(resolved, origin=origin), nl=False)
    for warning in resolved.warnings:
        typer.echo(f"warning: {warning}", err=True)


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option(help="File to write; the terminal if not given.")] = None,
) -> None:
    """Print the JSON Schema of a profile's layers, for an editor's completion and checks.

    Example: strata profile schema --out profile.schema.json
    """
    from region_profiles.show import schema as json_schema

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


@app.command()
def diff(
    one: Annotated[str, typer.Argument(help="ISO 3166 code.")],
    other: Annotated[str, typer.Argument(help="ISO 3166 code.")],
    profiles: Profiles = None,
    other_profiles: Annotated[
        Path | None, typer.Option(help="Folder of the second market's profiles, if another.", show_default=False)
    ] = None,
) -> None:
    """Say in words what differs between two markets' profiles.

    Example: strata profile diff DE CH
    """
    from region_profiles.loader import resolve
    from region_profiles.show import differences

    said = differences(resolve(one, profiles), resolve(other, other_profiles or profiles))
    typer.echo("\n".join(said) if said else "no difference")


@app.command()
def new(
    market: Annotated[str, typer.Argument(help="ISO 3166 code, such as DE.")],
    drop: Annotated[Path | None, typer.Option("--from", help="Folder of a drop to draft from.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; the terminal if not given.")] = None,
) -> None:
    """Draft a profile, from a drop's files where one is given; what is unsure is a question in it.

    Example: strata profile new FR --from landing/FR --out profiles/markets/fr.yaml
    """
    from tasks.draft.profile import draft
    from tasks.errors import Terminal

    text = draft(market, drop)
    if out is None:
        typer.echo(text, nl=False)
        return
    if out.exists():
        raise Terminal("is already there", file=str(out), hint="name another file with --out")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    questions = text.count("# QUESTION:")
    typer.echo(f"{out}: {questions} question{'' if questions == 1 else 's'} to answer; then try: strata validate")
