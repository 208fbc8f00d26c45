"""Trainers whose batches are made by a thread ahead."""

import threading

import pytest

from sigma_core import Recipe, Trainer
from sigma_core.errors import SettingError


def parameters(trainer):
    return b"".join(array.tobytes() for array in trainer.get("network.**").values())


@pytest.mark.parametrize("depth", [1, 3, {"depth": 4, "threads": 3}])
def test_a_thread_ahead_changes_no_number(make, depth):
    """Only who makes the batches, and when, is another; nothing is left of the thread afterwards."""
    alone, ahead = make("5 epochs", prefetch=0), make("5 epochs", prefetch=depth)

    assert alone.run().scores == ahead.run().scores
    assert parameters(alone) == parameters(ahead)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sigma-prefetch")]


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
        'prefetch: -1\n  expected: "auto", a whole number from 0 to 64, or a table with depth and threads\n'
        "  to do:    give such a number"
    )
    for given, message in (
        ({"depth": 2.5}, "prefetch.depth: 2.5\n  expected: a whole number from 0 to 64"),
        ({"threads": 0}, "prefetch.threads: 0\n  expected: a whole number from 1 to 32"),
    ):
        with pytest.raises(SettingError) as caught:
            make(prefetch=given)
        assert str(caught.value) == f"{message}\n  to do:    give such a number"
    with pytest.raises(SettingError) as caught:
        make(prefetch={"treads": 2})
    assert str(caught.value) == (
        "prefetch.treads: there is no setting 'treads'\n  expected: depth, threads (nearest: threads)\n"
        "  to do:    leave it out"
    )


@pytest.mark.parametrize(
    ("given", "written"),
    [("auto", None), (0, 0), (3, 3), ({"threads": 2}, {"depth": 2, "threads": 2}), ({"depth": 4}, 4)],
)
def test_what_a_recipe_says_is_written_again(given, written):
    """As short as it can be; the default is left out."""
    recipe = Recipe(
        {
            "dataset": "xor",
            "optimiser": "adam",
            "stop": "1 epochs",
            "network": [{"use": "input", "shape": [2]}, {"use": "dense", "size": 2}, "softmax_cross_entropy"],
            "prefetch": given,
        }
    )
    assert Trainer.from_recipe(recipe).recipe().values.get("prefetch") == written


def test_what_threads_make_lies_where_the_backend_wants_it(make):
    """Such as in the memory of a device; the thread that made it puts it there."""
    from sigma_core.backends.numpy import NumpyBackend

    threads = set()

    class Staging(NumpyBackend):
        def staged(self, array):
            threads.add(threading.current_thread().name)
            return array.copy()

    staged, plain = make("2 epochs", prefetch=1, backend=Staging()), make("2 epochs", prefetch=0)
    assert staged.run().scores == plain.run().scores
    assert threads == {"sigma-prefetch-1"}
