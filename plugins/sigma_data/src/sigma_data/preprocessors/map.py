"""Apply a function, or a table, to each value."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import Attribute, field, frozen

from sigma_core.extend import Array, DataError, FittedState, Preprocessor, fields, listed

_FUNCTIONS = (
    "abs", "cbrt", "ceil", "cos", "exp", "expm1", "floor", "invert", "log", "log10", "log1p", "log2", "logical_not",
    "negative", "positive", "rint", "sign", "sin", "sqrt", "square", "tanh", "trunc",
)  # fmt: skip


@frozen
class Map(Preprocessor):
    """A function of each value: one of NumPy's by its name, a table of what becomes of which value, or any in Python.

    `Map("log1p")`, `Map({"yes": 1, "no": 0})`, `Map(lambda array: array[..., ::-1])`. A function takes and gives arrays
    of shape (records, ...), as many records as before. Raises `DataError` for a value that a table does not have, and
    for a function that gives another number of records.
    """

    # A table has no hash.
    function: str | Mapping[Any, Any] | Callable[[Array], Array] = field(hash=False)

    @function.validator
    def _check_function(self, attribute: "Attribute[Any]", value: Any) -> None:
        if isinstance(value, str) and value not in _FUNCTIONS:
            raise fields.refusal(self, attribute, value, f"one of {listed(_FUNCTIONS, value)}")
        if isinstance(value, Mapping) and not value:
            raise fields.refusal(self, attribute, value, "a table with at least one value")

    def apply(self, array: Array, state: FittedState) -> Array:
        """What the function makes of the records."""
        if isinstance(self.function, Mapping):
            return _looked_up(array, self.function)
        function = getattr(np, self.function) if isinstance(self.function, str) else self.function
        with np.errstate(all="ignore"):  # what is not finite is refused with its place
            mapped = np.asarray(function(array))
        if mapped.shape[:1] != array.shape[:1]:
            raise DataError(
                "preprocessor map",
                f"of {len(array)} records the function made an array of shape {mapped.shape}",
                "as many records as before",
                "filter records by filter, which stands under *",
            )
        return mapped


def _looked_up(array: Array, table: Mapping[Any, Any]) -> Array:
    # Tables of recipes have texts for keys, whatever the values are.
    by_text = {str(key): value for key, value in table.items()}
    values, places = np.unique(array, return_inverse=True)
    for value in values:
        if str(value) not in by_text:
            raise DataError(
                "preprocessor map",
                f"record {np.argwhere(array == value)[0][0]} holds {value.item()!r}, which is not in the table",
                f"one of {listed(by_text, str(value))}",
                "add it to the table",
            )
    return np.array([by_text[str(value)] for value in values])[places].reshape(array.shape)
