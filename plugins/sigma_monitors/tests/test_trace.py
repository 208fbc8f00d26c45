"""A number over the whole of a run, in a few points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_monitors._trace import Trace


def traced(values, points):
    trace = Trace(points)
    for value in values:
        trace.add(value)
    return trace


def test_as_long_as_there_is_room_all_are_there():
    """Each by itself."""
    assert traced([3.0, 1.0, 2.0], 3).values == [3.0, 1.0, 2.0]
    assert Trace(3).values == []


def test_where_there_is_no_room_neighbours_become_one():
    """From the first on; what is not yet a whole point is the last."""
    assert traced([1.0, 3.0, 5.0, 7.0], 3).values == [2.0, 6.0]
    assert traced([1.0, 3.0, 5.0, 7.0, 9.0], 3).values == [2.0, 6.0, 9.0]


@given(st.lists(st.floats(-1e6, 1e6), max_size=500), st.integers(1, 9))
def test_every_point_is_the_mean_of_as_many_looks(values, points):
    """But for the last, which may be of fewer; none is left out."""
    found = traced(values, points).values
    assert len(found) <= points
    width = 1
    while -(-len(values) // width) > points:
        width *= 2
    expected = [np.mean(values[first : first + width]) for first in range(0, len(values), width)]
    assert found[:-1] == pytest.approx(expected[:-1], abs=1e-6)
    assert len(found) == len(expected)


def test_it_can_begin_anew():
    """Nothing is left of what was before."""
    trace = traced(range(100), 3)
    trace.clear()
    trace.add(1.0)
    assert trace.values == [1.0]
