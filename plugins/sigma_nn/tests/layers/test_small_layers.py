"""Layers of few lines: flatten, reshape, permute, output and element-wise."""

import numpy as np
import pytest
from sigma_nn import ElementWise, Flatten, Output, Permute, Relu, Reshape

from sigma_core.extend import SettingError, ShapeError
from sigma_core.testing import ComponentRegistry, Composer


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


def test_output(apply):
    """What comes in comes out; the network takes it as an answer."""
    inputs = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(apply(Output(), inputs), inputs)
    assert Output().is_output


@pytest.mark.parametrize(
    ("shape", "expected"), [((4, 3), (4, 3)), ((-1, 2, 2), (3, 2, 2)), ((2, -1), (2, 6)), (12, (12,)), ([-1], (12,))]
)
def test_reshape(shape, expected, apply):
    """As NumPy does with each record, for a batch without records as well."""
    inputs = np.arange(24.0).reshape(2, 3, 4)
    assert np.array_equal(apply(Reshape(shape), inputs), inputs.reshape(2, *expected))
    assert apply(Reshape(shape), inputs[:0]).shape == (0, *expected)


@pytest.mark.parametrize("shape", [(), (0, 12), (-1, -1), (-2, 6), (True, 12), (2.0, 6), "wide", 1.5])
def test_a_shape_that_is_none_is_refused(shape):
    """One extent may be left open."""
    with pytest.raises(SettingError) as caught:
        Reshape(shape)
    assert str(caught.value) == (
        f"Reshape.shape: {shape!r}\n  expected: positive integers, one for each axis of a record; one may be -1"
    )


@pytest.mark.parametrize(
    ("shape", "expected"), [((5, 2), "as many as (5, 2) has"), ((5, -1), "a multiple of 5, for (5, -1)")]
)
def test_records_of_another_size_are_not_reshaped(shape, expected, apply):
    """With both sizes."""
    with pytest.raises(ShapeError) as caught:
        apply(Reshape(shape), np.zeros((2, 3, 4)))
    assert str(caught.value) == (
        f"Reshape: records of shape (3, 4) have 12 elements\n  expected: {expected}\n  to do:    give it another shape"
    )


def test_permute(apply):
    """Axes are those of a record, from 0; the batch stays first."""
    inputs = np.arange(120.0).reshape(2, 3, 4, 5)
    assert np.array_equal(apply(Permute((2, 0, 1)), inputs), inputs.transpose(0, 3, 1, 2))
    assert np.array_equal(apply(Permute([0]), inputs[:, :, 0, 0]), inputs[:, :, 0, 0])


@pytest.mark.parametrize("axes", [(), (1, 2), (0, 0), (0, -1), (0.0, 1), (False, True), "ab", 0])
def test_axes_that_are_no_order_are_refused(axes):
    """Each is named once."""
    with pytest.raises(SettingError) as caught:
        Permute(axes)
    shown = tuple(axes) if isinstance(axes, str) else axes
    assert str(caught.value) == f"Permute.axes: {shown!r}\n  expected: each axis of a record once, counted from 0"


def test_records_of_other_axes_are_not_permuted(apply):
    """With what there is and what is named."""
    with pytest.raises(ShapeError) as caught:
        apply(Permute((1, 0)), np.zeros((2, 3, 4, 5)))
    assert str(caught.value) == (
        "Permute: records of shape (3, 4, 5) for axes (1, 0)\n"
        "  expected: records of 2 axes\n"
        "  to do:    name each axis of a record once"
    )


def test_shapes_and_axes_in_a_recipe():
    """Lists."""
    build = Composer(ComponentRegistry()).build
    assert build("layers", {"use": "reshape", "shape": [2, -1]}) == Reshape((2, -1))
    assert build("layers", {"use": "permute", "axes": [1, 0]}) == Permute((1, 0))
