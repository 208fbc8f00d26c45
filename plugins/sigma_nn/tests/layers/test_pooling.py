"""Pooling layers: one number for each window."""

import numpy as np
import pytest
from sigma_nn import AveragePooling, MaxPooling

from sigma_core import testing
from sigma_core.extend import SettingError, ShapeError, average_pool, max_pool
from sigma_core.testing import ComponentRegistry, Composer

INPUTS = np.random.default_rng(5).normal(size=(2, 7, 6, 4))
COUNTED = {"count_include_pad": False}
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
@pytest.mark.parametrize(
    ("inputs", "ours", "theirs"),
    [
        (INPUTS, {"window": (3, 2)}, {"kernel_size": (3, 2)}),
        (INPUTS, {"window": 3, "strides": (2, 1), "padding": 1}, {"kernel_size": 3, "stride": (2, 1), "padding": 1}),
        (INPUTS[:, 0], {"window": 2, "strides": 1}, {"kernel_size": 2, "stride": 1}),
        (INPUTS[:, 0], {"window": 4, "strides": 3, "padding": 2}, {"kernel_size": 4, "stride": 3, "padding": 2}),
    ],
)
def test_outputs_and_derivatives_are_those_of_pytorch(layer, pool, inputs, ours, theirs, torch, apply, derive):
    """On pictures and sequences; what is put around does not count."""
    count = inputs.ndim - 2
    kind, settings = (f"max_pool{count}d", {}) if pool is max_pool else (f"avg_pool{count}d", COUNTED)
    x = torch.tensor(np.moveaxis(inputs, -1, 1).copy(), requires_grad=True)
    expected = getattr(torch.nn.functional, kind)(x, **theirs, **settings)
    (expected**2).sum().backward()
    result = apply(layer(**ours), inputs)
    np.testing.assert_allclose(np.moveaxis(result, -1, 1), expected.detach().numpy(), rtol=1e-12, atol=1e-15)
    (found,) = derive(lambda x: layer(**ours).forward(x, parameters=None, context=None) ** 2, inputs)
    np.testing.assert_allclose(np.moveaxis(found, -1, 1), x.grad.numpy(), rtol=1e-9, atol=1e-12)


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
