"""Comparing derivatives with finite differences."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sigma_core.errors import DerivativeError
from sigma_core.graph._evaluate import evaluate
from sigma_core.graph._structure import flatten, unflatten
from sigma_core.graph._trace import trace_with
from sigma_core.graph.transforms import jvp, vjp

STEP = 1e-5
TOLERANCE = 1e-5


def check_grads(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("reverse", "forward"),
    seed: int = 0,
) -> None:
    """Compare the derivatives of a function of arrays with central differences, in float64, up to an order.

    Both modes are checked along random directions, then the derivatives' own derivatives. Raises DerivativeError with
    the two numbers where they differ by more than 1e-5 of their size.
    """
    leaves, structure = flatten(tuple(arguments))
    primals = tuple(unflatten(structure, [np.asarray(leaf, np.float64) for leaf in leaves]))
    _check(function, primals, order, tuple(modes), np.random.default_rng(seed))


def _check(
    function: Callable[..., Any],
    primals: tuple[Any, ...],
    order: int,
    modes: tuple[str, ...],
    random: np.random.Generator,
) -> None:
    directions = _like(primals, random)
    forward_difference = _difference(function, primals, directions)
    results, outside = flatten(_run(function, primals))
    cotangent = unflatten(outside, [random.standard_normal(np.shape(result)) for result in results])
    expected = _inner(cotangent, forward_difference)
    if "forward" in modes:
        _, moved = jvp(function, primals, directions)
        _compare("forward", order, _inner(cotangent, moved), expected)
    if "reverse" in modes:
        _, pull = vjp(function, *primals)
        _compare("reverse", order, _inner(pull(cotangent), directions), expected)
    if order > 1:
        if "forward" in modes:
            _check(lambda *inputs: jvp(function, inputs, directions)[1], primals, order - 1, modes, random)
        if "reverse" in modes:
            _check(lambda *inputs: vjp(function, *inputs)[1](cotangent), primals, order - 1, modes, random)


def _run(function: Callable[..., Any], primals: tuple[Any, ...]) -> Any:
    traced = trace_with(function, primals)
    return unflatten(traced.structure, evaluate(traced.graph, *traced.arrays))


def _like(container: Any, random: np.random.Generator) -> Any:
    leaves, structure = flatten(container)
    return unflatten(structure, [random.standard_normal(np.shape(leaf)) for leaf in leaves])


def _difference(function: Callable[..., Any], primals: Any, directions: Any) -> list[Any]:
    leaves, structure = flatten(primals)
    along, _ = flatten(directions)

    def moved(step: float) -> list[Any]:
        shifted = [leaf + step * each for leaf, each in zip(leaves, along, strict=True)]
        return flatten(_run(function, unflatten(structure, shifted)))[0]

    return [(up - down) / (2 * STEP) for up, down in zip(moved(STEP), moved(-STEP), strict=True)]


def _inner(first: Any, second: Any) -> float:
    pairs = zip(flatten(first)[0], flatten(second)[0], strict=True)
    return float(sum(np.vdot(a, b) for a, b in pairs))


def _compare(mode: str, order: int, found: float, expected: float) -> None:
    if not abs(found - expected) <= TOLERANCE * max(1.0, abs(expected)):
        raise DerivativeError(
            f"{mode} mode, {order} more order{'s' if order > 1 else ''} to check",
            f"the derivative along a random direction is {found:.9g}",
            f"{expected:.9g}, by finite differences",
        )
