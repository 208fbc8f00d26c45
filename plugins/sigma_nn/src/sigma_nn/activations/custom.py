"""Custom: a function of your own between layers."""

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Activation, ShapeError, Value
from sigma_nn._functions import called, importable, told


@frozen
class Custom(Activation):
    """A function of your own: f(x) = function(x), in plain NumPy, which is traced and derived as any layer is.

    `function` is a Python function of values, or the place of one that can be imported, "package.module:function", by
    which recipes name it. Raises SettingError for a place where no function is, ShapeError for a function that gives
    another shape or dtype than it takes.
    """

    function: Callable[[Any], Any] | str = importable()

    def __call__(self, inputs: Value) -> Value:
        """(batch, ...) of the same shape and dtype."""
        outputs = called(self.function)(inputs)
        found = np.shape(outputs), getattr(outputs, "dtype", None)
        if found != (inputs.shape, inputs.dtype):
            made = f"{found[1]} of shape {found[0]}" if found[1] is not None else f"a {type(outputs).__name__}"
            raise ShapeError(
                "Custom",
                f"the function {told(self.function)} made {made} of {inputs.dtype} of shape {inputs.shape}",
                "the shape and the dtype of what it takes",
                "compute each element of its own, by NumPy's functions and Python's numbers",
            )
        return outputs
