"""Times, counts and scores as the pages say them."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_monitors.dashboard._language import language
from sigma_monitors.dashboard._words import age, duration, headline, number_of, scores_of

ENGLISH, GERMAN = language("en"), language("de")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (4.24, "4.2 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.7, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599.6, "1 h 0 min"),
        (7500, "2 h 5 min"),
        (86400 * 3 + 3600, "3 d 1 h"),
        (-5, "0 s"),
        (math.inf, "∞"),
        (math.nan, "∞"),
    ],
)
def test_a_length_of_time_is_said_in_two_units_at_most(seconds, said):
    assert duration(seconds, ENGLISH) == said


def test_a_length_of_time_is_said_as_its_language_writes_numbers():
    assert duration(4.24, GERMAN) == "4,2 s"


@given(st.floats())
def test_any_number_of_seconds_can_be_said(seconds):
    assert duration(seconds, ENGLISH)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-1000, "just now"), (5, "just now"), (90, "1 min ago"), (7300, "2 h ago"), (86400 * 400, "400 d ago")],
)
def test_how_long_ago_something_was_is_said_roughly(seconds, said):
    assert age(time.time() - seconds, ENGLISH) == said


def test_what_is_one_number_is_told_from_what_is_not():
    assert number_of(3) == 3
    assert number_of(0.5) == 0.5
    assert math.isnan(number_of("NaN"))
    assert [number_of("Infinity"), number_of("-Infinity")] == [math.inf, -math.inf]
    assert [number_of(value) for value in ("high", "nan", None, [1.0], {"a": 1})] == [None] * 5


def test_scores_that_are_no_number_are_left_out_and_those_of_validations_come_first():
    found = scores_of({"training.loss": "NaN", "validation.matrix": [[1, 2]], "validation.loss": 0.5, "name": "x"})
    assert list(found) == ["validation.loss", "training.loss"]
    assert math.isnan(found["training.loss"])


@pytest.mark.parametrize(
    ("scores", "name"),
    [
        ({}, None),
        ({"validation.matrix": [[1]]}, None),
        ({"training.loss": 1.0}, "training.loss"),
        ({"training.accuracy": 1.0, "validation.loss": 1.0}, "training.accuracy"),
        ({"training.accuracy": 1.0, "validation.accuracy": "NaN"}, "validation.accuracy"),
        ({"validation.speed": 1.0}, "validation.speed"),
    ],
)
def test_the_headline_is_the_score_that_says_most(scores, name):
    assert headline(scores) == name
