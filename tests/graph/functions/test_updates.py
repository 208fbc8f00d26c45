"""Values with some elements exchanged."""

import numpy as np
import pytest

from sigma_core import testing
from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph import check_operation, evaluate, grad, placeholder, trace

X = np.random.default_rng(2).uniform(0.1, 2.0, (3, 4, 2))
KEYS = {
    "number": 1,
    "negative": (-1, 2),
    "all": (0, 1, 1),
    "slice": slice(1, None),
    "steps": (slice(None, None, 2), slice(3, 0, -1)),
    "ellipsis": (..., 0),
    "new_axis": (None, 0, slice(1, 3)),
    "nothing": slice(3, 3),
    "indices": [2, 0],
    "pairs": ([0, 2], [3, 1]),
    "apart": ([0, 2], slice(None), [1, 0]),
    "beside_a_slice": (slice(1, None), [3, 0]),
    "beside_a_number": (1, slice(None), [1, 0]),
    "table": (slice(None), np.array([[0, 1], [3, 2]])),
    "mask": np.array([True, False, True]),
    "negative_indices": [-1, 0],
}
METHODS = {
    "set": lambda array, key, update: array.__setitem__(key, update),
    "add": np.add.at,
    "multiply": lambda array, key, update: array.__setitem__(key, array[key] * update),
    "minimum": lambda array, key, update: array.__setitem__(key, np.minimum(array[key], update)),
    "maximum": lambda array, key, update: array.__setitem__(key, np.maximum(array[key], update)),
}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("method", METHODS)
def test_an_update_is_what_assignment_does(method, key):
    """To a copy; with derivatives by the value and by the update."""
    key = KEYS[key]
    update = np.random.default_rng(3).uniform(0.5, 1.5, X[key].shape)

    def assigned(x, y):
        changed = x.copy()
        METHODS[method](changed, key, y)
        return changed

    check_operation(lambda x, y: getattr(x.at[key], method)(y), (X, update), assigned)
    check_operation(lambda x, y: getattr(x.at[key], method)(y), (X, np.array(0.7)), assigned, order=1)


def test_a_place_that_is_named_twice():
    """Additions add up; otherwise the last update counts, in the derivative too."""
    x, updates = np.zeros(3), np.array([1.0, 2.0, 4.0])
    added, put = (
        evaluate(trace(lambda x, y, m=method: getattr(x.at[[0, 0, 2]], m)(y), x, updates), x, updates)[0]
        for method in ("add", "set")
    )
    np.testing.assert_array_equal(added, [3, 0, 4])
    np.testing.assert_array_equal(put, [2, 0, 4])
    np.testing.assert_array_equal(grad(lambda y: np.sum(np.zeros_like(y).at[[0, 0, 2]].set(y)))(updates), [0, 1, 1])


def test_updates_keep_the_dtype():
    """As assignment does, and take indices that are values."""
    x, index = placeholder((3,), np.float32, "x"), placeholder((2,), np.int64, "index")
    assert x.at[index].add(np.ones(2)).dtype == np.float32
    assert x.at[0].set(3).dtype == np.float32


def test_what_does_not_fit_is_refused():
    """Shapes, and new axes beside indices."""
    x = placeholder((3, 4), np.float64, "x")
    with pytest.raises(ShapeError) as caught:
        x.at[1:].set(np.ones(3))
    assert testing.message(caught.value) == "traced function: updates of shape (3,) for places of shape (2, 4)"
    with pytest.raises(TraceError) as refused:
        x.at[None, [0, 1]].set(1.0)
    assert testing.message(refused.value) == (
        "traced function: a new axis beside indices cannot be updated at\n  to do:    reshape the updates"
    )
