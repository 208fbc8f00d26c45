"""The settings that layers share which reduce windows."""

from typing import Literal

from attrs import frozen

from sigma_core.extend import Layer
from sigma_nn._settings import margins, sizes


@frozen
class Pooling(Layer):
    """A layer that makes one number of each window."""

    window: int | tuple[int, ...] = sizes(default=2)
    strides: int | tuple[int, ...] | None = sizes(default=None)
    padding: Literal["same", "valid"] | int | tuple[int | tuple[int, int], ...] = margins(default="valid")
