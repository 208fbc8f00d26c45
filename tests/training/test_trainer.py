"""Composing a trainer out of parts, and training with it."""

import json
import warnings

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import (
    Accuracy,
    Constant,
    Dense,
    Dropout,
    GradientDescent,
    Input,
    MeanAbsoluteError,
    SoftmaxCrossEntropy,
    SquaredDifference,
    Zeros,
)

import sigma_core as sigma
from sigma_core.data import Dataset
from sigma_core.errors import (
    ComponentError,
    DataError,
    IdentifierError,
    NetworkError,
    RecipeError,
    SettingError,
    TrainerError,
)
from sigma_core.network import Initialiser, Section
from sigma_core.training._programs import training_step
from sigma_core.training.recipe import compose

VALIDATION = (np.ones((3, 3)), np.zeros((3, 1)))
XOR = (np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]]))
WEIGHTS = "network.layers.dense_1.weights"


def parameters(trainer):
    return {name: trainer.get(name).tobytes() for name in trainer.network.parameters}


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


# Training


def test_it_learns_what_no_line_can_tell_apart():
    """A hidden layer learns the exclusive or, from whole numbers as they are."""
    network = Input(2) + Dense(8, activation="tanh") + Dense(1, activation="sigmoid") + SquaredDifference()
    trainer = sigma.Trainer(
        network, XOR, GradientDescent(0.5), "3000 epochs | training.loss < 0.005", batch_size=4, seed=1
    )

    run = trainer.run()

    assert run.ended_because == "training.loss < 0.005"
    assert (trainer.predict(XOR[0]) > 0.5).tolist() == [[False], [True], [True], [False]]


def test_it_learns_real_digits():
    """Four epochs over the bundled digits are enough for nine of ten."""
    network = Input(64) + Dense(32, activation="relu") + Dense(10) + SoftmaxCrossEntropy()
    dataset = {"use": "digits", "split": [0.8, 0.2]}

    run = sigma.Trainer(network, dataset, {"use": "adam", "learning_rate": 0.005}, "4 epochs").run()

    assert run.epochs == 4
    assert run.scores["validation.accuracy"] > 0.9
    assert set(run.scores) == {"training.loss", "validation.loss", "validation.accuracy"}


def test_plain_gradient_descent_is_that(data):
    """One step over all records takes the mean's gradient, times the rate, from the parameters."""
    inputs, targets = data
    trainer = sigma.Trainer(
        Input(3) + Dense(1) + SquaredDifference(),
        data,
        GradientDescent(0.1),
        "1 iterations",
        batch_size=10,
        dtype="float64",
    )
    weights, biases = trainer.get(WEIGHTS), trainer.get("network.layers.dense_1.biases")
    errors = inputs @ weights + biases - targets

    run = trainer.run()

    assert run.scores["training.loss"] == pytest.approx(np.mean(errors**2), rel=1e-12)
    np.testing.assert_allclose(trainer.get(WEIGHTS), weights - 0.1 * 2 * inputs.T @ errors / 10, rtol=1e-12)
    np.testing.assert_allclose(
        trainer.get("network.layers.dense_1.biases"), biases - 0.1 * 2 * errors.mean(axis=0), rtol=1e-12
    )


def test_the_seed_decides_everything(make):
    """Equal seeds give equal bytes, orders and random numbers included; others do not."""
    network = Input(3) + Dense(6, activation="relu") + Dropout(0.5) + Dense(1) + SquaredDifference()
    one, two, other = (make(network=network, seed=seed) for seed in (7, 7, 8))

    scores = [trainer.run().scores for trainer in (one, two, other)]

    assert parameters(one) == parameters(two)
    assert scores[0] == scores[1]
    assert not set(parameters(one).values()) & set(parameters(other).values())


def test_the_seed_is_the_environments_where_none_is_given(make):
    """One seed in one place."""
    with sigma.Environment(seed=7) as environment:
        trainer = make(seed=None, environment=environment)
        assert trainer.setup.seed == 7
        assert parameters(trainer) == parameters(make(seed=7))


