"""What values are that are more than a number."""

import io
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image
from sigma_monitors.exports._kinds import Histogram, Picture, kind_of, others_of

from sigma_core.extend import EpochEnded, ValidationEnded, ValuesPublished


def test_a_histogram_is_told_by_its_edges():
    """What is known of the numbers as a whole is taken over."""
    found = kind_of(
        {"edges": [0, 1, 2], "counts": [3, 1], "minimum": 0.25, "maximum": 1.75, "mean": 0.8, "deviation": 0.4}
    )
    assert isinstance(found, Histogram)
    assert (found.edges, found.counts) == ((0.0, 1.0, 2.0), (3.0, 1.0))
    assert (found.minimum, found.maximum, found.mean, found.deviation) == (0.25, 1.75, 0.8, 0.4)


def test_of_bare_bins_the_rest_is_what_they_tell():
    """As if all numbers were in the middle of their bins."""
    found = kind_of({"edges": np.array([0, 1, 2]), "counts": np.array([3, 1])})
    numbers = [0.5, 0.5, 0.5, 1.5]
    assert (found.minimum, found.maximum) == (0.0, 2.0)
    assert (found.mean, found.deviation) == pytest.approx((np.mean(numbers), np.std(numbers)))


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ([[0, 255], [1, 2], [3, 4]], (3, 2)),
        ([[[0], [255]]], (1, 2)),
        ([[[0, 1, 2], [255, 0, 0]]], (1, 2, 3)),
    ],
)
def test_a_picture_is_told_by_its_pixels(given, shape):
    """In shades of grey or in colours; the file holds the same."""
    found = kind_of({"image": given})
    assert isinstance(found, Picture)
    assert found.pixels.shape == shape
    assert found.pixels.dtype == np.uint8
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(found.png()))), found.pixels)


def test_a_matrix_is_drawn_in_shades():
    """Each number large enough to be seen; what is no number is black."""
    found = kind_of([[0.0, 10.0], [nan, 5.0]])
    assert found.pixels.shape == (64, 64)
    assert found.pixels[::32, ::32].tolist() == [[0, 255], [0, 128]]


def test_a_row_that_makes_a_square_is_one():
    """Digits that were flattened."""
    assert (
        kind_of(np.arange(64)).pixels[::8, ::8].tolist()
        == kind_of(np.arange(64).reshape(8, 8)).pixels[::8, ::8].tolist()
    )
    assert kind_of(np.arange(64).reshape(8, 8, 1)).pixels.shape == (64, 64)


def test_a_text_is_a_text():
    """Whatever it says."""
    assert kind_of("To be") == "To be"


@pytest.mark.parametrize(
    "value",
    [
        None,
        object(),
        [],
        [1.0],
        [1.0, 2.0, 3.0],
        [[1.0], [2.0, 3.0]],
        [["a"]],
        [[]],
        [[nan, inf]],
        np.zeros((2, 2, 2, 2)),
        np.zeros((2, 2, 5)),
        {},
        {"image": [1, 2]},
        {"image": [["a"]]},
        {"image": [[256]]},
        {"edges": [], "counts": []},
        {"edges": [1.0], "counts": [1.0]},
        {"edges": [1.0, 2.0]},
        {"edges": "ab", "counts": "a"},
    ],
)
def test_what_can_neither_be_drawn_nor_read_is_nothing(value):
    """Hooks of third parties may publish whatever they like."""
    assert kind_of(value) is None


@given(arrays(st.sampled_from([np.float64, np.float32, np.int64, np.bool_]), array_shapes(min_dims=0, max_dims=4)))
def test_no_array_is_too_much(array):
    """Numbers of any size, and none."""
    assert isinstance(kind_of(array), Picture | None)


def test_names_tell_where_a_value_is_from():
    """A histogram and a picture of the same array are two things; numbers are left out."""
    place = {"epoch": 1, "iteration": 4}
    published = ValuesPublished(source="pictures", values={"network.a": [[1]], "loss": 1.0}, **place)
    assert others_of(published) == {"pictures/network.a": [[1]]}
    validated = ValidationEnded(name="validation", scores={"loss": 1.0, "confusion_matrix": [[1]]}, **place)
    assert others_of(validated) == {"validation/confusion_matrix": [[1]]}
    assert others_of(EpochEnded(iterations_per_epoch=4, scores={"validation.confusion_matrix": [[1]]}, **place)) == {}
