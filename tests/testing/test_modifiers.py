"""Modifiers that break their contract are caught."""

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import ClipByValue, MaxNorm

from sigma_core.extend import Modifier
from sigma_core.testing import check_modifier

QUICK = {"backends": ["numpy"], "dtypes": ["float64"]}


def modifier(change):
    @frozen
    class Odd(Modifier):
        """Made for a test."""

        limit: float = 0.0

        def gradients(self, gradients, parameters, settings):
            """What the test makes of it."""
            return change(gradients, settings)

    return Odd()


def test_modifiers_that_keep_the_contract_pass():
    """Of gradients and of parameters; one that looks at large numbers only."""
    check_modifier(ClipByValue())
    check_modifier(ClipByValue(1000.0), **QUICK)
    check_modifier(MaxNorm(), **QUICK)


BROKEN = {
    "one lost": (
        lambda gradients, settings: gradients[1:],
        "what gradients returns\n  expected: float64[7]\n  found:    nothing",
    ),
    "another shape": (
        lambda gradients, settings: [np.sum(gradient, axis=0) for gradient in gradients],
        "what gradients returns\n  expected: float64[7]\n  found:    float64[]",
    ),
    "NaN of zeros": (
        lambda gradients, settings: [gradient / np.sqrt(np.sum(gradient**2)) for gradient in gradients],
        "gradients and parameters of zeros\n  expected: finite numbers\n  found:    np.float64(nan) at (0,)",
    ),
    "infinities": (
        lambda gradients, settings: [gradient / settings.limit for gradient in gradients],
        "gradients and parameters in float64\n  expected: finite numbers\n  found:    np.float64(-inf) at (0,)",
    ),
    "nothing": (
        lambda gradients, settings: gradients,
        "gradients and parameters\n  expected: that it changes some\n  found:    all come out as they were",
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_a_modifier_breaks_is_told(broken, caught):
    """What was checked, what was expected, what was found."""
    change, told = BROKEN[broken]
    assert caught(check_modifier, modifier(change), **QUICK) == f"Odd, {told}"
