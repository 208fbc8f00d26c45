"""Results at arrays belong to the caller, who may write into them."""

from itertools import combinations

import numpy as np
import pytest

import sigma_core as sigma
from sigma_core.graph import flatten

X = np.array([0.3, -0.7, 1.1])
V = np.ones(3)

RESULTS = {
    "an argument": lambda: sigma.vmap(lambda x: x)(X),
    "an argument twice": lambda: sigma.vmap(lambda x: (x, x))(X),
    "a result twice": lambda: sigma.vmap(lambda x: (2 * x,) * 2)(X),
    "a view of a result": lambda: sigma.checkpoint(lambda x: (y := 2 * x, y[::-1]))(X),
    "a number repeated": lambda: sigma.grad(np.sum)(X),
    "a constant": lambda: sigma.cond(np.True_, lambda _x: np.ones(3), lambda _x: np.zeros(3), X),
    "an auxiliary result": lambda: sigma.grad(lambda x: (np.sum(x), x), has_aux=True)(X),
    "directions": lambda: sigma.jvp(lambda x: x, (X,), (V,)),
    "a unit matrix": lambda: sigma.jacobian(lambda x: x)(X),
    "cotangents": lambda: sigma.vjp(lambda x: x, X)[1](V),
    "what is linear": lambda: sigma.linearize(lambda x: x, X)[1](V),
    "a point": lambda: sigma.linearize(lambda x: x, X)[0],
    "a carry that stays": lambda: sigma.scan(lambda carry, x: (carry, x), X, np.ones((2, 3))),
    "a loop that does not run": lambda: sigma.while_loop(lambda x: x[0] > 1, lambda x: 2 * x, X),
    "a compiled argument": lambda: sigma.compile(lambda x: (x, x, x[::-1]))(X),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_are_arrays_of_the_caller(name):
    """Neither an argument nor another result changes when one is written to, and all can be."""
    results, _ = flatten(RESULTS[name]())
    for result in results:
        assert result.flags.writeable
        assert not np.shares_memory(result, X)
        assert not np.shares_memory(result, V)
    assert not any(np.shares_memory(one, other) for one, other in combinations(results, 2))
