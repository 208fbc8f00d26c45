"""Which weights of a network look at its inputs as at a picture."""

from math import isqrt, prod
from typing import Any

from sigma_core.extend import Shape
from sigma_nn.layers.batch_norm import BatchNorm
from sigma_nn.layers.convolution import Convolution
from sigma_nn.layers.dense import Dense
from sigma_nn.layers.dropout import Dropout
from sigma_nn.layers.element_wise import ElementWise
from sigma_nn.layers.flatten import Flatten
from sigma_nn.layers.layer_norm import LayerNorm
from sigma_nn.layers.noise import Noise
from sigma_nn.layers.reshape import Reshape
from sigma_nn.layers.spatial_dropout import SpatialDropout

# What is behind one of these is still the same picture.
_TRANSPARENT = (BatchNorm, Dropout, ElementWise, Flatten, LayerNorm, Noise, Reshape, SpatialDropout)
# A square of fewer numbers is rather a table's row.
_SMALLEST_SIDE = 5


def looking(network: Any, given: Shape | None) -> dict[str, Shape]:
    """Identifiers of the weights of convolutions and dense layers that look at a picture, with its shape.

    That is (rows, columns) or (rows, columns, channels): `given`, where it has as many elements, or what the layers
    before say, or a square of a side of 5 or more.
    """
    found = {}
    for placed in network.layers:
        if isinstance(placed.layer, Convolution | Dense) and "weights" in placed.parameters:
            shapes = _before(network, placed)
            is_dense = isinstance(placed.layer, Dense)
            # Of more axes than one a dense layer looks at the last alone.
            picture = picture_of(shapes, given if is_dense else None) if shapes else None
            if picture is not None and (not is_dense or len(shapes[0]) == 1):
                found[f"{placed.path}.weights"] = picture
    return found


def picture_of(shapes: list[Shape], given: Shape | None) -> Shape | None:
    """Which picture records of these shapes are, which are all the same numbers; None for none."""
    size = prod(shapes[0])
    if given is not None:
        return given if prod(given) == size else None
    side = isqrt(size)
    square = (side, side) if side**2 == size and side >= _SMALLEST_SIDE else None
    return next((shape for shape in shapes if len(shape) in (2, 3)), square)


def _before(network: Any, placed: Any) -> list[Shape]:
    """Shapes of what comes to a layer, from the inputs on the same numbers; nothing where these become others."""
    shapes = []
    while len(placed.inputs) == 1:
        placed = network[placed.inputs[0]]
        shapes.append(placed.shape)
        if placed.inputs and not isinstance(placed.layer, _TRANSPARENT):
            return []
    return [] if placed.inputs else shapes
