"""Make a vector of each record."""

from attrs import frozen

from sigma_core.extend import Array, FittedState, Preprocessor


@frozen
class Flatten(Preprocessor):
    """All axes but the first become one, the last axis running fastest."""

    def apply(self, array: Array, state: FittedState) -> Array:
        """Records of shape (records, ...) become (records, features); numbers become vectors of one."""
        return array.reshape(len(array), -1)
