"""Trainings on the device: those of the CPU within rounding, and resumed bit for bit."""

import numpy as np
import pytest
from sigma_nn import Adam, Dense, Dropout, Input, SoftmaxCrossEntropy

import sigma_core as sigma
from sigma_core.testing import NumpyBackend


def training(backend, stop="2 epochs", dtype="float32", prefetch="auto"):
    network = Input(64) + Dense(24, activation="relu") + Dropout(0.3) + Dense(10) + SoftmaxCrossEntropy()
    return sigma.Trainer(
        network,
        data={"use": "digits", "split": [0.8, 0.2]},
        optimiser=Adam(1e-3),
        batch_size=100,
        stop=stop,
        seed=3,
        dtype=dtype,
        prefetch=prefetch,
        backend=backend,
    )


def test_a_training_on_digits_is_that_of_the_cpu(backend):
    """Dropout drops the same elements; what differs is rounding."""
    trainers = [training(each, dtype="float64") for each in (NumpyBackend(), backend)]
    for trainer in trainers:
        trainer.run()
    expected, found = (each.team.pull() for each in trainers)
    assert expected.keys() == found.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-7, atol=1e-9)
    scores = [each.scores for each in trainers]
    assert scores[1] == pytest.approx(scores[0], rel=1e-6)


def test_a_resumed_training_is_bit_for_bit_the_same(readable, tmp_path):
    """From a checkpoint inside an epoch, in a trainer of its own."""
    whole = training(readable, "20 iterations")
    whole.run()
    half = training(readable, "9 iterations")
    half.run()
    half.save(tmp_path / "half")
    rest = training(readable, "20 iterations")
    rest.restore(tmp_path / "half")
    rest.run()
    expected = whole.team.pull()
    for name, array in rest.team.pull().items():
        assert np.array_equal(array, expected[name]), name


def test_threads_that_make_batches_put_them_into_the_devices_memory(readable):
    """Which changes no number."""
    trainers = [training(readable, "20 iterations", prefetch=prefetch) for prefetch in (0, {"depth": 3, "threads": 2})]
    for trainer in trainers:
        trainer.run()
    with trainers[1].batches as batches:
        assert all(readable.runtime.owns(array) for array in next(iter(batches)))
    expected = trainers[0].team.pull()
    for name, array in trainers[1].team.pull().items():
        assert np.array_equal(array, expected[name]), name


def test_hooks_see_arrays_of_the_host(readable):
    """Losses as numbers, gradients as NumPy's; and live values are read and set."""
    seen = []

    class Watch:
        @sigma.hookimpl(requires=["gradients.layers.*.weights"])
        def sigma_iteration_ended(self, event, trainer):
            seen.append({name: event.scores[name] for name in event.scores})
            trainer.set("optimiser.learning_rate", 5e-4)

    trainer = training(readable, "3 iterations")
    trainer.attach(Watch())
    trainer.run()
    assert len(seen) == 3
    for scores in seen:
        assert isinstance(scores.pop("loss"), float)
        assert scores
        assert all(type(array) is np.ndarray for array in scores.values())
    assert trainer.get("optimiser.learning_rate") == 5e-4
    predictions = trainer.predict(np.zeros((3, 64)))
    assert type(predictions) is np.ndarray
