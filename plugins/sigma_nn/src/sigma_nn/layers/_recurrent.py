"""What recurrent layers share: the way along a sequence, in either direction, past what does not count."""

from abc import abstractmethod
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, ClassVar, Literal

import numpy as np
from attrs import field, frozen

from sigma_core.extend import Context, Initialiser, Parameter, Shape, Value, component, scan
from sigma_nn._settings import choice, integer
from sigma_nn.layers._checks import check_sequence
from sigma_nn.layers._masks import MaskedLayer, counting
from sigma_nn.layers._products import connected


@frozen
class RecurrentLayer(MaskedLayer):
    """A layer that carries a state from step to step of (batch, time, features) and shows a part of it, (batch, size).

    A subclass has the constants below and says what a step makes of the state.
    """

    size: int = integer(at_least=1)
    outputs: Literal["all", "last"] = choice("all", "last", default="all")
    reverse: bool = field(default=False, kw_only=True)
    """Whether it goes from the last step to the first; results stay at their step's place."""
    weights_initialiser: Initialiser | str = component("initialisers", "glorot")
    biases_initialiser: Initialiser | str = component("initialisers", "zeros")

    tag: ClassVar[str]
    """By which patterns find its parameters."""
    gates: ClassVar[int]
    """How many sums of inputs and state each unit has."""
    states: ClassVar[int] = 1
    """How many arrays of shape (batch, size) are carried; the first is what the layer shows."""

    @abstractmethod
    def step(self, state: tuple[Value, ...], sums: Value, parameters: SimpleNamespace) -> tuple[Value, ...]:
        """The next state; `sums` are the inputs' part of the gates, (batch, gates * size), with the biases."""

    def parameters(self, *shapes: Shape) -> Mapping[str, Parameter]:
        """Weights of the inputs and of what came out before, and biases, for the gates of each unit."""
        shape = shapes[0]
        check_sequence(self, shape)
        width = self.gates * self.size
        weights, biases = {"weights", self.tag}, {"biases", self.tag}
        return {
            "input_weights": Parameter((shape[1], width), self.weights_initialiser, tags=weights),
            "hidden_weights": Parameter((self.size, width), self.weights_initialiser, tags=weights),
            "biases": Parameter((width,), self.biases_initialiser, tags=biases),
        }

    def forward(
        self, inputs: Value, mask: Value | None = None, *, parameters: SimpleNamespace, context: Context
    ) -> Value:
        """(batch, time, features) to (batch, time, size) or (batch, size)."""
        # What does not depend on the step before is one product over all of time, which stands first from here on: so
        # the elements that the loop reads, and their derivatives that it writes, each lie in one piece.
        sums = connected(np.swapaxes(inputs, 0, 1), parameters.input_weights, parameters.biases)

        def plain(state: tuple[Value, ...], sums: Value) -> tuple[tuple[Value, ...], Value]:
            after = self.step(state, sums, parameters)
            return after, after[0]

        def masked(state: tuple[Value, ...], element: tuple[Value, Value]) -> tuple[tuple[Value, ...], Value]:
            sums, counts = element
            after = self.step(state, sums, parameters)
            kept = tuple(np.where(counts, new, old) for new, old in zip(after, state, strict=True))
            return kept, np.where(counts, after[0], 0.0)

        body: Any = plain
        along: Any = sums
        if mask is not None:
            body, along = masked, (sums, np.swapaxes(counting(mask, inputs, self), 0, 1)[..., None])
        start = (np.zeros((inputs.shape[0], self.size), inputs.dtype),) * self.states
        last, results = scan(body, start, along, reverse=self.reverse)
        return last[0] if self.outputs == "last" else np.swapaxes(results, 0, 1)
