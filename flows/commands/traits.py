"""`strata traits`: the catalogue of what rules, audiences and clusters may name, and what is off in a market."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.settings import Settings
from tasks.errors import Terminal

if TYPE_CHECKING:
    from tasks.catalogue import Trait


def traits(
    market: Annotated[str | None, typer.Option(help="ISO country code: what is off there, too.")] = None,
    group: Annotated[str | None, typer.Option(help="Only the traits of one group, such as behaviour.")] = None,
    profiles: Annotated[Path | None, typer.Option(help="Folder of profiles; STRATA_PROFILES if not given.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with the codes of each trait.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the tables of docs/traits.md.")] = False,
) -> None:
    """Print the catalogue of traits: name, type, unit, window, group, sources, meaning, and which regimes forbid it.

    With --market also what its profile or its regime turns off; what its data lacks, `strata validate` says.

    Example: strata traits --group behaviour

    Example: strata traits --market AE --json
    """
    chosen = list(_chosen(group))
    off = {} if market is None else _off(market, profiles or Settings().profiles, chosen)
    rows = [told(trait) | ({"off": off.get(trait.name)} if market else {}) for trait in chosen]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif markdown:
        typer.echo(as_markdown(chosen), nl=False)
    else:
        typer.echo("\n".join(_lines(rows, market)).lstrip("\n"))


def told(trait: Trait) -> dict[str, Any]:
    """A trait's facts; `forbidden`: regime and article, of the regimes that do not allow it without consent."""
    from region_profiles.regimes import regimes

    articles = {
        regime.code: next(regime.traits[one] for one in trait.sensitive if one in regime.traits)
        for regime in regimes().values()
        if any(one in regime.traits for one in trait.sensitive)
    }
    return {
        "name": trait.name,
        "type": trait.type,
        "unit": trait.unit,
        "window": trait.window,
        "group": trait.group,
        "sources": [source.replace("|", " or ") for source in trait.sources],
        "meaning": trait.meaning,
        "known": list(trait.known),
        "sensitive": list(trait.sensitive),
        "forbidden": articles,
    }


def as_markdown(chosen: Iterable[Trait]) -> str:
    """The catalogue as tables, one a group, in the catalogue's order."""
    lines: list[str] = []
    last = None
    for trait in sorted(chosen, key=lambda one: _groups().index(one.group)):
        fact = told(trait)
        if trait.group != last:
            lines += [
                "",
                f"### {trait.group}",
                "| trait | type | unit | window | sources | meaning |",
                "|---" * 6 + "|",
            ]
            last = trait.group
        meaning = fact["meaning"]
        meaning += f" ({', '.join(fact['known'])})" if fact["known"] else ""
        meaning += f"; forbidden by {', '.join(fact['forbidden'])}" if fact["forbidden"] else ""
        cells = (f"`{trait.name}`", trait.type, trait.unit, trait.window, ", ".join(fact["sources"]), meaning)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines).lstrip("\n") + "\n"


def _groups() -> list[str]:
    from tasks.catalogue import TRAITS

    return list(dict.fromkeys(trait.group for trait in TRAITS))


def _chosen(group: str | None) -> Iterable[Trait]:
    from region_profiles.findings import nearest
    from tasks.catalogue import TRAITS

    if group is not None and group not in _groups():
        expected = f"one of {', '.join(_groups())}"
        raise Terminal("unknown group of traits", value=group, expected=expected, hint=nearest(group, _groups()))
    return [trait for trait in TRAITS if group in {None, trait.group}]


def _off(market: str, profiles: Path | None, chosen: Iterable[Trait]) -> dict[str, str]:
    from region_profiles.loader import load_profile
    from region_profiles.regimes import off_by_profile

    profile = load_profile(market.upper(), profiles)
    return {trait.name: why for trait in chosen if (why := off_by_profile(profile, trait))}


def _lines(rows: list[dict[str, Any]], market: str | None) -> Iterable[str]:
    """A trait in two to four lines, below its group's name."""
    width = max(len(row["name"]) for row in rows) + 4
    group = None
    for row in sorted(rows, key=lambda row: _groups().index(row["group"])):
        if row["group"] != group:
            group = row["group"]
            yield f"\n{group}"
        kind = f"{row['type']}, {row['unit']}; {row['window']}; from {', '.join(row['sources'])}"
        yield f"  {row['name']:<{width - 2}}{kind}"
        yield f"{'':<{width}}{row['meaning']}"
        if row["forbidden"]:
            yield f"{'':<{width}}forbidden by {', '.join(row['forbidden'])}"
        if row.get("off"):
            yield f"{'':<{width}}off in {(market or '').upper()}: {row['off']}"
