"""Gradients: derivatives of scalars, in reverse mode."""

from collections.abc import Callable
from typing import Any

from sigma_core.errors import DerivativeError
from sigma_core.graph._gradients import gradients
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.transforms._arguments import (
    Argument,
    check_function,
    described,
    on_arrays_too,
    outputs_of,
    parted,
    varied,
)


def value_and_grad(
    function: Callable[..., Any], argument: Argument = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the result of `function`, a scalar, and its derivative by the argument at that position.

    The derivative has the containers, shapes and dtypes of the argument; with several positions it is a tuple. With
    `has_aux` the function returns a pair of which the first is differentiated, and so does the new one: ((result,
    auxiliary), derivative). Raises DerivativeError where there is no derivative.
    """
    check_function("what grad is to differentiate", function)

    def differentiated(*arguments: Any, **keywords: Any) -> Any:
        by = varied(arguments, argument)
        output, aux = parted(function(*by.complete, **keywords), has_aux=has_aux)
        value = _scalar(output)
        derivative = by.container(gradients(value, by.leaves))
        return (value, aux) if has_aux else value, derivative

    return on_arrays_too(differentiated)


def grad(function: Callable[..., Any], argument: Argument = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns the derivative of `function`, a scalar; with `has_aux` (derivative, auxiliary)."""
    both = value_and_grad(function, argument, has_aux=has_aux)

    def differentiated(*arguments: Any, **keywords: Any) -> Any:
        primal, derivative = both(*arguments, **keywords)
        return (derivative, primal[1]) if has_aux else derivative

    return differentiated


def _scalar(output: Any) -> Value:
    values, structure = outputs_of(output)
    if structure.kind != "leaf":
        raise DerivativeError(
            place(),
            f"a gradient was asked for of a function that returned {described(output)}",
            "a scalar",
            "return one, take a jacobian, or set has_aux for a pair of a scalar and what comes along",
        )
    return values[0]
