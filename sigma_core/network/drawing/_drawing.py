"""A network as boxes, frames and lines at their places, whoever puts them on a page."""

from collections.abc import Collection, Mapping
from typing import Any

from attrs import define, field, frozen

from sigma_core.network.drawing._layout import Plan, Point, Tree, arranged
from sigma_core.network.drawing._sketch import Sketched, sketch

LINE = 14.0
"""From one line of text to the next."""


@frozen
class Frame:
    """A rectangle, in pixels from the upper left corner of the picture."""

    left: float
    top: float
    width: float
    height: float


@frozen
class Drawn:
    """A section, a layer, or a block, which is a frame around what is in it, or folded."""

    name: str
    role: str
    """What a layer is: `input`, `layer`, `trained`, `output` or `cost`; or else `section` or `block`."""
    frame: Frame
    title: str
    lines: tuple[str, ...] = ()
    """What is written beneath the title: kind and shape, then parameters."""
    more: str = ""
    """For whoever points at it."""


@frozen
class Stroke:
    """A line, as SVG's paths are written."""

    path: str
    has_arrow: bool = True
    told: str = ""
    """For whoever points at it."""


@define
class Drawing:
    """A picture of a network."""

    width: float
    height: float
    blocks: list[Drawn] = field(factory=list)
    """The outer ones first."""
    nodes: list[Drawn] = field(factory=list)
    edges: list[Stroke] = field(factory=list)
    sharing: list[Stroke] = field(factory=list)
    """Between layers or blocks that have the same parameters."""


def network_drawing(described: Mapping[str, Any], folded: Collection[str] = ()) -> Drawing:
    """The picture of a network that is described as `Network.as_data` does; blocks are frames around their layers.

    Blocks that are `folded`, by name, are drawn as one node each. Always the same for the same network; a hundred
    layers take a quarter of a second.
    """
    found = sketch(described, folded)
    nodes = {node.name: node for node in found.nodes}
    tree: dict[str, Tree | Point] = {}
    for node in found.nodes:
        level = tree
        for block in node.blocks:
            level = level.setdefault(block, {})  # type: ignore[assignment]  # no node has the name of a block
        level[node.name] = _size(node)
    if not tree:
        return Drawing(0.0, 0.0)
    plan = arranged(tree, found.edges)
    drawing = Drawing(plan.width, plan.height)
    _take(plan, nodes, drawing, 0.0, 0.0)
    frames = {each.name: each.frame for each in (*drawing.blocks, *drawing.nodes)}
    for owner, place in found.sharing:
        path, right = _between(frames[owner], frames[place])
        drawing.width = max(drawing.width, right)
        drawing.sharing.append(Stroke(path, has_arrow=False, told=f"{place} has the parameters of {owner}"))
    return drawing


def _size(node: Sketched) -> Point:
    """Room for what is written on it, in a font whose widths nobody knows."""
    width = max(7.0 * len(node.title), *(6.1 * len(line) for line in node.lines), 30.0) + 18.0
    return width, LINE * (1 + len(node.lines)) + 10.0


def _take(plan: Plan, nodes: Mapping[str, Sketched], drawing: Drawing, left: float, top: float) -> None:
    """The parts of a plan that lies at a place."""
    for box in plan.boxes:
        frame = Frame(left + box.x - box.width / 2, top + box.y, box.width, box.height)
        if box.inside is None:
            node = nodes[box.name]
            drawing.nodes.append(Drawn(box.name, node.role, frame, node.title, node.lines, node.more))
        else:
            drawing.blocks.append(Drawn(box.name, "block", frame, box.name.rpartition(".")[2]))
            _take(box.inside, nodes, drawing, frame.left, frame.top)
    drawing.edges += [Stroke(_path(points, left, top), has_arrow=is_end) for points, is_end in plan.runs]


def _path(points: tuple[Point, ...], left: float, top: float) -> str:
    (x, start), (_, leaves), (end, enters), (_, stop) = points
    x, end = left + x, left + end
    if abs(x - end) < 0.5:
        return f"M{_pair(x, top + start)} V{number(top + stop)}"
    half = top + (leaves + enters) / 2
    bend = f"C{_pair(x, half)} {_pair(end, half)} {_pair(end, top + enters)}"
    return f"M{_pair(x, top + start)} V{number(top + leaves)} {bend} V{number(top + stop)}"


def _between(owner: Frame, place: Frame) -> tuple[str, float]:
    """A line from side to side where one stands beside the other, or else around both; and how far right it goes."""
    first, second = sorted((owner, place), key=lambda frame: (frame.left, frame.top, frame.width, frame.height))
    start, end = (first.left + first.width, first.top + first.height / 2), (second.left, second.top + second.height / 2)
    if start[0] < end[0]:
        half = (start[0] + end[0]) / 2
        bend = f"C{_pair(half, start[1])} {_pair(half, end[1])} {_pair(*end)}"
        return f"M{_pair(*start)} {bend}", end[0]
    end = (second.left + second.width, end[1])
    outer = max(start[0], end[0]) + 30 + abs(end[1] - start[1]) / 20
    bend = f"C{_pair(outer, start[1])} {_pair(outer, end[1])} {_pair(*end)}"
    return f"M{_pair(*start)} {bend}", outer


def _pair(x: float, y: float) -> str:
    return f"{number(x)},{number(y)}"


def number(value: float) -> str:
    """A length in pixels; a tenth of one cannot be seen."""
    return f"{value:.1f}".removesuffix(".0")
