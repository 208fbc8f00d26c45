"""What preprocessors learnt, as arrays and JSON: for checkpoints, and beside data on the disk."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sigma_core.data._preprocessor import FittedPreprocessor
from sigma_core.errors import DataError

Fitted = Mapping[str, tuple[FittedPreprocessor, ...]]


def fitted_state(fitted: Fitted) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays by name, such as `inputs.0.mean`, and everything else in JSON's terms.

    Raises `DataError` for a state that holds neither numbers, texts and arrays of them nor lists and mappings of these.
    """
    arrays: dict[str, np.ndarray] = {}
    told = {
        key: [
            {"class": _name(one), "state": _packed(dict(one.state), arrays, f"{key}.{index}")}
            for index, one in enumerate(chain)
        ]
        for key, chain in fitted.items()
    }
    return arrays, told


def fitted_from(
    chains: Mapping[str, tuple[Any, ...]], arrays: Mapping[str, np.ndarray], told: Mapping[str, Any]
) -> Fitted:
    """The fitted preprocessors again, out of the same preprocessors and what `fitted_state` gave.

    Raises `DataError` when the preprocessors are others than they were then.
    """
    then = {key: [one["class"] for one in states] for key, states in told.items()}
    now = {key: [type(one).__name__ for one in chain] for key, chain in chains.items() if chain}
    if then != now:
        raise DataError(
            "preprocessors",
            f"what is kept was learnt by {_in_words(then)}",
            f"by {_in_words(now)}",
            "use the preprocessors of the run that learnt it",
        )
    return {
        key: tuple(
            FittedPreprocessor(preprocessor, _unpacked(one["state"], arrays))
            for preprocessor, one in zip(chains[key], states, strict=True)
        )
        for key, states in told.items()
    }


def _name(one: FittedPreprocessor) -> str:
    return type(one.preprocessor).__name__


def _in_words(chains: Mapping[str, list[str]]) -> str:
    return "; ".join(f"{key}: {', '.join(names)}" for key, names in chains.items()) or "none"


def _packed(value: Any, arrays: dict[str, np.ndarray], name: str) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case np.generic():
            return _packed(np.asarray(value), arrays, name)
        case np.ndarray() if value.dtype.kind in "biuf":
            arrays[name] = value
            return {"array": name}
        case np.ndarray() if value.dtype.kind in "USO" and all(isinstance(each, str) for each in value.flat):
            return {"texts": value.tolist()}
        case Mapping() if all(isinstance(key, str) for key in value):
            return {"mapping": {key: _packed(item, arrays, f"{name}.{key}") for key, item in value.items()}}
        case list() | tuple():
            return [_packed(item, arrays, f"{name}.{index}") for index, item in enumerate(value)]
    found = (
        f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"an object of type {type(value).__name__}"
    )
    raise DataError(
        f"state of a preprocessor, {name}",
        f"it is {found}",
        "numbers, texts, arrays of them, lists and mappings with texts as keys",
        "have fit return such values, so that they can be kept with a run",
    )


def _unpacked(told: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    match told:
        case {"array": name}:
            return arrays[name]
        case {"texts": texts}:
            return np.array(texts)
        case {"mapping": items}:
            return {key: _unpacked(item, arrays) for key, item in items.items()}
        case list():
            return [_unpacked(item, arrays) for item in told]
    return told
