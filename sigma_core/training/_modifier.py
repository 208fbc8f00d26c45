"""The contract of a modifier: what is done to gradients before an update, or to parameters after it."""

from typing import TYPE_CHECKING, Any, ClassVar

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigma_core.graph import Value


@frozen
class Modifier:
    """Changes gradients before the optimiser sees them, or parameters after it has; an attrs class, traced.

    Float fields are hyperparameters: placeholders of the compiled step, which `trainer.set` changes live.
    """

    parameters: str = field(default="**", kw_only=True)
    """Pattern of the parameters it applies to."""

    by_parameter: ClassVar[bool] = False
    """Whether it must see parameters one by one, in their shapes. Otherwise, where it applies to all, it is given all
    of them as one vector, which is faster."""

    def gradients(
        self,
        gradients: "Sequence[Value]",
        parameters: "Sequence[Value]",  # noqa: ARG002  # for modifiers that look at them
        settings: Any,  # noqa: ARG002
    ) -> "Sequence[Value]":
        """New gradients, in the shapes and the order of those that are given; `parameters` has the same shapes.

        `settings` holds the fields of the modifier; floats are scalar values that promote as Python floats do.
        """
        return gradients

    def updated(self, parameters: "Sequence[Value]", settings: Any) -> "Sequence[Value]":  # noqa: ARG002
        """New parameters, from those that the optimiser has made."""
        return parameters
