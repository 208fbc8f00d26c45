"""Global pooling: one number for each channel, of all or of what a mask lets count."""

import numpy as np
import pytest
from sigma_nn import GlobalAveragePooling, GlobalMaxPooling

from sigma_core.extend import DataError, ShapeError

INPUTS = np.random.default_rng(8).normal(size=(2, 3, 4, 5))
SEQUENCES = INPUTS[:, :, 0]
MASK = np.array([[1, 0, 1], [0, 1, 0]], bool)
LAYERS = pytest.mark.parametrize("layer", [GlobalAveragePooling, GlobalMaxPooling])


def pooled(torch, layer, x, mask=None):
    if mask is not None:
        counts = torch.tensor(mask)[..., None]
        if layer is GlobalMaxPooling:
            return x.masked_fill(~counts, -np.inf).amax(dim=1)
        return (x * counts).sum(dim=1) / counts.sum(dim=1)
    axes = tuple(range(1, x.ndim - 1))
    return x.amax(dim=axes) if layer is GlobalMaxPooling else x.mean(dim=axes)


@LAYERS
@pytest.mark.parametrize(("inputs", "mask"), [(INPUTS, None), (SEQUENCES, None), (SEQUENCES, MASK)])
def test_outputs_and_derivatives_are_those_of_pytorch(layer, inputs, mask, torch, apply, derive):
    """Of pictures, sequences, and sequences of unequal length."""
    x = torch.tensor(inputs, requires_grad=True)
    expected = pooled(torch, layer, x, mask)
    (expected**2).sum().backward()
    more = () if mask is None else (mask,)
    np.testing.assert_allclose(apply(layer(), inputs, *more), expected.detach().numpy(), rtol=1e-12)
    (found,) = derive(lambda x: layer().forward(x, *more, parameters=None, context=None) ** 2, inputs)
    np.testing.assert_allclose(found, x.grad.numpy(), rtol=1e-9, atol=1e-12)


@LAYERS
@pytest.mark.parametrize("dtype", [bool, np.int64, np.float32])
def test_a_mask_may_be_of_any_numbers(layer, dtype, apply):
    """What is not zero counts; the dtype is that of the inputs."""
    result = apply(layer(), SEQUENCES.astype(np.float32), MASK.astype(dtype))
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, apply(layer(), SEQUENCES.astype(np.float32), MASK))


@LAYERS
def test_what_is_masked_does_not_show(layer, apply):
    """Whatever it is."""
    other = np.where(MASK[..., None], SEQUENCES, np.nan)
    np.testing.assert_array_equal(apply(layer(), other, MASK), apply(layer(), SEQUENCES, MASK))


@LAYERS
def test_a_mask_may_be_a_section_of_the_data(layer):
    """Which is looked at before a run: a record in which nothing counts has no mean."""
    assert layer().sections == ()
    named = layer(mask="lengths")
    assert named.sections == ("lengths",)
    layer().check_data(SEQUENCES)
    named.check_data(None, MASK)
    with pytest.raises(DataError) as caught:
        named.check_data(None, MASK & MASK[:1])
    assert str(caught.value) == (
        "mask: 1 of 2 records count nowhere: all of their 3 elements are masked\n"
        "  expected: at least one element that counts in each record\n"
        "  to do:    leave out records that are empty"
    )


@LAYERS
def test_a_mask_of_other_axes_is_refused(layer, apply):
    """With both shapes."""
    with pytest.raises(ShapeError) as caught:
        apply(layer(), SEQUENCES, MASK[:, :2])
    assert str(caught.value) == (
        f"{layer.__name__}: a mask with records of shape (2,) for records of shape (3, 5)\n"
        "  expected: a mask of (3,), a number for each step\n"
        "  to do:    give it the mask of the same sequence"
    )


@LAYERS
def test_records_without_places_are_refused(layer, apply):
    """There is nothing to reduce."""
    with pytest.raises(ShapeError) as caught:
        apply(layer(), np.zeros((2, 5)))
    assert str(caught.value) == (
        f"{layer.__name__}: records of shape (5,)\n"
        "  expected: records of shape (..., channels), with at least one axis before the channels\n"
        "  to do:    leave it out, or reshape what feeds it"
    )
