"""Making values: sources, recorded operations, and NEP 50 promotion between operands."""

from functools import lru_cache
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.operations import OPERATIONS, Literal, Shape


def record(name: str, /, *inputs: Value, weak: bool = False, **attributes: Any) -> Value:
    """A value of operation `name` on the inputs; raises ShapeError, saying in which layer, when they do not fit."""
    operation = OPERATIONS[name]
    shape, dtype = operation.infer(*inputs, **attributes)
    return Value(operation, inputs, attributes, shape, dtype, weak)


def placeholder(shape: Shape, dtype: Any, name: str, *, weak: bool = False) -> Value:
    """An input of a graph; a `weak` one is a 0-d float64 that promotes as a Python float."""
    return record("placeholder", weak=weak, shape=tuple(int(size) for size in shape), dtype=np.dtype(dtype), name=name)


def constant(array: Any, dtype: Any = None, *, weak: bool = False) -> Value:
    """An array that is part of the program; it is copied."""
    # In C order whatever the array's: backends that read raw memory count on it.
    copy = native(np.array(array, dtype=dtype, order="C"))
    if not is_numeric(copy.dtype):
        raise TraceError(
            place(),
            f"a value cannot hold {type(array).__name__} of dtype {copy.dtype}",
            "bool, int, float",
            remedy_for(copy.dtype),
        )
    copy.setflags(write=False)
    return record("constant", weak=weak, literal=Literal(copy))


def is_numeric(dtype: np.dtype[Any]) -> bool:
    """Whether values may have a dtype; long doubles, which no backend but NumPy's own loops knows, are left out."""
    return dtype.kind in "biuf" and dtype.itemsize <= 8


def remedy_for(dtype: np.dtype[Any]) -> str:
    """What to do with an array whose dtype values cannot have."""
    return "astype(np.float64)" if dtype.kind == "f" else ""


def native(array: np.ndarray) -> np.ndarray:
    """The array in the machine's order of bytes, which all values have."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def as_value(thing: Any) -> Value:
    """A value as it is; arrays as constants; Python numbers as weak constants."""
    if isinstance(thing, Value):
        return thing
    # NumPy's float64 is a Python float as well, but does not promote as one.
    weak = isinstance(thing, int | float) and not isinstance(thing, bool | np.generic)
    return constant(thing, weak=weak)


def named_value(thing: Any, name: str) -> Value:
    """As `as_value`; raises TraceError that calls by its name what is no array of numbers."""
    if not isinstance(thing, Value) and not is_numeric(dtype := np.asarray(thing).dtype):
        raise TraceError(
            place(),
            f"{name} is a {type(thing).__name__}, of dtype {dtype}",
            "arrays of bool, int or float, numbers, and containers of them",
            remedy_for(dtype),
        )
    return as_value(thing)


def full(shape: Shape, number: Any, dtype: Any) -> Value:
    """An array of one number; it takes the memory of a scalar."""
    scalar = constant(number, dtype)
    return record("broadcast_to", scalar, shape=shape) if shape else scalar


def cast(value: Value, dtype: Any, *, weak: bool = False) -> Value:
    """The value in another dtype; constants are converted here, with NumPy's check of integers that do not fit."""
    dtype = np.dtype(dtype)
    if value.dtype == dtype:
        return value
    if not is_numeric(dtype):
        raise TraceError(place(), f"a value cannot be of dtype {dtype}", "bool, int, float")
    if value.operation.name == "constant":
        array = value.attributes["literal"].array
        # A weak integer that does not fit raises OverflowError here, as in NumPy.
        return constant(array.item(), dtype) if value.weak and not weak else constant(array.astype(dtype), weak=weak)
    return record("cast", value, weak=weak, dtype=dtype)


def elementwise(ufunc: np.ufunc, *operands: Any) -> Value:
    """Record a ufunc on operands that broadcast; they are cast to the dtypes of the loop NumPy would choose."""
    values = [as_value(operand) for operand in operands]
    # Python numbers among themselves are of their own dtypes: NumPy would compare them as objects.
    types = [value.dtype for value in values] if all(value.weak for value in values) else map(_type, values)
    try:
        dtypes = _loop(ufunc, tuple(types))
    except TypeError as error:
        raise ShapeError(
            place(), f"np.{ufunc.__name__} has no loop for {_dtypes(values)}", remedy="convert with astype"
        ) from error
    weak = all(value.weak for value in values) and dtypes[-1].kind in "if"
    return record(
        ufunc.__name__,
        *(cast(value, dtype, weak=weak) for value, dtype in zip(values, dtypes[:-1], strict=True)),
        weak=weak,
    )


def common_dtype(*values: Value) -> np.dtype[Any]:
    """NumPy's result type, weak values counting as Python scalars."""
    if all(value.weak for value in values):
        return np.result_type(*(value.dtype for value in values))
    return np.result_type(*((value.dtype if not value.weak else _type(value)(0)) for value in values))


def _type(value: Value) -> Any:
    if not value.weak:
        return value.dtype
    return float if value.dtype.kind == "f" else int


def _dtypes(values: list[Value]) -> str:
    return " and ".join(str(value.dtype) for value in values)


@lru_cache(maxsize=4096)
def _loop(ufunc: np.ufunc, types: tuple[Any, ...]) -> tuple[np.dtype[Any], ...]:
    return ufunc.resolve_dtypes((*types, None))
