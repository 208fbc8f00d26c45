"""What the check of augmenters finds."""

import numpy as np
import pytest
from attrs import frozen

from sigma_core import testing
from sigma_core.data import Augmenter


@frozen
class Shaken(Augmenter):
    """Adds a number to each record, of shape (batch, ...)."""

    def augment(self, array, draw):
        """The records, shaken."""
        return self.shaken(array, draw.uniform(1).astype(array.dtype).reshape(-1, *[1] * (array.ndim - 1)))

    def shaken(self, array, by):
        """The records, with something added."""
        return array + by


@frozen
class Counting(Shaken):
    """Depends on the size of the batch."""

    def shaken(self, array, by):
        """More where there are more."""
        return array + by * len(array)


@frozen
class Idle(Shaken):
    """Changes nothing."""

    def shaken(self, array, by):
        """The same."""
        return array.copy()


@frozen
class Broken(Shaken):
    """Makes what is not finite."""

    def shaken(self, array, by):
        """Nothing that counts."""
        return array + np.inf


@frozen
class Narrow(Shaken):
    """Makes other shapes."""

    def shaken(self, array, by):
        """Less."""
        return array[:, :1]


def test_a_good_one_passes():
    """On pictures, and on whatever records are given."""
    testing.check_augmenter(Shaken())
    testing.check_augmenter(Shaken(), np.zeros((5, 3)))


@pytest.mark.parametrize(
    ("augmenter", "message"),
    [
        (
            Counting(),
            "Counting, records in batches of 1\n  expected: the same as in one batch\n  found:    others",
        ),
        (Idle(), "Idle, another epoch\n  expected: records that are changed in another way\n  found:    the same"),
        (Broken(), "Broken, records\n  expected: finite numbers\n  found:    others"),
        (Shaken, "ABCMeta, class\n  expected: an object of a class that derives from Augmenter\n  found:    "),
        (
            Narrow(),
            "Narrow, records float32[12, 24, 20, 2], augment\n  expected: that it runs\n  found:    DataError: ",
        ),
    ],
)
def test_what_is_wrong_is_told(augmenter, message):
    """What was checked, what was expected, what was found."""
    with pytest.raises(AssertionError) as caught:
        testing.check_augmenter(augmenter)
    assert str(caught.value).startswith(message)
