"""MultiHeadAttention: scaled dot products between the steps of sequences (Vaswani et al. 2017, section 3.2)."""

from collections.abc import Mapping
from math import sqrt
from types import SimpleNamespace

import numpy as np
from attrs import frozen

from sigma_core.extend import Context, Initialiser, Parameter, Shape, ShapeError, Value, component, softmax
from sigma_nn._settings import integer, number
from sigma_nn.layers._checks import check_sequence
from sigma_nn.layers._masks import MaskedLayer, counting
from sigma_nn.layers._products import connected

# Far below every score that a network makes, and finite: of infinities alone a softmax would be no number.
_NEVER = -1e30


@frozen
class MultiHeadAttention(MaskedLayer):
    """Let each step of a sequence gather from all steps what fits what it asks for, `heads` times over.

    With x the inputs and y what they attend to, which is x itself or a second input, each head has its share of the
    features of q, k and v:

        q, k, v = x @ query_weights + query_biases, y @ key_weights + key_biases, y @ value_weights + value_biases
        softmax(q @ k.T / sqrt(size / heads)) @ v, for each head

    Heads side by side, times `output_weights` plus `output_biases`, are what comes out. Takes (batch, time, features)
    and (batch, steps, others), gives (batch, time, size); `size` is that of all heads together, and of the inputs if
    none is given. With `causal` a step attends to none that comes later. A mask, (batch, steps), as the last input or
    as the section `mask`, is true where a step may be attended to; what may attend to nothing gathers zeros. While
    training, a share of `rate` of what a softmax gives is dropped.

    Parameters: `query_weights` (features, size), `key_weights` and `value_weights` (others, size), `output_weights`
    (size, size) and, unless `bias` is false, the biases of each (size,). Raises ShapeError for inputs with more axes or
    fewer, for features that heads do not divide and for a mask of another length, DataError for a record whose mask is
    empty.
    """

    heads: int = integer(at_least=1)
    size: int | None = integer(default=None, at_least=1)
    causal: bool = False
    rate: float = number(default=0.0, at_least=0, below=1)
    bias: bool = True
    weights_initialiser: Initialiser | str = component("initialisers", "glorot")
    biases_initialiser: Initialiser | str = component("initialisers", "zeros")

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:
        """Weights and biases of queries, keys, values and outputs."""
        # A record of a mask has one axis.
        sequences = [shapes[0], *(shape for shape in shapes[1:2] if len(shape) != 1)]
        for shape in sequences:
            check_sequence(self, shape)
        features, others = sequences[0][1], sequences[-1][1]
        size = features if self.size is None else self.size
        if size % self.heads:
            raise ShapeError(
                "MultiHeadAttention",
                f"{self.heads} heads do not divide {size} features",
                f"a multiple of {self.heads} features",
                "choose another number of heads, or give the layer a size",
            )
        given = {"query": features, "key": others, "value": others, "output": size}
        tag = "multi_head_attention"
        found = {}
        for name, inputs in given.items():
            found[f"{name}_weights"] = Parameter((inputs, size), self.weights_initialiser, tags={"weights", tag})
            if self.bias:
                found[f"{name}_biases"] = Parameter((size,), self.biases_initialiser, tags={"biases", tag})
        return found

    def forward(
        self,
        inputs: Value,
        attended: Value | None = None,
        mask: Value | None = None,
        *,
        parameters: SimpleNamespace,
        context: Context,
    ) -> Value:
        """(batch, time, features), and (batch, steps, others) to attend to, to (batch, time, size)."""
        if attended is not None and attended.ndim == 2:
            attended, mask = None, attended
        attended = inputs if attended is None else attended
        queries = self._apart(self._connected("query", inputs, parameters))
        keys = self._apart(self._connected("key", attended, parameters))
        values = self._apart(self._connected("value", attended, parameters))
        time, steps, share = queries.shape[2], keys.shape[2], queries.shape[3]
        scores = (queries * (1 / sqrt(share))) @ np.swapaxes(keys, 2, 3)
        may = np.tri(time, steps, dtype=bool) if self.causal else None
        if mask is not None:
            counts = counting(mask, attended, self)[:, None, None, :]
            may = counts if may is None else counts & may
        weights = softmax(scores if may is None else np.where(may, scores, _NEVER))
        if mask is not None:
            # Where a step may attend to nothing all scores are equal, and none may have its share.
            weights = np.where(may, weights, 0.0)
        if context.training and self.rate:
            is_kept = context.uniform(weights.shape) >= self.rate
            weights = np.where(is_kept, weights * (1 / (1 - self.rate)), 0.0)
        together = np.swapaxes(weights @ values, 1, 2).reshape((*inputs.shape[:2], self.heads * share))
        return self._connected("output", together, parameters)

    def _connected(self, name: str, sequence: Value, parameters: SimpleNamespace) -> Value:
        """(batch, time, features) to (batch, time, size), by the weights and biases of that name."""
        biases = getattr(parameters, f"{name}_biases") if self.bias else None
        return connected(sequence, getattr(parameters, f"{name}_weights"), biases)

    def _apart(self, sequence: Value) -> Value:
        """(batch, time, size) to (batch, heads, time, size / heads)."""
        batch, time, size = sequence.shape
        return np.swapaxes(sequence.reshape((batch, time, self.heads, size // self.heads)), 1, 2)
