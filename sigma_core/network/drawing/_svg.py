"""A network as SVG."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from sigma_core.network.drawing._drawing import LINE, Drawing, Drawn, Frame, network_drawing, number
from sigma_core.network.drawing._sketch import COLOURS

if TYPE_CHECKING:
    from sigma_core.network._network import Network

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


def as_svg(network: "Network", title: str) -> str:
    """Layers coloured by role, sections as ellipses, blocks as frames, dashed between those that share parameters."""
    drawing = network_drawing(network.as_data())
    width, height = f"{drawing.width:.0f}", f"{drawing.height:.0f}"
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sigma-network" {size}>',
        f"<title>{escape(title)}</title>",
        _STYLE,
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    return "\n".join([*head, *_parts(drawing), "</svg>\n"])


def _parts(drawing: Drawing) -> Iterator[str]:
    """Frames first, so that nothing lies behind them."""
    for block in drawing.blocks:
        yield f'<rect class="frame" {_rectangle(block.frame)} rx="6"/>'
    for line in drawing.edges:
        yield f'<path class="edge" d="{line.path}"{_ARROW if line.has_arrow else ""}/>'
    for block in drawing.blocks:
        yield f'<text class="block" {_at(block.frame.left + 8, block.frame.top + 15)}>{escape(block.title)}</text>'
    for node in drawing.nodes:
        yield _node(node)
    for line in drawing.sharing:
        yield f'<path class="shared" d="{line.path}"><title>{escape(line.told)}</title></path>'


def _node(node: Drawn) -> str:
    frame = node.frame
    middle = frame.left + frame.width / 2
    form = f'class="box" fill="{COLOURS[node.role]}"'
    if node.role == "section":
        place = f'cx="{number(middle)}" cy="{number(frame.top + frame.height / 2)}"'
        shape = f'<ellipse {form} {place} rx="{number(frame.width / 2)}" ry="{number(frame.height / 2)}"/>'
    else:
        shape = f'<rect {form} {_rectangle(frame)} rx="4"/>'
    texts = [f'<text class="name" {_at(middle, frame.top + 16)}>{escape(node.title)}</text>']
    texts += [
        f"<text {_at(middle, frame.top + 16 + row * LINE)}>{escape(line)}</text>"
        for row, line in enumerate(node.lines, 1)
    ]
    more = f"<title>{escape(node.more)}</title>" if node.more else ""
    return f"<g>{more}{shape}{''.join(texts)}</g>"


def _rectangle(frame: Frame) -> str:
    sides = {"x": frame.left, "y": frame.top, "width": frame.width, "height": frame.height}
    return " ".join(f'{name}="{number(value)}"' for name, value in sides.items())


def _at(x: float, y: float) -> str:
    return f'x="{number(x)}" y="{number(y)}"'
