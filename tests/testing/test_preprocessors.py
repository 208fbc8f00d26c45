"""Preprocessors that break their contract are caught."""

import numpy as np
import pytest
from attrs import frozen
from sigma_data import Filter, Standardise

from sigma_core.extend import Preprocessor, RecordsPreprocessor
from sigma_core.testing import check_preprocessor


def preprocessor(apply, fit=lambda blocks: {}):
    @frozen
    class Odd(Preprocessor):
        """Made for a test."""

        def fit(self, blocks):
            """What the test learns."""
            return fit(list(blocks))

        def apply(self, array, state):
            """What the test does."""
            return apply(array, state)

    return Odd()


def test_preprocessors_that_keep_the_contract_pass():
    """Of one section and of whole records."""
    check_preprocessor(Standardise())
    check_preprocessor(Filter(least=0.0))


def zeroed(array, state):
    array[:] = 0
    return array.copy()


BROKEN = {
    "no state": (
        preprocessor(lambda array, state: array, lambda blocks: [1]),
        "fit\n  expected: a mapping of what was learnt\n  found:    [1]",
    ),
    "a state that cannot be kept": (
        preprocessor(lambda array, state: array, lambda blocks: {"odd": {1}}),
        "fit, 'odd'\n  expected: numbers, texts or an array of them\n  found:    {1}",
    ),
    "changed records": (
        preprocessor(zeroed),
        "records after fit and apply\n  expected: as they were\n  found:    changed",
    ),
    "chance": (
        preprocessor(lambda array, state: array + np.random.default_rng().random(array.shape)),
        "apply, a second time\n  expected: the same\n  found:    something else",
    ),
    "blocks that matter": (
        preprocessor(lambda array, state: array * state["blocks"], lambda blocks: {"blocks": len(blocks)}),
        "apply, after fit of three blocks\n  expected: the same as after one of all\n  found:    others",
    ),
    "fewer records": (
        preprocessor(lambda array, state: array[:-1]),
        "records after apply\n  expected: the 12 records that there were\n  found:    of lengths [11]",
    ),
    "records that depend on others": (
        preprocessor(lambda array, state: array - array.mean(axis=0)),
        "apply, to three blocks\n  expected: the same as to all at once\n  found:    others",
    ),
}


@pytest.mark.parametrize(("broken", "message"), BROKEN.values(), ids=BROKEN)
def test_what_breaks_the_contract_is_named(broken, message):
    """What was checked, expected and found."""
    with pytest.raises(AssertionError) as caught:
        check_preprocessor(broken)
    assert str(caught.value) == f"Odd, {message}"


def test_sections_have_to_stay_aligned():
    """Of whole records."""

    @frozen
    class Odd(RecordsPreprocessor):
        """Made for a test."""

        def apply(self, sections, state):
            """Drop the last target."""
            return {**sections, "targets": sections["targets"][:-1]}

    with pytest.raises(AssertionError) as caught:
        check_preprocessor(Odd())
    assert (
        str(caught.value) == "Odd, records after apply\n  expected: aligned sections\n  found:    of lengths [11, 12]"
    )
