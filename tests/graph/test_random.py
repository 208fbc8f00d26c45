"""Random numbers are functions of seed, step and stream."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core import testing
from sigma_core.errors import ShapeError
from sigma_core.graph import Graph, evaluate, fold_in, placeholder, random_normal, random_uniform, trace

KEY = placeholder((2,), np.uint64, "key")


def draw(function, seed, step, stream, dtype=np.float64, shape=(5, 3)):
    graph = Graph([KEY], [function(KEY, shape, dtype, stream)])
    return evaluate(graph, np.array([seed, step], np.uint64))[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("function", "method"), [(random_uniform, "random"), (random_normal, "standard_normal")])
def test_numbers_are_those_of_numpys_philox(function, method, dtype):
    """Keyed by seed and stream, counting from the step."""
    generator = np.random.Generator(
        np.random.Philox(key=np.array([7, 2**40], np.uint64), counter=np.array([0, 9, 0, 0], np.uint64))
    )
    expected = getattr(generator, method)((5, 3), dtype)
    np.testing.assert_array_equal(draw(function, 7, 9, 2**40, dtype), expected)


def test_seed_step_and_stream_each_change_the_numbers():
    """And nothing else does."""
    first = draw(random_uniform, 1, 2, 3)
    np.testing.assert_array_equal(first, draw(random_uniform, 1, 2, 3))
    for other in ((0, 2, 3), (1, 0, 3), (1, 2, 0)):
        assert not np.any(first == draw(random_uniform, *other))


def test_shapes_without_axes_or_elements_can_be_drawn():
    """A scalar, and nothing."""
    assert draw(random_uniform, 1, 2, 3, shape=()).shape == ()
    assert draw(random_normal, 1, 2, 3, shape=(0, 2)).shape == (0, 2)


def test_keys_and_dtypes_are_checked():
    """With what is expected."""
    with pytest.raises(ShapeError) as caught:
        random_uniform(np.zeros(2), (1,), np.float32, 0)
    assert testing.message(caught.value) == (
        "traced function: the key is float64[2]\n  expected: uint64[2]: seed and step"
    )
    with pytest.raises(ShapeError) as caught:
        random_normal(KEY, (1,), np.int64, 0)
    assert testing.message(caught.value) == (
        "traced function: numbers of dtype int64 cannot be drawn\n  expected: float32, float64\n  to do:    cast them"
    )


def mixed(seed, number):
    """SplitMix64, in Python's integers."""
    z = (seed + (number + 1) * 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return z ^ (z >> 31)


@given(seed=st.integers(0, 2**64 - 1), number=st.integers(0, 2**64 - 1))
@settings(max_examples=30)
def test_a_number_is_folded_into_a_key(seed, number):
    """The seed is mixed with it as documented, the step stays; arrays and values alike."""
    key, count = np.array([seed, 5], np.uint64), np.uint64(number)
    np.testing.assert_array_equal(fold_in(key, count), np.array([mixed(seed, number), 5], np.uint64))
    (traced,) = evaluate(trace(fold_in, key, count), key, count)
    np.testing.assert_array_equal(traced, fold_in(key, count))


def test_what_is_no_key_or_no_number_is_refused():
    """With what it is."""
    with pytest.raises(ShapeError) as caught:
        fold_in(np.zeros(2), 1)
    assert testing.message(caught.value) == (
        "traced function: the key is float64[2]\n  expected: uint64[2]: seed and step"
    )
    with pytest.raises(ShapeError) as caught:
        fold_in(np.zeros(2, np.uint64), 1.5)
    assert testing.message(caught.value) == (
        "traced function: the number to fold in is float64[]\n  expected: a 0-d integer"
    )
