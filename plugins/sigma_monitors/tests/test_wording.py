"""How numbers, durations and notices read."""

from math import inf, nan

import pytest
from sigma_monitors._wording import duration, headline, notice, number, pace, printable, table

from sigma_core.extend import LogRecorded, RunInfo


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, "0.5000"),
        (0.98531, "0.9853"),
        (1, "1.000"),
        (1234.5, "1234"),
        (1e-7, "1.000e-07"),
        (nan, "nan"),
        (inf, "inf"),
    ],
)
def test_a_score_has_four_significant_digits(value, expected):
    """Trailing zeros are kept."""
    assert number(value) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1:00"),
        (3599.4, "59:59"),
        (3599.6, "1:00:00"),
        (7205, "2:00:05"),
        (86400 * 3 + 7205, "3 d 2:00:05"),
    ],
)
def test_a_duration_is_told_in_its_largest_unit(seconds, expected):
    """Tenths of seconds below a minute, whole ones above."""
    assert duration(seconds) == expected


@pytest.mark.parametrize(("rate", "expected"), [(1234.56, "1,234.6/s"), (1.0, "1.0/s"), (0.1, "10.0 s each")])
def test_a_slow_pace_is_told_in_seconds(rate, expected):
    """Nobody thinks in tenths of iterations."""
    assert pace(rate) == expected


def log(level):
    return LogRecorded(level=level, text="loss is high", fields={"loss": 2.5, "epoch": 3}, time=0.0, logger="sigma")


def test_a_warning_is_a_notice_with_its_fields():
    """In one line."""
    assert notice(log("warning")) == "warning: loss is high loss=2.5 epoch=3"


@pytest.mark.parametrize("level", ["debug", "info"])
def test_lesser_logs_are_no_notice(level):
    """They are in the run store."""
    assert notice(log(level)) is None


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (
            RunInfo("digits", "runs/digits-3", 45, 540, 25450, "numpy"),
            "digits: 25,450 parameters, backend numpy, at most 12 epochs, 45 iterations an epoch, in runs/digits-3",
        ),
        (RunInfo("xor", None, 1, 1, 1), "xor: 1 parameter, at most 1 epoch, 1 iteration an epoch"),
        (RunInfo("stream"), "stream"),
    ],
)
def test_the_headline_tells_what_is_known(run, expected):
    """And leaves out what is not."""
    assert headline(run) == expected


def test_a_name_is_escaped_where_it_cannot_be_shown():
    """Rather than have the monitor fail at it."""
    assert printable("größe 名", "utf-8") == "größe 名"
    assert printable("größe 名", "cp1252") == r"größe \u540d"


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        ([[8.0, 0.0], [12.0, 0.25]], "   8     0\n  12  0.25"),
        ([1.0, 2.0, 3.0], "1  2  3"),
        ([[1.0]], "1"),
        ([], "0 numbers"),
        ([[0.0] * 30] * 2, "2 x 30 numbers"),
        ([[[1.0]]], "1 x 1 x 1 numbers"),
    ],
)
def test_a_small_matrix_is_rows_of_aligned_columns(array, expected):
    """What is large, or has more axes, is told by its shape."""
    assert table(array) == expected
