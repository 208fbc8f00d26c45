"""What a store tells of iterations that an export lacks."""

import pytest
from sigma_monitors.exports._stored import values_between

from sigma_core.extend import Bus, EpochEnded, RunReset, RunStore, ValidationEnded


@pytest.fixture
def told(tmp_path, started, losses, published):
    """A store of a run that was killed at 7, went on from 4 up to 6, was reset, and is at 6 again."""

    def epoch(number):
        return [
            ValidationEnded(name="validation", epoch=number, iteration=4 * number, scores={"loss": 0.5}),
            EpochEnded(epoch=number, iteration=4 * number, iterations_per_epoch=4, scores={"training.loss": 0.5}),
        ]

    def told(*parts):
        bus = Bus()
        store = RunStore.create(tmp_path / "store")
        store.attach(bus)
        for part in parts:
            for event in part:
                bus.publish(event)
        store.close()
        return tmp_path / "store"

    told.epoch = epoch
    return told


def kinds(directory, after, until):
    """Which events of which iterations are told."""
    return [(type(event).__name__, event.iteration) for event in values_between(str(directory), after, until)]


def test_what_lies_between_is_told_in_order(told, started, losses, published):
    """All that has values; what has come of it is for the run to tell."""
    directory = told(
        [started()], losses(1, 4), told.epoch(1), losses(5, 7), [published(7, norm=1.0)], losses(8, 8), told.epoch(2)
    )
    assert kinds(directory, 6, 8) == [
        ("IterationEnded", 7),
        ("ValuesPublished", 7),
        ("IterationEnded", 8),
        ("ValidationEnded", 8),
        ("EpochEnded", 8),
    ]
    assert kinds(directory, 8, 8) == []
    (first,) = values_between(str(directory), 4, 5)
    assert first.scores == {"loss": 0.2}


@pytest.mark.parametrize("after", range(7))
def test_what_became_void_is_left_out(told, started, losses, after):
    """The run was killed at 7 and went on from 4, then was killed at 6, and goes on from 5."""
    directory = told([started()], losses(1, 4), told.epoch(1), losses(5, 7), [started(4)], losses(5, 6), [started(5)])
    expected = [("IterationEnded", 1), ("IterationEnded", 2), ("IterationEnded", 3), ("IterationEnded", 4)]
    expected += [("ValidationEnded", 4), ("EpochEnded", 4), ("IterationEnded", 5)]
    assert kinds(directory, after, 5) == [each for each in expected if each[1] > after]


def test_a_reset_makes_all_void(told, started, losses):
    """But for what comes behind it."""
    directory = told([started()], losses(1, 6), [RunReset(epoch=2, iteration=6)], losses(1, 2), [started(2)])
    assert kinds(directory, 0, 6) == [("IterationEnded", 1), ("IterationEnded", 2)]


def test_without_a_store_nothing_is_told(tmp_path):
    """Nobody is helped by ending an export for it."""
    assert kinds(tmp_path, 0, 6) == []
