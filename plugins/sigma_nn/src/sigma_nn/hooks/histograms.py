"""Histograms: how weights, gradients and activations are spread, now and then."""

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import define

from sigma_core.extend import Registry
from sigma_nn._settings import integer, texts
from sigma_nn.hooks._arrays import ArraysHook
from sigma_nn.hooks._histogram import histogram


@define(eq=False)
class Histograms(ArraysHook):
    """Publish histograms of `values`, identifiers of arrays or patterns, with `bins` bins each.

    `network.**` are parameters, `gradients.**` those of the batch, before modifiers, and `activations.**` what layers
    put out for the first `samples` records of the validation data, or of the training data where there is no other.
    Gradients are there behind an iteration, so a trigger that counts epochs acts behind the last one of an epoch.

    Of each array are published `edges` (bins + 1), `counts` (bins), `mean`, `deviation`, `minimum` and `maximum` of its
    finite numbers, and how many are `not_finite`. It is done in the background from a copy and changes nothing.
    """

    source: ClassVar[str] = "histograms"

    values: tuple[str, ...] = texts(default=("network.**",))
    bins: int = integer(default=30, at_least=1, below=1001)
    samples: int = integer(default=100, at_least=1)

    @property
    def patterns(self) -> tuple[str, ...]:
        """What it looks at."""
        return self.values

    @property
    def records(self) -> tuple[int, int]:
        """The first ones."""
        return 0, self.samples

    def found(self, event: Any, trainer: Any, snapshot: Registry) -> Mapping[str, Any]:
        """A histogram of each array."""
        arrays = self.arrays(self.values, event, trainer, snapshot)
        return {name: histogram(array, self.bins) for name, array in arrays.items()}
