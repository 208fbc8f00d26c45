"""A clock that stands still unless it is told to go on."""

from functools import partial

import pytest

from sigma_core.training import _loop as loop
from sigma_core.training.profiling import Budgets, Stopwatch
from sigma_core.training.profiling import _loop as profiled


class Clock:
    """Nanoseconds that pass where a test says so."""

    def __init__(self):
        self.now = 1_000

    def __call__(self):
        return self.now

    def spend(self, milliseconds):
        self.now += round(1e6 * milliseconds)


@pytest.fixture
def clock(monkeypatch):
    """The clock that runs are measured by."""
    made = Clock()

    class Stopped(Stopwatch):
        def __init__(self):
            super().__init__(made)

    monkeypatch.setattr(profiled, "Stopwatch", Stopped)
    monkeypatch.setattr(loop, "Budgets", partial(Budgets, clock=made))
    return made
