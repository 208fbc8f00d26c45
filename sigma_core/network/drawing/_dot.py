"""A network in the language of Graphviz."""

from typing import TYPE_CHECKING

from sigma_core.network.drawing._sketch import COLOURS, Sketch, Sketched, sketch

if TYPE_CHECKING:
    from sigma_core.network._network import Network

_HEAD = """\
  graph [rankdir=TB, fontname="Helvetica", labelloc=t, nodesep=0.3, ranksep=0.4, compound=true];
  node [shape=box, style="filled,rounded", fontname="Helvetica", fontsize=10, margin="0.12,0.06", color="#707070"];
  edge [color="#707070", arrowsize=0.6];"""

_FRAME = 'style="rounded,filled"; color="#b0b0b0"; fillcolor="#00000009"; fontsize=10;'


def as_dot(network: "Network", title: str) -> str:
    """Layers coloured by role, sections as ellipses, blocks as clusters, dashed between those that share parameters."""
    drawn = sketch(network.as_data())
    lines = [f"digraph {_quoted(title)} {{", _HEAD, f"  label={_quoted(title)};"]
    opened: list[str] = []
    for node in drawn.nodes:
        while opened and opened[-1] not in node.blocks:
            lines.append(f"{'  ' * len(opened)}}}")
            opened.pop()
        for block in node.blocks[len(opened) :]:
            lines.append(f"{'  ' * (len(opened) + 1)}subgraph {_quoted(f'cluster_{block}')} {{")
            opened.append(block)
            label = _quoted(block.rpartition(".")[2])
            lines.append(f"{_inside(opened)}label={label}; {_FRAME}")
        lines.append(f"{_inside(opened)}{_node(node)}")
    lines += [f"{'  ' * depth}}}" for depth in range(len(opened), 0, -1)]
    lines += [f"  {_quoted(source)} -> {_quoted(target)};" for source, target in drawn.edges]
    lines += [f"  {_dashed(drawn, owner, place)}" for owner, place in drawn.sharing]
    return "\n".join([*lines, "}"])


def _inside(opened: list[str]) -> str:
    return "  " * (len(opened) + 1)


def _node(node: Sketched) -> str:
    label = _quoted("\n".join((node.title, *node.lines)))
    form = ", shape=ellipse, style=filled" if node.role == "section" else f", tooltip={_quoted(node.more)}"
    return f'{_quoted(node.name)} [label={label}, fillcolor="{COLOURS[node.role]}"{form}];'


def _dashed(drawn: Sketch, owner: str, place: str) -> str:
    """An edge that moves nothing; between blocks it runs from frame to frame."""
    ends, settings = [], ["style=dashed", "constraint=false", "dir=none"]
    for name, side in ((owner, "ltail"), (place, "lhead")):
        inside = [node.name for node in drawn.nodes if name in node.blocks]
        ends.append(inside[len(inside) // 2] if inside else name)
        settings += [f"{side}={_quoted(f'cluster_{name}')}"] if inside else []
    return f"{_quoted(ends[0])} -> {_quoted(ends[1])} [{', '.join(settings)}];"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
