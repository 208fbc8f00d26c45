"""Layers of one line: flatten and element-wise."""

import numpy as np
from sigma_nn import ElementWise, Flatten, Relu


def test_flatten(apply):
    """Records become vectors, the last axis fastest."""
    inputs = np.arange(24.0).reshape(2, 3, 4)
    assert np.array_equal(apply(Flatten(), inputs), inputs.reshape(2, 12))
    assert apply(Flatten(), np.zeros(3)).shape == (3, 1)
    assert apply(Flatten(), np.zeros((0, 3, 4))).shape == (0, 12)


def test_element_wise(apply):
    """An activation as a layer."""
    inputs = np.array([[-1.0, 2.0]])
    assert np.array_equal(apply(ElementWise(Relu()), inputs), [[0.0, 2.0]])
