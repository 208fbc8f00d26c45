"""One line of Python per operation, for elements of arrays; what has none is left to NumPy.

The names that the lines use are those of `_functions`, beside Python's operators on numbers of one dtype.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from sigma_core.extend import Kind, Value, registered_kernel

FLOATS, INTEGERS, TRUTHS = "f", "iu", "b"

SIZES = MappingProxyType({"f": (4, 8), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "b": (1,)})
"""Bytes of the dtypes that kernels know, by kind: all but float16 and long double."""

ELEMENTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "positive": (FLOATS + INTEGERS, "{0}"),
        "negative": (FLOATS + "i", "-{0}"),
        "add": (FLOATS + INTEGERS, "{0} + {1}"),
        "subtract": (FLOATS + INTEGERS, "{0} - {1}"),
        "multiply": (FLOATS + INTEGERS, "{0} * {1}"),
        "divide": (FLOATS, "{0} / {1}"),
        "reciprocal": (FLOATS, "one({0}) / {0}"),
        "square": (FLOATS + INTEGERS, "{0} * {0}"),
        "absolute": (FLOATS + "i", "absolute({0})"),
        "sign": (FLOATS, "sign({0})"),
        "sqrt": (FLOATS, "sqrt({0})"),
        "exp": (FLOATS, "exp({0})"),
        "exp2": (FLOATS, "exp2({0})"),
        "expm1": (FLOATS, "expm1({0})"),
        "log": (FLOATS, "log({0})"),
        "log2": (FLOATS, "log2({0})"),
        "log1p": (FLOATS, "log1p({0})"),
        "tanh": (FLOATS, "tanh({0})"),
        "erf": (FLOATS, "erf({0})"),
        "logaddexp": (FLOATS, "logaddexp({0}, {1})"),
        "floor": (FLOATS, "floor({0})"),
        "ceil": (FLOATS, "ceil({0})"),
        "trunc": (FLOATS, "trunc({0})"),
        "rint": (FLOATS, "rint({0})"),
        "maximum": (FLOATS + INTEGERS, "maximum({0}, {1})"),
        "minimum": (FLOATS + INTEGERS, "minimum({0}, {1})"),
        "where": (FLOATS + INTEGERS + TRUTHS, "select({0}, {1}, {2})"),
        "cast": (FLOATS + INTEGERS + TRUTHS, ""),
        "equal": (FLOATS + INTEGERS, "{0} == {1}"),
        "not_equal": (FLOATS + INTEGERS, "{0} != {1}"),
        "less": (FLOATS + INTEGERS, "{0} < {1}"),
        "less_equal": (FLOATS + INTEGERS, "{0} <= {1}"),
        "greater": (FLOATS + INTEGERS, "{0} > {1}"),
        "greater_equal": (FLOATS + INTEGERS, "{0} >= {1}"),
        "logical_and": (TRUTHS, "{0} & {1}"),
        "logical_or": (TRUTHS, "{0} | {1}"),
        "logical_xor": (TRUTHS, "{0} ^ {1}"),
        "logical_not": (TRUTHS, "{0} ^ True"),
        "bitwise_and": (INTEGERS + TRUTHS, "{0} & {1}"),
        "bitwise_or": (INTEGERS + TRUTHS, "{0} | {1}"),
        "bitwise_xor": (INTEGERS + TRUTHS, "{0} ^ {1}"),
        "isnan": (FLOATS, "{0} != {0}"),
        "isinf": (FLOATS, "absolute({0}) == infinity({0})"),
        "isfinite": (FLOATS, "absolute({0}) < infinity({0})"),
        "sum": (FLOATS + INTEGERS, "added({0}, {1})"),
        "prod": (FLOATS + INTEGERS, "multiplied({0}, {1})"),
        "max": (FLOATS + INTEGERS, "highest({0}, {1})"),
        "min": (FLOATS + INTEGERS, "lowest({0}, {1})"),
        "all": (TRUTHS, "{0} & {1}"),
        "any": (TRUTHS, "{0} | {1}"),
    }
)
"""Kinds of the operands' dtypes, and the line. The operands of a reduction are what was accumulated and an element."""

NUMBERS: Mapping[str, tuple[str, str]] = MappingProxyType({**ELEMENTS, "power": (FLOATS, "power({0}, {1})")})
"""What is written for single numbers also: they need not vectorise."""

ONLY_SINGLE = frozenset({"erf"})
"""What is one formula in float32; in float64 it is several, of which NumPy computes for each element only one."""

STARTS: Mapping[str, str] = MappingProxyType({"sum": "0", "prod": "1", "all": "True", "any": "False"})


def is_written(node: Value) -> bool:
    """Whether an operation on elements, or a reduction of them, has a line."""
    return _is_in(ELEMENTS, node)


def is_written_for_numbers(node: Value) -> bool:
    """Whether an element-wise operation on single numbers has a line."""
    return node.operation.kind is Kind.ELEMENTWISE and _is_in(NUMBERS, node)


def _is_in(table: Mapping[str, tuple[str, str]], node: Value) -> bool:
    known = table.get(node.operation.name)
    # A kernel of a plugin takes the place of the line.
    if (
        known is None
        or (node.operation.name in ONLY_SINGLE and node.dtype.itemsize != 4)
        or registered_kernel("numba", node.operation.name)
        or any(each.dtype.itemsize not in SIZES.get(each.dtype.kind, ()) for each in (node, *node.inputs))
    ):
        return False
    # The condition of `where` is of another kind than what it chooses from.
    operands = node.inputs[1:] if node.operation.name == "where" else node.inputs
    return all(value.dtype.kind in known[0] for value in operands)


def expression(node: Value, operands: list[str]) -> str:
    """The line that computes an element of a node from those of its operands."""
    name, dtype = node.operation.name, node.dtype
    if name == "cast":
        return converted(operands[0], node.inputs[0].dtype, dtype)
    text = NUMBERS[name][1].format(*operands)
    # Numba widens small integers; NumPy keeps their width.
    return f"{dtype.name}({text})" if dtype.kind in INTEGERS else text


def accumulated(node: Value, so_far: str, element: str) -> str:
    """The line that adds an element to what a reduction has accumulated."""
    source = node.inputs[0].dtype
    return expression(node, [so_far, converted(element, source, node.dtype)])


def converted(operand: str, source: np.dtype, target: np.dtype) -> str:
    """A number in another dtype."""
    if source == target:
        return operand
    if target.kind == TRUTHS:
        return f"{operand} != {source.name}(0)"
    return f"{target.name}({operand})"


def start(node: Value) -> str:
    """What a reduction starts from."""
    name, dtype = node.operation.name, node.dtype
    if name in ("all", "any"):
        return STARTS[name]
    if name in STARTS:
        return f"{dtype.name}({STARTS[name]})"
    if dtype.kind == FLOATS:
        return f"{dtype.name}({'-' if name == 'max' else ''}inf)"
    limits = np.iinfo(dtype)
    return f"{dtype.name}({limits.min if name == 'max' else limits.max})"
