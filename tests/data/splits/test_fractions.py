"""Splits of records into training, validation and test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.data.splits._split import bounds_of as split_bounds
from sigma_core.errors import DataError


def test_fractions_become_bounds():
    """Fractions are shares of the records, in order."""
    assert split_bounds((0.7, 0.2, 0.1), 10, "d") == {"training": (0, 7), "validation": (7, 9), "test": (9, 10)}


def test_counts_become_bounds():
    """Whole numbers are counts; what they leave is not used."""
    assert split_bounds((5, 3), 10, "d") == {"training": (0, 5), "validation": (5, 8)}


def test_one_part_leaves_the_rest_unused():
    """A single fraction trains on a part of the records."""
    assert split_bounds((0.25,), 8, "d") == {"training": (0, 2)}


@given(st.lists(st.integers(1, 20), min_size=1, max_size=3), st.integers(60, 1000))
def test_fractions_that_add_up_to_one_use_every_record_once(weights, records):
    """Rounding the running sums neither loses nor repeats a record."""
    split = tuple(weight / sum(weights) for weight in weights)
    bounds = list(split_bounds(split, records, "d").values())
    assert [record for start, stop in bounds for record in range(start, stop)] == list(range(records))


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ((), "d: split () has 0 parts\n  expected: one to three: training, validation, test"),
        (
            (0.1, 0.2, 0.3, 0.4),
            "d: split (0.1, 0.2, 0.3, 0.4) has 4 parts\n  expected: one to three: training, validation, test",
        ),
        (
            (0.5, 5),
            (
                "d: split (0.5, 5) is neither all fractions nor all counts\n"
                "  expected: all fractions such as 0.8, 0.2, or all counts such as 800, 200"
            ),
        ),
        (
            (True,),
            (
                "d: split (True) is neither all fractions nor all counts\n"
                "  expected: all fractions such as 0.8, 0.2, or all counts such as 800, 200"
            ),
        ),
        (
            (0.9, -0.1),
            "d: split (0.9, -0.1) has a part that is not positive\n  expected: positive fractions or counts",
        ),
        (
            (float("nan"),),
            "d: split (nan) has a part that is not positive\n  expected: positive fractions or counts",
        ),
        ((8, 4), "d: split (8, 4) asks for 12 records\n  expected: at most the 10 that there are"),
        ((0.8, 0.4), "d: the fractions of split (0.8, 0.4) add up to 1.2\n  expected: at most 1"),
        (
            (0.99, 0.01),
            (
                "d: split (0.99, 0.01) of 10 records leaves no record for validation\n"
                "  expected: at least one record in each part"
            ),
        ),
        (
            (0, 10),
            (
                "d: split (0, 10) of 10 records leaves no record for training\n"
                "  expected: at least one record in each part"
            ),
        ),
    ],
)
def test_bad_splits_are_refused(split, message):
    """Each way to get a split wrong says what was found and what is allowed."""
    with pytest.raises(DataError) as caught:
        split_bounds(split, 10, "d")
    assert str(caught.value) == message
