"""Optimisers that break their contract are caught."""

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Adam

from sigma_core.extend import Optimiser, Slots
from sigma_core.testing import check_optimiser

QUICK = {"backends": ["numpy"], "dtypes": ["float64"]}


def optimiser(change, **others):
    @frozen
    class Odd(Optimiser):
        """Made for a test."""

        learning_rate: float = 0.1

        slots = Slots(mean=0.0)
        by_parameter = others.get("by_parameter", False)

        def update(self, parameter, gradient, slots, step, settings):
            """What the test makes of it."""
            return change(parameter, gradient, slots, settings)

    return Odd


def descent(parameter, gradient, slots, settings):
    return parameter - settings.learning_rate * gradient, slots


def test_optimisers_that_keep_the_contract_pass():
    """On every backend; by parameter too."""
    check_optimiser(Adam(0.01))
    check_optimiser(optimiser(descent, by_parameter=True)(), **QUICK)


BROKEN = {
    "no pair": (
        lambda parameter, gradient, slots, settings: None,
        "update\n  expected: a pair: new parameters, new slots\n  found:    None",
    ),
    "other slots": (
        lambda parameter, gradient, slots, settings: (parameter, Slots(means=gradient)),
        "slots that update returns\n  expected: ['mean']\n  found:    ['means']",
    ),
    "another shape": (
        lambda parameter, gradient, slots, settings: (parameter, Slots(mean=np.mean(gradient))),
        "mean that update returns\n  expected: float64 of shape (6,), as it was given\n  found:    float64 of shape ()",
    ),
    "uphill": (
        lambda parameter, gradient, slots, settings: (parameter + settings.learning_rate * gradient, slots),
        "a quadratic after 9 steps in float64 on the backend numpy\n  expected: less than 3.48438\n  found:    65.7549",
    ),
    "settings of its own": (
        lambda parameter, gradient, slots, settings: (parameter - 0.5 * gradient, slots),
        (
            "a step at a learning rate of zero\n"
            "  expected: parameters as they were: [-1.0, -0.75, -0.5, 0.5, 0.75, 1.0]\n"
            "  found:    [-0.9375, -0.65625, -0.375, 0.25, 0.1875, 0.0]"
        ),
    ),
    "divided by a gradient of zero": (
        lambda parameter, gradient, slots, settings: (
            parameter - settings.learning_rate * gradient / np.abs(gradient) * 0.1,
            slots,
        ),
        (
            "parameters after a step with a gradient of zeros\n"
            "  expected: finite numbers\n"
            "  found:    np.float64(nan) at (0,)"
        ),
    ),
    "infinite": (
        lambda parameter, gradient, slots, settings: (parameter / (0 * settings.learning_rate), slots),
        (
            "parameters after 9 steps in float64 on the backend numpy\n"
            "  expected: finite numbers\n"
            "  found:    np.float64(-inf) at (0,)"
        ),
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_an_optimiser_breaks_is_told(broken, caught):
    """What was checked, what was expected, what was found."""
    change, told = BROKEN[broken]
    assert caught(check_optimiser, optimiser(change)(), steps=9, **QUICK) == f"Odd, {told}"


def test_hyperparameters_are_floats(caught):
    """Others are no placeholders of the step."""
    assert caught(check_optimiser, optimiser(descent)(1)) == (
        "Odd, setting 'learning_rate'\n"
        "  expected: a float, which can be changed while a run goes on: a converter makes it one\n"
        "  found:    1"
    )
