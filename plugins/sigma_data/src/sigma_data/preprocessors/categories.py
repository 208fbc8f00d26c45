"""Number categories."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import field, frozen
from attrs.validators import optional

from sigma_core.extend import Array, DataError, FittedState, Preprocessor, fields, listed

if TYPE_CHECKING:
    from attrs import Attribute

NAME_ALL = "name all classes by the setting classes"


def check_classes(instance: Any, attribute: "Attribute[Any]", value: Any) -> None:
    """A validator: raise `SettingError` for what are no classes, each once."""
    if not (isinstance(value, tuple) and 0 < len(value) == len(set(value))):
        raise fields.refusal(instance, attribute, value, "the names of the classes, each once")


@frozen
class Categories(Preprocessor):
    """Each category becomes a whole number, its place among all: texts or numbers of any kind, of shape (records, ...).

    Raises `DataError` for what is no category, unless `unknown` is a number to put there.
    """

    classes: tuple[int | str, ...] | None = field(
        default=None, converter=fields.as_tuples, validator=optional(check_classes)
    )
    """The categories in order; without any, those of the training records, sorted."""
    unknown: int | None = None
    """What a category that is not among them becomes, such as -1; without it, it is refused."""

    def fit(self, blocks: Iterable[Array]) -> FittedState:
        """`classes`: an array of them, in order."""
        if self.classes is not None:
            return {"classes": np.array(self.classes)}
        return {"classes": np.unique(np.concatenate([np.unique(block) for block in blocks]))}

    def apply(self, array: Array, state: FittedState) -> Array:
        """Whole numbers, int64, of the same shape."""
        places, is_known = places_of(array, np.asarray(state["classes"]))
        if self.unknown is not None:
            return np.where(is_known, places, self.unknown)
        remedy = f"{NAME_ALL}, or give a number for others: unknown = -1"
        check_known(array, is_known, state, "preprocessor categories", remedy)
        return places


def places_of(array: Array, classes: Array) -> tuple[Array, Array]:
    """For each value its place among the classes, and whether it is among them at all; both of the array's shape."""
    order = np.argsort(classes)
    places = order[np.searchsorted(classes, array, sorter=order).clip(max=len(classes) - 1)]
    return places.astype(np.int64), classes[places] == array


def check_known(array: Array, is_known: Array, state: FittedState, where: str, remedy: str = NAME_ALL) -> None:
    """Raise `DataError` for the first value that is no class."""
    if is_known.all():
        return
    raise no_class(int(np.nonzero(~is_known)[0][0]), array[~is_known][0].item(), state, where, remedy)


def no_class(record: int, value: Any, state: FittedState, where: str, remedy: str = NAME_ALL) -> DataError:
    """The error for a value that is no class."""
    return DataError(
        where,
        f"record {record} holds {value!r}, which is no class",
        f"one of {listed([str(name) for name in np.asarray(state['classes'])], str(value))}",
        remedy,
    )
