"""Validation data that is given apart from the training data."""

import numpy as np
import pytest
from sigma_nn import (
    Dense,
    GradientDescent,
    Input,
    SoftmaxCrossEntropy,
    SquaredDifference,
)

import sigma_core as sigma
from sigma_core.errors import (
    DataError,
)

XOR = (np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]]))


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


@pytest.mark.parametrize("named", ["validation", "later"])
def test_validation_may_be_a_pair_or_several_by_name(make, named):
    """A pair is called `validation`; its numbers are those of the training data, whatever they came as."""
    pair = (np.ones((3, 3), int), np.zeros((3, 1), np.float32))
    given = pair if named == "validation" else {named: pair, "earlier": {"inputs": pair[0], "targets": pair[1]}}

    trainer = make(validation=given)
    run = trainer.run()

    assert set(run.scores) >= {"training.loss", f"{named}.loss"}
    assert run.scores[f"{named}.loss"] == pytest.approx(float(np.mean(trainer.predict(pair[0]) ** 2)), rel=1e-6)
    if named == "later":
        assert run.scores["later.loss"] == run.scores["earlier.loss"]


def test_validation_may_be_sections():
    """A mapping of arrays is one set of data."""
    sections = {"inputs": np.ones((3, 2)), "targets": np.zeros((3, 1))}
    trainer = sigma.Trainer(
        Input(2) + Dense(1) + SquaredDifference(), XOR, GradientDescent(0.1), "1 epochs", validation=sections
    )

    assert set(trainer.data.validation) == {"validation"}


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        (
            {"inputs": np.ones((3, 3))},
            (
                "validation data: there is no section 'targets'\n"
                "  expected: inputs, targets\n"
                "  to do:    give all sections that the training data has"
            ),
        ),
        (
            (np.ones((3, 4)), np.ones((3, 1))),
            (
                "validation data, section 'inputs': an array of shape (3, 4)\n"
                "  expected: shape (records, 3)\n"
                "  to do:    give records in a row, also where there is only one"
            ),
        ),
        (
            (np.ones((3, 3)), np.full((3, 1), "a")),
            "validation data, section 'targets': it holds <U1\n  expected: numbers\n  to do:    give it numbers",
        ),
        (
            (np.ones((3, 3)), np.full((3, 1), np.nan)),
            (
                "validation data: section 'targets' is not finite in 3 of 3 records; "
                "the first is record 0, column 0: nan\n"
                "  expected: finite numbers\n"
                "  to do:    leave those records out or fill the values in before training"
            ),
        ),
    ],
)
def test_validation_must_be_like_the_training_data(make, validation, message):
    """It is refused before the first step, not after the first epoch."""
    assert refused(DataError, make(validation=validation).build) == message


def test_validation_goes_through_the_preprocessing():
    """With what was learnt from the training records."""
    raw = {"use": "iris", "split": [100, 50], "preprocess": {"inputs": ["standardise"]}}
    network = Input(4) + Dense(3) + SoftmaxCrossEntropy()
    trainer = sigma.Trainer(network, raw, "adam", "1 epochs")
    (fitted,) = trainer.data.preprocessing["inputs"]
    records = np.array([[5.0, 3.0, 1.5, 0.5]])

    again = sigma.Trainer(network, raw, "adam", "1 epochs", validation={"mine": (records, np.array([1]))})

    np.testing.assert_array_equal(again.data.validation["mine"]["inputs"], fitted.apply(records).astype(np.float32))


def test_training_records_are_augmented_as_they_are_without():
    """What validates has no say in it."""
    records = {"inputs": np.zeros((8, 3)), "targets": np.zeros((8, 1))}
    noisy = sigma.InMemory(records, augment={"inputs": [{"use": "noise", "deviation": 1.0}]})
    network = Input(3) + Dense(1) + SquaredDifference()
    batches = [
        next(iter(sigma.Trainer(network, noisy, "adam", "1 epochs", validation=given).batches))
        for given in (None, records)
    ]
    assert batches[0][0].any()
    np.testing.assert_array_equal(batches[0][0], batches[1][0])


@pytest.mark.parametrize("name", ["training", "a.b", "", 1])
def test_a_set_is_called_by_a_plain_name(make, data, name):
    """Scores are called after it, and those of the training are called so already."""
    with pytest.raises(sigma.UserError) as caught:
        make(validation={name: data}).build()
    assert str(caught.value) == (
        f"validation: a set is called {name!r}\n"
        "  expected: a name of letters, digits and underscores, other than training\n"
        "  to do:    rename it"
    )
