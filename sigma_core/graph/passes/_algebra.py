"""Algebraic simplification, as tables of rules from a node to what stands for it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sigma_core.graph._graph import Graph
from sigma_core.graph._record import full, record
from sigma_core.graph._value import Value
from sigma_core.graph.passes import _pieces
from sigma_core.graph.passes._rewrite import rewrite


def simplify(graph: Graph) -> Graph:
    """Each node becomes the cheapest thing equal to it that the rules know.

    Results stay equal, NaN and infinities included, but for the sign of zero, the last bit of powers, and numbers so
    large or small that a multiplication on the way to them left the range of their dtype.
    """
    return rewrite(graph, _simplified)


def _simplified(node: Value) -> Value | None:
    found = _once(node)
    while found is not None and (again := _once(found)) is not None:
        found = again
    return found


def _once(node: Value) -> Value | None:
    rule = RULES.get(node.operation.name)
    found = rule(node) if rule else None
    if found is None:
        return None
    if found.shape != node.shape:
        found = record("broadcast_to", found, shape=node.shape)
    return found if found.dtype == node.dtype and found.weak == node.weak else None


def number_of(value: Value) -> float | None:
    """The number that a constant repeats, None for anything else."""
    while value.operation.name in ("broadcast_to", "reshape"):
        (value,) = value.inputs
    if value.operation.name != "constant" or value.size != 1:
        return None
    number: float = value.attributes["literal"].array.item()
    return number


def _add(node: Value) -> Value | None:
    a, b = node.inputs
    if number_of(a) == 0:
        return b
    if number_of(b) == 0:
        return a
    if b.operation.name == "negative":
        return _value(np.subtract(a, b.inputs[0]))
    if a.operation.name == "negative":
        return _value(np.subtract(b, a.inputs[0]))
    if a is b and node.dtype.kind == "f" and not node.weak:
        # As a product it meets other numbers.
        return _value(np.multiply(a, full((), 2, node.dtype)))
    return _pieces.add_up(node)


def _subtract(node: Value) -> Value | None:
    a, b = node.inputs
    if number_of(b) == 0:
        return a
    if number_of(a) == 0:
        return _value(np.negative(b))
    return _value(np.add(a, b.inputs[0])) if b.operation.name == "negative" else None


def _multiply(node: Value) -> Value | None:
    a, b = node.inputs
    for one, other in ((a, b), (b, a)):
        if number_of(one) == 1:
            return other
        if number_of(one) == -1 and node.dtype.kind in "if":
            return _value(np.negative(other))
    return _product(a, b) if node.dtype.kind == "f" else None


def _product(a: Value, b: Value) -> Value | None:
    if a is b:
        return _value(np.square(a))
    if a.operation.name == b.operation.name == "negative":
        return _value(np.multiply(a.inputs[0], b.inputs[0]))
    merged = _merged(number_of(a), b)
    return _merged(number_of(b), a) if merged is None else merged


def _merged(number: float | None, product: Value) -> Value | None:
    """The product of a number and (x * another number): rounded once instead of twice, so one is a power of two."""
    if number is None or product.operation.name != "multiply" or product.weak:
        return None
    for one, other in (product.inputs, product.inputs[::-1]):
        inner = number_of(one)
        if inner is None or not (_is_power_of_two(number) or _is_power_of_two(inner)):
            continue
        if _is_normal(number * inner, product.dtype):
            return _value(np.multiply(other, full((), number * inner, product.dtype)))
    return None


def _is_normal(number: float, dtype: np.dtype[Any]) -> bool:
    """Whether a number keeps all its bits in a dtype: with 0 or infinity in its place infinities would become NaN."""
    limits = np.finfo(dtype)
    return float(limits.smallest_normal) <= abs(number) <= float(limits.max)


def _is_power_of_two(number: float) -> bool:
    """One whose reciprocal is a normal number too, so that multiplying with it rounds nothing."""
    return abs(np.frexp(number)[0]) == 0.5 and 2.0**-100 < abs(number) < 2.0**100


def _divide(node: Value) -> Value | None:
    a, b = node.inputs
    number = number_of(b)
    if number == 1:
        return a
    is_exact = number is not None and _is_power_of_two(number) and _is_normal(1.0 / number, node.dtype)
    if number is not None and is_exact and not node.weak:
        return _value(np.multiply(a, full((), 1.0 / number, node.dtype)))
    return None


_POWERS: dict[float, Callable[[Any], Any]] = {
    1.0: lambda x: x,
    2.0: np.square,
    3.0: lambda x: np.square(x) * x,
    4.0: lambda x: np.square(np.square(x)),
    0.5: np.sqrt,
    -1.0: np.reciprocal,
}


def _power(node: Value) -> Value | None:
    base, exponent = node.inputs
    number = number_of(exponent)
    power = _POWERS.get(number) if number is not None and node.dtype.kind == "f" else None
    # The root of -inf is NaN, its power infinity. NumPy makes them one for single exponents, but not in float16.
    if number == 0.5 and node.dtype == np.float16:
        return None
    return _value(power(base)) if power else None


def _negative(node: Value) -> Value | None:
    (value,) = node.inputs
    if value.operation.name == "negative":
        return value.inputs[0]
    return _value(np.subtract(value.inputs[1], value.inputs[0])) if value.operation.name == "subtract" else None


def _even(node: Value) -> Value | None:
    """An even function does not see the sign of what it is given."""
    (value,) = node.inputs
    if value.operation.name not in ("negative", "absolute") or value.dtype.kind != "f":
        return None
    return node.with_inputs(value.inputs)


def _cast(node: Value) -> Value | None:
    (value,) = node.inputs
    if value.dtype == node.dtype and value.weak == node.weak:
        return value
    if value.operation.name == "cast":
        (original,) = value.inputs
        if _holds_all(value.dtype, original.dtype):
            # Nothing was lost on the way.
            return original if original.dtype == node.dtype else node.with_inputs((original,))
    return None


def _holds_all(wide: np.dtype[Any], narrow: np.dtype[Any]) -> bool:
    """Whether one dtype has all numbers of the other; NumPy calls integers of 64 bits safe in float64, too."""
    if wide.kind == "f" and narrow.kind in "iu":
        return narrow.itemsize * 8 <= np.finfo(wide).nmant + 1
    return np.can_cast(narrow, wide, "safe")


def _reshape(node: Value) -> Value | None:
    (value,) = node.inputs
    if value.shape == node.shape:
        return value
    if value.operation.name == "reshape":
        return record("reshape", value.inputs[0], weak=node.weak, shape=node.shape)
    return None


def _transpose(node: Value) -> Value | None:
    (value,) = node.inputs
    axes = node.attributes["axes"]
    if axes == tuple(range(node.ndim)):
        return value
    if value.operation.name == "transpose":
        inner = value.attributes["axes"]
        return record("transpose", value.inputs[0], axes=tuple(inner[axis] for axis in axes))
    return None


def _broadcast_to(node: Value) -> Value | None:
    (value,) = node.inputs
    if value.shape == node.shape:
        return value
    if value.operation.name == "broadcast_to":
        return record("broadcast_to", value.inputs[0], shape=node.shape)
    return None


def _sum(node: Value) -> Value | None:
    """A sum over axes of size 1 is a reshape."""
    (value,) = node.inputs
    if value.dtype == node.dtype and all(value.shape[axis] == 1 for axis in node.attributes["axes"]):
        return value if value.shape == node.shape else record("reshape", value, weak=node.weak, shape=node.shape)
    return None


def _where(node: Value) -> Value | None:
    condition, a, b = node.inputs
    truth = number_of(condition)
    if truth is not None:
        return a if truth else b
    if a is b:
        return a
    opposite = _opposite(condition)
    return None if opposite is None else node.with_inputs((opposite, b, a))


def _not(node: Value) -> Value | None:
    return _opposite(node.inputs[0]) if node.dtype == bool else None


def _opposite(value: Value) -> Value | None:
    """The truth values of which these are the opposite."""
    is_not = value.operation.name in ("logical_not", "invert") and value.inputs[0].dtype == bool
    return value.inputs[0] if is_not else None


def _value(recorded: Any) -> Value:
    value: Value = recorded
    return value


RULES: dict[str, Callable[[Value], Value | None]] = {
    "absolute": _even,
    "add": _add,
    "broadcast_to": _broadcast_to,
    "cast": _cast,
    "concatenate": _pieces.join,
    "cos": _even,
    "cosh": _even,
    "divide": _divide,
    "embed": _pieces.pad,
    "identity": lambda node: node.inputs[0],
    "invert": _not,
    "logical_not": _not,
    "multiply": _multiply,
    "negative": _negative,
    "power": _power,
    "reshape": _reshape,
    "slice": _pieces.cut,
    "square": _even,
    "stop_gradient": lambda node: node.inputs[0],
    "subtract": _subtract,
    "sum": _sum,
    "transpose": _transpose,
    "where": _where,
}
