"""TiedDense: the way back through a dense layer, with the same weights (Vincent et al. 2010, section 3.2)."""

from collections.abc import Mapping
from types import SimpleNamespace

from attrs import field, frozen

from sigma_core.extend import Activation, Context, Initialiser, Layer, Parameter, Shape, ShapeError, Value, component
from sigma_nn._settings import integer
from sigma_nn.layers._products import connected


@frozen
class TiedDense(Layer):
    """Connect every input with every unit by the transposed weights of another layer.

    That is `activation(inputs @ weights.T + biases)`. Takes (batch, ..., inputs), where inputs is the size of the dense
    layer `of`, gives (batch, ..., size), where size is the number of that layer's own inputs: the second half of an
    autoencoder. `of` is the name of a layer that stands before, given or automatic, such as "dense_1". Parameters:
    `biases` (size,), unless `bias` is false; the weights are those of the other layer and trained by both. Raises
    ShapeError where the sizes do not fit.
    """

    size: int = integer(at_least=1)
    of: str = field()
    activation: Activation | str = component("activations", "none")
    bias: bool = True
    biases_initialiser: Initialiser | str = component("initialisers", "zeros")

    @property
    def borrowed(self) -> Mapping[str, str]:
        """The weights of the other layer."""
        return {"weights": f"{self.of}.weights"}

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:
        """A bias for each unit."""
        if not self.bias:
            return {}
        return {"biases": Parameter((self.size,), self.biases_initialiser, tags={"biases", "dense"})}

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ..., inputs) to (batch, ..., size)."""
        weights = parameters.weights
        if inputs.shape[-1:] != weights.shape[1:] or weights.shape[:1] != (self.size,):
            raise ShapeError(
                "TiedDense",
                f"{inputs.shape[-1] if inputs.ndim > 1 else 'no'} inputs and {self.size} units",
                f"{weights.shape[-1]} inputs and {weights.shape[0]} units, since {self.of} has weights {weights.shape}",
                "give it that size, and put it behind as many units",
            )
        return self.activation(connected(inputs, weights.T, parameters.biases if self.bias else None))
