"""Minibatches of sequences that are about as long."""

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.data import Bucketed
from sigma_core.data._bucketed import limits
from sigma_core.errors import DataError


def sequences(lengths, time=None):
    time = max(lengths) if time is None else time
    mask = np.arange(time) < np.array(lengths)[:, None]
    return {
        "inputs": np.where(mask, np.arange(1, len(lengths) + 1)[:, None], 0),
        "mask": mask,
        "lengths": np.array(lengths),
        "targets": np.arange(len(lengths)),
    }


LENGTHS = st.lists(st.integers(1, 12), min_size=1, max_size=60)


@given(
    lengths=LENGTHS, size=st.integers(1, 9), buckets=st.integers(1, 5), shuffle=st.booleans(), epoch=st.integers(1, 3)
)
def test_each_record_comes_once_an_epoch_whole_and_cut(lengths, size, buckets, shuffle, epoch):
    """Nothing but padding is cut off; a batch is no longer than the limit of its bucket."""
    data = sequences(lengths, 14)
    batches = Bucketed(data, size, 3, bucket="mask", buckets=buckets, shuffle=shuffle)
    seen, shapes = [], set()
    for inputs, mask, own, targets in batches.epoch(epoch):
        assert len(targets) <= size
        shapes.add(inputs.shape[1])
        assert inputs.shape == mask.shape
        np.testing.assert_array_equal(mask.sum(axis=1), own)
        np.testing.assert_array_equal(inputs, data["inputs"][targets, : inputs.shape[1]])
        seen.extend(targets.tolist())
    assert sorted(seen) == list(range(len(lengths)))
    assert shapes == set(batches.limits)
    assert len(shapes) <= buckets
    assert batches.position == (epoch + 1, 0)


@given(lengths=LENGTHS, size=st.integers(1, 9), epoch=st.integers(1, 3), data=st.data())
def test_a_restored_position_goes_on_where_it_was(lengths, size, epoch, data):
    """From any place of any epoch, to the last bit; lengths may be a section of numbers."""
    whole = Bucketed(sequences(lengths), size, 3, bucket="lengths", buckets=3)
    index = data.draw(st.integers(0, whole.iterations_per_epoch))
    expected = [batch[0].tolist() for batch in whole.epoch(epoch)][index:]
    whole.seek(epoch, index)
    state = json.loads(json.dumps(whole.state()))
    resumed = Bucketed(sequences(lengths), size, 3, bucket="lengths", buckets=3)
    resumed.restore(state)
    assert [batch[0].tolist() for batch in resumed] == expected


@given(lengths=LENGTHS, buckets=st.integers(1, 4))
def test_limits_leave_the_least_padding(lengths, buckets):
    """No other limits, of all that there are, leave less."""

    def padding(chosen):
        return sum(min(limit for limit in chosen if limit >= length) - length for length in lengths)

    found = limits(np.array(lengths), buckets)
    longest, others = max(lengths), sorted(set(lengths) - {max(lengths)})
    every = [
        padding([*chosen, longest])
        for count in range(buckets)
        for chosen in combinations(others, min(count, len(others)))
    ]
    assert found == sorted(found)
    assert found[-1] == longest
    assert len(found) <= buckets
    assert padding(found) == min(every)


def test_long_sequences_have_limits_that_are_a_little_coarser():
    """Each is still below its limit, and the longest is one."""
    lengths = np.random.default_rng(0).integers(1, 100_000, 500)
    found = limits(lengths, 5)
    assert len(found) == 5
    assert found[-1] == lengths.max()


def test_buckets_leave_little_padding():
    """An eighth of what one batch of all would have."""
    lengths = np.random.default_rng(0).integers(1, 100, 1000).tolist()

    def padded(batches):
        return sum(batch[0].size for batch in batches) - sum(lengths)

    alone = padded(Bucketed(sequences(lengths), 10, bucket="mask", buckets=1))
    assert padded(Bucketed(sequences(lengths), 10, bucket="mask", buckets=8)) < alone / 7


def test_epochs_differ_and_the_last_of_a_bucket_can_be_dropped():
    """In which records come together, and in which order buckets take turns."""
    data = sequences([1, 2, 2, 2, 5, 5, 5] * 5)
    batches = Bucketed(data, 4, 1, bucket="mask", buckets=2, drop_last=True, sections=("targets", "mask"))
    first, second = ([batch[0].tolist() for batch in batches] for _ in range(2))
    assert first != second
    assert {len(batch) for batch in first} == {4}
    assert len(first) == batches.iterations_per_epoch == 20 // 4 + 15 // 4


def test_what_is_cut_can_be_named():
    """Where another section happens to be as long."""
    data = {**sequences([1, 2, 3]), "classes": np.eye(3)}
    for batch in Bucketed(data, 1, bucket="mask", sections=("inputs", "classes"), cut=("inputs", "mask")):
        assert batch[1].shape == (1, 3)
    assert {batch[0].shape for batch in Bucketed(data, 1, bucket="mask", sections=("classes",))} == {
        (1, 1),
        (1, 2),
        (1, 3),
    }


def refused(**settings):
    with pytest.raises(DataError) as caught:
        Bucketed(**{"data": sequences([1, 2, 3]), "batch_size": 2, **settings})
    return str(caught.value)


def test_what_tells_no_lengths_is_refused():
    """A section that is there, and of the right kind; and batches that there are."""
    assert refused(bucket="masks") == (
        "iterator Bucketed, bucket: there is no section 'masks'\n"
        "  expected: one of inputs, lengths, mask, targets (nearest: mask)"
    )
    assert refused(data={"inputs": np.ones((2, 3, 4))}, bucket="inputs") == (
        "iterator Bucketed: section 'inputs' holds float64 of shape (2, 3, 4), which tells no lengths\n"
        "  expected: a mask, (records, time), or whole numbers, (records,)\n"
        "  to do:    name the mask that pad_sequences gives"
    )
    assert refused(bucket="targets") == (
        "iterator Bucketed: in section 'targets' record 0 is 0 long\n"
        "  expected: lengths from 1 to 3, that of the longest section\n"
        "  to do:    give the number of steps of each record"
    )
    assert refused(bucket="mask", batch_size=4, drop_last=True) == (
        "iterator Bucketed: batches of 4 with the last dropped leave none of 3 records\n"
        "  expected: batch_size of at most 1, or drop_last=False"
    )
    assert refused(bucket="mask", batch_size=0) == (
        "iterator Bucketed: batch_size is 0\n  expected: a positive number of records"
    )
