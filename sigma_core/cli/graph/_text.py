"""An inspection as tables for a terminal."""

from collections import Counter
from collections.abc import Sequence

from sigma_core.cli._table import table
from sigma_core.cli.graph._data import layers, share
from sigma_core.graph import Cost
from sigma_core.training import Inspection


def as_text(inspection: Inspection, *, dearest_first: bool) -> str:
    """What it is in short, its nodes with the bodies of loops and branches, its layers and its clusters."""
    parts = [
        _summary(inspection),
        _nodes(inspection, dearest_first=dearest_first),
        _layers(inspection),
        _clusters(inspection),
    ]
    return "\n\n".join(part for part in parts if part)


def traced_text(inspection: Inspection) -> str:
    """The program before any pass."""
    title = f"{_title(inspection)}\nnodes  {len(inspection.before.nodes)} as traced"
    return f"{title}\n\n{inspection.before.describe()}"


def _title(inspection: Inspection) -> str:
    return f"{inspection.run}, {inspection.program}: batches of {inspection.batch}, backend {inspection.backend}"


def _summary(inspection: Inspection) -> str:
    plan, cost = inspection.plan, inspection.plan.cost
    instructions = len({each.instruction for each in plan.nodes} - {None})
    nodes = [
        f"{len(inspection.before.nodes)} as traced",
        f"{len(plan.nodes)} after the passes",
        _counted(instructions, "instruction"),
        _counted(len(plan.clusters), "cluster"),
    ]
    memory = [
        f"{_bytes(inspection.bytes)} planned in {_counted(len(plan.blocks), 'block')}",
        f"{_bytes(sum(inspection.bound.values()))} bound",
    ]
    if plan.donations:
        memory.append(f"updated in place: {', '.join(plan.donations)}")
    if plan.copies:
        memory.append(f"copied at the end: {', '.join(plan.copies)}")
    call = [
        f"{cost.operations:,} operations",
        f"{_bytes(cost.read)} read",
        f"{_bytes(cost.written)} written",
        f"about {_scaled(cost.seconds * 1e6, ('microseconds', 'milliseconds', 'seconds'))}",
    ]
    rows = [("nodes", ", ".join(nodes)), ("memory", ", ".join(memory)), ("a call", ", ".join(call))]
    return f"{_title(inspection)}\n{table(rows[0], rows[1:])}"


def _nodes(inspection: Inspection, *, dearest_first: bool) -> str:
    text, *bodies = inspection.plan.graph.describe().split("\n\n")
    *lines, returned = text.splitlines()
    rows = [
        (*_figures(each.cost, inspection), "" if each.cluster is None else str(each.cluster), each.place, line)
        if each.instruction is not None
        else ("", "", "", "", each.place, line)
        for each, line in zip(inspection.plan.nodes, lines, strict=True)
    ]
    if dearest_first:
        order = sorted(range(len(rows)), key=lambda number: -inspection.plan.nodes[number].cost.seconds)
        rows = [rows[number] for number in order if inspection.plan.nodes[number].instruction is not None]
    else:
        rows.append(("", "", "", "", "", returned))
    told = table(("share", "operations", "bytes", "cluster", "place", "node"), _right(rows, 3))
    return "\n\n".join([told, *bodies])


def _layers(inspection: Inspection) -> str:
    rows = [
        (*_figures(cost, inspection), str(count), layer or "(no layer)")
        for layer, (count, cost) in layers(inspection).items()
    ]
    return table(("share", "operations", "bytes", "nodes", "layer"), _right(rows, 4))


def _clusters(inspection: Inspection) -> str:
    plan = inspection.plan
    rows = []
    for number, members in enumerate(plan.clusters):
        cost = sum((plan.nodes[member].cost for member in members), Cost())
        names = Counter(plan.nodes[member].node.operation.name for member in members)
        told = ", ".join(name if count == 1 else f"{count} {name}" for name, count in names.items())
        largest = max((plan.nodes[member].node for member in members), key=lambda node: node.size)
        shape = ", ".join(str(size) for size in largest.shape)
        rows.append((*_figures(cost, inspection), str(number), f"[{shape}]", told))
    return table(("share", "operations", "bytes", "cluster", "shape", "nodes"), _right(rows, 3)) if rows else ""


def _figures(cost: Cost, inspection: Inspection) -> tuple[str, str, str]:
    return f"{share(cost, inspection.plan.cost):.1%}", f"{cost.operations:,}", f"{cost.bytes:,}"


def _right(rows: Sequence[Sequence[str]], columns: int) -> list[list[str]]:
    """The first columns, which are numbers, with their ends below each other."""
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(columns)]
    return [
        [cell.rjust(widths[column]) if column < columns else cell for column, cell in enumerate(row)] for row in rows
    ]


def _scaled(value: float, units: Sequence[str]) -> str:
    """A quantity in the largest unit of which there is one, to three digits."""
    *smaller, largest = units
    for unit in smaller:
        if value < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:,.0f} {largest}" if value >= 100 else f"{value:.3g} {largest}"


def _bytes(count: int) -> str:
    return _scaled(count, ("bytes", "kB", "MB", "GB", "TB"))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
