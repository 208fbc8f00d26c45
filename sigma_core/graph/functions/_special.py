"""Functions that layers and losses need and NumPy lacks; each without overflow where the result is finite."""

from typing import Any

import numpy as np

from sigma_core.graph._record import as_value, cast, record
from sigma_core.graph._value import Value


def _floating(x: Any) -> Value:
    value = as_value(x)
    return cast(value, np.float64) if value.dtype.kind in "biu" else value


def _stopped(value: Any) -> Any:
    return record("stop_gradient", value)


def erf(x: Any) -> Value:
    """The error function: twice the integral of the standard normal density from 0 to sqrt(2) x."""
    value = _floating(x)
    return record("erf", value, weak=value.weak)


def sigmoid(x: Any) -> Any:
    """The logistic function 1 / (1 + exp(-x))."""
    return 0.5 * np.tanh(0.5 * _floating(x)) + 0.5


def softplus(x: Any) -> Any:
    """log(1 + exp(x))."""
    return np.logaddexp(_floating(x), 0.0)


def logsumexp(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over axes; -inf where there is nothing to add."""
    value = _floating(x)
    largest = _largest(value, axis)
    # What is subtracted and added again has no derivative; infinities are left to the exponential and the logarithm.
    shift = _stopped(np.where(np.isfinite(largest), largest, 0))
    total = np.log(np.sum(np.exp(value - shift), axis=axis, keepdims=True)) + shift
    return total if keepdims else total.reshape(np.sum(value, axis=axis).shape)


def _largest(value: Any, axis: Any) -> Any:
    """The maxima over axes; where there is nothing along them, minus infinity, which costs an operation."""
    start: dict[str, Any] = {} if np.size(value) else {"initial": -np.inf}
    return np.max(value, axis=axis, keepdims=True, **start)


def softmax(x: Any, axis: Any = -1) -> Any:
    """exp(x) / sum(exp(x)) over axes."""
    value = _floating(x)
    exponentials = np.exp(value - _stopped(_largest(value, axis)))
    return exponentials / np.sum(exponentials, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Any = -1) -> Any:
    """log(softmax(x)), also where the softmax underflows."""
    value = _floating(x)
    shifted = value - _stopped(_largest(value, axis))
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