def test_another_layer_leaves_the_others_as_they_were(make):
    """Each parameter draws from a stream of its own."""
    small = make(network=Input(3) + Dense(4) + Dense(1) + SquaredDifference())
    large = make(network=Input(3) + Dense(4) + Dense(4) + Dense(1) + SquaredDifference())

    assert small.get(WEIGHTS).tobytes() == large.get(WEIGHTS).tobytes()


def test_running_again_goes_on(make):
    """A second run takes up counters, batches and state where the first one ended."""
    whole, parts = make("5 epochs"), make("5 epochs")

    whole.run()
    first = parts.run(stop="4 iterations")
    second = parts.run()

    assert (first.ended_because, first.iterations, first.epochs) == ("4 iterations", 4, 1)
    assert (second.ended_because, second.iterations, second.epochs) == ("5 epochs", 15, 5)
    assert second.seconds > first.seconds
    assert parameters(whole) == parameters(parts)


def test_a_run_that_stopped_at_an_epochs_last_batch_ends_the_epoch_first(make, recorder):
    """What was outstanding comes before what is new."""
    trainer = make("2 epochs", hooks=[recorder], validation=VALIDATION)
    trainer.run(stop="3 iterations")
    recorder.events.clear()

    trainer.run()

    assert recorder.names[:5] == ["RunStarted", "ValidationStarted", "ValidationEnded", "EpochEnded", "EpochStarted"]
    assert [event.epoch for event in recorder.of("EpochEnded")] == [1, 2]


def test_a_criterion_that_holds_ends_no_run_twice(make):
    """A trainer whose criterion holds says so, and takes another criterion or begins anew."""
    trainer = make("2 epochs")
    trainer.run()

    assert refused(TrainerError, trainer.run) == (
        "trainer 'run': it has ended: 2 epochs\n"
        "  expected: a criterion that does not hold yet\n"
        "  to do:    give another criterion, run(stop=...) or --set stop=..., or reset() the trainer"
    )
    assert trainer.run(stop="3 epochs").epochs == 3
    # The same again: it has counted anew, and so looks after one more epoch.
    assert trainer.run(stop="3 epochs").epochs == 4
    assert trainer.run(stop={"use": "epochs", "count": 5}).epochs == 5
    assert trainer.run().ended_because == "2 epochs"


def test_another_criterion_has_a_state_of_its_own(make):
    """What one run's criterion has counted means nothing to the next one's."""
    trainer = make("validation.loss patience 2 | 6 epochs", validation=VALIDATION)

    trainer.run(stop="2 epochs")
    run = trainer.run()

    assert run.epochs <= 6
    assert run.ended_because


def test_resetting_begins_anew(make):
    """As if nothing had been trained."""
    trainer = make()
    first = trainer.run()
    trained = parameters(trainer)
    trainer.reset()

    assert parameters(trainer) != trained
    assert (trainer.clock.iteration, trainer.scores) == (0, {})
    assert trainer.run().scores == first.scores
    assert parameters(trainer) == trained


def test_nothing_is_loaded_before_it_is_needed(make):
    """Composing costs nothing; the first question builds."""
    loaded = []

    @frozen(kw_only=True)
    class Watched(Dataset):
        def load(self, environment):
            loaded.append(environment)
            return {"inputs": np.ones((4, 3)), "targets": np.ones((4, 1))}

    trainer = make(data=Watched())
    assert loaded == []
    assert trainer.network["dense_1"].shape == (4,)
    assert trainer.build() is trainer
    assert loaded == [trainer.environment]


def test_a_run_says_what_came_of_it(make):
    """In Python's terms and in JSON's, where what is no number is null."""
    with warnings.catch_warnings(action="ignore"):
        run = make(name="mine", optimiser=GradientDescent(1e30)).run()

    assert (run.name, run.directory, run.epochs, run.iterations) == ("mine", None, 2, 6)
    assert json.loads(json.dumps(run.to_dict(), allow_nan=False)) == {
        "run": "mine",
        "directory": None,
        "ended_because": "2 epochs",
        "epochs": 2,
        "iterations": 6,
        "seconds": run.seconds,
        "scores": {"training.loss": None},
    }


# Parts


