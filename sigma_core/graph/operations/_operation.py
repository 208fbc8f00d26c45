"""What an operation is, and the one table of them."""

from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np
from attrs import field, frozen

Shape = tuple[int, ...]
Signature = tuple[Shape, np.dtype[Any]]


class Kind(Enum):
    """What an operation does with its inputs; passes and backends treat operations by kind."""

    SOURCE = "source"
    ELEMENTWISE = "elementwise"
    REDUCTION = "reduction"
    CONTRACTION = "contraction"
    VIEW = "view"
    JOIN = "join"
    GATHER = "gather"
    RANDOM = "random"
    CONTROL = "control"


@frozen(eq=False)
class Operation:
    """One row of the table: how an operation types its result, computes it and is differentiated.

    Derivative rules are NumPy code on values, so that derivatives are graphs which can be differentiated again.
    """

    name: str
    kind: Kind
    infer: Callable[..., Signature]
    """(*inputs, **attributes) -> shape and dtype; raises ShapeError. Inputs need `shape` and `dtype` only."""
    implementation: Callable[..., Any]
    """(*arrays, out=None, **attributes) -> array: in NumPy; a view takes no `out`."""
    reverse: Callable[[Any, Any, Any], Any] | None = None
    """(position, cotangent, node) -> what input `position` is due, or None for zero."""
    forward: Callable[[tuple[Any, ...], Any], Any] | None = None
    """(tangents, node) -> tangent of the node; a tangent of None is zero."""
    ufunc: np.ufunc | None = None
    batch: Callable[[tuple[Any, ...], tuple[bool, ...], Any], Any] | None = None
    """(inputs, batched, node) -> value: the node mapped over axis 0 of the inputs that are batched, its own axis 0."""
    count: Callable[[Any], int] | None = None
    """(node) -> floating-point operations, an addition being one; None: as many as `graph._cost` says for its kind."""
    results: Callable[..., tuple[Signature, ...]] | None = None
    """(**attributes) -> types of the results of a bundle, an operation of several; None for one that gives one array.

    A bundle is no array: the operation `pick` takes its results out of it. Its implementation gives them all; so do its
    rules, (positions, cotangents, node) -> what each of those inputs is due, and (tangents, node) -> their tangents.
    """

    @property
    def is_bundle(self) -> bool:
        """Whether there are several results, to be picked one by one."""
        return self.results is not None

    @property
    def is_view(self) -> bool:
        """Whether the result shares the memory of the first input."""
        return self.kind is Kind.VIEW

    @property
    def is_elementwise(self) -> bool:
        """Whether element i of the result needs element i of the inputs only, so that it can replace one of them."""
        return self.kind is Kind.ELEMENTWISE


OPERATIONS: dict[str, Operation] = {}
"""Every operation by name; plugins add theirs with `register`."""


def register(operation: Operation) -> Operation:
    """Add an operation to the table; a later one of the same name takes the place of the earlier."""
    OPERATIONS[operation.name] = operation
    return operation


@frozen(eq=False)
class Literal:
    """An array as an attribute of a node: read-only, equal by its contents when small, by identity when large."""

    array: np.ndarray[Any, Any]
    key: object = field(init=False)

    @key.default
    def _key(self) -> object:
        small = self.array.size <= 64
        return (self.array.shape, self.array.dtype.str, self.array.tobytes()) if small else id(self.array)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)
