"""Reductions, in two kernels where one thread for each result would be too few: parts, then the whole of the parts.

The order in which numbers are added is fixed, so that a run can be repeated bit by bit. Sums and products of float32
are taken in float64: what takes the time is reading them.
"""

from collections.abc import Sequence
from math import prod

import numpy as np
from attrs import frozen

from sigma_core.extend import Value, Writer
from sigma_cuda.kernels._text import Parameter, c_type, cast, offset
from sigma_cuda.kernels._unit import launch

MANY = 2**16
"""Threads that fill a device."""
SHORT = 64
"""What one thread adds up without help."""


@frozen
class Rule:
    """How a reduction goes on from a total and an element, and what it begins with; None: with the first element."""

    step: str
    start: str | None
    wide: bool = False
    """Whether float32 is taken in float64."""


RULES = {
    "sum": Rule("{0} + {1}", "0", wide=True),
    "prod": Rule("{0} * {1}", "1", wide=True),
    "max": Rule("np_maximum({0}, {1})", None),
    "min": Rule("np_minimum({0}, {1})", None),
    "all": Rule("{0} && {1}", "true"),
    "any": Rule("{0} || {1}", "false"),
}
# Of several equal elements the first counts; the first NaN is the largest and the smallest of all.
AHEAD = {
    "argmax": "({1} > {0} || ({1} != {1} && {0} == {0}))",
    "argmin": "({1} < {0} || ({1} != {1} && {0} == {0}))",
}


