"""Layers that break their contract are caught, each by what it breaks."""

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Constant, Dense, Dropout, Lstm, Residual, TiedDense

from sigma_core.errors import DataError
from sigma_core.extend import Layer, Parameter, custom_derivative, stop_gradient
from sigma_core.testing import check_layer

QUICK = {"backends": ["numpy"], "dtypes": ["float64"]}
VECTORS = np.arange(1.0, 21.0).reshape(5, 4)


def layer(forward, parameters=None):
    @frozen
    class Odd(Layer):
        """Made for a test, (batch, ...)."""

        def parameters(self, *shapes):
            """What the test asks for."""
            return parameters or {}

        def forward(self, inputs, *, parameters, context):
            """(batch, features) to what the test makes of it."""
            return forward(inputs, parameters, context)

    return Odd()


ONE = {"factor": Parameter((4,), Constant(1.0))}
KEPT = {"mean": Parameter((4,), Constant(1.0), trainable=False)}


def test_layers_that_keep_the_contract_pass():
    """With several inputs, sections of the data, drawing, borrowing, made of others."""
    sequences, steps = np.random.default_rng(0).normal(size=(3, 4, 2)), np.array([[1, 1, 0, 0], [1, 1, 1, 1], [1] * 4])
    check_layer(Dense(3))
    check_layer(Dropout(0.5), **QUICK)
    check_layer(Lstm(2), sequences, steps.astype(bool), **QUICK)
    check_layer(Lstm(2, mask="steps"), sequences, steps.astype(bool), **QUICK)
    check_layer(TiedDense(4, of="dense_1"), behind=Dense(4), **QUICK)
    check_layer(Residual([Dense(4)]), **QUICK)
    check_layer(Residual([Lstm(2, mask="steps")]), sequences, sections={"steps": steps.astype(bool)}, **QUICK)


def test_it_is_given_what_it_takes(caught):
    """Or says how much that is."""
    assert caught(check_layer, Dense(3), VECTORS, VECTORS) == (
        "Dense, inputs\n  expected: 1 that come in, and 0 sections of data\n  found:    2 arrays"
    )


def test_it_accepts_its_data(caught):
    """What it is checked with is data that it can take."""

    @frozen
    class Picky(Layer):
        """Made for a test, (batch, ...)."""

        def check_data(self, *arrays):
            """Never content."""
            raise DataError("inputs", "they are dull")

        def forward(self, inputs, *, parameters, context):
            """The same."""
            return inputs

    assert caught(check_layer, Picky()) == (
        "Picky, data that it can take\n"
        "  expected: that check_data accepts it\n"
        "  found:    DataError: inputs: they are dull"
    )


def test_a_network_can_be_built_of_it(caught):
    """With all that a network checks."""
    drawn = layer(lambda inputs, parameters, context: inputs + np.random.default_rng().normal())
    assert caught(check_layer, drawn, VECTORS, **QUICK).startswith(
        "Odd, building a network of it for float64[5, 4]\n"
        "  expected: that it runs\n"
        "  found:    NetworkError: network.layers.odd_1: its forward gave two programs that differ in their numbers"
    )


BROKEN = {
    "infinite": (
        lambda inputs, parameters, context: 1 / (inputs * 0),
        {},
        "a step in float64\n  expected: finite numbers\n  found:    np.float64(inf) at (0, 0)",
    ),
    "another dtype outside training": (
        lambda inputs, parameters, context: inputs if context.training else inputs > 0,
        {},
        (
            "what comes out in inference\n"
            "  expected: float64 of shape (5, 4), as in training\n"
            "  found:    bool of shape (5, 4)"
        ),
    ),
    "a derivative of its own that is wrong": (
        lambda inputs, parameters, context: inputs * stop_gradient(inputs),
        {},
        (
            "derivatives in training, forward mode, 2 more orders to check\n"
            "  expected: 56.9501121, by finite differences\n"
            "  found:    the derivative along a random direction is 28.475056"
        ),
    ),
    "a sum over the batch": (
        lambda inputs, parameters, context: inputs + np.sum(inputs[:, :1]),
        {},
        (
            "record 0 by itself, outside training\n"
            "  expected: what it gives among 5: [46.0, 47.0, 48.0, 49.0]\n"
            "  found:    [2.0, 3.0, 4.0, 5.0]"
        ),
    ),
    "fails without records": (
        lambda inputs, parameters, context: inputs + 0 * np.max(inputs),
        {},
        (
            "a batch without records\n"
            "  expected: that it runs\n"
            "  found:    NetworkError: network.layers.odd_1: with inputs of shape (0, 4): "
            "np.max over an axis of size 0 of shape (0, 4) has no result\n"
            "  to do:    change the layer's settings or the shape of what comes in"
        ),
    ),
    "no derivative in one of the modes": (
        lambda inputs, parameters, context: custom_derivative(np.tanh, lambda x, y, given: (given * given,))(inputs),
        {},
        (
            "derivatives in training\n"
            "  expected: those of finite differences\n"
            "  found:    DerivativeError: network.layers.odd_1: "
            "the reverse rule of tanh is not linear in its last argument, so the forward mode has no rule\n"
            "  expected: a linear rule, which serves both modes\n"
            "  to do:    give custom_derivative a forward rule as well, or take derivatives in reverse mode alone"
        ),
    ),
    "the same draw in every step": (
        lambda inputs, parameters, context: inputs + 0 * context.uniform((4,)) if context.training else inputs,
        {},
        "random numbers of two steps\n  expected: others in each step\n  found:    the same in both",
    ),
    "a parameter that is never read": (
        lambda inputs, parameters, context: inputs,
        ONE,
        (
            "parameters\n"
            "  expected: that forward reads all that are declared\n"
            "  found:    never read: ['network.layers.odd_1.factor']"
        ),
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_a_layer_breaks_is_told(broken, caught):
    """What was checked, what was expected, what was found."""
    forward, parameters, told = BROKEN[broken]
    assert caught(check_layer, layer(forward, parameters), VECTORS, **QUICK) == f"Odd, {told}"


def test_float32_stays(caught):
    """An array of NumPy in float64 makes float64 of it."""
    widening = layer(lambda inputs, parameters, context: inputs * np.ones(4))
    assert caught(check_layer, widening, backends=["numpy"]) == (
        "Odd, what comes out, in a network of float32\n  expected: float32\n  found:    float64"
    )


def test_state_that_is_tracked_is_used(caught):
    """Otherwise nobody needs it."""

    def forward(inputs, parameters, context):
        if context.training:
            context.track("mean", 0.5 * parameters.mean + stop_gradient(np.mean(inputs, axis=0)))
        return inputs

    assert caught(check_layer, layer(forward, KEPT), VECTORS, **QUICK) == (
        "Odd, state that is tracked\n"
        "  expected: that it is used outside training\n"
        "  found:    ['network.layers.odd_1.mean'] are read in training only"
    )


def test_state_that_is_tracked_stays_of_use(caught):
    """A step from it goes on."""

    def forward(inputs, parameters, context):
        if context.training:
            context.track("mean", 0 * parameters.mean)
        return inputs / parameters.mean

    assert caught(check_layer, layer(forward, KEPT), VECTORS[:1], **QUICK) == (
        "Odd, a step from tracked state\n  expected: finite numbers\n  found:    [[inf, inf, inf, inf]]"
    )
