"""0-d floating-point results as expressions of NumPy scalars: a fraction of the cost of ufuncs on 0-d arrays.

NumPy's scalars have the semantics of its arrays (division by zero, overflow, rounding to float32), Python's have not.
"""

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np

from sigma_core.graph import Value

EXPRESSIONS: dict[str, str] = {
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide": "{0} / {1}",
    "power": "{0} ** {1}",
    "negative": "-{0}",
    "less": "{0} < {1}",
    "less_equal": "{0} <= {1}",
    "greater": "{0} > {1}",
    "greater_equal": "{0} >= {1}",
    "equal": "{0} == {1}",
    "not_equal": "{0} != {1}",
    "where": "{1} if {0} else {2}",
    "sqrt": "root({0})",
}


def expression(node: Value, operand: Callable[[Value], str]) -> str:
    """Source of a number from the sources of its operands; anything without an expression calls its ufunc."""
    operands = [operand(value) for value in node.inputs]
    if node.operation.name == "cast":
        return f"{node.dtype.name}({operands[0]})"
    known = EXPRESSIONS.get(node.operation.name)
    return known.format(*operands) if known else f"{node.operation.name}({', '.join(operands)})"


def root(number: Any) -> Any:
    """The square root of a NumPy scalar; Python's is as exact, for both widths, and costs a fifth of the ufunc."""
    return type(number)(sqrt(number)) if number >= 0 else np.sqrt(number)