def test_parts_may_be_names_tables_or_objects(make):
    """All three compose the same trainer."""
    table = make(
        network=[{"use": "input", "shape": 3}, {"use": "dense", "size": 1}, "squared_difference"],
        optimiser={"use": "gradient_descent", "learning_rate": 0.5},
        stop={"use": "epochs", "count": 2},
        metrics="mean_absolute_error",
        monitors=(),
        hooks=(),
    )
    objects = make(
        network=Input(3) + Dense(1) + SquaredDifference(),
        optimiser=GradientDescent(0.5),
        metrics={"mean_absolute_error": MeanAbsoluteError()},
    )

    assert table.setup.network == objects.setup.network
    assert table.setup.optimiser == objects.setup.optimiser
    assert table.setup.metrics == objects.setup.metrics
    assert make(network=Input(3), optimiser="adam").setup.optimiser.learning_rate == 1e-3


def test_one_fault_is_raised_as_what_it_is(make):
    """Without a list around it."""
    assert refused(SettingError, lambda: make(batch_size=0)) == (
        "batch_size: 0\n  expected: a whole number from 1\n  to do:    give such a number"
    )


def test_several_faults_are_raised_together(make):
    """In the order of the settings."""
    assert refused(
        RecipeError, lambda: make(batch_size=2.5, seed=2**64, dtype="float16", name="", optimiser="adan")
    ) == (
        "trainer: 5 faults\n"
        "name: it is empty\n"
        "  expected: a text\n"
        "  to do:    write it in quotes\n"
        "seed: 18446744073709551616\n"
        "  expected: a whole number from 0 to 18446744073709551615\n"
        "  to do:    give such a number\n"
        "dtype: 'float16'\n"
        "  expected: float32 or float64\n"
        "  to do:    write float64\n"
        "batch_size: 2.5\n"
        "  expected: a whole number from 1\n"
        "  to do:    give such a number\n"
        "optimisers 'adan': there is no such optimiser\n"
        "  expected: adadelta, adagrad, adam, adamax, adamw, gradient_descent, lamb, lion, momentum, nadam, nesterov, "
        "rms_prop (nearest: adam)"
    )


def test_a_network_must_end_with_a_cost(make):
    """There is nothing to train for otherwise."""
    assert refused(TrainerError, make(network=Input(3) + Dense(1)).build) == (
        "network: it ends with 'dense_1', which is no cost\n"
        "  expected: a cost as its last layer\n"
        "  to do:    add one of `sigma components costs`"
    )


def test_a_dtype_must_be_one(make):
    """Whatever NumPy makes of it."""
    assert refused(SettingError, lambda: make(dtype="flot64")) == (
        "dtype: 'flot64'\n  expected: float32 or float64\n  to do:    write float64"
    )


def test_data_must_be_some(make):
    """In Python, arrays will do."""
    assert refused(DataError, lambda: make(data=7)) == (
        "data: an object of type int is no dataset\n"
        "  expected: a dataset, arrays by section, a pair (inputs, targets), an array, a table or indexed records"
    )


def test_a_layer_must_be_one(make):
    """A component that is registered as one and is none is refused."""
    with sigma.Environment() as environment:
        environment.register("layers", "odd", dict)
        assert refused(ComponentError, lambda: make(network=["odd"], environment=environment)) == (
            "layers: an object of type dict is none of them\n"
            "  expected: an object of a class that derives from Layer\n"
            "  to do:    derive it from sigma_core.extend.Layer"
        )


def test_a_step_needs_targets_for_its_costs(make):
    """Of whoever traces one directly."""
    trainer = make()
    inputs = {"inputs": Section((4, 3), np.dtype("f4"))}

    assert refused(
        NetworkError,
        lambda: training_step(trainer.network, trainer.setup.method, trainer.parts.layout, inputs),
    ) == (
        "network: it has no cost whose targets are in the data\n"
        "  expected: a cost as its last layer\n"
        "  to do:    add one of `sigma components costs`"
    )


def test_a_network_must_fit_the_data(make):
    """The message names the layer and both shapes."""
    assert refused(NetworkError, make(network=Input(5) + Dense(1) + SquaredDifference()).build) == (
        "network.layers.input_1: section 'inputs' holds records of shape (3,)\n"
        "  expected: records of shape (5,)\n"
        "  to do:    give the input the shape (3,)"
    )


