"""Permute: the axes of a record in another order."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from attrs import Attribute, field, frozen

from sigma_core.extend import Context, Layer, ShapeError, Value
from sigma_nn._settings import refusal


def _as_tuple(axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(axes) if isinstance(axes, Sequence) else axes


@frozen
class Permute(Layer):
    """Put the axes of each record in another order: `Permute((1, 0))` makes (batch, b, a) of (batch, a, b).

    `axes` counts the axes of a record from 0, without the batch, as np.transpose does: the first number is the axis
    that comes to stand first. Raises SettingError unless each axis is named once, ShapeError for records of more axes
    or fewer.
    """

    axes: tuple[int, ...] = field(converter=_as_tuple)

    @axes.validator
    def _check_axes(self, attribute: "Attribute[tuple[int, ...]]", axes: Any) -> None:
        if not isinstance(axes, tuple) or not axes or not _are_each_once(axes):
            raise refusal(self, attribute, axes, "each axis of a record once, counted from 0")

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ...) with the axes behind the first in another order."""
        if inputs.ndim - 1 != len(self.axes):
            raise ShapeError(
                "Permute",
                f"records of shape {inputs.shape[1:]} for axes {self.axes}",
                f"records of {len(self.axes)} axes",
                "name each axis of a record once",
            )
        return np.transpose(inputs, (0, *(axis + 1 for axis in self.axes)))


def _are_each_once(axes: tuple[Any, ...]) -> bool:
    return all(type(axis) is int for axis in axes) and sorted(axes) == list(range(len(axes)))
