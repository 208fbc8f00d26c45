"""Where each parameter lies in the flat vectors that hold them all."""

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.network import Parameter, Shape


@frozen
class Place:
    """A parameter's part of a flat vector: elements `start` to `stop`, in C order."""

    identifier: str
    shape: Shape
    start: int

    @property
    def stop(self) -> int:
        """One past the last element."""
        return self.start + prod(self.shape)

    def view(self, flat: Any) -> Any:
        """The parameter as a view of `flat`, an array or a value."""
        return flat[self.start : self.stop].reshape(self.shape)


@frozen
class Layout:
    """Two flat vectors: the trainable parameters, which the optimiser updates in one pass, and the fixed ones."""

    trainable: tuple[Place, ...]
    fixed: tuple[Place, ...]

    @classmethod
    def of(cls, parameters: Mapping[str, Parameter]) -> "Layout":
        """The layout of a network's parameters, in their order."""
        return cls(
            _places({name: spec for name, spec in parameters.items() if spec.trainable}),
            _places({name: spec for name, spec in parameters.items() if not spec.trainable}),
        )

    @property
    def trainable_size(self) -> int:
        """Elements of the vector of trainable parameters."""
        return self.trainable[-1].stop if self.trainable else 0

    @property
    def fixed_size(self) -> int:
        """Elements of the vector of fixed parameters."""
        return self.fixed[-1].stop if self.fixed else 0

    def views(self, trainable: Any, fixed: Any) -> dict[str, Any]:
        """Every parameter by identifier, as views of the two vectors."""
        return {
            **{place.identifier: place.view(trainable) for place in self.trainable},
            **{place.identifier: place.view(fixed) for place in self.fixed},
        }

    def replaced(self, fixed: Any, values: Mapping[str, Any]) -> Any:
        """The vector of fixed parameters with new values in place of some; what lies between stays in one piece."""
        pieces = []
        start = 0
        for place in self.fixed:
            if place.identifier in values:
                pieces += [fixed[start : place.start], values[place.identifier].reshape(-1)]
                start = place.stop
        pieces.append(fixed[start:])
        return np.concatenate([piece for piece in pieces if piece.size])


def _places(parameters: Mapping[str, Parameter]) -> tuple[Place, ...]:
    places: list[Place] = []
    start = 0
    for identifier, spec in parameters.items():
        places.append(Place(identifier, spec.shape, start))
        start = places[-1].stop
    return tuple(places)
