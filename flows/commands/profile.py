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
    old: Annotated[str, typer.Argument(help="A market's file, or its ISO 3166 code.")],
    new: Annotated[str | None, typer.Argument(help="The same of the other side; not with --set.")] = None,
    profiles: Profiles = None,
    other_profiles: Annotated[
        Path | None, typer.Option(help="Folder of the second market's profiles, if another.", show_default=False)
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="A value to change; repeatable.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say in words what changes from one profile to another, or what differs between two markets'.

    For example:

    strata profile diff profiles/markets/de.yaml changed/de.yaml

    strata profile diff DE --set 'dimensions.value.borders=[150, 900]'

    strata profile diff DE CH
    """
    from region_profiles.changes import changes
    from region_profiles.setting import with_settings
    from region_profiles.show import differences
    from tasks.errors import Terminal

    if new is None and not settings:
        raise Terminal("with what?", expected="another file or market, or --set PATH=VALUE")
    market, file = _side(old)
    one = with_settings(market, (), profiles, file=file)
    other, other_file = (market, file) if new is None else _side(new)
    two = with_settings(other, settings or (), other_profiles or profiles, file=other_file)
    if other != market:
        said = differences(one, two)
        typer.echo(json.dumps(said, ensure_ascii=False, indent=2) if as_json else "\n".join(said) or "no difference")
        return
    found = changes(one.profile, two.profile)
    if as_json:
        told = [{"path": c.path, "old": c.old, "new": c.new, "text": c.text} for c in found]
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2, default=str))
    else:
        typer.echo("\n".join(change.text for change in found) or "no difference")


def _side(given: str) -> tuple[str, Path | None]:
    """Market and file: of a file the market is what it says, else its name (de.yaml)."""
    if not given.endswith((".yaml", ".yml")):
        return given.upper(), None
    from region_profiles.reading import read_file
    from tasks.errors import ProfileError

    path = Path(given)
    if not path.is_file():
        raise ProfileError("no such file", file=given, expected="a market's file, or its ISO 3166 code")
    market = read_file(path, given)[0].get("market")
    country = None if market is None else market.get("country")
    return (path.stem if country is None else str(country.value)).upper(), path


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
