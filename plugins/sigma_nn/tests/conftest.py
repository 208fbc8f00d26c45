"""What the tests of components share: their code traced and run as a graph, and the oracle."""

from types import SimpleNamespace

import numpy as np
import pytest
from sigma_nn import Input

from sigma_core import Network
from sigma_core.extend import Context, as_value
from sigma_core.testing import ComponentRegistry, Composer, evaluate, flatten, trace, vjp


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
def expand():
    """A block by itself: `network, forward = expand(block, *inputs)`, where `forward(inputs, parameters)` runs it."""

    def expand(block, *inputs):
        entries = [Input(each.shape[1:], section=f"inputs_{number}") for number, each in enumerate(inputs)]
        network = Network.build(block(*entries), composer=Composer(ComponentRegistry()), dtype=np.float64)

        def forward(inputs, parameters, *, training=False, key=None):
            sections = dict(zip(network.sections, map(as_value, inputs), strict=True))
            (outputs,) = network.apply(sections, parameters, training=training, key=key).predictions.values()
            return outputs

        return network, forward

    return expand


@pytest.fixture(scope="session")
def torch():
    """PyTorch, with which values and derivatives are compared in float64."""
    return pytest.importorskip("torch", reason="PyTorch, the oracle, is not installed: uv run --group oracle pytest")