def test_metrics_default_to_those_of_the_cost(make):
    """Classification reports accuracy; whoever gives metrics, or none, has those."""
    network = Input(3) + Dense(2) + SoftmaxCrossEntropy()

    assert make(network=network).setup.metrics == {"accuracy": Accuracy()}
    assert make(network=network, metrics=()).setup.metrics == {}
    assert make(metrics={"far": MeanAbsoluteError(), "near": "mean_squared_error"}).setup.metrics.keys() == {
        "far",
        "near",
    }
    assert make().setup.metrics == {}


def test_a_metric_that_is_not_installed_is_not_usual(make):
    """A network is trained without the plugin of its usual metrics."""

    @frozen
    class Judged(SquaredDifference):
        metrics = ("no_such_metric", "mean_absolute_error")

    assert list(make(network=Input(3) + Dense(1) + Judged()).setup.metrics) == ["mean_absolute_error"]


def test_the_most_specific_pattern_fills_a_parameter(make):
    """Whatever the order of the patterns; parameters without one keep what their layer says."""
    trainer = make(
        network=Input(3) + Dense(2) + Dense(1) + SquaredDifference(),
        initialisers={
            "network.layers.dense_2.weights": Constant(3.0),
            "**.weights": Constant(2.0),
            "**.<biases>": "zeros",
        },
    )

    assert np.unique(trainer.get(WEIGHTS)).tolist() == [2.0]
    assert np.unique(trainer.get("network.layers.dense_2.weights")).tolist() == [3.0]
    assert np.unique(trainer.get("network.layers.dense_2.biases")).tolist() == [0.0]


def test_a_pattern_that_fills_nothing_is_refused(make):
    """A misspelt one would otherwise be silent; one that is merely beaten is not."""
    make(initialisers={"**": Constant(1.0), "**.weights": Zeros(), "**.biases": Zeros()}).build()

    assert refused(IdentifierError, make(initialisers={"**.weight": Zeros()}).build) == (
        "initialisers, pattern '**.weight': it matches no parameter\n"
        "  expected: network.layers.dense_1.biases, network.layers.dense_1.weights, network.layers.dense_2.biases, "
        "network.layers.dense_2.weights\n"
        "  to do:    write a pattern that matches one of these"
    )


def test_an_initialiser_must_keep_the_shape(make):
    """Broadcasting would fill a parameter with something else than was meant."""

    @frozen
    class Row(Initialiser):
        def fill(self, shape, random):
            return np.zeros(shape[-1])

    assert refused(NetworkError, make(initialisers={"**.weights": Row()}).build) == (
        "network.layers.dense_1.weights: its initialiser made an array of shape (4,)\n"
        "  expected: shape (3, 4)\n"
        "  to do:    return an array of the shape that `fill` is given"
    )


def test_a_dtype_is_that_of_all_numbers(make):
    """Data, parameters and predictions."""
    for dtype in ("float32", np.float64):
        trainer = make(dtype=dtype)
        trainer.run(stop="1 iterations")
        assert trainer.get(WEIGHTS).dtype == trainer.predict(np.ones((1, 3))).dtype == dtype


def test_validation_given_apart_has_no_recipe():
    """A recipe that left it out would compose another trainer."""
    network = Input(2) + Dense(1) + SquaredDifference()
    trainer = sigma.Trainer(network, "xor", "adam", "1 epochs", validation=XOR)

    assert refused(ComponentError, trainer.recipe) == (
        "trainer 'run': its validation data was given apart from its dataset\n"
        "  expected: a dataset that brings its validation data\n"
        "  to do:    use a dataset with a split, or one of your own"
    )


def test_compose_needs_no_trainer():
    """The parts of a setup are there to be looked at."""
    with sigma.Environment() as environment:
        setup = compose(
            {"network": Input(2), "dataset": "xor", "optimiser": "adam", "stop": "1 epochs"}, environment.composer
        )

    assert (setup.name, setup.batch_size, str(setup.dtype), setup.seed) == ("run", 32, "float32", 0)
