"""What the debug backend says: which node, in which layer, and how its operands looked."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.errors import NumericalError, OperationError
from sigma_core.graph import Value

REMEDIES: Mapping[str, str] = {
    **dict.fromkeys(("log", "log2", "log10", "log1p"), "keep its operand from reaching 0, as with np.maximum"),
    **dict.fromkeys(("divide", "reciprocal", "remainder", "floor_divide"), "keep its divisor from reaching 0"),
    **dict.fromkeys(("sqrt", "arcsin", "arccos", "arctanh"), "keep its operand within the function's domain"),
    **dict.fromkeys(("exp", "exp2", "expm1", "sinh", "cosh"), "subtract the largest operand first, or clip"),
    "power": "keep its base from reaching 0, and from falling below it",
    "placeholder": "look at what was given: data, parameters, hyperparameters",
    "constant": "look at what the layer makes its constants of",
}
NOWHERE = "outside of all layers"
DIVERGED = "lower the learning rate, clip, or fill the parameters with smaller numbers"


@frozen(eq=False)
class Spot:
    """A node at the moment at which it ran."""

    node: Value
    number: int
    """Of the node in its program."""
    operands: tuple[Any, ...]
    body: str = ""
    """Of a control operation: the node and the attribute that hold it, as in `Graph.describe`."""
    loop: tuple[int, ...] = ()
    """Steps of the loops in which it stands, the outermost first."""
    result: Any = None

    @property
    def is_given(self) -> bool:
        """Whether the result came with a constant or an input."""
        return self.node.operation.name in ("constant", "placeholder")


def looks(array: Any) -> str:
    """`float32[2, 3] from -1 to 2.5, NaN in 1`."""
    if isinstance(array, tuple):
        return " and ".join(looks(each) for each in array)
    typed = _typed(array)
    if array.dtype.kind not in "fiu" or not array.size:
        return typed
    finite = array[np.isfinite(array)]
    span = f" from {finite.min():.6g} to {finite.max():.6g}" if finite.size else ""
    return ", ".join([f"{typed}{span}", *_bad(array)])


def _bad(array: Any) -> list[str]:
    """What is not finite, counted."""
    counts = {"NaN": np.isnan(array), "inf": np.isposinf(array), "-inf": np.isneginf(array)}
    return [f"{word} in {np.count_nonzero(hits)}" for word, hits in counts.items() if hits.any()]


def not_finite(spot: Spot) -> NumericalError:
    """A node that made NaN or infinities."""
    parts = spot.result if isinstance(spot.result, tuple) else (spot.result,)
    bad = ", ".join(text for part in parts if part.dtype.kind == "f" for text in _bad(part))
    size = sum(part.size for part in parts)
    return NumericalError(
        spot.node.scope or NOWHERE,
        f"{_written(spot)} {'holds' if spot.is_given else 'gives'} {bad} of {size}{_from(spot)}",
        "finite numbers",
        REMEDIES.get(spot.node.operation.name, DIVERGED),
        **_data(spot),
    )


def raised(spot: Spot, error: Exception) -> OperationError:
    """An implementation that failed."""
    return _operation_error(spot, f"raised {type(error).__name__}: {error}", _typed(spot.node))


def not_as_typed(spot: Spot, results: Sequence[Any], expected: str) -> OperationError:
    """An implementation that gives another shape or dtype than the operation's rule says."""
    return _operation_error(spot, f"gives {' and '.join(_typed(each) for each in results)}", expected)


def _operation_error(spot: Spot, found: str, expected: str) -> OperationError:
    return OperationError(
        spot.node.scope or NOWHERE,
        f"{_written(spot)} {found}{_from(spot)}",
        f"{expected}, as its rule says",
        "put the operation's `infer` or its `implementation` right",
        **_data(spot),
    )


def _written(spot: Spot) -> str:
    """A node with its number in the program, and where in which loops it is."""
    name = f" {spot.node.attributes['name']!r}" if spot.node.operation.name == "placeholder" else ""
    steps = "".join(f", step {step} of a loop" for step in spot.loop)
    return f"{spot.node.operation.name}{name} ({spot.body}%{spot.number}{steps})"


def _from(spot: Spot) -> str:
    return f", from {'; '.join(looks(operand) for operand in spot.operands)}" if spot.operands else ""


def _data(spot: Spot) -> dict[str, Any]:
    return {
        "operation": spot.node.operation.name,
        "layer": spot.node.scope,
        "node": spot.number,
        "operands": tuple(looks(operand) for operand in spot.operands),
        "loop": spot.loop,
        "line": spot.node.line,
    }


def _typed(array: Any) -> str:
    return f"{array.dtype}{list(array.shape)}"
