"""Turn classes into vectors with a single one."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from attrs import Attribute, field, frozen

from sigma_core.extend import Array, FittedState, Preprocessor, fields
from sigma_data.preprocessors.categories import check_classes, check_known, places_of


@frozen
class OneHot(Preprocessor):
    """A vector per value, 1 at the place of its class and 0 elsewhere.

    Raises `DataError` for a value that is none of the classes.
    """

    classes: int | tuple[int | str, ...] | None = field(default=None, converter=fields.as_tuples)
    """The classes in order; a number n stands for 0 to n - 1. Without any, those of the training records, sorted."""

    @classes.validator
    def _check_classes(self, attribute: "Attribute[Any]", value: Any) -> None:
        if fields.is_plain(value, int) and value < 1:
            raise fields.refusal(self, attribute, value, "a positive number of classes, or their names, each once")
        if value is not None and not fields.is_plain(value, int):
            check_classes(self, attribute, value)

    def fit(self, blocks: Iterable[Array]) -> FittedState:
        """`classes`: an array of them, in order."""
        if self.classes is None:
            return {"classes": np.unique(np.concatenate([np.unique(block) for block in blocks]))}
        return {"classes": np.arange(self.classes) if isinstance(self.classes, int) else np.array(self.classes)}

    def apply(self, array: Array, state: FittedState) -> Array:
        """Values of shape (records, ...) become float32 of shape (records, ..., classes)."""
        classes = np.asarray(state["classes"])
        places, is_known = places_of(array, classes)
        check_known(array, is_known, state, "preprocessor one_hot")
        vectors = np.zeros((*array.shape, len(classes)), np.float32)
        np.put_along_axis(vectors, places[..., None], 1, axis=-1)
        return vectors
