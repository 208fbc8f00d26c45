"""What a network that is to be trained must lead to: every layer to a cost or to an output."""

from collections.abc import Sequence

from sigma_core.errors import NetworkError
from sigma_core.network._layer import Cost, Layer
from sigma_core.network._placing import PlacedLayer


def check_ends(layers: Sequence[PlacedLayer[Layer]]) -> None:
    """Raise NetworkError for a layer whose work is in vain, in a network that has costs."""
    if not any(isinstance(placed.layer, Cost) for placed in layers):
        return
    used = {name for placed in layers for name in placed.inputs}
    for placed in layers:
        if placed.name not in used and not isinstance(placed.layer, Cost) and not placed.layer.is_output:
            raise NetworkError(
                placed.path,
                "nothing uses what it puts out",
                "a layer, a cost or an output behind each layer",
                "connect it, put an output layer behind it, or leave it out",
            )
