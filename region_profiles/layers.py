"""From files to one tree: which files count for a market, and how one lies over another."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from region_profiles.reading import Node, Origin, planted, read_file
from region_profiles.territories import HERE, defaults, require
from tasks.errors import ProfileError

#: Key of a region's file that names the region it builds on.
PARENT = "extends"


def market_files(directory: Path | None) -> dict[str, Path]:
    """Country code: its file. The built-in markets, or those of `directory` alone where one is given."""
    folder = (HERE if directory is None else directory) / "markets"
    return {path.stem.upper(): path for path in sorted(folder.glob("*.yaml"))}


def built_in(file: str | None) -> bool:
    """Whether a value's file is the ready-made base or one of its regions, which hold for every chain.

    >>> built_in("region_profiles/regions/europe.yaml"), built_in("region_profiles/markets/de.yaml")
    (True, False)
    """
    return file == "region_profiles/base.yaml" or (file or "").startswith("region_profiles/regions/")


def merged(below: Node, above: Node) -> Node:
    """`above` over `below`: mappings merge by key, lists and scalars replace, null clears.

    Where both name a `kind` and the kinds differ, the mapping above replaces the one below: the keys of a tiers
    dimension mean nothing to a rules dimension.
    """
    if not (isinstance(below.value, dict) and isinstance(above.value, dict)):
        return above
    kinds = below.get("kind"), above.get("kind")
    if kinds[0] and kinds[1] and kinds[0].value != kinds[1].value:
        return above
    children = dict(below.value)
    for key, child in above.value.items():
        beneath = children.get(key)
        children[key] = child if beneath is None else merged(beneath, child)
    return Node(children, above.origin)


def without_nulls(node: Node) -> Node:
    """The tree less the keys that null cleared."""
    if isinstance(node.value, dict):
        kept = {key: without_nulls(child) for key, child in node.value.items() if child.value is not None}
        return Node(kept, node.origin)
    if isinstance(node.value, list):
        return Node([without_nulls(child) for child in node.value], node.origin)
    return node


@dataclass(slots=True)
class Layers:
    """Reads layers, lowest first; faults that do not hinder merging are kept for the report."""

    market: str
    faults: list[ProfileError] = field(default_factory=list)

    def read(self, path: Path) -> Node | None:
        """A layer's tree; None where the file is absent or cannot be read, which is then a fault."""
        if not path.is_file():
            return None
        file = f"region_profiles/{path.relative_to(HERE)}" if path.is_relative_to(HERE) else str(path)
        try:
            node, faults = read_file(path, file)
        except ProfileError as error:
            self.faults.append(error)
            return None
        self.faults.extend(faults)
        return node

    def region(
        self, name: str, roots: tuple[Path, ...], asked: Origin, seen: tuple[str, ...] = ()
    ) -> list[tuple[Path, Node]]:
        """A region's layers with the root each comes from, its parents first."""
        if name in seen:
            self._fault("regions extend each other", asked, PARENT, name)
            return []
        read = ((root, self.read(root / "regions" / f"{name}.yaml")) for root in roots)
        own = [(root, node) for root, node in read if node is not None]
        if not own:
            known = sorted({path.stem for root in roots for path in (root / "regions").glob("*.yaml")})
            if name != "world":
                self._fault("unknown region", asked, "market.region" if not seen else PARENT, name, known)
            return []
        below: list[tuple[Path, Node]] = []
        for _, node in own:
            parent = node.get(PARENT)
            if parent is not None:
                below += self.region(str(parent.value), roots, parent.origin, (*seen, name))
        return below + [(root, _less_parent(node)) for root, node in own]

    def _fault(self, problem: str, at: Origin, path: str, value: str, known: list[str] | None = None) -> None:
        close = get_close_matches(value, known or [], n=1)
        self.faults.append(
            ProfileError(
                problem,
                market=self.market,
                file=at.file,
                line=at.line,
                path=path,
                value=value,
                expected=None if known is None else "one of " + ", ".join(known),
                hint=f"did you mean {close[0]!r}?" if close else None,
            )
        )


def _less_parent(node: Node) -> Node:
    if not isinstance(node.value, dict):
        return node
    return Node({key: child for key, child in node.value.items() if key != PARENT}, node.origin)


def assemble(market: str, directory: Path | None, file: Path | None = None) -> tuple[Node, list[ProfileError]]:
    """The merged tree of a market and the faults found while reading.

    Lowest first: facts of the country, built-in base, built-in region, the directory's base, the directory's region,
    the market's file (`file` in its place, where a draft is tried out).

    Raises:
        ProfileError: for a territory that ISO 3166 lacks, or one that `directory` has no file for.
    """
    country = require(market)
    files = market_files(directory)
    if directory is not None and file is None and country not in files:
        raise ProfileError(
            "no such market in these profiles",
            market=country,
            file=str(directory / "markets"),
            expected="one of " + ", ".join(files) if files else "markets/<cc>.yaml",
        )
    layers = Layers(country)
    own = layers.read(file or files.get(country, HERE / "markets" / f"{country.lower()}.yaml"))
    facts = defaults(country)
    base = layers.read(HERE / "base.yaml")
    over = None if directory is None else layers.read(directory / "base.yaml")
    roots = (HERE,) if directory is None else (HERE, directory)
    region = _region_name(facts, base, over, own)
    regions = layers.region(str(region.value), roots, region.origin)
    stack = [
        facts,
        base,
        *(node for root, node in regions if root == HERE),
        over,
        *(node for root, node in regions if root != HERE),
        own,
    ]
    tree = Node({}, facts.origin)
    for layer in stack:
        if layer is not None:
            tree = merged(tree, layer)
    return without_nulls(tree), layers.faults


def _region_name(*layers: Node | None) -> Node:
    """`market.region` of the highest layer that names one."""
    for layer in reversed(layers):
        market = None if layer is None else layer.get("market")
        region = None if market is None else market.get("region")
        if region is not None and region.value is not None:
            return region
    return planted("world", Origin("region_profiles/models.py"))
