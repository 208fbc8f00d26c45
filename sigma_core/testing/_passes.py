"""A layer in a network of its own, which is how it runs in a training: fed by sections of data, its passes traced."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from sigma_core.graph import gradients
from sigma_core.network import Context, Cost, Layer, Network, Section
from sigma_core.testing._routine import Routine
from sigma_core.testing._subject import Subject

Arrays = Mapping[str, NDArray[Any]]
KEY = np.array([1, 2], np.uint64)
"""Seed and step of a pass that trains."""


@frozen
class _Given(Layer):
    """Stands for the layers in front: hands on a section, (batch, ...), as it is."""

    section: str = ""

    @property
    def sections(self) -> tuple[str, ...]:
        return (self.section,)

    def forward(self, inputs: Any, *, parameters: Any, context: Context) -> Any:  # type: ignore[override]  # noqa: ARG002
        return inputs


@frozen(eq=False)
class Passes:
    """The passes of a layer or cost over some data, in a network's dtype; what a cost makes are its losses."""

    subject: Subject[Any]
    network: Network
    data: Arrays
    parameters: Arrays
    dtype: np.dtype = field(converter=np.dtype)

    @classmethod
    def of(
        cls,
        subject: Subject[Any],
        incoming: Sequence[NDArray[Any]],
        sections: Arrays,
        *,
        behind: Layer | None = None,
        dtype: Any,
    ) -> "Passes":
        """Build a network in which the layer stands behind what comes in; raises AssertionError where that fails."""
        given = {f"given_{number}": array for number, array in enumerate(incoming)}
        data = {name: _cast(array, dtype) for name, array in {**given, **sections}.items()}
        feeding: list[Any] = [_Given(section=name) for name in given]
        if behind is not None:
            feeding[:1] = [behind(*feeding[:1])]
        described = {name: Section(array.shape[1:], array.dtype) for name, array in data.items()}
        with subject.trying(f"building a network of it for {_listed(data)}"):
            network = Network.build(
                subject.component(*feeding), described, composer=subject.composer, dtype=np.dtype(dtype)
            )
        random = np.random.default_rng(3)
        # Not their initialisers: zeros would hide what depends on them. What is not trained may not be any number.
        parameters = {
            name: np.asarray(
                random.normal(0, 0.5, spec.shape) if spec.trainable else spec.initialiser.fill(spec.shape, random),
                dtype,
            )
            for name, spec in network.parameters.items()
        }
        return cls(subject, network, data, parameters, dtype)

    @property
    def records(self) -> int:
        """How many there are in the data."""
        return len(next(iter(self.data.values())))

    @property
    def trained(self) -> dict[str, NDArray[Any]]:
        """Parameters that a step changes by their gradients."""
        return {name: array for name, array in self.parameters.items() if self.network.parameters[name].trainable}

    @property
    def floats(self) -> dict[str, NDArray[Any]]:
        """Data by which there are derivatives: for a cost predictions, not targets."""
        cost = self.subject.component if isinstance(self.subject.component, Cost) else None
        constant = () if cost is None else cost.sections
        return {name: array for name, array in self.data.items() if array.dtype.kind == "f" and name not in constant}

    def only(self, records: slice) -> "Passes":
        """The same over some of the records."""
        return evolve(self, data={name: array[records] for name, array in self.data.items()})

    def run(self, data: Any, parameters: Any, key: Any = None) -> tuple[Any, Mapping[str, Any]]:
        """What comes out, (batch, ...), and what is tracked; training where there is a key."""
        done = self.network.apply(data, parameters, training=key is not None, key=key)
        made = done.losses if isinstance(self.subject.component, Cost) else done.outputs
        return made[self.network.layers[-1].name], done.tracked

    def step(self, data: Any, parameters: Any, key: Any) -> dict[str, Any]:
        """All that a training computes with the layer: a pass that trains, its gradients, and one that does not."""
        training, tracked = self.run(data, parameters, key)
        inference, _ = self.run(data, parameters)
        results = {"training": training, "inference": inference, "tracked": dict(tracked)}
        by = {name: data[name] for name in self.floats} | {name: parameters[name] for name in self.trained}
        if by and training.dtype.kind == "f":
            weights = np.linspace(0.5, 1.5, int(np.prod(training.shape))).astype(self.dtype).reshape(training.shape)
            found = gradients(np.sum(training * weights), by.values())
            results["gradients"] = dict(zip(by, found, strict=True))
        return results

    def steps(self, what: str) -> Routine:
        """A step, traced on the data."""
        return Routine.of(self.subject, what, self.step, self.data, self.parameters, KEY, dtype=self.dtype)

    def routine(self, what: str, *, training: bool = False) -> Routine:
        """One pass, traced on the data."""
        key = (KEY,) if training else ()
        return Routine.of(self.subject, what, self.run, self.data, self.parameters, *key, dtype=self.dtype)


def _cast(array: Any, dtype: Any) -> NDArray[Any]:
    """Data as it is in a training: numbers with a fraction in the network's dtype, others as they are."""
    found = np.asarray(array)
    return found.astype(dtype) if found.dtype.kind == "f" else found


def _listed(data: Arrays) -> str:
    return ", ".join(f"{array.dtype}{list(array.shape)}" for array in data.values()) or "nothing"
