"""All that a plugin author tests with."""

from sigma_core.backends.numpy import NumpyBackend
from sigma_core.graph import check_grads, evaluate, flatten, placeholder, trace, value_and_grad, vjp
from sigma_core.registry import ComponentRegistry, Composer

__all__ = [
    "ComponentRegistry",
    "Composer",
    "NumpyBackend",
    "check_grads",
    "evaluate",
    "flatten",
    "placeholder",
    "trace",
    "value_and_grad",
    "vjp",
]
