"""A value: the symbolic array that plain NumPy code is traced with (NEP 13 and NEP 18)."""

import operator
from collections.abc import Mapping, Sequence
from itertools import count
from math import prod
from typing import Any, NoReturn

import numpy as np
from attrs import Factory, field, frozen

from sigma_core.errors import AbsentError, TraceError, nearest
from sigma_core.graph._protocol import ALTERNATIVES, FUNCTIONS, METHODS, UPDATES, name_of
from sigma_core.graph._scope import current_line, current_scope, place
from sigma_core.graph.operations._operation import Operation, Shape

_indices = count()


@frozen(eq=False, repr=False)
class Value(np.lib.mixins.NDArrayOperatorsMixin):
    """A node of an expression: an operation on other values, with a known shape and dtype.

    Values come from `placeholder` and `trace`; NumPy's functions, operators and methods on them record more values. A
    `weak` value (a Python scalar, a hyperparameter) promotes as a Python scalar does under NEP 50.
    """

    operation: Operation
    inputs: tuple["Value", ...]
    attributes: Mapping[str, Any]
    shape: Shape
    dtype: np.dtype[Any]
    weak: bool = False
    scope: str = Factory(current_scope)
    line: str = Factory(current_line)
    """The user's own line that made it, `model.py:12: return x @ w`; empty unless such lines are kept."""
    # Inputs exist before what is made of them: sorting by index is a topological order, without recursion.
    index: int = field(factory=_indices.__next__, init=False)

    __hash__ = object.__hash__
    __array_priority__ = 1000

    def with_inputs(self, inputs: tuple["Value", ...]) -> "Value":
        """The same operation on other inputs of the same shapes and dtypes."""
        return Value(self.operation, inputs, self.attributes, self.shape, self.dtype, self.weak, self.scope, self.line)

    # NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        """NEP 13."""
        meaning = METHODS.get((ufunc, method))
        if method != "__call__" and meaning is None:
            self._refuse(f"{name_of(ufunc)}.{method} cannot be traced", _REMEDIES.get(method, "compose it of others"))
        if any(each is not None for each in keywords.get("out") or ()):
            self._refuse(
                f"{name_of(ufunc)} cannot write into `out`",
                "use the function's result: y = y + x for y += x, as_value(y).at[i].add(x) for y[i] += x",
            )
        keywords.pop("out", None)
        for name in keywords if method == "__call__" and ufunc.signature is None else ():
            remedy = _KEYWORDS.get(name, f"{name_of(ufunc)} without it")
            self._refuse(f"{name_of(ufunc)} with `{name}` cannot be traced", remedy)
        return self._call(ufunc, inputs, keywords) if meaning is None else meaning(*inputs, **keywords)

    def __array_function__(
        self, function: Any, types: Sequence[type], arguments: Sequence[Any], keywords: Mapping[str, Any]
    ) -> Any:
        """NEP 18."""
        return self._call(function, arguments, keywords)

    def _call(self, function: Any, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        meaning = FUNCTIONS.get(function)
        if meaning is None:
            name = name_of(function)
            if isinstance(function, np.ufunc) and getattr(np, function.__name__, None) is not function:
                remedy = _OTHERS.get(function.__name__, "compose it of NumPy's functions")
                self._refuse(f"{function.__name__}, which is not NumPy's, cannot be traced", remedy)
            known = [each.name.removeprefix("np.") for each in FUNCTIONS.values()]
            close = nearest(name.removeprefix("np."), known)
            nearest_one = f"the nearest that can: np.{close}" if close else "compose it of others"
            self._refuse(f"{name} cannot be traced", ALTERNATIVES.get(function, nearest_one))
        return meaning(*arguments, **keywords)

    def _refuse(self, found: str, remedy: str) -> NoReturn:
        raise TraceError(place(current_scope() or self.scope), found, remedy=remedy)

    # What a symbolic array cannot do

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        self._refuse("a value has no numbers before it runs, so it cannot become an array", _AS_ARRAY)

    def __bool__(self) -> NoReturn:  # noqa: PLE0304  # it returns nothing at all
        self._refuse("a value has no truth before it runs, so code cannot branch on it", "np.where(condition, a, b)")

    def __float__(self) -> NoReturn:
        self._refuse("a value has no number before it runs, so float() cannot read it", "keep it a value")

    def __int__(self) -> NoReturn:
        self._refuse("a value has no number before it runs, so int() cannot read it", "keep it a value")

    def __index__(self) -> NoReturn:  # noqa: PLE0305  # as above
        self._refuse(
            "a value has no number before it runs, so it cannot be a size, a number of steps or an index of a list",
            "value.shape for sizes, while_loop for steps, np.stack(list)[value] for an element",
        )

    def __format__(self, specification: str) -> str:
        if specification:
            self._refuse("a value has no number before it runs, so it cannot be written as one", "keep it a value")
        return repr(self)

    def __setitem__(self, key: Any, item: Any) -> NoReturn:
        self._refuse("a value is immutable, so nothing can be assigned to its items", "value.at[index].set(item)")

    def __iter__(self) -> NoReturn:
        self._refuse("a value cannot be iterated over", "whole-array functions, or np.unstack for its parts")

    def __contains__(self, item: Any) -> NoReturn:
        self._refuse("`in` would branch on a value", "np.any(value == item)")

    def __copy__(self) -> "Value":
        return self

    def __deepcopy__(self, memo: Any) -> "Value":
        return self

    # Augmented assignment rebinds the name; the mixin would write into the array.

    def __iadd__(self, other: Any) -> Any:
        return self + other

    def __isub__(self, other: Any) -> Any:
        return self - other

    def __imul__(self, other: Any) -> Any:
        return self * other

    def __itruediv__(self, other: Any) -> Any:
        return self / other

    def __ipow__(self, other: Any) -> Any:
        return self**other

    def __imatmul__(self, other: Any) -> Any:
        return self @ other

    # What ndarray has

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the elements."""
        return self.size * self.dtype.itemsize

    @property
    def T(self) -> Any:  # noqa: N802  # NumPy's name
        """Axes reversed."""
        return self._call(np.transpose, (self,), {})

    def __len__(self) -> int:
        if not self.shape:
            self._refuse("len() of a value without axes", "value.size")
        return self.shape[0]

    @property
    def at(self) -> Any:
        """`value.at[index].set(updates)`, or `add`, `multiply`, `minimum`, `maximum`: a new value."""
        return UPDATES["at"](self)

    def __getitem__(self, key: Any) -> Any:
        return self._call(operator.getitem, (self, key), {})

    @property
    def mT(self) -> Any:  # noqa: N802  # NumPy's name
        """The last two axes exchanged."""
        return self._call(np.matrix_transpose, (self,), {})

    @property
    def real(self) -> "Value":
        """The value itself, for it is real."""
        return self

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return self.dtype.itemsize

    def reshape(self, *shape: Any, **keywords: Any) -> Any:
        """As `ndarray.reshape`."""
        return self._call(np.reshape, (self, shape[0] if len(shape) == 1 else shape), keywords)

    def transpose(self, *axes: Any) -> Any:
        """As `ndarray.transpose`."""
        given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int | np.integer) else axes or None
        return self._call(np.transpose, (self, given), {})

    def astype(self, dtype: Any, **keywords: Any) -> Any:
        """As `ndarray.astype`; `copy` makes no difference to what is immutable."""
        return self._call(np.astype, (self, dtype), keywords)

    def __getattr__(self, name: str) -> Any:
        function = _SAME_AS_FUNCTION.get(name)
        if function is None:
            found = f"a value has no attribute {name!r}"
            if name.startswith("__"):
                # Libraries ask for their protocols often, and looking for the line of source takes time.
                raise AttributeError(found)
            close = nearest(name, (*_SAME_AS_FUNCTION, "T", "astype", "at", "dtype", "ndim", "reshape", "transpose"))
            remedy = _ABSENT.get(name, f"value.{close}" if close else "one of NumPy's functions")
            raise AbsentError(place(current_scope() or self.scope), found, remedy=remedy)
        return lambda *arguments, **keywords: self._call(function, (self, *arguments), keywords)

    def __repr__(self) -> str:
        return f"<value %{self.index} {self.operation.name} {self.dtype}{list(self.shape)}>"


_AS_ARRAY = "np.stack for values in a list; sigma_core.extend.as_value(array) where a value indexes or changes an array"

_ABSENT = {
    "choose": "np.select, or np.where",
    "compress": "np.where(mask, value, 0)",
    "fill": "np.full_like(value, number), for a value is immutable",
    "flat": "value.ravel()",
    "imag": "np.zeros_like(value), for values are real",
    "item": "keep it a value, for it has no number before it runs",
    "nonzero": "np.where(mask, value, 0)",
    "partition": "np.partition(value, number), for a value is immutable",
    "put": "value.at[index].set(item), for a value is immutable",
    "resize": "np.tile, value.reshape",
    "sort": "np.sort(value), for a value is immutable",
    "tobytes": "keep it a value, for it has no numbers before it runs",
    "tolist": "keep it a value, for it has no numbers before it runs",
    "view": "value.astype(dtype)",
}
"""What ndarray has and a value cannot have, with what to do."""

_OTHERS = {"erf": "sigma_core.extend.erf", "expit": "sigma_core.extend.sigmoid"}
"""What stands for functions of SciPy."""

_KEYWORDS = {
    "dtype": "astype, of the operands or of the result",
    "where": "np.where(where, result, otherwise)",
}
"""What to do in place of what ufuncs can be told."""

_REMEDIES = {
    "at": "value.at[index].add(updates), or set, multiply, minimum, maximum",
    "reduceat": "a reduction of each part of np.split(value, indices)",
}

_SAME_AS_FUNCTION: dict[str, Any] = {
    "all": np.all,
    "any": np.any,
    "argmax": np.argmax,
    "argmin": np.argmin,
    "argpartition": np.argpartition,
    "argsort": np.argsort,
    "clip": np.clip,
    "conj": np.conjugate,
    "conjugate": np.conjugate,
    "copy": np.copy,
    "cumprod": np.cumprod,
    "cumsum": np.cumsum,
    "diagonal": np.diagonal,
    "dot": np.dot,
    "flatten": np.ravel,
    "max": np.max,
    "mean": np.mean,
    "min": np.min,
    "prod": np.prod,
    "searchsorted": np.searchsorted,
    "ravel": np.ravel,
    "repeat": np.repeat,
    "round": np.round,
    "squeeze": np.squeeze,
    "std": np.std,
    "sum": np.sum,
    "swapaxes": np.swapaxes,
    "take": np.take,
    "trace": np.trace,
    "var": np.var,
}
