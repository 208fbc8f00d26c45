"""Donations: outputs computed in the arrays that receive them, wherever nobody can see the difference."""

from collections.abc import Mapping

from sigma_core.backends.planning._arrangement import Storage
from sigma_core.backends.planning._placement import Placement, Store
from sigma_core.graph import Value

IN_MEMORY = (Storage.COMPUTED, Storage.NUMBER)


def donate(placement: Placement, donations: Mapping[int, str]) -> None:
    """Decide for each output whether it is computed in its target, or stored there at the end.

    At the end come first the copies of outputs that need an array of their own, then the stores, so that no output ever
    holds an array that is half updated.
    """
    arrangement = placement.arrangement
    outputs = arrangement.graph.outputs
    targets = {value.attributes["name"]: value for value in arrangement.graph.inputs}
    numbers = {node.index: number for number, each in enumerate(placement.instructions) for node in each.nodes}
    # What is copied at the end reads its root then, so nothing may have been written over that before.
    late = {
        arrangement.root[value.index].index
        for position, value in enumerate(outputs)
        if not _stays(value, donations.get(position))
    }
    joins = {piece.join.index for piece in placement.pieces.values()}
    for position, value in enumerate(outputs):
        name = donations.get(position)
        if _stays(value, name):
            continue
        root = arrangement.root[value.index]
        storage = arrangement.storage[root.index]
        if name is None:
            if storage not in IN_MEMORY:
                placement.stores[position] = Store(value, None, staged=False)
            continue
        free = value is root and value.index not in {*placement.pieces, *placement.donated, *joins}
        if (
            free
            and storage in IN_MEMORY
            and targets[name].index not in late
            and all(
                placement.ends_before(read, value, numbers[value.index])
                for read in placement.reads.get(targets[name].index, [])
            )
        ):
            placement.donated[value.index] = name
        else:
            placement.stores[position] = Store(value, name, storage is Storage.BOUND)


def _stays(value: Value, name: str | None) -> bool:
    """Whether an output is the very array that it is donated to."""
    return value.operation.name == "placeholder" and value.attributes["name"] == name
