"""Strokes made into the pictures that networks are trained on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_monitors.dashboard.panels._drawing import MOST_POINTS, Canvas, drawn, strokes_of

SMALL, LARGE = Canvas(8, 8), Canvas(28, 28)
coordinates = st.floats(-0.5, 1.5)
drawings = st.lists(st.lists(st.tuples(coordinates, coordinates).map(list), min_size=1, max_size=8), max_size=4)


@pytest.mark.parametrize(
    ("shape", "canvas"),
    [
        ((64,), Canvas(8, 8)),
        ((784,), Canvas(28, 28)),
        ((3072,), Canvas(32, 32, 3)),
        ((28, 28), Canvas(28, 28)),
        ((20, 30, 1), Canvas(20, 30, 1)),
        ((32, 32, 3), Canvas(32, 32, 3)),
        ((4,), None),
        ((27,), None),
        ((100, 4), None),
        ((65,), None),
        ((28, 28, 2), None),
        ((2, 28, 28, 1), None),
        ((), None),
        ((10**12,), None),
        ((10**6, 10**6), None),
        ((10**6, 10, 3), None),
    ],
)
def test_shapes_of_pictures_are_known(shape, canvas):
    """Flat or not; what is no picture has no canvas."""
    assert Canvas.of_shape(shape) == canvas


@pytest.mark.parametrize("shape", [(64,), (192,), (8, 8), (8, 8, 1), (8, 8, 3)])
def test_a_drawing_takes_the_shape_of_a_record(shape):
    """Each colour has the same."""
    canvas = Canvas.of_shape(shape)
    ink = np.arange(64.0).reshape(8, 8)
    record = canvas.shaped(ink, shape)
    assert record.shape == shape
    assert np.array_equal(record.reshape(8, 8, -1)[..., -1], ink)


@given(drawings, st.sampled_from([SMALL, LARGE, Canvas(20, 48, 1), Canvas(300, 200)]))
def test_ink_is_between_nothing_and_all(strokes, canvas):
    """Whatever is drawn, something of it is to be seen."""
    ink = drawn(strokes_of(strokes), canvas)
    assert ink.shape == (canvas.rows, canvas.columns)
    assert ink.min() >= 0
    assert ink.max() <= 1
    assert bool(ink.any()) == bool(strokes)


@given(st.floats(0.2, 1), st.floats(0, 0.5), st.floats(0, 0.5), st.sampled_from([SMALL, LARGE]))
def test_it_is_the_same_wherever_and_however_large_somebody_draws(size, right, down, canvas):
    """As pictures of training sets are."""
    stroke = np.array([[0.2, 0.1], [0.8, 0.3], [0.4, 0.9]])
    moved = stroke * size + [right, down]
    expected, found = (drawn(strokes_of([each.tolist()]), canvas) for each in (stroke, moved))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_small_pictures_are_filled_from_top_to_bottom(written):
    """As those of scikit-learn, whose outer columns are all but empty."""
    for strokes in written.values():
        ink = drawn(strokes_of(strokes), SMALL)
        assert (ink.max(1) > 0.2).all()
        assert ink[:, [0, 7]].max() < 0.5


def test_large_pictures_have_a_margin_and_their_mass_in_the_middle(written):
    """As those of MNIST: in a box of 20 x 20 of 28 x 28 pixels."""
    for strokes in written.values():
        ink = drawn(strokes_of(strokes), LARGE)
        rows, columns = (np.flatnonzero(ink.max(axis) > 0.05) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (20, 21)
        centre = (np.indices(ink.shape) * ink).sum((1, 2)) / ink.sum() + 0.5
        np.testing.assert_allclose(centre, [14, 14], atol=0.1)


def test_a_flat_line_stays_flat():
    """It is not blown up to the height of a digit."""
    assert (drawn(strokes_of([[[0.1, 0.5], [0.9, 0.52]]]), SMALL).max(1) > 0.2).sum() <= 3


def test_a_dot_is_a_dot():
    """In the middle, of the width of the pen."""
    ink = drawn(strokes_of([[[0.9, 0.1]]]), LARGE)
    assert np.array_equal(np.argwhere(ink > 0.5).min(0), [13, 13])
    assert np.array_equal(np.argwhere(ink > 0.5).max(0), [14, 14])


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "strokes",
        {},
        3,
        [],
        [None],
        [[]],
        [[[1]]],
        [[["a", 1]]],
        [[[float("nan"), 1]]],
        [[[True, 1]]],
        [[[1e9, 1]]],
    ],
)
def test_what_is_no_stroke_is_left_out(sent):
    """What a browser sends is anybody's."""
    assert strokes_of(sent) == []


def test_nobody_draws_for_ever():
    """Points beyond a number are not looked at."""
    stroke = [[0.5, 0.5]] * 1500
    assert sum(map(len, strokes_of([stroke] * 5))) == MOST_POINTS
