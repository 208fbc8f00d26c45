"""Blocks: runs of records that are sliced and joined again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.data import joined, joined_sections, sliced
from sigma_core.errors import DataError
from sigma_core.testing import message


@given(st.integers(1, 40), st.none() | st.integers(1, 50))
def test_what_is_sliced_is_joined_to_the_same(count, records):
    """Whatever the size of a block; none is larger than asked for."""
    sections = {"inputs": np.arange(2 * count).reshape(count, 2), "targets": np.arange(count)}
    blocks = list(sliced(sections, records))
    assert max(len(block["targets"]) for block in blocks) <= (records or count)
    whole = joined_sections(blocks)
    for name, array in sections.items():
        np.testing.assert_array_equal(whole[name], array)


def test_a_single_block_is_not_copied():
    """What is in memory already stays where it is."""
    sections = {"inputs": np.arange(4)}
    assert np.shares_memory(joined_sections(sliced(sections))["inputs"], sections["inputs"])


@pytest.mark.parametrize(
    ("join", "blocks", "expected"),
    [
        (joined, [], "blocks: there are none\n  expected: at least one block of records"),
        (
            joined,
            [np.zeros((1, 2)), np.zeros((1, 3))],
            (
                "blocks: their records differ in shape: (2,), (3,)\n"
                "  expected: records of one shape\n"
                "  to do:    bring them to one shape in the extractor, as images are resized and sequences padded"
            ),
        ),
        (
            joined_sections,
            [{"a": np.zeros(1)}, {"a": np.zeros(1), "b": np.zeros(1)}],
            "blocks: one has the sections a, another a, b\n  expected: the same sections in each block",
        ),
    ],
)
def test_blocks_that_do_not_fit_are_refused(join, blocks, expected):
    """Rather than broadcast or dropped."""
    with pytest.raises(DataError) as caught:
        join(blocks)
    assert message(caught.value) == expected
