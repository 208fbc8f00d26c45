"""Rows looked up by number, as an embedding does: products are made of the table, not of all the rows that it gives.

Where a table has 80 rows and 2,048 are looked up, a product with each of them does the same work 25 times over.
"""

from collections.abc import Callable
from math import prod

import numpy as np

from sigma_core.graph._graph import Graph
from sigma_core.graph._record import record
from sigma_core.graph._value import Value
from sigma_core.graph.passes._rewrite import rewrite

FEWER = 2
"""How many times as many rows must be looked up as the table has."""


def move_lookups(graph: Graph) -> Graph:
    """Lookups move behind products, and sums of rows by number in front of them; the results round differently.

    With rows t[i] of a table t: t[i] w = (t w)[i]; and with s the sums of rows g by their numbers i:
    t[i]^T g = t^T s, and the sums of the rows of g w are s w. Reshapes and transposes move to the numbers.
    """
    return rewrite(graph, _moved)


def _moved(node: Value) -> Value | None:
    found = _once(node)
    while found is not None and (again := _once(found)) is not None:
        found = again
    return found


def _once(node: Value) -> Value | None:
    rule = RULES.get(node.operation.name)
    return rule(node) if rule else None


def _is_lookup(value: Value) -> bool:
    """Whether a value is rows of a matrix by one array of numbers."""
    return value.operation.name == "gather" and value.attributes["axes"] == (0,) and value.inputs[0].ndim == 2


def _pays(table_rows: int, numbers: Value) -> bool:
    return FEWER * table_rows <= numbers.size


def _lookup(table: Value, numbers: Value) -> Value:
    return record("gather", table, numbers, axes=(0,))


def _sums(rows: Value, numbers: Value, count: int) -> Value:
    return record("scatter_add", rows, numbers, axes=(0,), shape=(count, rows.shape[-1]))


def _reshape(node: Value) -> Value | None:
    (value,) = node.inputs
    if not _is_lookup(value) or not node.ndim or node.shape[-1] != value.shape[-1]:
        return None
    table, numbers = value.inputs
    shape = node.shape[:-1]
    # Without elements, sizes tell nothing of which axis is which.
    return _lookup(table, record("reshape", numbers, shape=shape)) if prod(shape) == numbers.size else None


def _transpose(node: Value) -> Value | None:
    (value,) = node.inputs
    *axes, last = node.attributes["axes"] or (0,)
    if not _is_lookup(value) or last != value.ndim - 1:
        return None
    table, numbers = value.inputs
    return _lookup(table, record("transpose", numbers, axes=tuple(axes)))


def _matmul(node: Value) -> Value | None:
    a, b = node.inputs
    if b.ndim != 2:
        return None
    if _is_lookup(a) and a.ndim == 2 and _pays(a.inputs[0].shape[0], a.inputs[1]):
        table, numbers = a.inputs
        return _lookup(record("matmul", table, b), numbers)
    turned = a.inputs[0] if a.operation.name == "transpose" and a.ndim == 2 and a.attributes["axes"] == (1, 0) else a
    if turned is not a and _is_lookup(turned) and _pays(turned.inputs[0].shape[0], turned.inputs[1]):
        table, numbers = turned.inputs
        return record("matmul", record("transpose", table, axes=(1, 0)), _sums(b, numbers, table.shape[0]))
    return None


def _scatter_add(node: Value) -> Value | None:
    rows, *others = node.inputs
    shape = node.attributes["shape"]
    if node.attributes["axes"] != (0,) or len(shape) != 2 or not node.size or not rows.size:
        return None
    (numbers,) = others
    if rows.operation.name == "reshape" and rows.inputs[0].ndim and rows.inputs[0].shape[-1] == rows.shape[-1]:
        given = rows.inputs[0]
        return _sums(given, record("reshape", numbers, shape=given.shape[:-1]), shape[0])
    if rows.operation.name == "transpose" and rows.attributes["axes"][-1] == rows.ndim - 1:
        order = tuple(int(axis) for axis in np.argsort(rows.attributes["axes"][:-1]))
        return _sums(rows.inputs[0], record("transpose", numbers, axes=order), shape[0])
    if rows.operation.name == "matmul" and rows.ndim == 2 and numbers.ndim == 1 and _pays(shape[0], numbers):
        given, other = rows.inputs
        return record("matmul", _sums(given, numbers, shape[0]), other)
    return None


RULES: dict[str, Callable[[Value], Value | None]] = {
    "matmul": _matmul,
    "reshape": _reshape,
    "scatter_add": _scatter_add,
    "transpose": _transpose,
}
