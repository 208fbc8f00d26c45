"""Trainers whose batches are made by a thread ahead."""

import threading

import pytest

from sigma_core.errors import SettingError


def parameters(trainer):
    return b"".join(array.tobytes() for array in trainer.get("network.**").values())


@pytest.mark.parametrize("depth", [1, 3])
def test_a_thread_ahead_changes_no_number(make, depth):
    """Only who makes the batches, and when, is another; nothing is left of the thread afterwards."""
    alone, ahead = make("5 epochs"), make("5 epochs", prefetch=depth)

    assert alone.run().scores == ahead.run().scores
    assert parameters(alone) == parameters(ahead)
    assert not [thread for thread in threading.enumerate() if thread.name == "sigma-prefetch"]


def test_batches_that_were_made_ahead_do_not_count(make, tmp_path, hook):
    """A run that is stopped, saved and restored inside an epoch ends as one that was not."""
    whole = make("4 epochs", prefetch=2)
    whole.run()
    first = make("4 epochs", prefetch=2, hooks=[hook(iteration_ended=_stop_at_five)])
    first.run()
    second = make("4 epochs", prefetch=2)
    second.restore(first.save(tmp_path / "five"))
    second.run()

    assert parameters(second) == parameters(whole)


def _stop_at_five(event, trainer):
    if event.iteration == 5:
        trainer.stop()


def test_a_recipe_says_how_many(make):
    """As any other key."""
    with pytest.raises(SettingError) as caught:
        make(prefetch=-1)

    assert str(caught.value) == (
        "prefetch: -1\n  expected: a whole number from 0 to 64\n  to do:    give such a number"
    )
