"""A network as a table, for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from sigma_core.graph import cost
from sigma_core.network._layer import Cost, Layer
from sigma_core.network._placing import PROBED, PlacedLayer

if TYPE_CHECKING:
    from sigma_core.network._network import Network

_HEADER = ("layer", "kind", "fed by", "output", "parameters", "memory", "operations")
_TEXTS = 4


@frozen
class LayerSize:
    """What one layer takes, for one record and a forward pass."""

    parameters: int
    """Elements of its own."""
    memory: int
    """Bytes of what comes out."""
    operations: int
    """Floating-point operations, in additions."""


def size_of(placed: PlacedLayer[Layer]) -> LayerSize:
    """What a placed layer takes."""
    elements = 1
    for extent in placed.shape:
        elements *= extent
    return LayerSize(
        placed.size, elements * placed.dtype.itemsize, sum(cost(node).operations for node in placed.program) // PROBED
    )


def summary(network: "Network") -> str:
    """The table of `Network.summary`."""
    sizes = [size_of(placed) for placed in network.layers]
    rows = [_HEADER]
    for placed, size in zip(network.layers, sizes, strict=True):
        shape = "scalar" if isinstance(placed.layer, Cost) else str(("batch", *placed.shape)).replace("'", "")
        fed = ", ".join([*placed.inputs, *(f"section {name}" for name in placed.layer.sections)])
        rows.append((placed.name, type(placed.layer).__name__, fed, shape, *_numbers(size)))
    total = LayerSize(network.size, sum(size.memory for size in sizes), sum(size.operations for size in sizes))
    rows.append(("total", "", "", "", *_numbers(total)))
    fixed = sum(spec.size for spec in network.parameters.values() if not spec.trainable)
    taken = _bytes(network.size * network.dtype.itemsize)
    return (
        f"{_aligned(rows)}\n\n{network.size - fixed:,} parameters are trained, {fixed:,} are not; they take {taken} as "
        f"{network.dtype}.\nMemory and operations are those of a record, in a forward pass."
    )


def _numbers(size: LayerSize) -> tuple[str, str, str]:
    return f"{size.parameters:,}", _bytes(size.memory), f"{size.operations:,}"


def _bytes(count: int) -> str:
    amount, unit = float(count), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:,.0f} {unit}" if unit == "B" else f"{amount:,.1f} {unit}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < _TEXTS else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
