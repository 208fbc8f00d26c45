"""Scores, predictions and evaluations, beside NumPy by hand."""

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import (
    Accuracy,
    Adam,
    Dense,
    GradientDescent,
    Input,
    MeanAbsoluteError,
    SoftmaxCrossEntropy,
    SquaredDifference,
)

import sigma_core as sigma
from sigma_core.data import Preprocessor, joined
from sigma_core.errors import DataError, NetworkError
from sigma_core.network import Architecture, Layer, Node

RECORDS = 300  # more than one batch of 256, in which scores are taken, and the last of them smaller


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


@pytest.fixture
def flowers():
    """Classified records, a trainer that has seen some of them, and what NumPy makes of its parameters."""
    random = np.random.default_rng(0)
    inputs, targets = random.normal(size=(RECORDS, 3)), random.integers(0, 4, RECORDS)
    trainer = sigma.Trainer(
        Input(3) + Dense(4) + SoftmaxCrossEntropy(),
        (inputs, targets),
        Adam(0.01),
        "1 epochs",
        validation=(inputs, targets),
        metrics=[Accuracy(), MeanAbsoluteError()][:1],
        batch_size=7,
        dtype="float64",
    )
    run = trainer.run()
    logits = inputs @ trainer.get("network.layers.dense_1.weights") + trainer.get("network.layers.dense_1.biases")
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return trainer, run, inputs, targets, probabilities


def test_scores_are_exact_whatever_the_batches(flowers):
    """Each record weighs the same, also in a last batch that is smaller."""
    trainer, run, inputs, targets, probabilities = flowers
    loss = -np.log(probabilities[np.arange(RECORDS), targets]).mean()
    accuracy = (probabilities.argmax(axis=1) == targets).mean()

    assert run.scores["validation.loss"] == pytest.approx(loss, rel=1e-12)
    assert run.scores["validation.accuracy"] == pytest.approx(accuracy, rel=1e-12)
    assert trainer.evaluate("training") == pytest.approx({"loss": loss, "accuracy": accuracy}, rel=1e-12)
    assert trainer.evaluate() == trainer.evaluate((inputs, targets))
    few = trainer.evaluate({"inputs": inputs[:5], "targets": targets[:5]})
    assert few["loss"] == pytest.approx(-np.log(probabilities[np.arange(5), targets[:5]]).mean(), rel=1e-12)


def test_predictions_are_the_costs(flowers):
    """Probabilities where the cost works on logits; a copy that stays as it is."""
    trainer, _, inputs, _, probabilities = flowers
    predicted = trainer.predict(inputs)
    kept = predicted.copy()

    trainer.predict(inputs + 1)

    np.testing.assert_allclose(predicted, probabilities, rtol=1e-12)
    np.testing.assert_array_equal(predicted, kept)


def test_the_training_loss_of_an_epoch_is_that_of_its_batches(make, recorder):
    """Weighted by their sizes: four, four and two."""
    run = make("1 epochs", hooks=[recorder]).run()
    losses = [event.scores["loss"] for event in recorder.of("IterationEnded")]

    assert run.scores["training.loss"] == pytest.approx(np.dot([4, 4, 2], losses) / 10, rel=1e-7)
    assert recorder.of("EpochEnded")[0].scores == run.scores


def test_the_training_loss_of_a_part_of_an_epoch_is_that_of_the_part(make, recorder):
    """A run that ends inside an epoch reports what it has seen of it."""
    run = make("5 iterations", hooks=[recorder]).run()
    losses = [event.scores["loss"] for event in recorder.of("IterationEnded")]

    assert run.scores["training.loss"] == pytest.approx(np.mean(losses[3:]), rel=1e-7)


def test_predictions_go_through_the_preprocessing():
    """With the numbers that were learnt from the training records."""

    @frozen
    class Centred(Preprocessor):
        def fit(self, blocks):
            return {"mean": joined(blocks).mean(axis=0)}

        def apply(self, array, state):
            return array - state["mean"]

    inputs, targets = np.arange(12.0).reshape(4, 3), np.zeros((4, 1))
    data = sigma.InMemory({"inputs": inputs, "targets": targets}, preprocess={"inputs": (Centred(),)})
    trainer = sigma.Trainer(Input(3) + Dense(1) + SquaredDifference(), data, GradientDescent(0.1), "1 epochs")

    assert trainer.predict(inputs.mean(axis=0, keepdims=True)).tolist() == [[0.0]]
    assert trainer.evaluate((inputs.mean(axis=0, keepdims=True), [[2.0]])) == {"loss": 4.0}


