"""Modifiers: against PyTorch, and for gradients of zeros, huge numbers and NaN."""

from types import SimpleNamespace

import attrs
import numpy as np
import pytest
from sigma_nn import (
    ClipByGlobalNorm,
    ClipByNorm,
    ClipByValue,
    L1Penalty,
    L2Penalty,
    MaxNorm,
    NonNegative,
    Scale,
)

from sigma_core.extend import SettingError

SHAPES = [(3, 4), (4,), (2, 3, 5), (1, 1)]


def arrays(seed, deviation=1.0):
    random = np.random.default_rng(seed)
    return [random.normal(0, deviation, shape) for shape in SHAPES]


GRADIENTS = arrays(1)
PARAMETERS = arrays(2, 3.0)


def changed(modifier, gradients=GRADIENTS, parameters=PARAMETERS):
    """New gradients."""
    return modifier.gradients(gradients, parameters, SimpleNamespace(**attrs.asdict(modifier)))


def updated(modifier, parameters=PARAMETERS):
    """New parameters."""
    return modifier.updated(parameters, SimpleNamespace(**attrs.asdict(modifier)))


def assert_same(found, expected, tolerance=1e-12):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def with_gradients(torch, gradients=GRADIENTS):
    """Tensors that have these gradients."""
    tensors = [torch.zeros(gradient.shape, dtype=torch.float64, requires_grad=True) for gradient in gradients]
    for tensor, gradient in zip(tensors, gradients, strict=True):
        tensor.grad = torch.from_numpy(gradient.copy())
    return tensors


def gradients_of(tensors):
    return [tensor.grad.numpy() for tensor in tensors]


# Gradients


@pytest.mark.parametrize("limit", [0.3, 100.0])
def test_clip_by_value_is_that_of_pytorch(limit, torch):
    """Each element by itself."""
    tensors = with_gradients(torch)
    torch.nn.utils.clip_grad_value_(tensors, limit)
    assert_same(changed(ClipByValue(limit)), gradients_of(tensors))


@pytest.mark.parametrize("limit", [0.5, 5.0, 100.0])
def test_clip_by_global_norm_is_that_of_pytorch(limit, torch):
    """But for the 1e-6 that PyTorch adds to the norm."""
    tensors = with_gradients(torch)
    torch.nn.utils.clip_grad_norm_(tensors, limit)
    assert_same(changed(ClipByGlobalNorm(limit)), gradients_of(tensors), 1e-6)


@pytest.mark.parametrize("limit", [0.5, 2.0, 100.0])
def test_clip_by_norm_is_that_of_pytorch_for_each_parameter(limit, torch):
    """One parameter after the other."""
    tensors = with_gradients(torch)
    for tensor in tensors:
        torch.nn.utils.clip_grad_norm_([tensor], limit)
    assert_same(changed(ClipByNorm(limit)), gradients_of(tensors), 2e-6)


def test_a_norm_within_the_limit_changes_nothing():
    """Not by one bit; one above it becomes the limit."""
    for modifier in (ClipByNorm(100.0), ClipByGlobalNorm(100.0)):
        assert all(map(np.array_equal, changed(modifier), GRADIENTS))
    assert [np.linalg.norm(each) for each in changed(ClipByNorm(0.03))] == pytest.approx([0.03] * 4)
    whole = np.concatenate([each.ravel() for each in changed(ClipByGlobalNorm(0.25))])
    assert np.linalg.norm(whole) == pytest.approx(0.25)


def test_a_global_norm_is_the_same_of_one_vector():
    """As modifiers are given parameters where the shapes do not matter."""
    vector = np.concatenate([each.ravel() for each in GRADIENTS])
    (together,) = changed(ClipByGlobalNorm(0.5), [vector], [vector])
    apart = np.concatenate([each.ravel() for each in changed(ClipByGlobalNorm(0.5))])
    np.testing.assert_allclose(together, apart, rtol=1e-12)


def test_norms_of_nan_and_of_huge_gradients():
    """NaN reaches all that shares the norm; what overflows in its square is left out of the step."""
    with np.errstate(over="ignore"):
        assert np.isnan(np.concatenate(changed(ClipByGlobalNorm(), [np.array([1.0, np.nan]), np.ones(2)]))).all()
        nan, one = changed(ClipByNorm(), [np.array([1.0, np.nan]), np.array([0.5])])
        assert np.isnan(nan).all()
        assert np.array_equal(one, [0.5])
        huge = [np.array([1e200, 1.0]), np.array([0.5])]
        assert_same(changed(ClipByGlobalNorm(), huge), [np.zeros(2), np.zeros(1)])
        assert_same(changed(ClipByNorm(), huge), [np.zeros(2), np.array([0.5])])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", [ClipByNorm, ClipByGlobalNorm, MaxNorm])
