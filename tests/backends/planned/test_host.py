"""Memory of the host."""

import numpy as np

from sigma_core.backends.numpy import NumpyBackend
from sigma_core.backends.planned._host import LINE, PAGE


def address(array):
    return array.__array_interface__["data"][0]


def test_blocks_begin_at_lines_of_the_cache():
    """Small and large ones."""
    for size in (1, 100, PAGE, 10**6):
        block = NumpyBackend().block(size)
        assert block.nbytes == size
        assert address(block) % LINE == 0


def test_large_arrays_begin_at_different_places_of_their_pages():
    """A loop over several of them would wait for addresses that look alike."""
    backend = NumpyBackend()
    arrays = [backend.array(np.zeros(PAGE)) for _ in range(8)]
    assert len({address(array) % PAGE for array in arrays}) == 8


def test_arrays_are_contiguous_copies():
    """Of whatever layout and dtype."""
    array = np.arange(6, dtype=np.int32).reshape(2, 3).T
    copy = NumpyBackend().array(array)
    np.testing.assert_array_equal(copy, array)
    assert copy.dtype == array.dtype
    assert copy.flags.c_contiguous
    assert NumpyBackend().array(3.0).shape == ()
