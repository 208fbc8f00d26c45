"""Whether operations keep their contract: what is inferred, computed, mapped and differentiated agrees."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sigma_core.errors import OperationError
from sigma_core.graph._check import check_grads
from sigma_core.graph._evaluate import evaluate
from sigma_core.graph._graph import Graph
from sigma_core.graph._structure import flatten
from sigma_core.graph._trace import trace_with
from sigma_core.graph._value import Value
from sigma_core.graph.operations import Kind
from sigma_core.graph.passes import optimise
from sigma_core.graph.transforms import vmap

TOLERANCES = {2: 1e-2, 4: 1e-4, 8: 1e-9}
"""By the bytes of a number."""


def check_operation(  # noqa: PLR0913  # one for each part of the contract
    function: Callable[..., Any],
    arguments: Sequence[Any],
    reference: Callable[..., Any] | None = None,
    *,
    order: int = 2,
    modes: Sequence[str] = ("reverse", "forward"),
    mapped: bool = True,
) -> None:
    """Hold a function of arrays, and every operation that it records, to the contract of operations.

    Each node has the shape and dtype that it said, and writes into `out` what it returns; the results are those of
    `reference`, of the optimised program and, where `mapped`, of `vmap`; the derivatives by the arguments of
    floating-point numbers are right up to `order`, as `check_grads` finds. Raises OperationError, DerivativeError.
    """
    arrays = [np.asarray(argument) for argument in arguments]
    with np.errstate(all="ignore"):
        traced = trace_with(function, tuple(arrays))
        results = evaluate(traced.graph, *arrays)
        if reference is not None:
            expected = [np.asarray(each) for each in flatten(reference(*arrays))[0]]
            _agree("the function beside its reference", results, expected)
        for node in traced.graph.nodes:
            _check_node(node, traced.graph, arrays)
        _agree("the optimised program", evaluate(optimise(traced.graph), *arrays), results)
        if mapped and arrays:
            stacked = [np.stack([array, array]) for array in arrays]
            found = [np.asarray(each) for each in flatten(vmap(function)(*stacked))[0]]
            _agree("the mapped function", found, [np.stack([result, result]) for result in results])
    floats = [position for position, array in enumerate(arrays) if array.dtype.kind == "f"]
    differentiable = [position for position, value in enumerate(traced.outputs) if value.dtype.kind == "f"]
    if order and floats and differentiable:

        def varied(*given: Any) -> list[Any]:
            complete: list[Any] = list(arrays)
            for position, array in zip(floats, given, strict=True):
                complete[position] = array
            outputs, _ = flatten(function(*complete))
            return [outputs[position] for position in differentiable]

        check_grads(varied, [arrays[position] for position in floats], order, modes)


def _check_node(node: Value, graph: Graph, arrays: Sequence[Any]) -> None:
    operation = node.operation
    if operation.kind in (Kind.SOURCE, Kind.CONTROL):
        return
    inputs = evaluate(Graph(graph.inputs, node.inputs), *arrays)
    result = np.asarray(operation.implementation(*inputs, **node.attributes))
    where = f"operation {operation.name!r}"
    if (result.shape, result.dtype) != (node.shape, node.dtype):
        said = f"{node.dtype}{list(node.shape)}, as its `infer` says"
        raise OperationError(where, f"its implementation gave {result.dtype}{list(result.shape)}", said)
    if not operation.is_view:
        out = np.full(node.shape, 7).astype(node.dtype)
        operation.implementation(*inputs, out=out, **node.attributes)
        _agree(f"{where} with `out`", [out], [result])


def _agree(where: str, found: Sequence[Any], expected: Sequence[Any]) -> None:
    for one, other in zip(found, expected, strict=True):
        if (one.shape, one.dtype) != (other.shape, other.dtype):
            raise OperationError(where, f"{one.dtype}{list(one.shape)}", f"{other.dtype}{list(other.shape)}")
        tolerance = TOLERANCES.get(one.dtype.itemsize, 1e-9)
        if not np.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True):
            wrong = np.argmax(~np.isclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True))
            raise OperationError(where, f"{np.ravel(one)[wrong]} at element {wrong}", f"{np.ravel(other)[wrong]}")
