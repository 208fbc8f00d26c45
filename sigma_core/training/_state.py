"""The numbers of a training: flat vectors of parameters and optimiser slots, counters and hyperparameters."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.network import Initialiser, Network
from sigma_core.training._filling import Arrays, filled
from sigma_core.training._layout import Layout
from sigma_core.training._method import Method


@frozen(eq=False)
class TrainingState:
    """All arrays that a step reads and replaces, by name.

    `parameters` and `fixed` are flat vectors (see Layout), `slots.<name>` have the shape of `parameters`; `step`
    (updates), `key` (seed, batches), `totals.loss`, `totals.records`, the hyperparameters and the factors of some,
    `schedules.*`, are scalars. Where gradients are accumulated, `accumulated` is their sum over `accumulated.batches`
    with `accumulated.records`. Where several workers train networks of their own, `workers.2.parameters` is the second
    one's. A checkpoint is this dictionary, and nothing else decides what the next step computes.
    """

    layout: Layout
    arrays: Arrays

    @classmethod
    def initial(
        cls,
        network: Network,
        method: Method,
        *,
        seed: int,
        initialisers: Mapping[str, Initialiser] | None = None,
        layout: Layout | None = None,
    ) -> "TrainingState":
        """Parameters filled by their initialisers, slots as the optimiser wants them, counters at zero.

        Each parameter draws from a generator of its own, keyed by the seed and its identifier, so that adding a layer
        leaves the others as they were. Of several patterns in `initialisers` the most specific wins. Raises
        IdentifierError for a pattern that matches nothing.
        """
        layout = layout or Layout.of(network.parameters)
        trainable = np.empty(layout.trainable_size, network.dtype)
        fixed = np.empty(layout.fixed_size, network.dtype)
        views = layout.views(trainable, fixed)
        for identifier, values in filled(network, seed=seed, initialisers=initialisers or {}).items():
            views[identifier][...] = values
        arrays: Arrays = {"parameters": trainable, "fixed": fixed}
        for name, start in starts(method).items():
            arrays[name] = np.full(layout.trainable_size, start, network.dtype)
        arrays |= {name: np.array(live.value, np.float64) for name, live in method.hyperparameters.items()}
        arrays |= {name: np.array(1.0) for name in method.factors}
        if method.accumulation > 1:
            arrays |= {"accumulated.records": np.array(0.0), "accumulated.batches": np.array(0.0)}
        arrays["step"] = np.array(0.0)
        arrays["key"] = np.array([seed, 0], np.uint64)
        arrays["totals.loss"] = np.array(0.0)
        arrays["totals.records"] = np.array(0.0)
        return cls(layout, arrays)

    def laid(self, layout: Layout, method: Method) -> "TrainingState":
        """The same numbers under another layout; what begins to be trained has slots as at the beginning."""
        arrays = dict(self.arrays)
        for worker in {of_replica(name)[0] for name in arrays}:
            arrays |= {replica(name, worker): array for name, array in self._laid(layout, method, worker).items()}
        return TrainingState(layout, arrays)

    def _laid(self, layout: Layout, method: Method, worker: int) -> Arrays:
        """What changes of a worker's arrays."""
        arrays = own_arrays(self.arrays, worker)
        found: Arrays = {}
        values = self.layout.views(arrays["parameters"], arrays["fixed"])
        for name, places in (("parameters", layout.trainable), ("fixed", layout.fixed)):
            parts = [values[place.identifier].reshape(-1) for place in places]
            found[name] = np.concatenate([np.empty(0, arrays[name].dtype), *parts])
        old = {place.identifier: place for place in self.layout.trainable}
        for name, start in starts(method).items():
            vector = np.full(layout.trainable_size, start, arrays[name].dtype)
            for place in layout.trainable:
                if place.identifier in old:
                    place.view(vector)[...] = old[place.identifier].view(arrays[name])
            found[name] = vector
        return found


REPLICATED = ("parameters", "fixed", "slots.", "accumulated", "step")
"""Beginnings of the names of what each of several workers may have of its own."""


def replica(name: str, worker: int) -> str:
    """What an array of a worker, counted from 0, is called among those of a team."""
    return name if worker == 0 else f"workers.{worker + 1}.{name}"


def of_replica(name: str) -> tuple[int, str]:
    """The worker and the plain name of what is called so."""
    if not name.startswith("workers."):
        return 0, name
    _, number, plain = name.split(".", 2)
    return int(number) - 1, plain


def own_arrays(arrays: Mapping[str, Any], worker: int) -> dict[str, Any]:
    """What a worker has by plain names: its own, and the first one's where it has none."""
    named = {of_replica(name): array for name, array in arrays.items()}
    return {name: named.get((worker, name), array) for (number, name), array in named.items() if number == 0}


def starts(method: Method) -> dict[str, float]:
    """What has the shape of the trainable parameters, by name, with the value of all its elements at the beginning."""
    slots = {f"slots.{name}": start for name, start in vars(method.optimiser.slots).items()}
    return slots | ({"accumulated": 0.0} if method.accumulation > 1 else {})
