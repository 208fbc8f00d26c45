"""Layers that make one value of several."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_nn import Add, Average, Concatenate, Dot, Maximum, Multiply

from sigma_core.extend import SettingError, ShapeError
from sigma_core.testing import evaluate, trace

random = np.random.default_rng(7)
INPUTS = [random.normal(size=(2, 3, 4)) for _ in range(3)]
NOTHING = SimpleNamespace()
FORMULAS = {
    Add(): lambda torch, *inputs: sum(inputs),
    Multiply(): lambda torch, *inputs: torch.stack(inputs).prod(dim=0),
    Average(): lambda torch, *inputs: torch.stack(inputs).mean(dim=0),
    Maximum(): lambda torch, *inputs: torch.stack(inputs).amax(dim=0),
    Concatenate(): lambda torch, *inputs: torch.cat(inputs, dim=-1),
    Concatenate(0): lambda torch, *inputs: torch.cat(inputs, dim=1),
}


def forward_of(layer):
    return lambda *inputs: layer.forward(*inputs, parameters=NOTHING, context=None)


def compare(torch, run, derive, layer, formula, inputs):
    """Outputs, and derivatives by each input of a sum in which no element weighs as another."""
    tensors = [torch.tensor(each, requires_grad=True) for each in inputs]
    expected = formula(torch, *tensors)
    weights = np.linspace(0.5, 2.0, expected.numel()).reshape(expected.shape)
    (expected * torch.tensor(weights)).sum().backward()
    np.testing.assert_allclose(run(forward_of(layer), *inputs), expected.detach().numpy(), rtol=1e-12)
    found = derive(lambda *inputs: forward_of(layer)(*inputs) * weights, *inputs)
    for derivative, tensor in zip(found, tensors, strict=True):
        np.testing.assert_allclose(derivative, tensor.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("layer", FORMULAS, ids=str)
@pytest.mark.parametrize("count", [2, 3])
def test_outputs_and_derivatives_are_those_of_pytorch(layer, count, torch, run, derive):
    """Of two inputs and of more."""
    compare(torch, run, derive, layer, FORMULAS[layer], INPUTS[:count])


@pytest.mark.parametrize("axis", [-1, 0])
def test_a_dot_product_adds_up_along_an_axis(axis, torch, run, derive):
    """And leaves one element of it."""
    dim = -1 if axis == -1 else 1
    compare(torch, run, derive, Dot(axis), lambda torch, a, b: (a * b).sum(dim=dim, keepdim=True), INPUTS[:2])
    cosine = torch.nn.functional.cosine_similarity
    compare(torch, run, derive, Dot(axis, True), lambda torch, a, b: cosine(a, b, dim=dim).unsqueeze(dim), INPUTS[:2])


def test_the_cosine_with_zeros_is_zero(run, derive):
    """And its derivatives are finite."""
    zeros, ones = np.zeros((1, 4)), np.ones((1, 4))
    assert np.array_equal(run(forward_of(Dot(normalise=True)), zeros, ones), [[0.0]])
    assert all(np.isfinite(each).all() for each in derive(forward_of(Dot(normalise=True)), zeros, ones))


@given(st.integers(0, 3), st.lists(st.integers(0, 4), min_size=4, max_size=4), st.lists(st.integers(0, 3), min_size=2))
def test_what_is_concatenated_may_differ_in_the_axis(axis, shape, sizes):
    """It is what NumPy makes of it, whether the axis is counted from the front or the end."""
    inputs = [np.ones((2, *shape[:axis], size, *shape[axis + 1 :])) * size for size in sizes]
    for layer in (Concatenate(axis), Concatenate(axis - 4)):
        (result,) = evaluate(trace(forward_of(layer), *inputs), *inputs)
        np.testing.assert_array_equal(result, np.concatenate(inputs, axis=axis + 1))


@pytest.mark.parametrize("layer", [*FORMULAS, Concatenate(1)], ids=str)
def test_one_input_is_refused(layer, apply):
    """There is nothing to merge."""
    name = type(layer).__name__
    with pytest.raises(ShapeError) as caught:
        apply(layer, INPUTS[0])
    assert str(caught.value) == (
        f"{name}: one layer feeds it\n  expected: two or more\n  to do:    call it on several: {name}()([one, other])"
    )


EQUAL = "records of the same shape, since nothing is broadcast in silence"


@pytest.mark.parametrize(
    ("layer", "shapes", "expected"),
    [
        (Add(), [(3, 4), (3, 1)], EQUAL),
        (Multiply(), [(3, 4), (3, 4), (4,)], EQUAL),
        (Average(), [(3, 4), (4, 3)], EQUAL),
        (Maximum(), [(), (1,)], EQUAL),
        (Concatenate(), [(3, 4), (2, 4)], "records that differ in axis -1 only"),
        (Concatenate(0), [(3, 4), (3,)], "records of as many axes, of which 0 is one"),
        (Concatenate(2), [(3, 4), (3, 4)], "records of as many axes, of which 2 is one"),
        (Concatenate(-3), [(3, 4), (3, 4)], "records of as many axes, of which -3 is one"),
        (Dot(), [(4,), (3,)], "records of the same shape, of which -1 is an axis"),
        (Dot(1), [(4,), (4,)], "records of the same shape, of which 1 is an axis"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(layer, shapes, expected, apply):
    """All of them are named."""
    with pytest.raises(ShapeError) as caught:
        apply(layer, *(np.ones((2, *shape)) for shape in shapes))
    assert str(caught.value) == (
        f"{type(layer).__name__}: records of shapes {', '.join(map(str, shapes))}\n"
        f"  expected: {expected}\n"
        "  to do:    reshape what feeds it"
    )


def test_an_axis_is_an_integer():
    """Not all of them."""
    with pytest.raises(SettingError) as caught:
        Concatenate("last")
    assert str(caught.value) == "Concatenate.axis: 'last'\n  expected: an integer"
