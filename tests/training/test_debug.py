"""Training on the debug backend: the run ends where numbers end, and says where that was."""

import os
from pathlib import Path

import numpy as np
import pytest
from attrs import frozen

import sigma_core as sigma
from sigma_core.errors import NumericalError
from sigma_core.extend import Layer


@frozen
class Logarithm(Layer):
    """Meant to be given what is positive."""

    def forward(self, inputs, *, parameters, context):
        """The same shape."""
        return np.log(inputs)


def line_of(text):
    """Where it stands in this file, as errors write it."""
    lines = Path(__file__).read_text("utf-8").splitlines()
    number = next(number for number, line in enumerate(lines, start=1) if line.strip() == text)
    return f"{os.path.relpath(__file__)}:{number}: {text}"


def trainer(backend="debug", rate=1e-2, **changes):
    data = sigma.InMemory({"inputs": np.linspace(0.1, 2, 24).reshape(12, 2), "targets": np.arange(12) % 3})
    settings = {
        "network": [
            {"use": "input", "shape": [2]},
            Logarithm(),
            {"use": "dense", "size": 3},
            "softmax_cross_entropy",
        ],
        "data": data,
        "optimiser": {"use": "gradient_descent", "learning_rate": rate},
        "stop": "3 epochs",
        "batch_size": 4,
        "seed": 1,
        "backend": backend,
    }
    return sigma.Trainer(**(settings | changes))


def test_a_run_is_the_same_as_without():
    """Scores and parameters, bit for bit."""
    first, second = trainer("numpy"), trainer()
    assert first.run().scores == second.run().scores
    np.testing.assert_array_equal(
        first.get("network.layers.dense_1.weights"), second.get("network.layers.dense_1.weights")
    )


def test_the_iteration_is_named():
    """The first that does not give numbers; parameters are those that led to it."""
    diverging = trainer(rate=3e38, dtype="float32")
    with pytest.raises(NumericalError) as caught:
        diverging.run()
    error = caught.value
    assert (error.iteration, error.operation) == (2, "sum")
    assert diverging.clock.iteration == 1
    assert np.isfinite(diverging.get("network.layers.dense_1.weights")).all()


def test_the_layer_is_named():
    """With the whole message; the exit code is that of a fault in what was given."""
    data = sigma.InMemory({"inputs": np.array([[1.0, 2], [3, 0], [1, 1]]), "targets": np.array([0, 1, 2])})
    with pytest.raises(NumericalError) as caught:
        trainer(data=data, batch_size=3).run()
    assert str(caught.value) == (
        "network.layers.logarithm_1, iteration 1: log (%7) gives -inf in 1 of 6, from float32[3, 2] from 0 to 3\n"
        f"  at:       {line_of('return np.log(inputs)')}\n"
        "  expected: finite numbers\n"
        "  to do:    keep its operand from reaching 0, as with np.maximum"
    )
    assert caught.value.exit_code == 2


def test_scoring_and_predicting_are_watched():
    """What is not finite there is no iteration's."""
    asked = trainer().build()
    with pytest.raises(NumericalError) as caught:
        asked.predict(np.zeros((1, 2)))
    assert caught.value.iteration is None
    assert caught.value.layer == "network.layers.logarithm_1"


def test_other_backends_go_on():
    """With NaN, as ever: a criterion may look for it."""
    run = trainer("numpy", rate=3e38, dtype="float32").run()
    assert np.isnan(run.scores["training.loss"])


def test_a_derivative_is_of_the_line_that_it_is_the_derivative_of():
    """Where the root is taken of 0, whose slope is infinite."""

    @frozen
    class Root(Layer):
        """Meant to be given what is positive."""

        def forward(self, inputs, *, parameters, context):
            """The same shape."""
            return np.sqrt(inputs - inputs)

    network = [{"use": "input", "shape": [2]}, {"use": "dense", "size": 3}, Root(), "softmax_cross_entropy"]
    with pytest.raises(NumericalError) as caught:
        trainer(network=network).run()
    assert (caught.value.operation, caught.value.layer) == ("divide", "network.layers.root_1")
    assert caught.value.line == line_of("return np.sqrt(inputs - inputs)")
