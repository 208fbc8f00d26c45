"""What the tests of components share: their code traced and run as a graph, and the oracle."""

from types import SimpleNamespace

import numpy as np
import pytest

from sigma_core.extend import Context
from sigma_core.testing import evaluate, flatten, trace, vjp


@pytest.fixture(scope="session")
def run():
    """Run a function of arrays as a graph: `run(function, *arrays)`."""

    def run(function, *arrays):
        leaves, _ = flatten(arrays)
        (result,) = evaluate(trace(function, *arrays), *leaves)
        return result

    return run


@pytest.fixture(scope="session")
def derive():
    """Derivatives of the sum of a function's elements: `derive(function, *arrays)`, one for each array."""

    def derive(function, *arrays):
        result, pull = vjp(function, *arrays)
        return pull(np.ones_like(result))

    return derive


@pytest.fixture(scope="session")
def apply(run):
    """Run a layer by itself: `apply(layer, *inputs, weights=array, training=True, step=3)`."""

    def apply(layer, *inputs, training=False, dtype=np.float64, seed=1, step=1, **parameters):
        key = np.array([seed, step], np.uint64)

        def forward(inputs, parameters, key):
            context = Context("network.layers.tested", training=training, dtype=np.dtype(dtype), key=key)
            return layer.forward(*inputs, parameters=SimpleNamespace(**parameters), context=context)

        return run(forward, list(inputs), parameters, key)

    return apply


@pytest.fixture(scope="session")
def torch():
    """PyTorch, with which values and derivatives are compared in float64."""
    return pytest.importorskip("torch", reason="PyTorch, the oracle, is not installed: uv run --group oracle pytest")
