"""Mask: which steps of a sequence of integers count."""

import numpy as np
import pytest
from sigma_nn import Mask

from sigma_core.extend import DataError, ShapeError

WORDS = np.array([[3, 0, 2], [0, 0, 1]])


@pytest.mark.parametrize(("dtype", "padding"), [(np.uint8, 0), (np.int64, 0), (np.int32, 2), (np.int64, -1)])
def test_what_is_no_padding_counts(dtype, padding, apply):
    """Whatever the integer is that stands for it."""
    result = apply(Mask(padding), WORDS.astype(dtype))
    assert result.dtype == bool
    assert np.array_equal(result, padding != WORDS)


def test_numbers_that_are_no_integers_are_refused(apply):
    """With the setting of the input that leaves them as they are."""
    with pytest.raises(ShapeError) as caught:
        apply(Mask(), WORDS.astype(np.float32))
    assert str(caught.value) == (
        'Mask: inputs are float32\n  expected: integers\n  to do:    give the input before it dtype="integer"'
    )


def test_a_record_of_padding_alone_is_refused():
    """Before a run, where the integers are those of the data."""
    Mask().check_data(WORDS)
    Mask().check_data(None)
    with pytest.raises(DataError) as caught:
        Mask().check_data(np.zeros_like(WORDS))
    assert str(caught.value) == (
        f"mask: {len(WORDS)} of {len(WORDS)} records count nowhere: all of their 3 elements are masked\n"
        "  expected: at least one element that counts in each record\n"
        "  to do:    leave out records that are empty"
    )
