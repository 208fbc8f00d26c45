"""A plan of memory and instructions as data that can be read."""

from collections.abc import Mapping

from attrs import evolve

from sigma_core.backends._plan import Plan, PlannedNode
from sigma_core.backends.planning._arrangement import Storage
from sigma_core.backends.planning._placement import Placement
from sigma_core.graph import Cost, Value, cost
from sigma_core.graph._cost import SECONDS_PER_CALL

SECONDS_PER_NUMBER = SECONDS_PER_CALL / 4
"""Of a 0-d result that is computed as a number."""


def description(placement: Placement) -> Plan:
    """What becomes of each node, with its cost."""
    graph = placement.arrangement.graph
    numbers = {node.index: number for number, node in enumerate(graph.nodes)}
    found = {node.index: PlannedNode(node, _place(placement, node, numbers), Cost()) for node in graph.nodes}
    clusters = 0
    for number, instruction in enumerate(placement.instructions):
        cluster = clusters if instruction.is_cluster else None
        clusters += instruction.is_cluster
        inside = {node.index for node in instruction.nodes}
        for node in instruction.nodes:
            is_kept = node.index in placement.outside or not instruction.is_cluster
            is_number = placement.arrangement.storage[node.index] is Storage.NUMBER and not instruction.is_cluster
            call = SECONDS_PER_NUMBER if is_number else SECONDS_PER_CALL / len(instruction.nodes)
            found[node.index] = evolve(
                found[node.index],
                cost=_moved(placement, node, inside, is_kept=is_kept) + Cost(seconds=call),
                instruction=number,
                cluster=cluster,
            )
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


def _moved(placement: Placement, node: Value, inside: set[int], *, is_kept: bool) -> Cost:
    """A node's cost, without what it reads of its own cluster, and copies where a view is none or a join needs none."""
    if node.operation.is_view:
        return Cost(node.nbytes, node.nbytes)
    whole = cost(node, inside, is_kept=is_kept)
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
