"""The contract of a merger: how the networks of several workers become one; and the plain mean."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from attrs import frozen

from sigma_core.data import Array


class Merger(ABC):
    """Makes one parameter of those of several workers; a component of kind `mergers`, pure."""

    @abstractmethod
    def merge(self, parameters: Sequence[Array], records: Sequence[float]) -> Array:
        """One array out of one for each worker, of the shape and dtype that all of them have.

        `records` are how many each worker has trained on since the merge before. The arrays stay as they are.
        """


@frozen
class Average(Merger):
    """The mean of all workers' parameters, each of which counts the same (McDonald et al. 2010, iterative mixing)."""

    def merge(self, parameters: Sequence[Array], records: Sequence[float]) -> Array:  # noqa: ARG002  # all the same
        """Element by element."""
        return np.mean(parameters, axis=0, dtype=parameters[0].dtype)