def test_fractions_are_not_cut_off_where_training_had_none(make):
    """Whole numbers to train on say nothing of what will be asked."""
    data = (np.array([[0, 0, 1], [1, 1, 0]]), np.array([[0], [1]]))
    trainer = make(data=data, validation=([[0.5, 0.5, 0.5]], [[0.25]]))
    run = trainer.run()
    predicted = trainer.predict([[0.5, 0.5, 0.5]])

    assert predicted.dtype == np.float32
    assert not np.array_equal(predicted, trainer.predict([[0, 0, 0]]))
    assert run.scores["validation.loss"] == pytest.approx(float((predicted[0, 0] - 0.25) ** 2), rel=1e-6)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            np.zeros(3),
            (
                "inputs, section 'inputs': an array of shape (3,)\n"
                "  expected: shape (records, 3)\n"
                "  to do:    give records in a row, also where there is only one"
            ),
        ),
        (
            0.5,
            (
                "inputs, section 'inputs': an array of shape ()\n"
                "  expected: shape (records, 3)\n"
                "  to do:    give records in a row, also where there is only one"
            ),
        ),
        (
            {"input": np.zeros((1, 3))},
            "inputs: there is no section 'inputs'\n  expected: inputs\n  to do:    give a mapping with all sections",
        ),
        (
            [["a", "b", "c"]],
            "inputs, section 'inputs': it holds <U1\n  expected: numbers\n  to do:    give it numbers",
        ),
        (
            [[1, 2, 3], [4]],
            (
                "inputs, section 'inputs': it is no array: setting an array element with a sequence. "
                "The requested array has an inhomogeneous shape after 1 dimensions. "
                "The detected shape was (2,) + inhomogeneous part.\n"
                "  expected: an array, or lists of equal lengths\n"
                "  to do:    give records of one shape"
            ),
        ),
    ],
)
def test_inputs_must_be_like_those_of_the_training(make, inputs, message):
    """The message says what is to be given."""
    assert refused(DataError, lambda: make().predict(inputs)) == message


def test_a_preprocessor_may_refuse_inputs():
    """What it raises over raw inputs is told as a fault of theirs."""
    data = {"use": "iris", "preprocess": {"inputs": ["standardise"]}}
    trainer = sigma.Trainer(Input(4) + Dense(3) + SoftmaxCrossEntropy(), data, "adam", "1 epochs")

    message = refused(DataError, lambda: trainer.predict(np.zeros((2, 5))))

    assert message == (
        "inputs, section 'inputs': Standardise does not take an array of shape (2, 5) of float64: "
        "ValueError: operands could not be broadcast together with shapes (2,5) (4,) \n"
        "  expected: records as the dataset has them\n"
        "  to do:    give raw records, as they are before preprocessing"
    )


def test_what_a_preprocessor_says_of_inputs_is_told_as_it_is():
    """It knows best what it takes."""

    @frozen
    class Positive(Preprocessor):
        def apply(self, array, state):
            if (array < 0).any():
                raise DataError("positive", "there is a number below 0", "positive numbers")
            return array

    data = sigma.InMemory({"inputs": np.ones((2, 3)), "targets": [[1], [2]]}, preprocess={"inputs": (Positive(),)})
    trainer = sigma.Trainer(Input(3) + Dense(1) + SquaredDifference(), data, "adam", "1 epochs")

    assert refused(DataError, lambda: trainer.predict([[1, -1, 0]])) == (
        "positive: there is a number below 0\n  expected: positive numbers"
    )


