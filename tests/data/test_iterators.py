"""Minibatches in any order, and their positions."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.data import Minibatches
from sigma_core.errors import DataError


def numbers(count):
    return {"inputs": np.arange(2.0 * count).reshape(count, 2), "targets": np.arange(count)}


def targets(batches):
    return [list(batch[-1]) for batch in batches]


SHUFFLES = st.sampled_from(["full", "block", False])


@given(
    records=st.integers(1, 70),
    size=st.integers(1, 80),
    seed=st.integers(0, 5),
    drop=st.booleans(),
    shuffle=SHUFFLES,
    block=st.integers(1, 30),
    window=st.integers(1, 5),
)
def test_an_epoch_gives_each_record_once_and_aligned(records, size, seed, drop, shuffle, block, window):
    """Inputs go with their targets; only what `drop_last` drops is missing."""
    if drop and size > records:
        size = records
    iterator = Minibatches(numbers(records), size, seed, drop_last=drop, shuffle=shuffle, block=block, window=window)
    seen = []
    for inputs, labels in iterator:
        np.testing.assert_array_equal(inputs[:, 0], 2.0 * labels)
        assert len(labels) == size or not drop
        seen.extend(labels)
    assert len(seen) == len(set(seen)) == (records // size * size if drop else records)
    assert iterator.position == (2, 0)


@given(records=st.integers(1, 70), size=st.integers(1, 20), epoch=st.integers(1, 4), shuffle=SHUFFLES, data=st.data())
def test_a_restored_iterator_goes_on_where_the_other_was(records, size, epoch, shuffle, data):
    """The state is JSON; from it on, batches are the same to the last bit."""

    def minibatches():
        return Minibatches(numbers(records), size, 3, shuffle=shuffle, block=4, window=3)

    whole = minibatches()
    index = data.draw(st.integers(0, whole.iterations_per_epoch))
    expected = targets(whole.epoch(epoch))[index:] + targets(whole)

    interrupted = minibatches()
    batches = interrupted.epoch(epoch)
    for _ in range(index):
        next(batches)
    state = json.loads(json.dumps(interrupted.state()))
    resumed = minibatches()
    resumed.restore(state)
    assert resumed.position == (epoch, index)
    assert targets(resumed) + targets(resumed) == expected


def test_epochs_differ_and_any_can_be_had_at_once():
    """The order of an epoch does not depend on those before it."""
    iterator = Minibatches(numbers(40), 10, 1)
    first, second = targets(iterator), targets(iterator)
    assert first != second
    assert targets(Minibatches(numbers(40), 10, 1).epoch(2)) == second


def test_large_records_are_gathered_one_batch_at_a_time():
    """Whatever the blocks, the batches are the same."""
    wide = {"inputs": np.repeat(np.arange(50.0)[:, None], 5000, axis=1), "targets": np.arange(50)}
    batches = [batch[0][:, 0].astype(int).tolist() for batch in Minibatches(wide, 8, 2)]
    assert batches == targets(Minibatches(numbers(50), 8, 2))


@pytest.mark.parametrize("width", [1, 3000])
@pytest.mark.parametrize("ahead", [0, 1, 5])
def test_a_batch_stays_while_as_many_as_reserved_are_asked_for(width, ahead):
    """Buffers are used again, but never too early."""
    data = {"inputs": np.repeat(np.arange(600.0)[:, None], width, axis=1)}
    iterator = Minibatches(data, 16, 0)
    iterator.reserve(ahead)
    expected = [batch[0].copy() for batch in iterator.epoch(1)]
    given_batches = []
    for index, (batch,) in enumerate(iterator.epoch(1)):
        given_batches.append(batch)
        oldest = max(0, index - ahead)
        np.testing.assert_array_equal(given_batches[oldest], expected[oldest])


def test_batches_are_not_allocated_anew():
    """Once every buffer was in use, batches are in memory that was used before."""
    iterator = Minibatches(numbers(64), 16, 0)

    def addresses():
        return {batch[0].ctypes.data for _ in range(2) for batch in iterator}

    assert addresses() == addresses()


def test_sections_come_in_the_order_asked_for():
    """A batch is a tuple by that order."""
    (batch,) = Minibatches(numbers(4), 4, 0, sections=("targets", "inputs"))
    assert [array.shape for array in batch] == [(4,), (4, 2)]


def test_unshuffled_batches_are_views_in_order():
    """Validation needs neither a copy nor an order."""
    data = numbers(5)
    batches = list(Minibatches(data, 2, shuffle=False))
    assert targets(batches) == [[0, 1], [2, 3], [4]]
    assert np.shares_memory(batches[0][0], data["inputs"])
    assert targets(Minibatches(data, 2, shuffle=False, drop_last=True)) == [[0, 1], [2, 3]]


def test_the_position_counts_what_was_given():
    """After the last batch the epoch is not over until one more is asked for."""
    iterator = Minibatches(numbers(4), 2, 0)
    batches = iter(iterator)
    positions = [iterator.position, *(iterator.position for _ in batches)]
    assert positions == [(1, 0), (1, 1), (1, 2)]
    assert iterator.position == (2, 0)


def test_an_abandoned_epoch_goes_on():
    """Leaving a loop early loses no batch."""
    iterator = Minibatches(numbers(6), 2, 0)
    expected = targets(iterator.epoch(1))
    iterator.seek(1)
    seen = targets([next(iter(iterator))])
    assert seen + targets(iterator) == expected


def test_setting_the_position_ends_an_iteration_under_way():
    """The overtaken loop neither gives a batch more nor moves the position."""
    iterator = Minibatches(numbers(6), 2, 0)
    batches = iter(iterator)
    next(batches)
    iterator.seek(3, 1)
    assert next(batches, None) is None
    assert iterator.position == (3, 1)


def refused(action):
    with pytest.raises(DataError) as caught:
        action()
    return str(caught.value)


def test_positions_that_do_not_exist_are_refused():
    """Epochs count from 1, positions up to the end of the epoch."""
    iterator = Minibatches(numbers(6), 2, 0)
    for epoch, index in ((0, 0), (1, 4), (1, -1)):
        assert refused(lambda epoch=epoch, index=index: iterator.seek(epoch, index)) == (
            f"iterator Minibatches: there is no position {index} of epoch {epoch}\n"
            "  expected: an epoch from 1 and a position from 0 to 3"
        )


def test_a_state_of_other_batches_is_refused():
    """A position means nothing over other data or with other settings."""
    state = Minibatches(numbers(6), 2, 0).state()
    assert refused(lambda: Minibatches(numbers(6), 3, 0).restore(state)) == (
        "state of iterator Minibatches: batch_size was 2 and is 3\n"
        "  expected: the state of an iterator over the same data with the same settings"
    )


def test_an_abandoned_epoch_keeps_what_was_reserved():
    """However often a loop is left, no batch is overwritten too early."""
    iterator = Minibatches(numbers(400), 2, 0)
    iterator.reserve(5)
    kept = [(next(iter(iterator))[1], None) for _ in range(6)]
    expected = targets([(batch,) for batch, _ in kept])
    assert expected == targets(Minibatches(numbers(400), 2, 0))[:6]


def test_batches_stay_over_the_end_of_an_epoch():
    """Where runs of batches are short, too."""
    iterator = Minibatches(numbers(65), 1, 0)
    iterator.reserve(64)
    assert iterator.at_once == 64
    given_batches = [batch[1] for _ in range(2) for batch in iterator]
    expected = targets(Minibatches(numbers(65), 1, 0)) + targets(Minibatches(numbers(65), 1, 0).epoch(2))
    assert [list(batch) for batch in given_batches[-65:]] == expected[-65:]


@given(records=st.integers(1, 90), block=st.integers(1, 20), window=st.integers(1, 4), epoch=st.integers(1, 3))
def test_blocks_are_shuffled_and_mixed_a_few_at_a_time(records, block, window, epoch):
    """Each window holds whole blocks, which are nowhere else; epochs differ."""
    batches = Minibatches({"inputs": np.arange(records)}, records, 5, shuffle="block", block=block, window=window)
    ((order,),) = [tuple(array.copy() for array in batch) for batch in batches.epoch(epoch)]
    order = order.tolist()
    assert sorted(order) == list(range(records))
    while order:
        # The blocks in the order in which they appear; what the first few of them hold comes before all others.
        chosen = list(dict.fromkeys(record // block for record in order))[:window]
        mixed = [record for record in range(records) if record // block in chosen]
        assert sorted(order[: len(mixed)]) == mixed
        order = order[len(mixed) :]


def test_bad_settings_are_refused():
    """Batches hold records, and there are batches."""
    assert refused(lambda: Minibatches(numbers(6), 0)) == (
        "iterator Minibatches: batch_size is 0\n  expected: a positive number of records"
    )
    assert refused(lambda: Minibatches(numbers(6), 7, drop_last=True)) == (
        "iterator Minibatches: batches of 7 with the last dropped leave none of 6 records\n"
        "  expected: batch_size of at most 6, or drop_last=False"
    )
    assert refused(lambda: Minibatches(numbers(6), 2, sections=["input"])) == (
        "iterator Minibatches: there is no section 'input'\n  expected: one of inputs, targets (nearest: inputs)"
    )
    assert refused(lambda: Minibatches({}, 2)) == (
        "iterator Minibatches: it has no sections\n  expected: at least one named array, such as inputs"
    )


def test_batches_larger_than_the_data_hold_all_of_it():
    """However large they were asked for."""
    batches = Minibatches({"inputs": np.arange(5.0)}, 10**15)
    assert [len(batch[0]) for batch in batches] == [5]
