"""A plan of memory and instructions as data that can be read."""

from collections.abc import Mapping, Sequence

from attrs import evolve

from sigma_core.backends._plan import Plan, PlannedNode
from sigma_core.backends.planning._arrangement import Storage
from sigma_core.backends.planning._placement import Placement
from sigma_core.backends.planning._schedule import Instruction
from sigma_core.graph import (
    BYTES_PER_SECOND,
    FUSED_OPERATIONS_PER_SECOND,
    OPERATIONS_PER_SECOND,
    SECONDS_PER_CALL,
    Cost,
    Value,
    cost,
)

SECONDS_PER_NUMBER = SECONDS_PER_CALL / 4
"""Of a 0-d result that is computed as a number."""


def description(placement: Placement, *, fused: bool = False) -> Plan:
    """What becomes of each node, with its cost; a cluster is one loop if they are `fused`, else calls in turn."""
    graph = placement.arrangement.graph
    numbers = {node.index: number for number, node in enumerate(graph.nodes)}
    found = {node.index: PlannedNode(node, _place(placement, node, numbers), Cost()) for node in graph.nodes}
    clusters = 0
    for number, instruction in enumerate(placement.instructions):
        cluster = clusters if instruction.is_cluster else None
        clusters += instruction.is_cluster
        costs = (
            _fused(_costs(placement, instruction)) if fused and cluster is not None else _costs(placement, instruction)
        )
        for node, each in zip(instruction.nodes, costs, strict=True):
            is_number = placement.arrangement.storage[node.index] is Storage.NUMBER and cluster is None
            call = Cost(seconds=SECONDS_PER_NUMBER if is_number else SECONDS_PER_CALL / len(costs))
            found[node.index] = evolve(found[node.index], cost=each + call, instruction=number, cluster=cluster)
    return Plan(
        graph,
        tuple(found.values()),
        tuple(placement.sizes),
        tuple(sorted(placement.donated.values())),
        tuple(
            f"%{numbers[store.source.index]}" + (f" to {store.target}" if store.target else "")
            for _, store in sorted(placement.stores.items())
        ),
    )


def _costs(placement: Placement, instruction: Instruction) -> list[Cost]:
    """Of each node. A cluster reads what it needs once, and nothing that it has made; it writes what others need."""
    if not instruction.is_cluster:
        return [_moved(placement, node) for node in instruction.nodes]
    near = {node.index for node in instruction.nodes}
    costs = []
    for node in instruction.nodes:
        costs.append(cost(node, near, is_kept=node.index in placement.outside))
        near.update(value.index for value in node.inputs)
    return costs


def _fused(costs: Sequence[Cost]) -> list[Cost]:
    """As one loop: memory or arithmetic, whichever takes longer, shared out by arithmetic."""
    whole = sum(costs, Cost())
    width = whole.seconds * OPERATIONS_PER_SECOND / whole.operations if whole.operations else 1.0
    arithmetic = whole.operations * max(width, 1.0) / FUSED_OPERATIONS_PER_SECOND
    seconds = max(whole.bytes / BYTES_PER_SECOND, arithmetic)
    return [
        evolve(each, seconds=seconds * (each.operations / whole.operations if whole.operations else 1 / len(costs)))
        for each in costs
    ]


def _moved(placement: Placement, node: Value) -> Cost:
    """A node's cost alone: a view that is none is a copy, and a join copies only what is not computed in its place."""
    if node.operation.is_view:
        return Cost(node.nbytes, node.nbytes)
    whole = cost(node)
    if node.operation.name != "concatenate":
        return whole
    copied = start = 0
    for value in node.inputs:
        copied += 0 if placement.is_in_place(value, node, start) else value.nbytes
        start += value.size
    share = copied / node.nbytes if node.nbytes else 0.0
    return Cost(copied, copied, 0, whole.seconds * share)


def _place(placement: Placement, node: Value, numbers: Mapping[int, int]) -> str:
    storage = placement.arrangement.storage[node.index]
    donated = placement.donated.get(node.index)
    if donated is not None:
        return f"in {donated}"
    if storage is Storage.VIEW:
        return f"view of %{numbers[placement.arrangement.root[node.index].index]}"
    if storage is not Storage.COMPUTED:
        return str(storage.value)
    piece = placement.pieces.get(node.index)
    if piece is not None:
        return f"in %{numbers[piece.join.index]}"
    block = placement.blocks.get(node.index)
    if block is None:
        return "scratch"
    roots = (placement.arrangement.root[value.index] for value in node.inputs)
    over = next((root for root in roots if placement.blocks.get(root.index) == block), None)
    return f"block {block}" if over is None else f"block {block}, over %{numbers[over.index]}"
