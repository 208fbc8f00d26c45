"""Criteria that break their contract are caught."""

from itertools import count

import pytest
from attrs import frozen
from sigma_nn import Epochs, Patience

from sigma_core.extend import Criterion
from sigma_core.testing import check_criterion

CLOCK = count()


def criterion(**parts):
    made = {
        "moment": "epoch",
        "initial": lambda: {"reached": False},
        "update": lambda state: {"reached": True},
        "reason": "enough",
        "text": "enough",
        "following": lambda iteration: iteration + 1,
        **parts,
    }

    @frozen
    class Odd(Criterion):
        """Made for a test."""

        moment = made["moment"]

        def initial(self):
            """What the test begins with."""
            return made["initial"]()

        def update(self, state, observation):
            """What the test makes of it."""
            return made["update"](state)

        def reason(self, state):
            """What the test says."""
            return made["reason"]

        def next_iteration(self, iteration):
            """What the test counts."""
            return made["following"](iteration)

        def __str__(self):
            return made["text"]

    return Odd()


def test_criteria_that_keep_the_contract_pass():
    """With a state, without, unregistered, combined."""
    check_criterion(Epochs(3))
    check_criterion(Patience("validation.loss", 2))
    check_criterion(criterion())


BROKEN = {
    "another moment": ({"moment": "noon"}, "moment\n  expected: iteration or epoch\n  found:    'noon'"),
    "no text": ({"text": ""}, "text\n  expected: a line of text\n  found:    ''"),
    "no state": (
        {"initial": dict},
        "initial\n  expected: a state with reached: False\n  found:    {}",
    ),
    "nothing reached": (
        {"update": lambda state: {"reached": 1}},
        "state after an update\n  expected: reached: True or False\n  found:    {'reached': 1}",
    ),
    "no reason": ({"reason": None}, "reason\n  expected: a text\n  found:    None"),
    "time that stands": (
        {"following": lambda iteration: iteration},
        "next_iteration(10)\n  expected: an iteration after 10\n  found:    10",
    ),
    "a clock of its own": (
        {"update": lambda state: {"reached": False, "time": next(CLOCK)}},
        (
            "state from one that was read\n"
            "  expected: {'reached': False, 'time': 1}\n"
            "  found:    {'reached': False, 'time': 0}"
        ),
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_a_criterion_breaks_is_told(broken, caught):
    """What was checked, what was expected, what was found."""
    parts, told = BROKEN[broken]
    assert caught(check_criterion, criterion(**parts)) == f"Odd, {told}"


def test_its_text_is_read_as_the_criterion(caught, monkeypatch):
    """Where it is registered."""
    monkeypatch.setattr(Epochs, "__str__", lambda self: f"{self.count + 1} epochs")
    assert caught(check_criterion, Epochs(3)) == (
        f"Epochs, text '4 epochs'\n  expected: that it is read as {Epochs(3)!r}\n  found:    {Epochs(4)!r}"
    )
