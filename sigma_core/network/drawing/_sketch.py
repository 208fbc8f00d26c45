"""What a picture of a network shows, whoever draws it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from sigma_core.network._summary import batch_text, blocks_of, size_text

COLOURS: Mapping[str, str] = {
    "section": "#ffffff",
    "input": "#c9e2f5",
    "layer": "#f0f0f0",
    "trained": "#cfe8cf",
    "output": "#f7f0a8",
    "cost": "#f6c6c0",
    "block": "#e3dcf2",
}
"""By what a node is."""

# Layers of a folded block that are named.
_TOLD = 12


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


def sketch(described: Mapping[str, Any], folded: Collection[str] = ()) -> Sketch:
    """All that is to be drawn of a network that is described as `Network.as_data` does.

    Blocks that are `folded` are a node each, whatever is in them.
    """
    nodes = {_section(name): Sketched(_section(name), "section", name) for name in described["sections"]}
    edges: dict[tuple[str, str], None] = {}
    inside: dict[str, list[Mapping[str, Any]]] = {}
    seen = {layer["name"]: _seen(layer["name"], folded) for layer in described["layers"]}
    for layer in described["layers"]:
        name = seen[layer["name"]]
        if name != layer["name"]:
            inside.setdefault(name, []).append(layer)
        nodes[name] = _block(name, inside[name]) if name in inside else _layer(layer)
        for source in (*(seen[each] for each in layer["inputs"]), *map(_section, layer["sections"])):
            if source != name:
                edges[source, name] = None
    return Sketch(tuple(nodes.values()), tuple(edges), _sharing(described["layers"], folded))


def _seen(name: str, folded: Collection[str]) -> str:
    """The outermost block around a layer or block that is folded, or else itself."""
    return next((block for block in (*blocks_of(name), name) if block in folded), name)


def _block(name: str, layers: Sequence[Mapping[str, Any]]) -> Sketched:
    size = sum(parameter["size"] for layer in layers for parameter in layer["parameters"])
    lines = [f"{len(layers)} layer{'' if len(layers) == 1 else 's'} · {batch_text(layers[-1]['shape'])}"]
    if size:
        lines.append(f"{size:,} parameter{'' if size == 1 else 's'}")
    more = "\n".join(f"{layer['name'].removeprefix(f'{name}.')} {layer['kind']}" for layer in layers[:_TOLD])
    return Sketched(name, "block", name.rpartition(".")[2], tuple(lines), more)


def _section(name: str) -> str:
    return f"section {name}"


def _layer(layer: Mapping[str, Any]) -> Sketched:
    shape = "scalar" if layer["role"] == "cost" else batch_text(layer["shape"])
    lines = [f"{layer['kind']} · {shape}"]
    size = sum(parameter["size"] for parameter in layer["parameters"])
    if size:
        lines.append(f"{size:,} parameter{'' if size == 1 else 's'}")
    lines += [f"parameters of {name}" for name in ([layer["shares"]] if layer["shares"] else [])]
    lines += [f"with {name}" for name in layer["borrows"]]
    specs = [
        f"{parameter['name'].rpartition('.')[2]} {tuple(parameter['shape'])}"
        f"{'' if parameter['trained'] else ', not trained'}"
        for parameter in layer["parameters"]
    ]
    taken = f"{layer['operations']:,} operations and {size_text(layer['memory'])} for a record"
    name = layer["name"]
    more = "\n".join([f"network.layers.{name}", *specs, taken])
    return Sketched(name, layer["role"], name.rpartition(".")[2], tuple(lines), more)


def _sharing(layers: Iterable[Mapping[str, Any]], folded: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Who has whose parameters: a block is shared as a whole, so that one line tells of all of its layers."""
    pairs: dict[tuple[str, str], None] = {}
    for layer in layers:
        if layer["shares"] is not None:
            pairs[_parting(layer["shares"], layer["name"])] = None
        for parameter in layer["borrows"]:
            pairs[parameter.rpartition(".")[0], layer["name"]] = None
    shown = dict.fromkeys((_seen(owner, folded), _seen(place, folded)) for owner, place in pairs)
    return tuple((owner, place) for owner, place in shown if owner != place)


def _parting(owner: str, name: str) -> tuple[str, str]:
    """The outermost blocks that only one of both lies in, or else the layers themselves."""
    parts, others = owner.split("."), name.split(".")
    depth = next(depth for depth, (part, other) in enumerate(zip(parts, others, strict=False), 1) if part != other)
    return ".".join(parts[:depth]), ".".join(others[:depth])
