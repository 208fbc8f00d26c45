"""Input: what enters a network, and what may not."""

from types import SimpleNamespace

import numpy as np
import pytest
from sigma_nn import Input

from sigma_core import testing
from sigma_core.extend import Context, NetworkError


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("data", [np.uint8, np.bool_, np.int64, np.float16, np.float32, np.float64])
def test_numbers_of_any_type_become_the_networks(data, dtype, apply):
    """Pixels are bytes, but layers compute in floats."""
    records = np.array([[0, 1], [1, 0], [1, 1]], data)
    result = apply(Input(2), records, dtype=dtype)
    assert result.dtype == dtype
    assert np.array_equal(result, records.astype(dtype))


def test_integers_stay_integers_where_that_is_asked_for(apply):
    """For layers that look something up."""
    assert apply(Input(2, dtype="integer"), np.array([[3, 4]], np.uint8)).dtype == np.uint8


def test_what_it_declares():
    """The section it reads and the shape of its records."""
    layer = Input((28, 28), section="pictures")
    assert layer.sections == ("pictures",)
    assert layer.section_shapes == {"pictures": (28, 28)}


@pytest.mark.parametrize(
    ("layer", "records", "message"),
    [
        (
            Input(64),
            np.zeros((2, 4)),
            (
                "network.layers.tested: section 'inputs' holds records of shape (4,)\n"
                "  expected: records of shape (64,)\n"
                "  to do:    give the input the shape (4,)"
            ),
        ),
        (
            Input(64),
            np.zeros((2, 8, 8)),
            (
                "network.layers.tested: section 'inputs' holds records of shape (8, 8)\n"
                "  expected: records of shape (64,)\n"
                "  to do:    give the input the shape (8, 8) and put Flatten behind it"
            ),
        ),
        (
            Input(2, dtype="integer"),
            np.zeros((2, 2)),
            (
                "network.layers.tested: section 'inputs' holds float64\n"
                "  expected: integers\n"
                "  to do:    give the data or the input another dtype"
            ),
        ),
    ],
    ids=["width", "pictures", "integers"],
)
def test_records_that_do_not_fit_are_refused(layer, records, message, apply):
    """Naming the layer's path, the section, what it holds and what is expected."""
    with pytest.raises(NetworkError) as caught:
        apply(layer, records)
    assert testing.message(caught.value) == message


def test_complex_numbers_are_refused():
    """A section may hold them, no value of a trace can."""
    section = SimpleNamespace(shape=(2, 2), dtype=np.dtype(np.complex128), ndim=2)
    context = Context("network.layers.tested", training=False, dtype=np.dtype(np.float64), key=None)
    with pytest.raises(NetworkError) as caught:
        Input(2).forward(section, parameters=SimpleNamespace(), context=context)
    assert testing.message(caught.value) == (
        "network.layers.tested: section 'inputs' holds complex128\n"
        "  expected: numbers\n"
        "  to do:    give the data or the input another dtype"
    )
