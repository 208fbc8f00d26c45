"""What is shown of a network: its picture, its layers, and how their numbers are spread."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from attrs import asdict, frozen

from sigma_core.extend import Drawing, Drawn, network_drawing

MOST = 60
"""Layers that are drawn at once; of larger networks blocks are folded until somebody unfolds them."""
Number = Callable[[float], str]


@frozen
class Spread:
    """How the numbers of an array are spread, as a hook has published it."""

    name: str
    """What they are to the layer: `weights`, `gradients of weights`, `activations`."""
    mean: float | None
    deviation: float | None
    minimum: float | None
    maximum: float | None
    not_finite: int

    def told(self, number: Number) -> str:
        """In a line."""
        text = f"{self.name}: {_number(self.mean, number)} ± {_number(self.deviation, number)}"
        return f"{text}, {self.not_finite} NaN" if self.not_finite else text


def picture(described: Mapping[str, Any], folded: Collection[str]) -> dict[str, Any]:
    """The drawing of a network, as the page takes it."""
    drawing: Drawing = network_drawing(described, folded)
    return {
        "width": round(drawing.width, 1),
        "height": round(drawing.height, 1),
        "blocks": [_box(each) for each in drawing.blocks],
        "nodes": [_box(each) for each in drawing.nodes],
        "edges": [{"path": line.path, "arrow": line.has_arrow} for line in drawing.edges],
        "sharing": [{"path": line.path, "told": line.told} for line in drawing.sharing],
    }


def _box(each: Drawn) -> dict[str, Any]:
    places = {"x": each.frame.left, "y": each.frame.top, "width": each.frame.width, "height": each.frame.height}
    texts = {"name": each.name, "role": each.role, "title": each.title, "lines": list(each.lines), "more": each.more}
    return texts | {name: round(value, 1) for name, value in places.items()}


def blocks_of(described: Mapping[str, Any]) -> list[str]:
    """Names of all blocks, the outer ones before those in them."""
    found: dict[str, None] = {}
    for layer in described.get("layers", ()):
        parts = layer["name"].split(".")
        found |= dict.fromkeys(".".join(parts[:depth]) for depth in range(1, len(parts)))
    return list(found)


def folded_at_first(described: Mapping[str, Any]) -> set[str]:
    """The blocks that are folded until somebody unfolds them: the outermost, where there are many layers."""
    if len(described.get("layers", ())) <= MOST:
        return set()
    return {name for name in blocks_of(described) if "." not in name}


def shown_as(name: str, folded: Collection[str]) -> str:
    """The outermost folded block around a layer, or else itself."""
    parts = name.split(".")
    return next((block for depth in range(1, len(parts)) if (block := ".".join(parts[:depth])) in folded), name)


def rows_of(described: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row of the table for each layer."""
    return [
        {
            "name": layer["name"],
            "kind": layer["kind"],
            "inputs": ", ".join([*layer["inputs"], *layer["sections"]]),
            "shape": shape(layer["shape"]),
            "parameters": sum(parameter["size"] for parameter in layer["parameters"]),
            "operations": layer["operations"],
        }
        for layer in described.get("layers", ())
    ]


def shape(sizes: Sequence[int]) -> str:
    """The shape of a record, as people write it."""
    return " x ".join(map(str, sizes)) or "1"


def spreads(values: Mapping[str, Any]) -> dict[str, list[Spread]]:
    """By layer, what a hook has published of its parameters, gradients and activations."""
    found: dict[str, list[Spread]] = {}
    for identifier, value in values.items():
        of, _, rest = identifier.partition(".layers.")
        if not rest or not isinstance(value, Mapping) or "mean" not in value:
            continue
        if of == "activations":
            layer, name = rest, "activations"
        else:
            layer, _, parameter = rest.rpartition(".")
            name = f"gradients of {parameter}" if of.startswith("gradients") else parameter
        numbers = {key: _finite(value.get(key)) for key in ("mean", "deviation", "minimum", "maximum")}
        found.setdefault(layer, []).append(Spread(name, not_finite=value.get("not_finite") or 0, **numbers))
    return found


def _finite(value: object) -> float | None:
    # The store writes what is no number as a word.
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def told(found: Mapping[str, Iterable[Spread]], number: Number) -> dict[str, list[str]]:
    """Lines for whoever points at a layer."""
    return {layer: [spread.told(number) for spread in several] for layer, several in found.items()}


def table_of(several: Iterable[Spread], number: Number) -> list[dict[str, str]]:
    """A row for each array of a layer."""
    return [
        {name: value if isinstance(value, str) else _number(value, number) for name, value in asdict(spread).items()}
        for spread in several
    ]


def _number(value: float | None, number: Number) -> str:
    return "-" if value is None else number(value)
