"""Activations that break their contract are caught."""

import numpy as np
from attrs import frozen

from sigma_core.extend import Activation
from sigma_core.testing import check_activation


def test_the_shape_is_kept(caught):
    """Of any number of axes."""

    @frozen
    class Halving(Activation):
        """Every other feature, (batch, features)."""

        def __call__(self, inputs):
            return inputs[..., ::2]

    assert caught(check_activation, Halving()) == (
        "Halving, what comes out\n  expected: float32 of shape (5, 4)\n  found:    float32 of shape (5, 2)"
    )


def test_any_number_of_axes_is_taken(caught):
    """What only vectors have is not looked for."""

    @frozen
    class Flat(Activation):
        """The same, (batch, features)."""

        def __call__(self, inputs):
            batch, features = inputs.shape
            return inputs.reshape(batch, features)

    assert caught(check_activation, Flat()) == (
        "Flat, inputs of shape (2, 3, 4)\n"
        "  expected: that it runs\n"
        "  found:    ValueError: too many values to unpack (expected 2)"
    )


def test_it_is_checked_in_a_network(caught):
    """As a layer is."""

    @frozen
    class Centred(Activation):
        """Without the mean of all, (batch, features)."""

        def __call__(self, inputs):
            return inputs + np.sum(inputs)

    told = caught(check_activation, Centred(), np.arange(1.0, 5.0).reshape(2, 2), backends=["numpy"])
    assert told == (
        "Centred, record 0 by itself, outside training\n"
        "  expected: what it gives among 2: [11.0, 12.0]\n"
        "  found:    [4.0, 5.0]"
    )
