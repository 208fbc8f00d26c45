"""Arrays as the library of safetensors reads them, in pieces that are not copied."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from safetensors import SafetensorError
from safetensors.numpy import load

from sigma_core.training._arrays_file import pieces

KINDS = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?", "c8"]
SHAPES = array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


@given(st.dictionaries(st.text(max_size=8), st.sampled_from(KINDS).flatmap(lambda kind: arrays(kind, SHAPES))))
def test_the_library_reads_what_is_written(given_arrays):
    """Any kinds, shapes and names; each array begins at a multiple of its width."""
    given_arrays.pop("__metadata__", None)
    found = load(b"".join(pieces(given_arrays)))
    assert found.keys() == given_arrays.keys()
    for name, array in given_arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_large_arrays_are_pieces_of_their_own():
    """What is large is not copied; views and arrays in another order are read as they look."""
    large = np.arange(2**18, dtype=np.float32)
    mixed = {"large": large, "small": np.arange(6).reshape(2, 3).T, "row": np.ones((4, 4), np.float32)[1]}
    mixed |= {f"middle_{number}": np.full(2**16, number, np.float64) for number in range(3)}
    found = list(pieces(mixed))
    assert any(isinstance(piece, np.ndarray) and np.shares_memory(piece, large) for piece in found)
    read = load(b"".join(found))
    for name, array in mixed.items():
        np.testing.assert_array_equal(read[name], array)


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="there is no other kind of number here")
def test_a_kind_that_the_format_does_not_have_is_the_librarys_to_refuse():
    """In its own words."""
    with pytest.raises((SafetensorError, KeyError, ValueError)):
        list(pieces({"long": np.ones(2, np.longdouble)}))
