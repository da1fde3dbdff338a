"""Which sample drops there are, and reading their `markets/*.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from region_profiles.territories import territories
from tasks.errors import Terminal
from tasks.sample.spec import MarketSpec

FOLDER = Path(__file__).parent / "markets"
#: What a market has beyond customers, purchases and stores: upon its own file.
RELATIONS = FOLDER / "relations"


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` upon `base`, mappings deep.

    >>> merge({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}})
    {'a': {'b': 1, 'c': 3}}
    """
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def read(path: Path) -> dict[str, Any]:
    """A file of facts."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # 8 times as fast where libyaml is there
    loaded: dict[str, Any] = yaml.load(path.read_bytes(), loader)  # noqa: S506  # both are safe loaders
    return loaded


@cache
def load(drop: str) -> MarketSpec:
    """The sample market of that drop's name, such as DE or benelux."""
    facts = merge(read(FOLDER / "_base.yaml"), read(FOLDER / f"{drop}.yaml"))
    more = RELATIONS / f"{drop}.yaml"
    return MarketSpec.model_validate(merge(facts, read(more)) if more.exists() else facts)


def drops() -> tuple[str, ...]:
    """Names of all sample drops."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.stem.startswith("_")))


def drops_of(markets: tuple[str, ...] | None) -> tuple[str, ...]:
    """The drops that hold these markets (codes or names of drops); all where None.

    A territory without a sample market of its own is a drop of its code, a neutral one.
    """
    if markets is None:
        return drops()
    by_name = dict(zip(territories(), territories(), strict=True))
    by_name |= {name: drop for drop in drops() for name in (drop, *load(drop).markets)}
    unknown = [name for name in markets if name not in by_name]
    if unknown:
        shared = [drop for drop in drops() if drop not in territories()]
        raise Terminal(
            "no sample for this market",
            value=", ".join(unknown),
            expected=f"codes of ISO 3166 such as DE, or one of {', '.join(shared)}",
        )
    return tuple(dict.fromkeys(by_name[name] for name in markets))
