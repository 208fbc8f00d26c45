"""Passes through a network with copies of its parameters, beside the run that trains it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sigma_core import compile as compiled
from sigma_core.extend import Array


class Forward:
    """What layers put out and costs predict, compiled when it is first asked; a copy compiles anew."""

    def __init__(self) -> None:
        self._key: tuple[Any, ...] = ()
        self._program: Any = None

    def __deepcopy__(self, memo: dict[int, Any]) -> "Forward":
        return Forward()

    def __call__(
        self, network: Any, sections: Mapping[str, Array], parameters: Mapping[str, Array], names: Sequence[str]
    ) -> dict[str, Array]:
        """Outputs of layers, or predictions of costs, of these names: (batch, ...); nothing is drawn, as in scoring.

        `sections` are those of the inputs, prepared; `parameters` has all of the network's, by identifier.
        """
        key = (network, *names)
        if key != self._key:
            self._key, self._program = key, compiled(_passing(network, names))
        given = {name: parameters[name] for name in network.parameters}
        outputs: dict[str, Array] = self._program(dict(sections), given)
        return outputs


def _passing(network: Any, names: Sequence[str]) -> Any:
    def passed(sections: Any, parameters: Any) -> Any:
        done = network.apply(sections, parameters, training=False)
        return {name: done.outputs[name] if name in done.outputs else done.predictions[name] for name in names}

    return passed


def predicting(network: Any) -> tuple[str, ...]:
    """Names of what a network predicts with: its costs and outputs, or where it has neither its last layers."""
    costs = {placed.name for placed in network.costs}
    named = tuple(placed.name for placed in network.layers if placed.layer.is_output or placed.name in costs)
    return named or tuple(network.ends)


def records_of(trainer: Any, first: int, count: int) -> dict[str, Array]:
    """Some records of the validation data, or of the training data where there is no other: sections of inputs."""
    data = trainer.data
    part = next(iter(data.validation.values()), data.training)
    return {name: part[name][first : first + count] for name in trainer.network.input_sections}
