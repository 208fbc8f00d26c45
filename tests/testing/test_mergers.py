"""Mergers that break their contract are caught."""

import numpy as np
import pytest
from attrs import frozen

from sigma_core.extend import Merger
from sigma_core.testing import check_merger
from sigma_core.training import Average


def merger(function):
    @frozen
    class Odd(Merger):
        """Made for a test."""

        def merge(self, parameters, records):
            """What the test makes of them."""
            return function(parameters, records)

    return Odd()


def test_the_plain_mean_keeps_it():
    """It is part of the kernel."""
    check_merger(Average())


def spoilt(parameters, records):
    parameters[0][...] = 0.0
    return np.mean(parameters, axis=0, dtype=parameters[0].dtype)


COUNT = iter(range(10**6))
BROKEN = {
    "float32 of shape (), what merge returns": lambda parameters, records: np.float64(1.0),
    "float32 of shape (3,), what merge returns": lambda parameters, records: parameters[0].reshape(-1)[:1].reshape(()),
    "float32 of shape (), after a merge": spoilt,
    "float32 of shape (), merged twice": lambda parameters, records: (
        parameters[0] + parameters[0].dtype.type(next(COUNT))
    ),
    "float32 of shape (), where all workers have the same": lambda parameters, records: parameters[0] + parameters[1],
    "float32 of shape (), merge": lambda parameters, records: parameters[9],
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_breaks_it_is_told(what):
    """With what was checked."""
    with pytest.raises(AssertionError) as caught:
        check_merger(merger(BROKEN[what]))
    assert str(caught.value).startswith(f"Odd, {what}\n  expected: ")
