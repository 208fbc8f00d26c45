"""An inspection as a picture, in the language of Graphviz."""

from collections.abc import Mapping, Sequence

from sigma_core.backends import Plan, PlannedNode
from sigma_core.cli.graph._data import share
from sigma_core.graph import Kind, Value
from sigma_core.training import Inspection

COLOURS: Mapping[Kind, str] = {
    Kind.SOURCE: "#e8e8e8",
    Kind.ELEMENTWISE: "#cfe8cf",
    Kind.REDUCTION: "#fbe3b5",
    Kind.CONTRACTION: "#f6c6c0",
    Kind.VIEW: "#ffffff",
    Kind.JOIN: "#d9d2ee",
    Kind.GATHER: "#d9d2ee",
    Kind.RANDOM: "#c9e2f5",
    Kind.CONTROL: "#f3d1e6",
}
"""By what a node does."""

_HEAD = """  graph [rankdir=TB, fontname="Helvetica", labelloc=t, nodesep=0.2, ranksep=0.35];
  node [shape=box, style="filled,rounded", fontname="Helvetica", fontsize=10, margin="0.08,0.04", color="#707070"];
  edge [color="#909090", arrowsize=0.6];"""


def as_dot(inspection: Inspection, *, before: bool) -> str:
    """Nodes coloured by kind, clusters as frames; numbers stand in the nodes that read them."""
    plan = Plan.of(inspection.before) if before else inspection.plan
    numbers = {each.node.index: number for number, each in enumerate(plan.nodes)}
    drawn = {number: each for number, each in enumerate(plan.nodes) if not _is_number(each.node)}
    title = f"{inspection.run}, {inspection.program}{' as traced' if before else ''}"
    lines = [f"digraph {_quoted(title)} {{", _HEAD, f"  label={_quoted(title)};"]
    for number, members in enumerate(plan.clusters):
        lines += [
            f"  subgraph cluster_{number} {{",
            f'    label="cluster {number}"; style="dashed,rounded"; color="#4a7a4a"; fontsize=10;',
            *(f"    {_node(member, drawn[member], plan)}" for member in members),
            "  }",
        ]
    inside = {member for members in plan.clusters for member in members}
    lines += [f"  {_node(number, each, plan)}" for number, each in drawn.items() if number not in inside]
    lines += [
        f"  n{numbers[value.index]} -> n{number};"
        for number, each in drawn.items()
        for value in each.node.inputs
        if numbers[value.index] in drawn
    ]
    for position, (name, value) in enumerate(zip(plan.graph.output_names, plan.graph.outputs, strict=True)):
        lines.append(f'  o{position} [label={_quoted(name)}, shape=ellipse, style=filled, fillcolor="#f7f0a8"];')
        if numbers[value.index] in drawn:
            lines.append(f"  n{numbers[value.index]} -> o{position};")
    return "\n".join([*lines, "}"])


def _node(number: int, each: PlannedNode, plan: Plan) -> str:
    node = each.node
    given = node.operation.name == "placeholder"
    called = node.attributes["name"] if given else f"{node.operation.name}{_numbers(node.inputs)}"
    shape = "" if node.operation.is_bundle else f"{node.dtype}[{', '.join(str(size) for size in node.shape)}]"
    part = share(each.cost, plan.cost)
    last = [node.scope.removeprefix("network.layers.") if not given else "", f"{part:.0%}" if part >= 0.01 else ""]
    label = "\n".join(text for text in (called, shape, "  ".join(text for text in last if text)) if text)
    form = ', shape=ellipse, style="filled"' if given else ""
    return f'n{number} [label={_quoted(label)}, fillcolor="{COLOURS[node.operation.kind]}"{form}];'


def _is_number(value: Value) -> bool:
    return value.operation.name == "constant" and not value.shape


def _numbers(inputs: Sequence[Value]) -> str:
    """What is read, where some of it is numbers: `(., 0.5)`."""
    if not any(_is_number(value) for value in inputs):
        return ""
    told = [f"{value.attributes['literal'].array.item():g}" if _is_number(value) else "·" for value in inputs]
    return f"({', '.join(told)})"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
