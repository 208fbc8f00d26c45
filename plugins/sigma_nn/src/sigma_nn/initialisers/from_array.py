"""From array: numbers that there are already, such as those of a trained network."""

from pathlib import Path, PurePath
from typing import Any

import numpy as np
from attrs import Attribute, field, frozen
from numpy.typing import NDArray

from sigma_core.extend import DataError, Initialiser, SettingError, Shape
from sigma_nn._settings import place_of


def _as_tuples(value: Any) -> Any:
    """Lists and arrays as tuples of Python's numbers, so that the component is hashable; paths as text."""
    if isinstance(value, str | PurePath):
        return str(value)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return tuple(_as_tuples(each) for each in value) if isinstance(value, list | tuple) else value


def _check(instance: Any, attribute: "Attribute[Any]", value: Any) -> None:
    if isinstance(value, str):
        return
    try:
        fault = _fault(np.asarray(value))
    except ValueError:
        fault = "lists of different lengths"
    if fault:
        expected = "finite numbers, as lists within lists or an array, or the path of a .npy file of them"
        raise SettingError(place_of(instance, attribute), fault, expected)


@frozen
class FromArray(Initialiser):
    """Fill with `values`: an array, numbers in lists within lists, or the path of a file that `numpy.save` has written.

    A recipe holds the numbers themselves: for more than some hundreds, a file is the better place. It is read when the
    network is built; `~` is the home folder. Raises SettingError for values that are no array of finite numbers, and
    DataError for files that are none; a shape that is not the parameter's is refused by the network.
    """

    values: tuple[Any, ...] | float | str = field(converter=_as_tuples, validator=_check)

    def fill(self, shape: Shape, random: np.random.Generator) -> NDArray[np.float64]:
        """The values, in their own shape."""
        return np.array(_read(self.values) if isinstance(self.values, str) else self.values, np.float64)


def _read(path: str) -> NDArray[Any]:
    where, expected, remedy = f"FromArray, file {path!r}", "a file of finite numbers", "write one by numpy.save"
    try:
        with Path(path).expanduser().open("rb") as file:
            array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(where, f"it cannot be read: {reason}", expected, remedy) from error
    fault = _fault(array)
    if fault:
        raise DataError(where, f"it holds {fault}", expected, remedy)
    return array


def _fault(array: NDArray[Any]) -> str:
    """What is wrong with an array, or nothing."""
    if array.dtype.kind not in "iuf":
        return f"an array of {array.dtype}"
    return "" if np.isfinite(array).all() else f"an array of shape {array.shape} with numbers that are not finite"
