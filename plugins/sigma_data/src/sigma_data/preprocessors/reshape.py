"""Lay records out along other axes."""

from math import prod

from attrs import frozen

from sigma_core.extend import Array, DataError, FittedState, Preprocessor, Shape, fields


@frozen
class Reshape(Preprocessor):
    """The same elements along other axes, the last axis fastest in both: (records, ...) to (records, *shape).

    One extent may be -1: what the others leave. Raises SettingError for other extents below 1, `DataError` for records
    of another size.
    """

    shape: Shape = fields.extents(may_be_open=True)

    def apply(self, array: Array, state: FittedState) -> Array:
        """Records of shape (records, *shape)."""
        size, known = prod(array.shape[1:]), prod(extent for extent in self.shape if extent != -1)
        shape = tuple(size // known if extent == -1 else extent for extent in self.shape)
        if prod(shape) != size:
            raise DataError(
                "preprocessor reshape",
                f"records of shape {array.shape[1:]} have {size} elements",
                f"as many as {self.shape} has" if -1 not in self.shape else f"a multiple of {known}, for {self.shape}",
                "give another shape",
            )
        return array.reshape((len(array), *shape))
