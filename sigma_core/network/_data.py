"""A network in JSON's terms, for other programs."""

from typing import TYPE_CHECKING, Any

from sigma_core.network._layer import Layer
from sigma_core.network._placing import PlacedLayer

if TYPE_CHECKING:
    from sigma_core.network._network import Network


def as_data(network: "Network") -> dict[str, Any]:
    """What `Network.as_data` gives."""
    return {
        "dtype": str(network.dtype),
        "sections": list(network.sections),
        "layers": [_layer(placed) for placed in network],
        "parameters": network.size,
        "trained": sum(spec.size for spec in network.parameters.values() if spec.trainable),
        "memory": sum(placed.memory for placed in network),
        "operations": sum(placed.operations for placed in network),
    }


def _layer(placed: PlacedLayer[Layer]) -> dict[str, Any]:
    return {
        "name": placed.name,
        "kind": type(placed.layer).__name__,
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
