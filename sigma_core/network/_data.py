"""A network in JSON's terms, for other programs."""

from typing import TYPE_CHECKING, Any

from sigma_core.network._layer import Cost, Layer
from sigma_core.network._placing import PlacedLayer

if TYPE_CHECKING:
    from sigma_core.network._network import Network


def as_data(network: "Network") -> dict[str, Any]:
    """What `Network.as_data` gives."""
    ends = set() if network.costs else set(network.ends)
    return {
        "dtype": str(network.dtype),
        "sections": list(network.sections),
        "layers": [_layer(placed, is_end=placed.name in ends) for placed in network],
        "parameters": network.size,
        "trained": sum(spec.size for spec in network.parameters.values() if spec.trainable),
        "memory": sum(placed.memory for placed in network),
        "operations": sum(placed.operations for placed in network),
    }


def _layer(placed: PlacedLayer[Layer], *, is_end: bool) -> dict[str, Any]:
    return {
        "name": placed.name,
        "kind": type(placed.layer).__name__,
        "role": _role(placed, is_end=is_end),
        "inputs": list(placed.inputs),
        "sections": list(placed.layer.sections),
        "shape": list(placed.shape),
        "dtype": str(placed.dtype),
        "parameters": [
            {"name": f"{placed.path}.{name}", "shape": list(spec.shape), "size": spec.size, "trained": spec.trainable}
            for name, spec in placed.parameters.items()
        ],
        "shares": placed.shares,
        "borrows": list(placed.borrows),
        "memory": placed.memory,
        "operations": placed.operations,
    }


def _role(placed: PlacedLayer[Layer], *, is_end: bool) -> str:
    """What a layer is to the network; it is `trained` where it is given parameters."""
    if isinstance(placed.layer, Cost):
        return "cost"
    if is_end or placed.layer.is_output:
        return "output"
    if not placed.inputs:
        return "input"
    return "trained" if placed.reads else "layer"
