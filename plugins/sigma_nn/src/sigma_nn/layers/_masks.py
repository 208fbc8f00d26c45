"""What layers share that know which steps of a sequence count."""

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from sigma_core.extend import Layer, ShapeError, Value, check_mask

if TYPE_CHECKING:
    from numpy.typing import NDArray


@frozen
class MaskedLayer(Layer):
    """A layer of sequences that may be of unequal lengths, by a mask, (batch, time), true where a step counts."""

    mask: str | None = field(default=None, kw_only=True)
    """The section of the data that holds the mask; None where the network hands one on, or where all steps count."""

    @property
    def sections(self) -> tuple[str, ...]:
        """The mask, where it is a section."""
        return () if self.mask is None else (self.mask,)

    def check_data(self, *arrays: "NDArray[Any] | None") -> None:
        """Raise DataError for a record of which nothing counts, where the mask is part of the data."""
        *others, last = arrays
        # What stands last may be a sequence to attend to.
        if others and last is not None and last.ndim == 2:
            check_mask(last)


def counting(mask: Value, sequence: Value, layer: Layer) -> Value:
    """The mask as truth values, (batch, time); raises ShapeError unless it has one for each step of the sequence."""
    if mask.shape != sequence.shape[:2]:
        raise ShapeError(
            type(layer).__name__,
            f"the records of its mask have shape {mask.shape[1:]}, those of the sequence {sequence.shape[1:]}",
            f"a mask of shape {sequence.shape[1:2]}, one element for each step",
            "give the mask as many steps as the sequence, and no further axis",
        )
    return mask != 0
