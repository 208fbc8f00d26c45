"""The contract of a preprocessor, and what fitting makes of one."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from sigma_core.data._sections import Array

FittedState = Mapping[str, Any]
"""What fitting found: arrays and plain numbers by name."""


@frozen
class Preprocessor(ABC):
    """A pure function of one section, with numbers that it learns from the training records alone.

    A component of kind `preprocessors`. Settings are its fields; what it learns is its state, which is kept with the
    data, so that validation, prediction and serving are treated exactly as training was.
    """

    def fit(self, array: Array) -> FittedState:  # noqa: ARG002  # for preprocessors that learn from the data
        """What there is to learn from the training records, of shape (records, ...); nothing unless overridden."""
        return {}

    @abstractmethod
    def apply(self, array: Array, state: FittedState) -> Array:
        """The preprocessed records, of shape (records, ...); `array` is left as it is."""


@frozen(eq=False)
class FittedPreprocessor:
    """A preprocessor with what it has learnt."""

    preprocessor: Preprocessor
    state: FittedState = field(converter=dict)

    def apply(self, array: Array) -> Array:
        """The preprocessed records, of shape (records, ...)."""
        return self.preprocessor.apply(array, self.state)