@frozen(eq=False)
class Walk:
    """The axes of an operand, parted into those that stay and those that are gone over."""

    value: Value
    kept: Sequence[int]
    gone: Sequence[int]
    steps: Sequence[int]

    @classmethod
    def of(cls, writer: Writer, value: Value, axes: Sequence[int]) -> "Walk":
        """Over `axes` of a value."""
        layout = writer.arrangement.layout[value.index]
        kept = [axis for axis in range(value.ndim) if axis not in axes]
        return cls(value, kept, sorted(axes), [stride // layout.itemsize for stride in layout.strides])

    def length(self, axes: Sequence[int]) -> int:
        """Places along some axes together."""
        return prod(self.value.shape[axis] for axis in axes)

    def place(self, axes: Sequence[int], index: str) -> str:
        """The offset of place `index` along some axes."""
        return offset([self.steps[axis] for axis in axes], [self.value.shape[axis] for axis in axes], index)

    @property
    def is_along_memory(self) -> bool:
        """Whether what is gone over lies side by side, so that neighbouring threads should share one result."""
        return self.value.ndim - 1 in self.gone


def parts_of(results: int, length: int) -> int:
    """Into how many parts each result is cut."""
    if length <= SHORT:
        return 1
    return max(1, min(-(-length // 16), MANY // max(results, 1), 1024))


def reduce(writer: Writer, node: Value) -> list[str]:
    """Sum, product, extremes, all and any."""
    rule, value = RULES[node.operation.name], node.inputs[0]
    walk = Walk.of(writer, value, node.attributes["axes"])
    total = np.dtype(np.float64) if rule.wide and node.dtype == np.float32 else node.dtype
    results, length = walk.length(walk.kept), walk.length(walk.gone)
    parts = parts_of(results, length)
    read = Parameter("x", value.dtype)
    element = cast(f"x[base + {walk.place(walk.gone, 'n')}]", value.dtype, total)

    def body(result: str, first: str, step: int, out: str) -> list[str]:
        start = [f"{c_type(total)} total = {rule.start};"]
        if rule.start is None:
            start = [f"{c_type(total)} total = {element};", f"n += {step};"]
        return [
            f"const whole base = {walk.place(walk.kept, result)};",
            f"whole n = {first};",
            *start,
            *_loop(rule, element, length, step),
            f"{out} = total;",
        ]

    if parts == 1:
        arrays = [(writer.array(value), read), (writer.array(node), Parameter("y", node.dtype, written=True))]
        return launch(writer, node.operation.name, results, arrays, body("i", "0", 1, "y[i]"))
    scratch, _ = writer.scratch((results * parts,), total)
    result, part = _cut(walk, results, parts)
    arrays = [(writer.array(value), read), (scratch, Parameter("t", total, written=True))]
    lines = launch(writer, f"{node.operation.name}_parts", results * parts, arrays, body(result, part, parts, "t[i]"))
    place = f"i * {parts} + n" if walk.is_along_memory else f"n * {results} + i"
    arrays = [(scratch, Parameter("t", total)), (writer.array(node), Parameter("y", node.dtype, written=True))]
    whole = [
        "whole n = 0;",
        f"{c_type(total)} total = t[{place}];",
        "n = 1;",
        *_loop(rule, f"t[{place}]", parts, 1),
        "y[i] = total;",
    ]
    return lines + launch(writer, node.operation.name, results, arrays, whole)


def _loop(rule: Rule, element: str, length: int, step: int) -> list[str]:
    return [f"for (; n < {length}; n += {step}) total = {rule.step.format('total', element)};"]


def _cut(walk: Walk, results: int, parts: int) -> tuple[str, str]:
    """Which result and which part of it thread `i` has: neighbours read neighbours."""
    if walk.is_along_memory:
        return f"(i / {parts})", f"i % {parts}"
    return f"(i % {results})", f"i / {results}"


def position(writer: Writer, node: Value) -> list[str]:
    """Argmax and argmin: the first place of the largest or smallest element."""
    value, ahead = node.inputs[0], AHEAD[node.operation.name]
    walk = Walk.of(writer, value, (node.attributes["axis"],))
    results, length = walk.length(walk.kept), walk.length(walk.gone)
    parts = parts_of(results, length)
    read, written = Parameter("x", value.dtype), Parameter("y", node.dtype, written=True)
    element = f"x[base + {walk.place(walk.gone, 'n')}]"
    kind = c_type(value.dtype)

    def body(result: str, first: str, step: int, out: str) -> list[str]:
        return [
            f"const whole base = {walk.place(walk.kept, result)};",
            f"whole n = {first};",
            f"{kind} best = {element};",
            "long long found = n;",
            f"for (n += {step}; n < {length}; n += {step}) {{",
            f"    const {kind} other = {element};",
            f"    if ({ahead.format('best', 'other')}) {{ best = other; found = n; }}",
            "}",
            f"{out} = found;",
        ]

    if parts == 1:
        arrays = [(writer.array(value), read), (writer.array(node), written)]
        return launch(writer, node.operation.name, results, arrays, body("i", "0", 1, "y[i]"))
    scratch, _ = writer.scratch((results * parts,), np.int64)
    result, part = _cut(walk, results, parts)
    arrays = [(writer.array(value), read), (scratch, Parameter("t", np.dtype(np.int64), written=True))]
    lines = launch(writer, f"{node.operation.name}_parts", results * parts, arrays, body(result, part, parts, "t[i]"))
    place = f"i * {parts} + p" if walk.is_along_memory else f"p * {results} + i"
    arrays = [
        (writer.array(value), read),
        (scratch, Parameter("t", np.dtype(np.int64))),
        (writer.array(node), written),
    ]
    whole = [
        f"const whole base = {walk.place(walk.kept, 'i')};",
        "whole p = 0;",
        f"whole n = (whole)t[{place}];",
        f"{kind} best = {element};",
        "long long found = n;",
        f"for (p = 1; p < {parts}; ++p) {{",
        f"    n = (whole)t[{place}];",
        f"    const {kind} other = {element};",
        # Parts are interleaved: an equal element of a later part may stand before.
        "    const bool same = other == best || (other != other && best != best);",
        f"    if ({ahead.format('best', 'other')} || (same && n < found)) {{ best = other; found = n; }}",
        "}",
        "y[i] = found;",
    ]
    return lines + launch(writer, node.operation.name, results, arrays, whole)


CUMULATIVE = {"cumsum": ("0", "+"), "cumprod": ("1", "*")}


def accumulate(writer: Writer, node: Value) -> list[str]:
    """A thread for each line along the axis, in NumPy's order."""
    start, sign = CUMULATIVE[node.operation.name]
    (value,), axis = node.inputs, node.attributes["axis"]
    walk = Walk.of(writer, value, (axis,))
    behind = prod(node.shape[axis + 1 :])
    length = walk.length(walk.gone)
    element = cast(f"x[base + {walk.place(walk.gone, 'n')}]", value.dtype, node.dtype)
    body = [
        f"const whole base = {walk.place(walk.kept, 'i')};",
        f"const whole first = (i / {behind}) * {behind * length} + i % {behind};",
        f"{c_type(node.dtype)} total = {start};",
        f"for (whole n = 0; n < {length}; ++n) {{",
        f"    total = total {sign} {element};",
        f"    y[first + n * {behind}] = total;",
        "}",
    ]
    arrays = [
        (writer.array(value), Parameter("x", value.dtype)),
        (writer.array(node), Parameter("y", node.dtype, written=True)),
    ]
    threads = walk.length(walk.kept) if node.size else 0
    return launch(writer, node.operation.name, threads, arrays, body)
