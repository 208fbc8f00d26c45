"""A network as SVG."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from sigma_core.network.drawing._layout import Plan, Point, Tree, arranged
from sigma_core.network.drawing._sketch import COLOURS, Sketched, sketch

if TYPE_CHECKING:
    from sigma_core.network._network import Network

_LINE = 14.0
# Told apart from what else a page shows, which knows these names too.
_STYLE = """\
<style>
.sigma-network text { font: 11px Helvetica, Arial, sans-serif; fill: #222222; text-anchor: middle }
.sigma-network .name { font-weight: bold }
.sigma-network .block { text-anchor: start; fill: #555555; paint-order: stroke; stroke: #ffffff; stroke-width: 3px }
.sigma-network .box { stroke: #707070 }
.sigma-network .frame { fill: #000000; fill-opacity: 0.035; stroke: #b0b0b0 }
.sigma-network .edge, .sigma-network .shared { fill: none; stroke: #707070 }
.sigma-network .shared { stroke-dasharray: 5 3 }
</style>
<defs><marker id="sigma-arrow" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">
<path d="M0,1 L8,4 L0,7 Z" fill="#707070"/></marker></defs>"""

_ARROW = ' marker-end="url(#sigma-arrow)"'

# Left, top, width, height.
_Frame = tuple[float, float, float, float]


def as_svg(network: "Network", title: str) -> str:
    """Layers coloured by role, sections as ellipses, blocks as frames, dashed between those that share parameters."""
    drawn = sketch(network)
    nodes = {node.name: node for node in drawn.nodes}
    tree: dict[str, Tree | Point] = {}
    for node in drawn.nodes:
        level = tree
        for block in node.blocks:
            level = level.setdefault(block, {})  # type: ignore[assignment]  # no node has the name of a block
        level[node.name] = _size(node)
    plan = arranged(tree, drawn.edges)
    frames: dict[str, _Frame] = {}
    parts = list(_parts(plan, nodes, frames, 0.0, 0.0))
    width = plan.width
    for owner, place in drawn.sharing:
        path, right = _between(frames[owner], frames[place])
        width = max(width, right)
        told = escape(f"{place} has the parameters of {owner}")
        parts.append(f'<path class="shared" d="{path}"><title>{told}</title></path>')
    size = f'width="{width:.0f}" height="{plan.height:.0f}" viewBox="0 0 {width:.0f} {plan.height:.0f}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sigma-network" {size}>',
        f"<title>{escape(title)}</title>",
        _STYLE,
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    return "\n".join([*head, *parts, "</svg>\n"])


def _size(node: Sketched) -> Point:
    """Room for what is written on it, in a font whose widths nobody knows."""
    width = max(7.0 * len(node.title), *(6.1 * len(line) for line in node.lines), 30.0) + 18.0
    return width, _LINE * (1 + len(node.lines)) + 10.0


def _parts(plan: Plan, nodes: dict[str, Sketched], frames: dict[str, _Frame], left: float, top: float) -> Iterator[str]:
    """The elements of a plan, frames first, and where all of its boxes are."""
    for box in plan.boxes:
        frame = (left + box.x - box.width / 2, top + box.y, box.width, box.height)
        frames[box.name] = frame
        if box.inside is not None:
            yield f'<rect class="frame" {_rectangle(frame)} rx="6"/>'
            yield from _parts(box.inside, nodes, frames, frame[0], frame[1])
            yield f'<text class="block" {_at(frame[0] + 8, frame[1] + 15)}>{box.name.rpartition(".")[2]}</text>'
    for points, is_end in plan.runs:
        yield f'<path class="edge" d="{_path(points, left, top)}"{_ARROW if is_end else ""}/>'
    for box in plan.boxes:
        if box.inside is None:
            yield _node(nodes[box.name], frames[box.name])


def _node(node: Sketched, frame: _Frame) -> str:
    left, top, width, height = frame
    middle = left + width / 2
    form = f'class="box" fill="{COLOURS[node.role]}"'
    if node.role == "section":
        place = f'cx="{_number(middle)}" cy="{_number(top + height / 2)}"'
        shape = f'<ellipse {form} {place} rx="{_number(width / 2)}" ry="{_number(height / 2)}"/>'
    else:
        shape = f'<rect {form} {_rectangle(frame)} rx="4"/>'
    texts = [f'<text class="name" {_at(middle, top + 16)}>{escape(node.title)}</text>']
    texts += [
        f"<text {_at(middle, top + 16 + number * _LINE)}>{escape(line)}</text>"
        for number, line in enumerate(node.lines, 1)
    ]
    more = f"<title>{escape(node.more)}</title>" if node.more else ""
    return f"<g>{more}{shape}{''.join(texts)}</g>"


def _path(points: tuple[Point, ...], left: float, top: float) -> str:
    (x, start), (_, leaves), (end, enters), (_, stop) = points
    x, end = left + x, left + end
    if abs(x - end) < 0.5:
        return f"M{_pair(end, top + start)} V{_number(top + stop)}"
    half = top + (leaves + enters) / 2
    bend = f"C{_pair(x, half)} {_pair(end, half)} {_pair(end, top + enters)}"
    return f"M{_pair(x, top + start)} V{_number(top + leaves)} {bend} V{_number(top + stop)}"


def _between(owner: _Frame, place: _Frame) -> tuple[str, float]:
    """A line from side to side where one stands beside the other, or else around both; and how far right it goes."""
    first, second = sorted((owner, place))
    start, end = (first[0] + first[2], first[1] + first[3] / 2), (second[0], second[1] + second[3] / 2)
    if start[0] < end[0]:
        half = (start[0] + end[0]) / 2
        bend = f"C{_pair(half, start[1])} {_pair(half, end[1])} {_pair(*end)}"
        return f"M{_pair(*start)} {bend}", end[0]
    end = (second[0] + second[2], end[1])
    outer = max(start[0], end[0]) + 30 + abs(end[1] - start[1]) / 20
    bend = f"C{_pair(outer, start[1])} {_pair(outer, end[1])} {_pair(*end)}"
    return f"M{_pair(*start)} {bend}", outer


def _rectangle(frame: _Frame) -> str:
    left, top, width, height = map(_number, frame)
    return f'x="{left}" y="{top}" width="{width}" height="{height}"'


def _at(x: float, y: float) -> str:
    return f'x="{_number(x)}" y="{_number(y)}"'


def _pair(x: float, y: float) -> str:
    return f"{_number(x)},{_number(y)}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
