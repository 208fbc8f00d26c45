"""Schedules that break their contract are caught."""

from itertools import count
from math import nan

import pytest
from attrs import frozen
from sigma_nn import CosineSchedule, OnPlateauSchedule

from sigma_core.extend import Schedule
from sigma_core.testing import check_schedule

COUNT = count()


def schedule(factor=lambda position, state: 1.0, initial=dict, update=lambda state: state):
    @frozen
    class Odd(Schedule):
        """Made for a test."""

        def initial(self):
            """What the test begins with."""
            return initial()

        def update(self, state, observation):
            """What the test makes of it."""
            return update(state)

        def factor(self, position, state):
            """What the test gives."""
            return factor(position, state)

    return Odd()


def spoilt(state):
    state["best"] = 1.0
    return state


def test_schedules_that_keep_the_contract_pass():
    """With a state or without."""
    check_schedule(CosineSchedule())
    check_schedule(OnPlateauSchedule("validation.loss", patience=1))


BROKEN = {
    "an array as state": (
        schedule(initial=lambda: {"best": {1}}),
        (
            "state {'best': {1}}, written as JSON\n"
            "  expected: that it can be written\n"
            "  found:    TypeError: Object of type set is not JSON serializable"
        ),
    ),
    "a tuple as state": (
        schedule(initial=lambda: {"best": (1,)}),
        "state, written as JSON and read\n  expected: {'best': (1,)}\n  found:    {'best': [1]}",
    ),
    "no number": (
        schedule(lambda position, state: nan),
        "factor of iteration 0\n  expected: a finite float from 0\n  found:    nan",
    ),
    "below zero": (
        schedule(lambda position, state: 1.0 - position.iteration),
        "factor of iteration 2\n  expected: a finite float from 0\n  found:    -1.0",
    ),
    "an integer": (
        schedule(lambda position, state: 1),
        "factor of iteration 0\n  expected: a finite float from 0\n  found:    1",
    ),
    "an error": (
        schedule(lambda position, state: 1 / position.iteration),
        "factors of epoch 1\n  expected: that it runs\n  found:    ZeroDivisionError: division by zero",
    ),
    "a state that is changed": (
        schedule(update=spoilt),
        "state after an update\n  expected: a new one, and the old one as it was: {}\n  found:    {'best': 1.0}",
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_a_schedule_breaks_is_told(broken, caught):
    """What was checked, what was expected, what was found."""
    odd, told = BROKEN[broken]
    assert caught(check_schedule, odd) == f"Odd, {told}"


def test_a_factor_depends_on_position_and_state_alone(caught):
    """Not on how often it was asked for."""
    told = caught(check_schedule, schedule(lambda position, state: float(next(COUNT))))
    asked = [float(number) for number in range(20)]
    assert told == (
        "Odd, factors of epoch 1, asked for again in another order\n"
        f"  expected: the same, from the same state: {asked[:10]}\n"
        f"  found:    {asked[:9:-1]}"
    )
