"""Curves of a line's height."""

from math import inf, nan

import pytest
from sigma_monitors._sparkline import sparkline


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([9, 9, 9, 0, 7], "█▁▆"),
        ([1.0, 1.0], "▁▁"),
        ([1.0, nan, 2.0], "▁ █"),
        ([inf, 1.0, 2.0], " ▁█"),
        ([1.0], ""),
        ([nan, nan], ""),
        ([], ""),
    ],
)
def test_a_curve_runs_from_lowest_to_highest(values, expected):
    """Of the last values that fit; what is not finite is a gap; fewer than two numbers make no curve."""
    width = 3 if len(values) == 5 else 8
    assert sparkline(values, width) == expected
