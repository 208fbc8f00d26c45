"""All that a plugin author tests with."""

from sigma_core.backends.numpy import NumpyBackend
from sigma_core.errors import SigmaError
from sigma_core.graph import check_grads, check_operation, evaluate, flatten, placeholder, trace, value_and_grad, vjp
from sigma_core.registry import ComponentRegistry, Composer


def message(error: SigmaError) -> str:
    """The message of an error without the line of source that it names, which moves whenever a test is edited."""
    return str(error).replace(f"\n  at:       {error.line}", "", 1) if error.line else str(error)


__all__ = [
    "ComponentRegistry",
    "Composer",
    "NumpyBackend",
    "check_grads",
    "check_operation",
    "evaluate",
    "flatten",
    "message",
    "placeholder",
    "trace",
    "value_and_grad",
    "vjp",
]
