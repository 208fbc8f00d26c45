"""The contract of an optimiser: a pure function of parameters and gradients, traced into the step."""

from abc import ABC, abstractmethod
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from sigma_core.graph import Value


class Slots(SimpleNamespace):
    """State that an optimiser keeps per parameter element, by name; in the class body, the value each starts with."""

    def names(self) -> tuple[str, ...]:
        """Names in the order in which they were given."""
        return tuple(vars(self))


class Optimiser(ABC):
    """Improves parameters by gradients; an attrs class whose float fields are hyperparameters.

    Hyperparameters are placeholders of the compiled step: setting one while a run goes on (`trainer.set`) takes effect
    at the next iteration and never compiles anew.
    """

    slots: ClassVar[Slots] = Slots()
    by_parameter: ClassVar[bool] = False
    """Whether `update` is given each parameter by itself, in its shape, because it looks at more than one element."""

    @abstractmethod
    def update(
        self, parameter: "Value", gradient: "Value", slots: Any, step: "Value", settings: Any
    ) -> "tuple[Value, Slots]":
        """New parameters and new slots.

        `parameter`, `gradient` and each slot have the same shape and dtype: they are vectors (all trainable parameters
        of a network, or of a group, one after the other), or one parameter where the class says so. `step` is a
        scalar that counts from 1. `settings` holds the fields of the optimiser; floats are scalar values that promote
        as Python floats do.
        """


# A namespace of hyperparameters as `update` sees it.
Settings = SimpleNamespace
