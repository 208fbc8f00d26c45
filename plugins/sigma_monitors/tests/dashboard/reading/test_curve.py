"""Time series as charts need them: thinned, and put together from pieces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_monitors.dashboard import _curve
from sigma_monitors.dashboard._curve import Curve

NUMBERS = st.floats(width=32, allow_infinity=False)


@pytest.fixture(scope="module", autouse=True)
def short_curves():
    """Curves of few points, so that short series are thinned as well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_curve, "POINTS", 16)
        yield


@st.composite
def pieces(draw, *, again):
    """A series in pieces as a store gives them, each newer; with `again`, some go back behind the end of the last."""
    found, last = [], 0
    for _ in range(draw(st.integers(0, 8))):
        first = draw(st.integers(1, last + 1)) if again else last + draw(st.integers(1, 3))
        gaps = draw(st.lists(st.integers(1, 3), max_size=40))
        iterations = first + np.cumsum([0, *gaps])[: len(gaps)]
        values = draw(st.lists(NUMBERS, min_size=len(gaps), max_size=len(gaps)))
        found.append((iterations.astype(np.int64), np.array(values, np.float64)))
        last = max([last, *iterations.tolist()])
    return found


def put_together(parts):
    """The oracle: by iteration, what came last of it."""
    whole = {}
    for iterations, values in parts:
        whole |= dict(zip(iterations.tolist(), values.tolist(), strict=True))
    return dict(sorted(whole.items()))


def made(parts):
    curve = Curve()
    for iterations, values in parts:
        curve = curve.extended(iterations, values)
        assert curve.iterations.size == curve.values.size <= 2 * _curve.POINTS
        assert (np.diff(curve.iterations) > 0).all()
    return curve


@given(pieces(again=False))
def test_any_pieces_have_the_ends_and_the_peaks_of_the_whole(parts):
    whole, curve = put_together(parts), made(parts)
    assert not curve.is_rough
    if not whole:
        assert not curve.iterations.size
        return
    assert curve.iterations[[0, -1]].tolist() == [min(whole), max(whole)]
    values = np.array(list(whole.values()))
    np.testing.assert_array_equal(curve.values[[0, -1]], values[[0, -1]])
    np.testing.assert_array_equal(np.fmin.reduce(curve.values), np.fmin.reduce(values))
    np.testing.assert_array_equal(np.fmax.reduce(curve.values), np.fmax.reduce(values))
    is_whole = curve.iterations.size == len(whole)
    assert is_whole != curve.is_thinned
    if is_whole:
        np.testing.assert_array_equal(curve.values, values)


def test_the_beginning_of_a_curve_that_grows_for_long_is_not_lost():
    """It is thinned again and again, and stays as dense as the rest."""
    curve, values = Curve(), np.random.default_rng(1).random(4_000)
    for first in range(0, 4_000, 10):
        curve = curve.extended(np.arange(first, first + 10), values[first : first + 10])
        width = -(-(first + 10) // ((_curve.POINTS - 2) // 2))
        assert np.diff(curve.iterations).max() <= 2 * width


@given(pieces(again=True))
def test_iterations_that_were_run_again_take_the_place_of_the_earlier_ones(parts):
    whole, curve = put_together(parts), made(parts)
    kept = [whole[iteration] for iteration in curve.iterations.tolist()]
    np.testing.assert_array_equal(curve.values, kept)
    if whole and not curve.is_rough:
        assert curve.iterations[[0, -1]].tolist() == [min(whole), max(whole)]
        values = np.array(list(whole.values()))
        np.testing.assert_array_equal(np.fmin.reduce(curve.values), np.fmin.reduce(values))
        np.testing.assert_array_equal(np.fmax.reduce(curve.values), np.fmax.reduce(values))


def test_points_that_are_only_read_once_more_leave_a_curve_exact():
    iterations = np.arange(1, 101)
    values = np.where(iterations % 7, iterations * 1.0, np.nan)
    curve = made([(iterations, values)])
    assert curve.is_thinned
    again = curve.extended(np.array([100, 101]), np.array([values[-1], 1.0]))
    assert not again.is_rough
    assert curve.extended(np.array([99, 101]), np.array([0.0, 1.0])).is_rough


@given(st.lists(NUMBERS, min_size=1, max_size=200), st.integers(4, 20))
def test_what_is_drawn_has_the_ends_and_the_peaks_too(values, points):
    curve = Curve(np.arange(len(values)), np.array(values))
    iterations, drawn = curve.drawn(points)
    assert len(iterations) == len(drawn) <= max(points, min(points, len(values)))
    assert iterations[[0, -1]].tolist() == [0, len(values) - 1]
    np.testing.assert_array_equal(np.fmin.reduce(drawn), np.fmin.reduce(values))
    np.testing.assert_array_equal(np.fmax.reduce(drawn), np.fmax.reduce(values))
