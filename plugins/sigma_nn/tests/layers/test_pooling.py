"""Pooling layers: one number for each window."""

import numpy as np
import pytest
from sigma_nn import AveragePooling, MaxPooling

from sigma_core import testing
from sigma_core.extend import SettingError, ShapeError, average_pool, max_pool
from sigma_core.testing import ComponentRegistry, Composer

INPUTS = np.random.default_rng(5).normal(size=(2, 7, 6, 4))
POOLINGS = pytest.mark.parametrize(
    ("layer", "pool"), [(MaxPooling, max_pool), (AveragePooling, average_pool)], ids=["max", "average"]
)


@POOLINGS
def test_outputs(layer, pool, apply):
    """With its settings handed on; strides are the window's sizes if none are given."""
    np.testing.assert_array_equal(apply(layer(), INPUTS), pool(INPUTS, 2))
    np.testing.assert_array_equal(apply(layer((3, 2)), INPUTS), pool(INPUTS, (3, 2), (3, 2)))
    np.testing.assert_array_equal(apply(layer(3, 2, "same"), INPUTS), pool(INPUTS, 3, 2, padding="same"))
    np.testing.assert_array_equal(apply(layer(2), INPUTS[:, 0]), pool(INPUTS[:, 0], 2))


@POOLINGS
def test_inputs_with_other_axes_are_refused(layer, pool, apply):
    """A network says which layer it was."""
    with pytest.raises(ShapeError) as caught:
        apply(layer(), INPUTS[:, 0, 0])
    assert testing.message(caught.value) == (
        "traced function: inputs of a pooling of shape (2, 4)\n"
        "  expected: (batch, width, channels) or (batch, height, width, channels)\n"
        "  to do:    np.reshape, with an axis of size 1 for a single channel"
    )


def test_settings_in_a_recipe():
    """Lists become tuples, and what is no size is refused."""
    table = {"use": "max_pooling", "window": [3, 2], "strides": [1, 2], "padding": [1, [0, 1]]}
    assert Composer(ComponentRegistry()).build("layers", table) == MaxPooling((3, 2), (1, 2), (1, (0, 1)))
    with pytest.raises(SettingError) as caught:
        MaxPooling(2, 0)
    assert (
        testing.message(caught.value)
        == "MaxPooling.strides: 0\n  expected: an integer of at least 1, or one for each axis"
    )
