"""Input: where a section of the data enters a network."""

from collections.abc import Mapping, Sequence
from math import prod
from numbers import Integral
from types import SimpleNamespace
from typing import Any

from attrs import Attribute, field, frozen

from sigma_core.extend import Context, Layer, NetworkError, Shape, Value
from sigma_nn._settings import choice, refusal


def _as_shape(shape: int | Sequence[int]) -> Shape:
    if isinstance(shape, Integral):
        return (shape,)
    return tuple(shape) if isinstance(shape, Sequence) else shape


def _is_extent(extent: Any) -> bool:
    return isinstance(extent, Integral) and not isinstance(extent, bool) and extent > 0


@frozen
class Input(Layer):
    """Hand records of a section, (batch, *shape), to the layers behind.

    Data of any numeric type is cast to the network's; with `dtype="integer"` it stays as it is, for layers that look
    something up. Raises NetworkError when the records of the section have another shape or kind.
    """

    shape: Shape = field(converter=_as_shape)
    section: str = "inputs"
    dtype: str = choice("float", "integer", default="float")

    @shape.validator
    def _check_shape(self, attribute: "Attribute[Shape]", shape: Any) -> None:
        if not isinstance(shape, tuple) or not shape or not all(_is_extent(extent) for extent in shape):
            raise refusal(self, attribute, shape, "positive integers, one for each axis of a record")

    @property
    def sections(self) -> tuple[str, ...]:
        """The section of the data that enters here."""
        return (self.section,)

    @property
    def section_shapes(self) -> Mapping[str, Shape]:
        """The shape that the records of the section must have."""
        return {self.section: self.shape}

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """The records as they are, in the network's dtype: (batch, *shape)."""
        if inputs.shape[1:] != self.shape:
            same_size = prod(inputs.shape[1:]) == prod(self.shape)
            raise NetworkError(
                context.layer,
                f"section {self.section!r} holds records of shape {inputs.shape[1:]}",
                f"records of shape {self.shape}",
                f"give the input the shape {inputs.shape[1:]}" + (" and put Flatten behind it" if same_size else ""),
            )
        kinds = "iu" if self.dtype == "integer" else "biuf"
        if inputs.dtype.kind not in kinds:
            raise NetworkError(
                context.layer,
                f"section {self.section!r} holds {inputs.dtype}",
                "integers" if self.dtype == "integer" else "numbers",
                "give the data or the input another dtype",
            )
        if self.dtype == "integer" or inputs.dtype == context.dtype:
            return inputs
        return inputs.astype(context.dtype)
