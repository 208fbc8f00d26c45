"""Layers tried on a probe: what would go wrong later is refused before there are any numbers."""

import linecache
import os

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Input, SquaredDifference

from sigma_core.errors import NetworkError
from sigma_core.network import Layer, Network


def refused(layer):
    with pytest.raises(NetworkError) as caught:
        Network.build(Input(4) + layer + SquaredDifference())
    return str(caught.value)


def first_line(method):
    """The line of a message that names the first line of a method."""
    number = method.__code__.co_firstlineno
    return f"  at:       {os.path.relpath(__file__)}:{number}: {linecache.getline(__file__, number).strip()}\n"


def test_numbers_drawn_by_numpy_are_refused():
    """They would be drawn once, when the layer is traced, and be the same in every step."""

    @frozen
    class Noisy(Layer):
        def forward(self, inputs, *, parameters, context):
            return inputs + np.random.normal(size=4).astype(np.float32)  # noqa: NPY002  # the fault that is tested

    assert refused(Noisy()) == (
        "network.layers.noisy_1: its forward gave two programs that differ in their numbers\n"
        f"{first_line(Noisy.forward)}"
        "  expected: the same program whenever it is traced: what it draws by np.random is drawn once and never again\n"
        "  to do:    draw random numbers by context.uniform(shape) or context.normal(shape)"
    )


def test_constants_are_no_random_numbers():
    """A layer may hold any numbers, not-a-number among them, as long as they stay."""

    @frozen
    class Fixed(Layer):
        def forward(self, inputs, *, parameters, context):
            return inputs + np.array([1.0, np.nan, 0.0, -0.0], np.float32)

    Network.build(Input(4) + Fixed())


def test_a_shape_of_its_own_for_validation_is_refused():
    """It would show after the first epoch."""

    @frozen
    class Changing(Layer):
        def forward(self, inputs, *, parameters, context):
            return inputs if context.training else inputs[:, :2]

    assert refused(Changing()) == (
        "network.layers.changing_1: its forward returned a value of shape (2, 2) where context.training is false\n"
        f"{first_line(Changing.forward)}"
        "  expected: a value of shape (batch, 4), as in training\n"
        "  to do:    return the same shape in both"
    )
