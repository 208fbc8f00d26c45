"""What hooks have in common that look at arrays by identifier: parameters, gradients, and what layers put out."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from attrs import define, field

from sigma_core.extend import Array, IterationEnded, Registry
from sigma_nn.hooks._background import GRADIENTS, BackgroundHook
from sigma_nn.hooks._forward import Forward, records_of

ACTIVATIONS = "activations."
PARAMETERS = "network.**"


@define(eq=False)
class ArraysHook(BackgroundHook):
    """Looks at arrays that patterns mean: `network.**`, `gradients.**.weights`, `activations.layers.dense_1`.

    Activations are what layers put out, and costs predict, for some records of the validation data, or of the training
    data where there is no other, with the parameters of that moment.
    """

    _forward: Forward = field(init=False, factory=Forward, repr=False)

    @property
    @abstractmethod
    def patterns(self) -> tuple[str, ...]:
        """Of what it may look at."""

    @property
    @abstractmethod
    def records(self) -> tuple[int, int]:
        """Of the records whose activations it looks at, the first, counted from 0, and how many."""

    @property
    def required(self) -> tuple[str, ...]:
        """What is looked at; all parameters where records are passed through."""
        taken = tuple(pattern for pattern in self.patterns if not pattern.startswith(ACTIVATIONS))
        return taken if len(taken) == len(self.patterns) else (*taken, PARAMETERS)

    def check(self, trainer: Any) -> object:
        """Raise UnknownIdentifierError for a pattern of activations that means nothing."""
        return _activations(trainer.network, self.patterns)

    def arrays(self, patterns: Iterable[str], event: Any, trainer: Any, snapshot: Registry) -> dict[str, Array]:
        """What these mean, by identifier, in their order; gradients only behind an iteration."""
        patterns = tuple(patterns)
        layers = _activations(trainer.network, patterns)
        records = records_of(trainer, *self.records) if layers else {}
        outputs = self._forward(trainer.network, records, snapshot, tuple(layers.values())) if layers else {}
        found = {}
        for pattern in patterns:
            if pattern.startswith(ACTIVATIONS):
                found |= {name: outputs[layers[name]] for name in _meant(pattern, layers)}
            elif not pattern.startswith(GRADIENTS) or isinstance(event, IterationEnded):
                found |= {name: snapshot[name] for name in snapshot.resolve(pattern)}
        return {name: array for name, array in found.items() if getattr(array, "ndim", 0)}


def _activations(network: Any, patterns: Iterable[str]) -> dict[str, str]:
    """Names of the layers that patterns of activations mean, by the identifiers of what they put out."""
    known = {placed.path.replace("network", "activations", 1): placed.name for placed in network.layers}
    wanted = [pattern for pattern in patterns if pattern.startswith(ACTIVATIONS)]
    return {name: known[name] for pattern in wanted for name in _meant(pattern, known)}


def _meant(pattern: str, known: Iterable[str]) -> tuple[str, ...]:
    return Registry.of(dict.fromkeys(known)).resolve(pattern)
