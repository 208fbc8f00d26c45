"""Element-wise operations: one row per ufunc, with its derivatives.

A rule takes the cotangent (or tangent) g, the result y and the operands, and says what the operand is due. Element-wise
maps are diagonal, hence their own transposes: the same rule serves reverse and forward mode.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from sigma_core.graph.operations._operation import Kind, Operation, Signature, register
from sigma_core.graph.operations._shapes import broadcast

Rule = Callable[..., Any] | None
LOG_2 = float(np.log(2.0))
DEGREE = float(np.pi / 180)
LOG_10 = float(np.log(10.0))


def _power_by_base(g: Any, y: Any, a: Any, b: Any) -> Any:  # noqa: ARG001  # every derivative rule takes the same
    """The derivative b a^(b-1), which is 0 for b = 0 even where a^(b-1) is infinite."""
    exponent = b.attributes["literal"].array if b.operation.name == "constant" and not b.shape else None
    if exponent is None:
        return g * np.where(b == 0, 0, b * a ** np.where(b == 0, 1, b - 1))
    number = exponent.item()
    return None if number == 0 else g if number == 1 else g * (number * a ** (number - 1))


def _power_by_exponent(g: Any, y: Any, a: Any, b: Any) -> Any:  # noqa: ARG001  # every derivative rule takes the same
    """The derivative y log(a), which is 0 for a = 0."""
    return g * (y * np.log(np.where(a == 0, 1, a)))


def _over(numerator: Any, distance: Any) -> Any:
    """The quotient, 0 at the origin, where an angle has no derivative and a distance has zero among its own."""
    return np.where(distance == 0, 0, numerator / np.where(distance == 0, 1, distance))


def _fmax_first(a: Any, b: Any) -> Any:
    """Whether fmax is its first operand: NaN is passed over."""
    return np.isnan(b) | (a > b)


def _fmin_first(a: Any, b: Any) -> Any:
    return np.isnan(b) | (a < b)


# Where both operands of a maximum are equal, the second takes the whole derivative: that of np.maximum(x, 0) is 0 at 0.
# Their result is compared, which a next layer needs anyway: so the result may be written over the first operand.
DERIVATIVES: dict[np.ufunc, tuple[Rule, ...]] = {
    np.positive: (lambda g, _y, _x: g,),
    np.negative: (lambda g, _y, _x: -g,),
    np.add: (lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: g),
    np.subtract: (lambda g, _y, _a, _b: g, lambda g, _y, _a, _b: -g),
    np.multiply: (lambda g, _y, _a, b: g * b, lambda g, _y, a, _b: g * a),
    np.divide: (lambda g, _y, _a, b: g / b, lambda g, y, _a, b: -(g * y / b)),
    np.power: (_power_by_base, _power_by_exponent),
    np.remainder: (lambda g, _y, _a, _b: g, lambda g, _y, a, b: -(g * np.floor(a / b))),
    # Chosen, not multiplied: what is not finite in a cotangent stays where it belongs.
    np.maximum: (lambda g, y, _a, b: np.where(y > b, g, 0), lambda g, y, _a, b: np.where(y <= b, g, 0)),
    np.minimum: (lambda g, y, _a, b: np.where(y < b, g, 0), lambda g, y, _a, b: np.where(y >= b, g, 0)),
    # Divided twice by the distance, whose square may be no number where it is one.
    np.arctan2: (
        lambda g, _y, a, b: _over(_over(g * b, np.hypot(a, b)), np.hypot(a, b)),
        lambda g, _y, a, b: -_over(_over(g * a, np.hypot(a, b)), np.hypot(a, b)),
    ),
    np.hypot: (lambda g, y, a, _b: _over(g * a, y), lambda g, y, _a, b: _over(g * b, y)),
    np.fmax: (
        lambda g, _y, a, b: np.where(_fmax_first(a, b), g, 0),
        lambda g, _y, a, b: np.where(_fmax_first(a, b), 0, g),
    ),
    np.fmin: (
        lambda g, _y, a, b: np.where(_fmin_first(a, b), g, 0),
        lambda g, _y, a, b: np.where(_fmin_first(a, b), 0, g),
    ),
    np.fmod: (lambda g, _y, _a, _b: g, lambda g, _y, a, b: -(g * np.trunc(a / b))),
    np.copysign: (lambda g, y, a, _b: g * (np.sign(a) * np.sign(y)), None),
    np.float_power: (_power_by_base, _power_by_exponent),
    np.heaviside: (None, lambda g, _y, a, _b: np.where(a == 0, g, 0)),
    np.logaddexp2: (lambda g, y, a, _b: g * np.exp2(a - y), lambda g, y, _a, b: g * np.exp2(b - y)),
    np.logaddexp: (lambda g, y, a, _b: g * np.exp(a - y), lambda g, y, _a, b: g * np.exp(b - y)),
    np.absolute: (lambda g, _y, x: g * np.sign(x),),
    np.fabs: (lambda g, _y, x: g * np.sign(x),),
    np.deg2rad: (lambda g, _y, _x: g * DEGREE,),
    np.radians: (lambda g, _y, _x: g * DEGREE,),
    np.rad2deg: (lambda g, _y, _x: g / DEGREE,),
    np.degrees: (lambda g, _y, _x: g / DEGREE,),
    np.square: (lambda g, _y, x: g * (2 * x),),
    np.sqrt: (lambda g, y, _x: g * 0.5 / y,),
    np.cbrt: (lambda g, y, _x: g / (3 * y * y),),
    np.reciprocal: (lambda g, y, _x: -(g * y * y),),
    np.exp: (lambda g, y, _x: g * y,),
    np.exp2: (lambda g, y, _x: g * (y * LOG_2),),
    np.expm1: (lambda g, y, _x: g * (y + 1),),
    np.log: (lambda g, _y, x: g / x,),
    np.log2: (lambda g, _y, x: g / (x * LOG_2),),
    np.log10: (lambda g, _y, x: g / (x * LOG_10),),
    np.log1p: (lambda g, _y, x: g / (x + 1),),
    np.sin: (lambda g, _y, x: g * np.cos(x),),
    np.cos: (lambda g, _y, x: -(g * np.sin(x)),),
    np.tan: (lambda g, y, _x: g * (1 + y * y),),
    np.arcsin: (lambda g, _y, x: g / np.sqrt(1 - x * x),),
    np.arccos: (lambda g, _y, x: -(g / np.sqrt(1 - x * x)),),
    np.arctan: (lambda g, _y, x: g / (1 + x * x),),
    np.sinh: (lambda g, _y, x: g * np.cosh(x),),
    np.cosh: (lambda g, _y, x: g * np.sinh(x),),
    np.tanh: (lambda g, y, _x: g * (1 - y * y),),
    np.arccosh: (lambda g, _y, x: g / np.sqrt(x * x - 1),),
    np.arcsinh: (lambda g, _y, x: g / np.sqrt(x * x + 1),),
    np.arctanh: (lambda g, _y, x: g / (1 - x * x),),
}

# Constant between their jumps: their derivative is zero.
STEPS: tuple[np.ufunc, ...] = (np.sign, np.floor, np.ceil, np.rint, np.trunc, np.floor_divide)

# No derivative passes through truth values and integers.
DISCRETE: tuple[np.ufunc, ...] = (
    *(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal),
    *(np.logical_and, np.logical_or, np.logical_xor, np.logical_not),
    *(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift),
    *(np.isfinite, np.isinf, np.isnan, np.signbit),
)


def unbroadcast(value: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the axes along which something of `shape` was broadcast: the transpose of broadcasting."""
    if value.shape == shape:
        return value
    new = value.ndim - len(shape)
    axes = (*range(new), *(new + axis for axis, size in enumerate(shape) if size == 1 and value.shape[new + axis] != 1))
    return np.sum(value, axis=axes).reshape(shape)


