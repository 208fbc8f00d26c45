"""What a picture of a network shows, whoever draws it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from sigma_core.network._layer import Cost, Layer
from sigma_core.network._placing import PlacedLayer
from sigma_core.network._summary import blocks_of, shape_text, size_text

if TYPE_CHECKING:
    from sigma_core.network._network import Network

COLOURS: Mapping[str, str] = {
    "section": "#ffffff",
    "input": "#c9e2f5",
    "layer": "#f0f0f0",
    "trained": "#cfe8cf",
    "output": "#f7f0a8",
    "cost": "#f6c6c0",
}
"""By what a node is; a layer is `trained` where it is given parameters."""


@frozen
class Sketched:
    """A section of the data or a layer, with what is written on it."""

    name: str
    """Unique among all; a section's has a blank, which no layer's has."""
    role: str
    title: str
    lines: tuple[str, ...] = ()
    more: str = ""
    """For whoever points at it."""

    @property
    def blocks(self) -> list[str]:
        """Those in which it lies, the outermost first."""
        return [] if self.role == "section" else blocks_of(self.name)


@frozen
class Sketch:
    """Nodes in an order in which each comes after those that feed it, and what connects them."""

    nodes: tuple[Sketched, ...]
    edges: tuple[tuple[str, str], ...]
    """Names of what feeds and of what is fed."""
    sharing: tuple[tuple[str, str], ...]
    """Names of layers or blocks that have the same parameters, the owner first."""


def sketch(network: "Network") -> Sketch:
    """All that is to be drawn of a network."""
    ends = set() if network.costs else set(network.ends)
    nodes = [Sketched(_section(name), "section", name) for name in network.sections]
    edges: dict[tuple[str, str], None] = {}
    for placed in network:
        nodes.append(_layer(placed, is_end=placed.name in ends))
        for name in (*placed.inputs, *map(_section, placed.layer.sections)):
            edges[name, placed.name] = None
    return Sketch(tuple(nodes), tuple(edges), _sharing(network))


def _section(name: str) -> str:
    return f"section {name}"


def _layer(placed: PlacedLayer[Layer], *, is_end: bool) -> Sketched:
    lines = [f"{type(placed.layer).__name__} · {shape_text(placed)}"]
    if placed.size:
        lines.append(f"{placed.size:,} parameter{'' if placed.size == 1 else 's'}")
    lines += [f"parameters of {name}" for name in ([placed.shares] if placed.shares else [])]
    lines += [f"with {name}" for name in placed.borrows]
    specs = [
        f"{name} {spec.shape}{'' if spec.trainable else ', not trained'}" for name, spec in placed.parameters.items()
    ]
    size = f"{placed.operations:,} operations and {size_text(placed.memory)} for a record"
    more = "\n".join([placed.path, *specs, size])
    return Sketched(placed.name, _role(placed, is_end=is_end), placed.name.rpartition(".")[2], tuple(lines), more)


def _role(placed: PlacedLayer[Layer], *, is_end: bool) -> str:
    if isinstance(placed.layer, Cost):
        return "cost"
    if is_end or placed.layer.is_output:
        return "output"
    if not placed.inputs:
        return "input"
    return "trained" if placed.reads else "layer"


def _sharing(network: "Network") -> tuple[tuple[str, str], ...]:
    """Who has whose parameters: a block is shared as a whole, so that one line tells of all of its layers."""
    pairs: dict[tuple[str, str], None] = {}
    for placed in network:
        if placed.shares is not None:
            pairs[_parting(placed.shares, placed.name)] = None
        for parameter in placed.borrows:
            pairs[parameter.rpartition(".")[0], placed.name] = None
    return tuple(pairs)


def _parting(owner: str, name: str) -> tuple[str, str]:
    """The outermost blocks that only one of both lies in, or else the layers themselves."""
    parts, others = owner.split("."), name.split(".")
    depth = next(depth for depth, (part, other) in enumerate(zip(parts, others, strict=False), 1) if part != other)
    return ".".join(parts[:depth]), ".".join(others[:depth])
