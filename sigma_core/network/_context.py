"""What a layer may ask of the pass it takes part in."""

from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from attrs import define, field

from sigma_core.errors import NetworkError
from sigma_core.graph import place, random_normal, random_uniform
from sigma_core.network._parameter import Shape

if TYPE_CHECKING:
    from sigma_core.graph import Value


@define
class Context:
    """One pass of one layer: whether it trains, the dtype of the network, and its random numbers.

    A draw is a function of (seed, step, layer, how many draws the layer made before), never of hidden state.
    """

    layer: str
    """Path of the layer, such as `network.layers.dense_1`."""
    training: bool
    dtype: np.dtype
    key: "Value | None" = None
    """(seed, step) as uint64; a pass without one, such as validation, draws nothing."""
    tracked: "dict[str, Value]" = field(factory=dict)
    """What `track` was given."""
    _draws: int = field(default=0, init=False)

    def uniform(self, shape: Shape) -> "Value":
        """Numbers from [0, 1) of `shape`, in the network's dtype."""
        return random_uniform(self._key(), shape, self.dtype, self._stream())

    def normal(self, shape: Shape) -> "Value":
        """Standard normal numbers of `shape`, in the network's dtype."""
        return random_normal(self._key(), shape, self.dtype, self._stream())

    def track(self, name: str, value: "Value") -> None:
        """Have a parameter that is not trained, such as a running mean, take this value after the step.

        Raises NetworkError in a pass that does not train, where nothing changes.
        """
        if not self.training:
            raise NetworkError(
                place(self.layer),
                f"it tracks {name!r} in a pass that does not train",
                "state that changes only where context.training is true",
                "use the parameter as it is when context.training is false",
            )
        self.tracked[name] = value

    def _key(self) -> "Value":
        if self.key is None:
            raise NetworkError(
                place(self.layer),
                "it draws random numbers in a pass that has none",
                "random numbers only where context.training is true",
                "return the inputs unchanged when context.training is false",
            )
        return self.key

    def _stream(self) -> int:
        self._draws += 1
        return crc32(f"{self.layer}#{self._draws}".encode())
