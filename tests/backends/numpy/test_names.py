"""Names in the source of a program: those of inputs, of memory and of loops over parts never meet."""

import numpy as np
import pytest

import sigma_core as sigma
from sigma_core.backends.numpy import NumpyBackend

X = np.linspace(-1, 1, 6)


def chained(x):
    return np.tanh(np.sin(x) * 2 + 1) * x


def looped(x):
    return sigma.scan(lambda carry, each: (np.sin(carry + each), None), x[0], x[1:])[0]


FUNCTIONS = {
    "a chain and a loop": lambda x0, x1: (chained(x0) + looped(x1),),
    "a loop and a chain": lambda x0, x1: (looped(chained(x0)) + chained(x1),),
    "inputs behind a chain": lambda x0, x1: (np.sum(chained(x1)) + chained(x0), x1[::-1], x0[::-1], x0 @ x1),
}


@pytest.mark.parametrize("names", [("x0", "x1"), ("w0", "w1"), ("t0", "o1"), ("self", "function")])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_inputs_may_be_called_as_the_names_of_the_source(name, names):
    """The results are those of the function itself."""

    def function(**given):
        return FUNCTIONS[name](*(given[each] for each in names))

    inputs = dict(zip(names, (X, X[::-1] * 2), strict=True))
    expected = sigma.checkpoint(FUNCTIONS[name])(*inputs.values())
    compiled = sigma.compile(function, backend=NumpyBackend(part=2))
    for _ in range(2):
        for found, each in zip(compiled(**inputs), expected, strict=True):
            np.testing.assert_allclose(found, each)
