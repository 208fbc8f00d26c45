"""Products of a Hessian and a vector, without the Hessian."""

from collections.abc import Callable, Sequence
from typing import Any

from sigma_core.graph.transforms._arguments import check_tuple
from sigma_core.graph.transforms._grad import grad
from sigma_core.graph.transforms._jvp import jvp


def hvp(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    directions: Sequence[Any],
    *,
    has_aux: bool = False,
    **keywords: Any,
) -> Any:
    """The second derivative of `function`, a scalar, by all arguments, times a direction for each: a tuple of products.

    It costs a few gradients (forward mode over reverse mode). With `has_aux` (products, auxiliary). Raises
    DerivativeError where there is no derivative.
    """
    check_tuple("arguments of hvp", arguments)
    check_tuple("directions of hvp", directions)
    gradient = grad(function, range(len(arguments)), has_aux=has_aux)
    _, *products = jvp(gradient, arguments, directions, has_aux=has_aux, **keywords)
    return tuple(products) if has_aux else products[0]
