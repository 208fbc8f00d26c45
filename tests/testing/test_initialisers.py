"""Initialisers that break their contract are caught."""

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Gaussian

from sigma_core.extend import Initialiser
from sigma_core.testing import check_initialiser


def initialiser(make):
    @frozen
    class Odd(Initialiser):
        """Made for a test."""

        def fill(self, shape, random):
            """What the test makes of it."""
            return make(shape, random)

    return Odd()


def test_an_initialiser_that_keeps_the_contract_passes():
    """For any shape."""
    check_initialiser(Gaussian(0.1), (3, 4), (5,), (2, 2, 1, 3))


BROKEN = {
    "a list": (lambda shape, random: [0.0], "an array of shape (3,)\n  expected: an array\n  found:    list"),
    "another shape": (
        lambda shape, random: random.normal(),
        "an array of shape (3,)\n  expected: an array\n  found:    float",
    ),
    "another dtype": (
        lambda shape, random: np.zeros(shape, np.float32),
        "an array of shape (3,)\n  expected: float64 of shape (3,)\n  found:    float32 of shape (3,)",
    ),
    "too large": (
        lambda shape, random: np.full(shape, 1e300),
        "an array of shape (3,) in float32\n  expected: finite numbers\n  found:    np.float32(inf) at (0,)",
    ),
    "numbers from elsewhere": (
        lambda shape, random: np.random.default_rng().normal(size=shape),
        (
            "two arrays from generators of one state\n"
            "  expected: the same numbers, drawn from the generator that it is handed\n"
            "  found:    others"
        ),
    ),
    "an error": (
        lambda shape, random: random.normal(size=shape[1]),
        "an array of shape (3,)\n  expected: that it runs\n  found:    IndexError: tuple index out of range",
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_an_initialiser_breaks_is_told(broken, caught):
    """What was checked, what was expected, what was found."""
    make, told = BROKEN[broken]
    assert caught(check_initialiser, initialiser(make), (3,)) == f"Odd, {told}"
