"""What preprocessors learnt, in JSON's terms: for checkpoints, and beside data on the disk."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np

from sigma_core.data._preprocessor import FittedPreprocessor
from sigma_core.errors import DataError

Fitted = Mapping[str, tuple[FittedPreprocessor, ...]]


def fitted_state(fitted: Fitted) -> dict[str, Any]:
    """What JSON can write, exactly: arrays are texts in base 64.

    Raises `DataError` for a state that holds neither numbers, texts and arrays of them nor lists and mappings of these.
    """
    return {
        key: [
            {"class": type(one.preprocessor).__name__, "state": _packed(dict(one.state), f"{key}.{index}")}
            for index, one in enumerate(chain)
        ]
        for key, chain in fitted.items()
    }


def fitted_from(chains: Mapping[str, tuple[Any, ...]], told: Mapping[str, Any]) -> Fitted:
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
            FittedPreprocessor(preprocessor, _unpacked(one["state"]))
            for preprocessor, one in zip(chains[key], states, strict=True)
        )
        for key, states in told.items()
    }


def _in_words(chains: Mapping[str, list[str]]) -> str:
    return "; ".join(f"{key}: {', '.join(names)}" for key, names in chains.items()) or "none"


def _packed(value: Any, name: str) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case np.generic():
            return _packed(np.asarray(value), name)
        case np.ndarray() if value.dtype.kind in "biuf":
            content = b64encode(np.ascontiguousarray(value).tobytes()).decode()
            return {"array": content, "dtype": value.dtype.str, "shape": list(value.shape)}
        case np.ndarray() if value.dtype.kind in "UO" and all(isinstance(each, str) for each in value.flat):
            return {"texts": value.tolist()}
        case Mapping() if all(isinstance(key, str) for key in value):
            return {"mapping": {key: _packed(item, f"{name}.{key}") for key, item in value.items()}}
        case list() | tuple():
            return [_packed(item, f"{name}.{index}") for index, item in enumerate(value)]
    is_array = isinstance(value, np.ndarray)
    raise DataError(
        f"state of a preprocessor, {name}",
        f"it is an array of {value.dtype}" if is_array else f"it is an object of type {type(value).__name__}",
        "numbers, texts, arrays of them, lists and mappings with texts as keys",
        "have fit return such values, so that they can be kept with a run",
    )


def _unpacked(told: Any) -> Any:
    match told:
        case {"array": content, "dtype": dtype, "shape": shape}:
            return np.frombuffer(b64decode(content), dtype).reshape(shape)
        case {"texts": texts}:
            return np.array(texts)
        case {"mapping": items}:
            return {key: _unpacked(item) for key, item in items.items()}
        case list():
            return [_unpacked(item) for item in told]
    return told
