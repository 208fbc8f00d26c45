"""What no derivative passes through."""

from typing import Any

from sigma_core.graph._record import as_value, record
from sigma_core.graph._structure import flatten, unflatten
from sigma_core.graph._value import Value


def stop_gradient(value: Any) -> Any:
    """The value, or nested container of values, as a constant for every derivative."""
    leaves, structure = flatten(value)
    stopped = [record("stop_gradient", as_value(leaf)) if isinstance(leaf, Value) else leaf for leaf in leaves]
    return unflatten(structure, stopped)