def test_a_limit_that_a_schedule_takes_to_zero_makes_zeros(make, dtype):
    """Of zeros too, such as the gradients of units that are dead."""
    arrays, settings = [np.zeros((2, 2), dtype), np.ones((2, 2), dtype)], SimpleNamespace(limit=0.0)
    found = make().updated(arrays, settings) if make is MaxNorm else make().gradients(arrays, arrays, settings)
    assert [array.tolist() for array in found] == [[[0, 0], [0, 0]]] * 2


def test_values_of_nan_and_of_huge_gradients():
    """NaN stays where it is, infinity becomes the limit."""
    (found,) = changed(ClipByValue(2.0), [np.array([np.nan, np.inf, -1e300, 0.0])])
    np.testing.assert_array_equal(found, [np.nan, 2.0, -2.0, 0.0])


def test_scale():
    """Times the factor, which may be negative to go uphill."""
    assert_same(changed(Scale(-0.5)), [-0.5 * gradient for gradient in GRADIENTS])


@pytest.mark.parametrize(
    ("modifier", "penalty"),
    [
        (L1Penalty(0.1), lambda parameter: 0.1 * parameter.abs().sum()),
        (L2Penalty(0.1), lambda parameter: 0.05 * (parameter**2).sum()),
    ],
)
def test_penalties_add_their_derivatives(modifier, penalty, torch):
    """As PyTorch derives them, at zero too."""
    parameters = [np.zeros((3, 4)), *PARAMETERS[1:]]
    tensors = with_gradients(torch)
    for tensor, parameter in zip(tensors, parameters, strict=True):
        tensor.data = torch.from_numpy(parameter.copy())
        penalty(tensor).backward()
    assert_same(changed(modifier, GRADIENTS, parameters), gradients_of(tensors))


def test_l2_is_the_weight_decay_of_pytorch(torch):
    """Of its gradient descent."""
    tensor = torch.tensor(PARAMETERS[0], requires_grad=True)
    tensor.grad = torch.from_numpy(GRADIENTS[0].copy())
    torch.optim.SGD([tensor], lr=0.1, weight_decay=0.01).step()
    (gradient,) = changed(L2Penalty(0.01), GRADIENTS[:1], PARAMETERS[:1])
    np.testing.assert_allclose(PARAMETERS[0] - 0.1 * gradient, tensor.detach().numpy(), rtol=1e-12)


# Parameters


@pytest.mark.parametrize("limit", [0.5, 4.0, 100.0])
def test_max_norm_is_that_of_pytorch(limit, torch):
    """Over all axes but the last; a vector has no incoming weights."""
    expected = [
        torch.renorm(torch.from_numpy(weights), 2, weights.ndim - 1, limit).numpy() if weights.ndim > 1 else weights
        for weights in PARAMETERS
    ]
    assert_same(updated(MaxNorm(limit)), expected, 1e-6)


def test_max_norm_leaves_units_within_the_limit():
    """To the bit, whatever the others have; one without weights is no division by zero."""
    weights = np.array([[0.0, 1.0, 30.0], [0.0, 2.0, 40.0]])
    (found,) = updated(MaxNorm(5.0), [weights])
    assert np.array_equal(found[:, :2], weights[:, :2])
    np.testing.assert_allclose(found[:, 2], [3.0, 4.0], rtol=1e-15)


def test_non_negative():
    """Negative weights become zero."""
    assert_same(updated(NonNegative()), [np.where(weights < 0, 0, weights) for weights in PARAMETERS], 0)
    np.testing.assert_array_equal(updated(NonNegative(), [np.array([np.nan, -np.inf, 1.0])])[0], [np.nan, 0, 1])


def test_each_touches_gradients_or_parameters_alone():
    """What it is not about stays the same."""
    for modifier in (ClipByValue(), ClipByNorm(), ClipByGlobalNorm(), Scale(2.0), L1Penalty(), L2Penalty()):
        assert updated(modifier) is PARAMETERS
        assert modifier.parameters == "**"
    for modifier in (MaxNorm(), NonNegative()):
        assert changed(modifier) is GRADIENTS
        assert modifier.parameters == "**.<weights>"


@pytest.mark.parametrize("make", [ClipByValue, ClipByNorm, ClipByGlobalNorm, MaxNorm])
def test_a_limit_is_above_zero(make):
    """At zero nothing could move."""
    with pytest.raises(SettingError) as caught:
        make(0.0)
    assert str(caught.value) == f"{make.__name__}.limit: 0.0\n  expected: a finite number above 0"


@pytest.mark.parametrize("make", [L1Penalty, L2Penalty])
def test_a_penalty_is_not_negative(make):
    """It would be a reward."""
    with pytest.raises(SettingError) as caught:
        make(-0.1)
    assert str(caught.value) == f"{make.__name__}.factor: -0.1\n  expected: a finite number of at least 0"
