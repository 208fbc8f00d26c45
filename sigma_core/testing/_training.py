"""A training that takes milliseconds, of parts that no plugin has to bring."""

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.graph import Value
from sigma_core.network import Context, Cost, Initialiser, Layer, Parameter, Shape
from sigma_core.training import Criterion, Observation, Optimiser, Slots, Trainer

_INPUTS, _OUTPUTS, _RECORDS = 3, 2, 12
ITERATIONS_PER_EPOCH = 3


def small_trainer(hooks: Iterable[Any], epochs: int = 6) -> Trainer:
    """Linear regression of (records, 3) to (records, 2), three iterations an epoch, with a validation."""
    random = np.random.default_rng(7)
    inputs = random.normal(size=(_RECORDS, _INPUTS))
    targets = inputs @ random.normal(size=(_INPUTS, _OUTPUTS))
    return Trainer(
        _Linear() + _Squares(),
        (inputs, targets),
        _Descent(),
        After(epochs * ITERATIONS_PER_EPOCH),
        validation=(inputs[:4], targets[:4]),
        metrics={},
        hooks=hooks,
        batch_size=_RECORDS // ITERATIONS_PER_EPOCH,
        seed=1,
    )


@frozen
class After(Criterion):
    """Holds after so many iterations."""

    count: int

    moment = "iteration"

    def update(self, state: dict[str, Any], observation: Observation) -> dict[str, Any]:
        """Count."""
        return {**state, "reached": observation.iteration >= self.count}

    def last_iteration(self, iterations_per_epoch: int) -> int:  # noqa: ARG002  # whatever the length of an epoch
        """The count itself."""
        return self.count

    def reason(self, state: dict[str, Any]) -> str:  # noqa: ARG002  # always the same
        """Its text."""
        return str(self)

    def __str__(self) -> str:
        return f"after {self.count} iterations"


@frozen
class _Drawn(Initialiser):
    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.floating]:
        return random.normal(0.0, 0.1, shape)


@frozen
class _Linear(Layer):
    """Weights alone."""

    sections = ("inputs",)

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:  # noqa: ARG002  # those of the data above
        return {"weights": Parameter((_INPUTS, _OUTPUTS), _Drawn())}

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:  # type: ignore[override]
        product: Value = inputs.astype(context.dtype) @ parameters.weights
        return product


@frozen
class _Squares(Cost):
    """Squared differences."""

    def losses(self, predictions: Value, targets: Value, mask: Value | None = None) -> Value:  # noqa: ARG002
        summed: Value = np.sum((predictions - targets) ** 2, axis=1)
        return summed


@frozen
class _Descent(Optimiser):
    """Against the gradient."""

    learning_rate: float = 0.02

    def update(
        self,
        parameter: Value,
        gradient: Value,
        slots: Slots,  # noqa: ARG002  # there are none
        step: Value,  # noqa: ARG002
        settings: Any,
    ) -> tuple[Value, Slots]:
        return parameter - settings.learning_rate * gradient, Slots()
