"""PositionalEncoding: where in a sequence each step stands (Vaswani et al. 2017, section 3.5)."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Literal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Context, Initialiser, Layer, Parameter, Shape, Value, component
from sigma_nn._settings import choice
from sigma_nn.layers._checks import check_sequence


@frozen
class PositionalEncoding(Layer):
    """Add to each step of a sequence a vector that tells its position p, for layers that would not see it otherwise.

    Of kind "sinusoidal" its features 2i and 2i + 1 are sin(p / 10000^(2i / features)) and cos of the same; of kind
    "learned" it is a parameter, `weights` (time, features). Takes and gives (batch, time, features). Raises ShapeError
    for inputs with more axes or fewer.
    """

    kind: Literal["sinusoidal", "learned"] = choice("sinusoidal", "learned", default="sinusoidal")
    weights_initialiser: Initialiser | str = component("initialisers", "gaussian")

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:
        """A vector for each position, where they are learnt."""
        (shape,) = shapes
        check_sequence(self, shape)
        if self.kind == "sinusoidal":
            return {}
        return {"weights": Parameter(shape, self.weights_initialiser, tags={"weights", "positional_encoding"})}

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, time, features) of the same shape."""
        if self.kind == "learned":
            return inputs + parameters.weights
        _, time, features = inputs.shape
        return inputs + _waves(time, features).astype(inputs.dtype)


def _waves(time: int, features: int) -> NDArray[np.float64]:
    """Sines and cosines by turns, (time, features), of ever longer waves."""
    pairs = np.arange(features) // 2
    angles = np.arange(time)[:, None] / 10000 ** (2 * pairs / features)
    return np.where(np.arange(features) % 2 == 0, np.sin(angles), np.cos(angles))
