"""Reading and setting hyperparameters and parameters by identifier."""

import threading

import numpy as np
import pytest
from sigma_nn import Adam, Dense, GradientDescent, Input, SquaredDifference

from sigma_core.errors import IdentifierError, SettingError

RATE = "optimiser.learning_rate"
WEIGHTS = "network.layers.dense_1.weights"
KNOWN = (
    "network.layers.dense_1.biases, network.layers.dense_1.weights, network.layers.dense_2.biases, "
    "network.layers.dense_2.weights, optimiser.learning_rate"
)


@pytest.fixture
def trainer(make):
    return make(optimiser=GradientDescent(0.5))


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def test_a_hyperparameter_is_a_float(trainer):
    """Exactly the one that was given."""
    assert trainer.get(RATE) == 0.5
    trainer.set(RATE, 1)
    assert trainer.get(RATE) == 1.0


def test_a_parameter_is_a_copy(trainer):
    """Changing it changes nothing; setting it does, and nothing else."""
    weights, others = trainer.get(WEIGHTS), trainer.get("**.biases")
    weights[...] = 7

    assert not (trainer.get(WEIGHTS) == 7).any()
    trainer.set(WEIGHTS, weights.tolist())
    assert (trainer.get(WEIGHTS) == 7).all()
    assert (trainer.predict(np.zeros((1, 3))) == 0).all()
    assert {name: value.tolist() for name, value in others.items()} == {
        name: value.tolist() for name, value in trainer.get("**.biases").items()
    }


def test_a_pattern_reads_several(make):
    """By identifier, in the order of the network."""
    assert list(make(optimiser=Adam()).get("optimiser.*")) == [
        "optimiser.learning_rate",
        "optimiser.mean_decay",
        "optimiser.square_decay",
        "optimiser.epsilon",
    ]
    assert list(make().get("network.layers.dense_*.weights")) == [WEIGHTS, "network.layers.dense_2.weights"]


def test_an_unknown_identifier_is_refused(trainer):
    """With the nearest; also when it is set."""
    message = (
        "optimiser.learnin_rate: there is no such value\n"
        f"  expected: {KNOWN} (nearest: optimiser.learning_rate)\n"
        "  to do:    use one of these"
    )

    assert refused(IdentifierError, lambda: trainer.get("optimiser.learnin_rate")) == message
    assert refused(IdentifierError, lambda: trainer.set("optimiser.learnin_rate", 1)) == message


@pytest.mark.parametrize(
    ("identifier", "value", "expected"),
    [
        (RATE, "fast", "a finite number"),
        (RATE, [0.5], "a finite number"),
        (RATE, float("nan"), "a finite number"),
        (RATE, None, "a finite number"),
        (RATE, True, "a finite number"),
        (RATE, "0.5", "a finite number"),
        (WEIGHTS, [["1", 2, 3, 4]] * 3, "a finite number, or finite numbers of shape (3, 4)"),
        (WEIGHTS, None, "a finite number, or finite numbers of shape (3, 4)"),
        (WEIGHTS, [[1, 2], [3]], "a finite number, or finite numbers of shape (3, 4)"),
    ],
)
def test_a_value_must_fit(trainer, identifier, value, expected):
    """Nothing but finite numbers is taken, and of arrays nothing is broadcast."""
    assert refused(IdentifierError, lambda: trainer.set(identifier, value)) == (
        f"{identifier}: it cannot be set to {value!r}\n  expected: {expected}\n  to do:    give such a value"
    )


def test_a_long_value_is_told_in_brief(trainer):
    """By its beginning and its end."""
    assert refused(IdentifierError, lambda: trainer.set(RATE, "0" * 10**6)) == (
        f"{RATE}: it cannot be set to '{99 * '0'} ... {99 * '0'}'\n"
        "  expected: a finite number\n  to do:    give such a value"
    )


def test_an_optimiser_may_refuse_a_value(trainer):
    """Its fields are validated as when it was made."""
    assert refused(SettingError, lambda: trainer.set(RATE, -1)) == (
        "GradientDescent.learning_rate: -1.0\n  expected: a finite number of at least 0"
    )
    assert trainer.get(RATE) == 0.5


def test_a_hook_sets_what_the_next_iteration_uses(data, make, hook):
    """A rate of zero leaves everything as it is from then on; nothing is compiled anew."""
    seen, compiled = [], []

    def ended(event, trainer):
        if event.iteration == 2:
            trainer.set(RATE, 0.0)
        seen.append(trainer.get(WEIGHTS).tobytes())

    trainer = make(
        "2 epochs",
        optimiser=GradientDescent(0.1),
        batch_size=10,
        hooks=[hook(iteration_ended=ended, step_compiled=lambda event, trainer: compiled.append(event))],
    )
    trainer.run(stop="4 iterations")

    assert seen[0] != seen[1] == seen[2] == seen[3]
    assert len(compiled) == 1


def test_a_parameter_set_in_a_run_is_trained_on(make, hook):
    """From the values that it was set to."""

    def ended(event, trainer):
        if event.iteration == 1:
            trainer.set(WEIGHTS, np.full((3, 1), 5.0))
            trainer.set(RATE, 0.0)

    trainer = make(
        network=Input(3) + Dense(1) + SquaredDifference(),
        optimiser=GradientDescent(0.1),
        hooks=[hook(iteration_ended=ended)],
    )
    trainer.run()

    assert (trainer.get(WEIGHTS) == 5.0).all()


def test_another_thread_sets_for_the_next_iteration(make, hook):
    """Its value is checked at once and put in place between two iterations."""
    rates, errors = [], []
    may_set, has_set = threading.Event(), threading.Event()

    def other():
        may_set.wait(10)
        trainer.set(RATE, 0.25)
        try:
            trainer.set(RATE, "fast")
        except IdentifierError as error:
            errors.append(error)
        has_set.set()

    def started(event, trainer):
        rates.append(trainer.get(RATE))
        if event.iteration == 2:
            may_set.set()
            assert has_set.wait(10)
            rates.append(trainer.get(RATE))

    trainer = make(optimiser=GradientDescent(0.5), hooks=[hook(iteration_started=started)])
    thread = threading.Thread(target=other)
    thread.start()
    trainer.run(stop="4 iterations")
    thread.join()

    assert rates == [0.5, 0.5, 0.5, 0.25, 0.25]
    assert len(errors) == 1


@pytest.mark.parametrize("identifier", [None, 3])
def test_an_identifier_is_a_text(trainer, identifier):
    """To ask and to set."""
    for action in (lambda: trainer.get(identifier), lambda: trainer.set(identifier, 1.0)):
        assert refused(IdentifierError, action) == (
            f"{str(identifier)!r}: it is no text\n  expected: {KNOWN}\n  to do:    use one of these"
        ).replace(repr(str(identifier)), str(identifier))


def test_a_number_without_bounds_is_refused(trainer):
    """One that no float holds, a complex one, and one that the network's dtype cannot hold."""
    assert refused(IdentifierError, lambda: trainer.set(RATE, 10**400)).startswith(f"{RATE}: it cannot be set to 1000")
    shape = trainer.get(WEIGHTS).shape
    for values in (np.ones(shape, complex), np.full(shape, 1e300)):
        assert refused(IdentifierError, lambda values=values: trainer.set(WEIGHTS, values)) == (
            f"{WEIGHTS}: it cannot be set to {values!r}\n"
            f"  expected: a finite number, or finite numbers of shape {shape}\n"
            "  to do:    give such a value"
        )
