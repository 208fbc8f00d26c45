"""Functions as settings: kept as their place where there is one, imported, and refused where nothing can be called."""

from functools import partial

import numpy as np
import pytest
from attrs import frozen
from sigma_nn._functions import called, importable, told

from sigma_core.extend import SettingError


@frozen
class Holder:
    function: object = importable()


def scale(x):
    return 2 * x


class Scaling:
    factor = 2

    @staticmethod
    def scale(x):
        return 2 * x


@pytest.mark.parametrize(
    ("given", "place"),
    [(scale, f"{__name__}:scale"), (Scaling.scale, f"{__name__}:Scaling.scale"), (np.tanh, "numpy:tanh")],
)
def test_a_function_that_can_be_imported_is_kept_as_its_place(given, place):
    """So that a component that has it is equal to one that names it."""
    assert Holder(given) == Holder(place)
    assert Holder(given).function == place
    assert called(place) is given
    assert told(place) == place


def test_any_other_function_is_kept_as_it_is():
    """Lambdas, functions within functions, and what a script that is run defines."""
    twice, half = lambda x: 2 * x, partial(scale, 0.25)
    script = type(twice)(twice.__code__, {}, "script")
    script.__module__, script.__qualname__ = "__main__", "script"
    lost = type(twice)(twice.__code__, {}, "lost")
    lost.__module__ = "no.such.module"
    for each in (twice, half, script, lost):
        assert Holder(each).function is each
        assert called(each) is each
    assert told(twice).endswith("<lambda>")
    assert told(half) == repr(half)


EXPECTED = "a function, or the place of one as 'package.module:function'"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (3, "3"),
        ("tanh", "'tanh'"),
        ("numpy:tanhh", "'numpy:tanhh': AttributeError: module 'numpy' has no attribute 'tanhh'"),
        ("no.such:thing", "'no.such:thing': ModuleNotFoundError: No module named 'no'"),
        (f"{__name__}:Scaling.factor", f"'{__name__}:Scaling.factor': it cannot be called"),
    ],
)
def test_what_is_no_function_is_refused(given, found):
    """With what became of its import."""
    with pytest.raises(SettingError) as caught:
        Holder(given)
    assert str(caught.value) == f"Holder.function: {found}\n  expected: {EXPECTED}"
