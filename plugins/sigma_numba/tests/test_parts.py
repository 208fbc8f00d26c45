"""Into how many parts a kernel is cut."""

from sigma_numba._parts import LONG, MOST, count_of


def test_parts_are_equal_and_each_is_worth_it():
    """A short kernel, and records that cannot be shared out evenly, stay whole."""
    assert count_of(64, LONG / 100) == 1
    assert count_of(64, LONG) == MOST
    assert count_of(64, LONG / 32) == 8
    assert count_of(61, LONG) == 1
    assert count_of(60, LONG) == 15
