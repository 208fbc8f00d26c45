"""States of hooks in checkpoints: JSON in the manifest, and the arrays in it among the arrays of the checkpoint."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sigma_core.training._filling import Arrays

PREFIX = "hooks."
_ARRAY = "array_of_checkpoint"


def taken_out(states: Mapping[str, Any]) -> tuple[dict[str, Any], Arrays]:
    """The states with the name of an array in place of each array of numbers, and these by name."""
    arrays: Arrays = {}
    return {name: _without(state, f"{PREFIX}{name}", arrays) for name, state in states.items()}, arrays


def put_back(states: Mapping[str, Any], arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The other way round. Raises KeyError with the name of an array that is not there."""
    return {name: _with(state, arrays) for name, state in states.items()}


def without_hooks(arrays: Mapping[str, Any]) -> Arrays:
    """Those that are no hook's."""
    return {name: array for name, array in arrays.items() if not name.startswith(PREFIX)}


def _without(value: Any, place: str, arrays: Arrays) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(each, f"{place}.{key}", arrays) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without(each, f"{place}.{number}", arrays) for number, each in enumerate(value)]
    # What is no number is left where it is, and refused with all else that JSON does not know.
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        return value
    while place in arrays:
        # Keys may hold dots, so that two places can read the same.
        place += "_"
    arrays[place] = value
    return {_ARRAY: place}


def _with(value: Any, arrays: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_with(each, arrays) for each in value]
    if not isinstance(value, Mapping):
        return value
    if value.keys() == {_ARRAY}:
        return arrays[value[_ARRAY]]
    return {key: _with(each, arrays) for key, each in value.items()}
