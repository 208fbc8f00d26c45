"""Input: where a section of the data enters a network."""

from collections.abc import Mapping
from math import prod
from types import SimpleNamespace
from typing import Literal

from attrs import frozen

from sigma_core.extend import Context, Layer, NetworkError, Shape, Value
from sigma_nn._settings import choice, extents


@frozen
class Input(Layer):
    """Hand records of a section, (batch, *shape), to the layers behind.

    Data of any numeric type is cast to the network's; with `dtype="integer"` it stays as it is, for layers that look
    something up. Raises NetworkError when the records of the section have another shape or kind.
    """

    shape: Shape = extents()
    section: str = "inputs"
    dtype: Literal["float", "integer"] = choice("float", "integer", default="float")
    may_be_shorter: bool = False
    """Whether records may be shorter along their first axis, as those are that batches by length cut."""

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
        if not self._takes(inputs.shape[1:]):
            # Numbers that are no sequence are not shorter but wrong.
            is_cut = self._is_shorter(inputs.shape[1:]) and (len(self.shape) > 1 or self.dtype == "integer")
            same_size = prod(inputs.shape[1:]) == prod(self.shape)
            raise NetworkError(
                context.layer,
                f"section {self.section!r} holds records of shape {inputs.shape[1:]}",
                f"records of shape {self.shape}",
                f"give the input the shape {inputs.shape[1:]}"
                + (" and put Flatten behind it" if same_size else "")
                + (", or may_be_shorter=true where records are cut" if is_cut else ""),
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

    def _takes(self, shape: Shape) -> bool:
        return shape == self.shape or (self.may_be_shorter and self._is_shorter(shape))

    def _is_shorter(self, shape: Shape) -> bool:
        return shape[1:] == self.shape[1:] and len(shape) == len(self.shape) and 0 < shape[0] < self.shape[0]
