"""Random numbers are functions of seed, step and stream."""

import numpy as np
import pytest

from sigma_core import testing
from sigma_core.errors import ShapeError
from sigma_core.graph import Graph, evaluate, placeholder, random_normal, random_uniform

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