def test_data_to_evaluate_must_be_known_or_whole(make):
    """By a name that there is, or with all sections."""
    trainer = make()

    assert refused(DataError, lambda: trainer.evaluate("trainin")) == (
        "evaluate: there is no data 'trainin'\n  expected: training (nearest: training)\n  to do:    give one of these"
    )
    assert refused(DataError, lambda: trainer.evaluate({"inputs": np.zeros((2, 3))})) == (
        "evaluate: there is no section 'targets'\n"
        "  expected: inputs, targets\n"
        "  to do:    give all sections that the training data has"
    )
    assert refused(DataError, lambda: trainer.evaluate(7)) == (
        "data: an object of type int is no dataset\n"
        "  expected: a dataset, arrays by section, a pair (inputs, targets), an array, a table or indexed records"
    )


@frozen
class Sum(Layer):
    def forward(self, left, right, *, parameters, context):
        return left + right


# Two inputs, two costs: each input has a dense layer, their sum is scored against two sections of targets.
FORKED = Architecture(
    (
        Node(Input(2, section="left")),
        Node(Input(3, section="right")),
        Node(Dense(1), (0,)),
        Node(Dense(1), (1,)),
        Node(Sum(), (2, 3)),
        Node(SquaredDifference(targets="near"), (4,)),
        Node(SquaredDifference(targets="far", weight=0.5, name="distant"), (4,)),
    )
)


@pytest.fixture
def forked():
    random = np.random.default_rng(1)
    data = {
        "left": random.normal(size=(10, 2)),
        "right": random.normal(size=(10, 3)),
        "near": random.normal(size=(10, 1)),
        "far": random.normal(size=(10, 1)),
    }
    settings = {"metrics": [MeanAbsoluteError()], "batch_size": 4, "dtype": "float64", "validation": data}
    return sigma.Trainer(FORKED, data, Adam(0.1), "3 epochs", **settings), data


def test_several_costs_have_scores_of_their_own(forked, recorder):
    """The loss is their weighted sum; metrics are named after the cost."""
    trainer, data = forked
    trainer.attach(recorder)
    run = trainer.run()
    predicted = trainer.predict({"left": data["left"], "right": data["right"]})

    assert list(predicted) == ["squared_difference_1", "distant"]
    near, far = (np.mean((predicted["distant"] - data[name]) ** 2) for name in ("near", "far"))
    assert run.scores["validation.loss"] == pytest.approx(near + 0.5 * far, rel=1e-12)
    assert run.scores["validation.distant.mean_absolute_error"] == pytest.approx(
        np.mean(np.abs(predicted["distant"] - data["far"])), rel=1e-12
    )
    scores = recorder.of("IterationEnded")[0].scores
    assert scores["loss"] == pytest.approx(scores["losses.squared_difference_1"] + 0.5 * scores["losses.distant"])


def test_several_inputs_are_given_by_name(forked):
    """All of them."""
    trainer, data = forked

    assert refused(DataError, lambda: trainer.predict(data["left"])) == (
        "inputs: there is no section 'right'\n  expected: left, right\n  to do:    give a mapping with all sections"
    )


def test_outputs_are_read_when_they_are_looked_up():
    """Numbers as floats, gradients as arrays; what is not there is no attribute of chance."""
    from sigma_core.training._worker import Outputs

    outputs = Outputs(("loss", "gradients.x"), (np.array(2.5), np.ones(3)))

    assert dict(outputs)["loss"] == 2.5
    assert outputs["gradients.x"].shape == (3,)
    assert len(outputs) == 2
    with pytest.raises(KeyError, match=r"^'accuracy'$"):
        outputs["accuracy"]


def test_a_layer_that_fails_on_other_data_is_told_before_the_first_step(make):
    """Targets of fractions are no classes; the training targets were."""
    network = Input(3) + Dense(2) + SoftmaxCrossEntropy()
    trainer = make(
        network=network, data=(np.ones((4, 3)), np.array([0, 1, 0, 1])), validation=(np.ones((2, 3)), [0.5, 1])
    )

    message = refused(NetworkError, trainer.build)

    assert message.splitlines()[0] == (
        "network.layers.softmax_cross_entropy_1: with inputs of shape (batch, 2), (batch,): "
        "targets are float32 with records of shape ()"
    )


def test_a_trainer_is_told_in_a_line(make):
    """Its name, whether it runs, and what it is to do."""
    assert repr(make("3 epochs")) == "<Trainer 'run', ready: 4 layers, stop='3 epochs'>"
