"""An inspection as plain data."""

from typing import Any

from sigma_core.backends import PlannedNode
from sigma_core.graph import Cost
from sigma_core.training import Inspection


def as_data(inspection: Inspection) -> dict[str, Any]:
    """What JSON can hold of it."""
    plan = inspection.plan
    numbers = {node.index: number for number, node in enumerate(plan.graph.nodes)}
    return {
        "run": inspection.run,
        "program": inspection.program,
        "backend": inspection.backend,
        "batch": inspection.batch,
        "before": {"nodes": len(inspection.before.nodes), "text": inspection.before.describe()},
        "after": {"nodes": len(plan.nodes), "text": plan.graph.describe()},
        "nodes": [_node(inspection, number, each, numbers) for number, each in enumerate(plan.nodes)],
        "outputs": {
            name: numbers[value.index] for name, value in zip(plan.graph.output_names, plan.graph.outputs, strict=True)
        },
        "clusters": [list(cluster) for cluster in plan.clusters],
        "layers": [
            {"layer": layer, "nodes": count, **_cost(cost), "share": share(cost, plan.cost)}
            for layer, (count, cost) in layers(inspection).items()
        ],
        "memory": {
            "planned": inspection.bytes,
            "blocks": list(plan.blocks),
            "bound": dict(inspection.bound),
            "in_place": list(plan.donations),
            "copies": list(plan.copies),
        },
        "total": _cost(plan.cost),
    }


def _node(inspection: Inspection, number: int, each: PlannedNode, numbers: dict[int, int]) -> dict[str, Any]:
    node = each.node
    return {
        "number": number,
        "operation": node.operation.name,
        "kind": node.operation.kind.value,
        "dtype": str(node.dtype),
        "shape": list(node.shape),
        "inputs": [numbers[value.index] for value in node.inputs],
        "layer": node.scope,
        "place": each.place,
        "instruction": each.instruction,
        "cluster": each.cluster,
        **_cost(each.cost),
        "share": share(each.cost, inspection.plan.cost),
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {"read": cost.read, "written": cost.written, "operations": cost.operations, "seconds": cost.seconds}


def share(cost: Cost, whole: Cost) -> float:
    """The part of the estimated time."""
    return cost.seconds / whole.seconds if whole.seconds else 0.0


def layers(inspection: Inspection) -> dict[str, tuple[int, Cost]]:
    """Nodes that are computed and what they cost, by layer, in the order of the program; "" is what is in none."""
    found: dict[str, tuple[int, Cost]] = {}
    for each in inspection.plan.nodes:
        if each.instruction is not None:
            count, cost = found.get(each.node.scope, (0, Cost()))
            found[each.node.scope] = count + 1, cost + each.cost
    return found