def ufunc_operation(ufunc: np.ufunc, rules: tuple[Rule, ...]) -> Operation:
    """The row of a ufunc, its derivatives being those of the table."""

    def infer(*inputs: Any) -> Signature:
        return broadcast(*(each.shape for each in inputs)), _result(ufunc, tuple(each.dtype for each in inputs))

    def reverse(position: int, cotangent: Any, node: Any) -> Any:
        rule = rules[position]
        due = rule(cotangent, node, *node.inputs) if rule else None
        return None if due is None else unbroadcast(due, node.inputs[position].shape)

    def forward(tangents: tuple[Any, ...], node: Any) -> Any:
        total = None
        for rule, tangent in zip(rules, tangents, strict=True):
            part = None if rule is None or tangent is None else rule(tangent, node, *node.inputs)
            if part is not None:
                total = part if total is None else total + part
        return None if total is None else np.broadcast_to(total, node.shape)

    return Operation(ufunc.__name__, Kind.ELEMENTWISE, infer, ufunc, reverse, forward, ufunc)


@lru_cache(maxsize=4096)
def _result(ufunc: np.ufunc, dtypes: tuple[np.dtype[Any], ...]) -> np.dtype[Any]:
    return ufunc.resolve_dtypes((*dtypes, None))[-1]


UFUNC_OPERATIONS: dict[np.ufunc, Operation] = {
    ufunc: register(ufunc_operation(ufunc, rules))
    for ufunc, rules in (
        DERIVATIVES
        | {ufunc: (None,) * ufunc.nin for ufunc in STEPS}
        | {ufunc: (None,) * ufunc.nin for ufunc in DISCRETE}
    ).items()
}
