"""Sequences of unequal lengths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.data import InMemory, pad_sequences
from sigma_core.errors import DataError


def refused(*arguments, **more):
    with pytest.raises(DataError) as caught:
        pad_sequences(*arguments, **more)
    return str(caught.value)


def test_shorter_ones_are_filled_up():
    """Behind their ends; the mask tells where there is something."""
    padded, mask = pad_sequences([[1, 2, 3], [4]], value=-1)

    np.testing.assert_array_equal(padded, [[1, 2, 3], [4, -1, -1]])
    np.testing.assert_array_equal(mask, [[True, True, True], [True, False, False]])
    assert (padded.dtype, mask.dtype) == (np.int64, np.bool_)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=5), st.integers(0, 3))
def test_what_counts_is_what_was_given(lengths, more):
    """In its place, of whatever shape steps are."""
    sequences = [np.random.default_rng(number).normal(size=(length, 2)) for number, length in enumerate(lengths)]

    padded, mask = pad_sequences(sequences, length=max(lengths) + more)

    assert padded.shape == (len(lengths), max(lengths) + more, 2)
    for sequence, row, counts in zip(sequences, padded, mask, strict=True):
        np.testing.assert_array_equal(row[counts], sequence)
        assert not row[~counts].any()


FAULTS = [
    (([],), {}, "there are no sequences\n  expected: at least one\n  to do:    leave the padding out"),
    (
        ([[1], [[2]]],),
        {},
        (
            "steps of sequence 1 have shape (1,), those of the first ()\n"
            "  expected: steps of one shape\n"
            "  to do:    give every step as many numbers"
        ),
    ),
    (
        ([[1, 2], []],),
        {},
        (
            "sequence 1 has 0 steps\n"
            "  expected: from 1 to 2 steps\n"
            "  to do:    leave out what is empty, and cut off or split what is too long"
        ),
    ),
    (
        ([[1, 2], [3]],),
        {"length": 1},
        (
            "sequence 0 has 2 steps\n"
            "  expected: from 1 to 1 steps\n"
            "  to do:    leave out what is empty, and cut off or split what is too long"
        ),
    ),
    *(
        (
            ([[1], wrong],),
            {},
            (
                f"sequence 1 is no array of numbers: {wrong!r}\n"
                "  expected: an array of shape (time, ...)\n"
                "  to do:    give every sequence as an array or list of numbers"
            ),
        )
        for wrong in (3, "word", [[1], [1, 2]], None)
    ),
]


@pytest.mark.parametrize(("arguments", "more", "message"), FAULTS)
def test_what_is_no_sequence_is_refused(arguments, more, message):
    """With its number."""
    assert refused(*arguments, **more) == f"pad_sequences: {message}"


def test_data_of_unequal_lengths_says_what_to_do():
    """It is no array; a mask makes it one."""
    with pytest.raises(DataError) as caught:
        InMemory({"inputs": [[1, 2, 3], [4]], "targets": [0, 1]})

    assert str(caught.value) == (
        "data: section 'inputs' has records of unequal lengths, from 1 to 3\n"
        "  expected: an array, or lists of equal lengths\n"
        "  to do:    pad them, `inputs, mask = pad_sequences(records)`, and give layers and cost the mask as a section"
    )
