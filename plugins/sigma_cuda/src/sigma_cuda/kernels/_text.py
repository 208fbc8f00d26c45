"""CUDA C as text: types, offsets and whole kernels."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from attrs import frozen

# Kernels index with 32 bits where that is enough: divisions by constants are cheaper.
SMALL = 2**31 - 2**10
TYPES = {
    "b1": "bool",
    "i1": "signed char",
    "i2": "short",
    "i4": "int",
    "i8": "long long",
    "u1": "unsigned char",
    "u2": "unsigned short",
    "u4": "unsigned int",
    "u8": "unsigned long long",
    "f4": "float",
    "f8": "double",
}


def c_type(dtype: np.dtype[Any]) -> str:
    """The type of an element."""
    return TYPES[f"{dtype.kind}{dtype.itemsize}"]


def has_type(*dtypes: np.dtype[Any]) -> bool:
    """Whether kernels know all of these dtypes; float16 and long doubles they do not."""
    return all(f"{dtype.kind}{dtype.itemsize}" in TYPES for dtype in dtypes)


def cast(text: str, source: np.dtype[Any], target: np.dtype[Any]) -> str:
    """An expression in another type, as NumPy casts."""
    if c_type(source) == c_type(target):
        return text
    return f"({text} != 0)" if target.kind == "b" else f"({c_type(target)})({text})"


def literal(array: np.ndarray[Any, Any]) -> str | None:
    """A single number as text; None where it is better read from memory."""
    number = array.item()
    if array.dtype.kind == "b":
        return "true" if number else "false"
    if array.dtype.kind in "iu":
        suffix = "ULL" if array.dtype.kind == "u" else "LL"
        return f"(({c_type(array.dtype)}){number}{suffix})" if abs(number) < 2**62 else None
    if not np.isfinite(number):
        return None
    return f"({number!r}f)" if array.dtype.itemsize == 4 else f"({number!r})"


def strides(layout: np.ndarray[Any, Any], shape: Sequence[int]) -> tuple[int, ...]:
    """Strides in elements of an array that is broadcast to `shape`."""
    own = np.broadcast_to(layout, tuple(shape)).strides if layout.size else (0,) * len(shape)
    return tuple(stride // layout.itemsize for stride in own)


def offset(steps: Sequence[int], shape: Sequence[int], index: str) -> str:
    """Where element `index`, in C order, of an array of such strides lies: an expression."""
    merged: list[tuple[int, int]] = []
    for size, step in zip(shape, steps, strict=True):
        if size == 1:
            continue
        if merged and merged[-1][1] == step * size:
            merged[-1] = merged[-1][0] * size, step
        else:
            merged.append((size, step))
    terms: list[str] = []
    inner = 1
    for place, (size, step) in reversed(list(enumerate(merged))):
        position = index if inner == 1 else f"{index} / {inner}"
        if place:
            position = f"({position}) % {size}" if inner > 1 else f"{index} % {size}"
        if step:
            terms.append(position if step == 1 and not terms and place == 0 else f"({position}) * {step}")
        inner *= size
    return " + ".join(reversed(terms)) or "0"


def coordinates(shape: Sequence[int], index: str) -> list[str]:
    """The place along each axis of element `index`, in C order: expressions."""
    places = []
    for axis, size in enumerate(shape):
        inner = prod(shape[axis + 1 :])
        position = index if inner == 1 else f"{index} / {inner}"
        places.append(position if axis == 0 else f"({position}) % {max(size, 1)}")
    return places


@frozen
class Parameter:
    """An array that a kernel is given: the address of its first element."""

    name: str
    dtype: np.dtype[Any]
    written: bool = False

    def __str__(self) -> str:
        """Its declaration."""
        return f"{'' if self.written else 'const '}{c_type(self.dtype)}* {self.name}"


def kernel(name: str, threads: int, parameters: Sequence[Parameter], body: Sequence[str], *, largest: int = 0) -> str:
    """The source of a kernel whose thread `i` of `threads` runs the body; `largest` is the largest offset there."""
    whole = "int" if max(threads, largest) < SMALL else "long long"
    return "\n".join(
        [
            f'extern "C" __global__ void {name}({", ".join(str(each) for each in parameters)}) {{',
            f"    typedef {whole} whole;",
            "    const whole i = (whole)blockIdx.x * blockDim.x + threadIdx.x;",
            f"    if (i >= {threads}) return;",
            *(f"    {line}" for line in body),
            "}",
            "",
        ]
    )
