"""How a trainer's batches are made is a setting."""

import numpy as np
import pytest
from sigma_nn import Adam, Dense, Embedding, Input, Lstm, SoftmaxCrossEntropy

from sigma_core import Recipe, Trainer, pad_sequences
from sigma_core.data import Minibatch, Undivided, Unified
from sigma_core.errors import ComponentError, NetworkError


def recipe(**settings):
    network = [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, "softmax_cross_entropy"]
    return Recipe({"dataset": "iris", "optimiser": "adam", "stop": "3 epochs", "network": network, **settings})


def parameters(trainer):
    return b"".join(array.tobytes() for array in trainer.get("network.**").values())


def test_each_iterator_has_its_iterations():
    """As many as there are batches in its epochs."""
    for iterator, iterations in (("minibatch", 3), ("unified", 1), ({"use": "undivided", "block": 100}, 2)):
        trainer = Trainer.from_recipe(recipe(iterator=iterator, batch_size=50))
        assert trainer.run().iterations == 3 * iterations
        assert trainer.recipe().values.get("iterator", "minibatch") == iterator
    assert trainer.inspect().program
    assert Trainer.from_recipe(recipe(iterator="unified")).setup.iterator == Unified()


def test_all_records_at_once_are_a_batch_of_all_records(make):
    """To the last bit, where order does not matter to how sums are rounded."""
    unified = make("3 epochs", iterator=Unified())
    ordered = make("3 epochs", iterator=Minibatch(False), batch_size=1000)
    assert unified.run().scores == ordered.run().scores
    assert parameters(unified) == parameters(ordered)


@pytest.mark.parametrize("iterator", [Minibatch("block", block=3, window=2), Undivided(4)])
def test_a_run_that_is_stopped_inside_an_epoch_goes_on_exactly(make, tmp_path, hook, iterator):
    """Whatever makes its batches."""

    def stopped(event, trainer):
        if event.iteration == 5:
            trainer.stop()

    whole = make("4 epochs", iterator=iterator)
    whole.run()
    first = make("4 epochs", iterator=iterator, hooks=[hook(iteration_ended=stopped)])
    first.run()
    second = make("4 epochs", iterator=iterator)
    second.restore(first.save(tmp_path / "five"))
    second.run()
    assert parameters(second) == parameters(whole)


def test_what_is_no_iterator_is_refused():
    """With what it is to derive from."""
    with pytest.raises(ComponentError) as caught:
        Trainer(
            [{"use": "input", "shape": [4]}, "softmax_cross_entropy"], "iris", "adam", "1 epochs", iterator=object()
        )
    assert str(caught.value) == (
        "iterators: an object of type object is none of them\n"
        "  expected: an object of a class that derives from Iterator\n"
        "  to do:    derive it from sigma_core.extend.Iterator"
    )


def reader(*, may_be_shorter):
    entered = Input(9, dtype="integer", may_be_shorter=may_be_shorter)
    return entered + Embedding(10, 4) + Lstm(5, outputs="last", mask="mask") + Dense(2) + SoftmaxCrossEntropy()


def words():
    random = np.random.default_rng(0)
    lengths = random.integers(1, 10, 40)
    inputs, mask = pad_sequences([random.integers(0, 10, length) for length in lengths])
    return {"inputs": inputs, "mask": mask, "targets": (lengths > 5).astype(int)}


def test_buckets_compile_a_step_for_each_length_and_train_on_all():
    """Masked, what is cut off made no difference: scores of shorter batches are those of padded ones."""
    trainer = Trainer(
        reader(may_be_shorter=True),
        words(),
        Adam(),
        "2 epochs",
        iterator=Minibatch(bucket="mask", buckets=3),
        batch_size=8,
    )
    trainer.build()
    padded = trainer.evaluate("training")
    whole = [batch[0].shape[1] for batch in trainer.batches]
    assert len(set(whole)) == 3
    records = words()
    for limit in sorted(set(whole)):
        chosen = records["mask"].sum(axis=1) == limit
        some = {name: array[chosen] for name, array in records.items()}
        cut = {name: array[:, :limit] if array.ndim > 1 else array for name, array in some.items()}
        assert trainer.score(cut)["loss"] == pytest.approx(trainer.score(some)["loss"], rel=1e-5)
    trainer.batches.seek(1)
    assert trainer.run().scores["training.loss"] < padded["loss"]


def test_a_network_that_takes_no_shorter_records_is_refused_before_the_first_step():
    """With what lets it."""
    trainer = Trainer(
        reader(may_be_shorter=False), words(), Adam(), "2 epochs", iterator=Minibatch(bucket="mask", buckets=2)
    )
    with pytest.raises(NetworkError) as caught:
        trainer.build()
    assert caught.value.remedy == "give the input the shape (5,), or may_be_shorter=true where records are cut"
