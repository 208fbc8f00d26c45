"""The iterators that the kernel brings, by name and by settings."""

import numpy as np
import pytest

from sigma_core.data import Bucketed, Minibatch, Minibatches, Undivided, Unified
from sigma_core.errors import SettingError


def numbers(count):
    return {"inputs": np.arange(2.0 * count).reshape(count, 2), "targets": np.arange(count)}


def test_unified_gives_all_records_as_they_are():
    """One batch per epoch, not copied, whatever the size of batches."""
    data = numbers(7)
    batches = Unified().batches(data, 2, 1)
    for _ in range(2):
        ((inputs, targets),) = batches
        assert np.shares_memory(inputs, data["inputs"])
        np.testing.assert_array_equal(targets, data["targets"])
    assert batches.position == (3, 0)
    assert batches.iterations_per_epoch == 1


def test_undivided_gives_each_block_whole():
    """In their order, not copied; the last one holds what is left."""
    data = numbers(7)
    batches = Undivided(3).batches(data, 2, 1, sections=("targets",))
    assert [batch[0].tolist() for batch in batches] == [[0, 1, 2], [3, 4, 5], [6]]
    assert np.shares_memory(next(iter(batches))[0], data["targets"])
    assert len(list(Undivided().batches(data, 2, 1))) == 1


def test_automatic_blocks_follow_from_the_data_alone():
    """So that batches are the same on any machine."""
    wide = {"inputs": np.broadcast_to(np.float32(0), (100, 1 << 20))}
    assert Undivided().batches(wide, 1, 1).batch_size == 16


def test_minibatch_says_how_records_are_shuffled():
    """By any order, by blocks, not at all, by lengths."""
    data = numbers(9)
    full = Minibatch().batches(data, 2, 3)
    assert isinstance(full, Minibatches)
    assert full.shuffle == "full"
    block = Minibatch("block", block=2, window=2).batches(data, 2, 3)
    assert (block.windows.block, block.windows.window) == (2, 2)
    assert [batch[1].tolist() for batch in Minibatch(False, True).batches(data, 2, 3)] == [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 7],
    ]
    mask = np.array([[True, False], [True, True]])
    bucketed = Minibatch(bucket="mask", buckets=2).batches({"mask": mask}, 2, 3)
    assert isinstance(bucketed, Bucketed)
    assert bucketed.limits == [1, 2]
    assert Minibatch(True) == Minibatch("full")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"shuffle": "blocks"},
            'shuffle: \'blocks\'\n  expected: "full", "block" or false\n  to do:    give one of these',
        ),
        ({"shuffle": 0}, 'shuffle: 0\n  expected: "full", "block" or false\n  to do:    give one of these'),
        ({"block": 0}, 'block: 0\n  expected: "auto" or a whole number from 1\n  to do:    give one of these'),
        ({"window": True}, "window: True\n  expected: a whole number from 1\n  to do:    give such a number"),
        ({"buckets": 1.5}, "buckets: 1.5\n  expected: a whole number from 1\n  to do:    give such a number"),
        (
            {"shuffle": "block", "bucket": "mask"},
            (
                "bucket: 'mask', with shuffle = 'block'\n  expected: buckets out of all records\n"
                '  to do:    leave bucket out, or write shuffle = "full"'
            ),
        ),
    ],
)
def test_settings_are_checked(settings, message):
    """Before there is any data."""
    with pytest.raises(SettingError) as caught:
        Minibatch(**settings)
    assert str(caught.value) == f"iterator minibatch, {message}"


def test_a_block_of_no_records_is_refused():
    """As of any other iterator."""
    with pytest.raises(SettingError) as caught:
        Undivided("all")
    assert str(caught.value) == (
        "iterator undivided, block: 'all'\n  expected: \"auto\" or a whole number from 1\n  to do:    give one of these"
    )
