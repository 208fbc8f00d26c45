"""Descent by the sign of the gradient."""

import numpy as np
from sigma_template import SignDescent

from sigma_core.extend import Slots
from sigma_core.testing import ComponentRegistry, Composer, check_optimiser, evaluate, trace


def test_it_keeps_the_contract_of_optimisers():
    """On every installed backend, in float32 and float64."""
    check_optimiser(SignDescent(learning_rate=0.01))


def test_a_step_has_the_same_length_in_every_direction():
    """Traced into a graph, as a trainer runs it."""
    optimiser = SignDescent(learning_rate=0.5)

    def step(parameter, gradient):
        return optimiser.update(parameter, gradient, Slots(), 1, optimiser)[0]

    arrays = np.zeros(3), np.array([10.0, -0.1, 0.0])
    (result,) = evaluate(trace(step, *arrays), *arrays)
    np.testing.assert_array_equal(result, [-0.5, 0.5, 0.0])


def test_a_recipe_can_name_it():
    """Once the plugin is installed."""
    composer = Composer(ComponentRegistry())
    assert composer.build("optimisers", {"use": "sign_descent", "learning_rate": 0.5}) == SignDescent(0.5)
