"""Settings that are refused where they enter, each with the whole message."""

from importlib.metadata import version

import numpy as np
import pytest
from sigma_nn import (
    Accuracy,
    Adadelta,
    Adam,
    Constant,
    Dense,
    Dropout,
    Epochs,
    Gaussian,
    Glorot,
    Input,
    Patience,
    Plateau,
    SoftmaxCrossEntropy,
    Threshold,
    Uniform,
)

from sigma_core.extend import SettingError
from sigma_core.testing import ComponentRegistry, Composer

REFUSED = {
    "a size of zero": (
        lambda: Dense(0),
        "Dense.size: 0\n  expected: an integer of at least 1",
    ),
    "a size that is a truth value": (
        lambda: Dense(True),
        "Dense.size: True\n  expected: an integer of at least 1",
    ),
    "a size that is a fraction": (
        lambda: Dense(2.5),
        "Dense.size: 2.5\n  expected: an integer of at least 1",
    ),
    "a rate of one": (
        lambda: Dropout(1),
        "Dropout.rate: 1.0\n  expected: a finite number of at least 0 and below 1",
    ),
    "a negative rate": (
        lambda: Dropout(-0.1),
        "Dropout.rate: -0.1\n  expected: a finite number of at least 0 and below 1",
    ),
    "a rate in words": (
        lambda: Dropout("half"),
        "Dropout.rate: 'half'\n  expected: a finite number of at least 0 and below 1",
    ),
    "a learning rate that is not a number": (
        lambda: Adam(float("nan")),
        "Adam.learning_rate: nan\n  expected: a finite number of at least 0",
    ),
    "an endless learning rate": (
        lambda: Adam(float("inf")),
        "Adam.learning_rate: inf\n  expected: a finite number of at least 0",
    ),
    "a decay of one": (
        lambda: Adam(square_decay=1.0),
        "Adam.square_decay: 1.0\n  expected: a finite number of at least 0 and below 1",
    ),
    "an epsilon of zero where it divides": (
        lambda: Adadelta(epsilon=0),
        "Adadelta.epsilon: 0.0\n  expected: a finite number above 0",
    ),
    "weights of classes that are negative": (
        lambda: SoftmaxCrossEntropy(class_weights=[1, -1]),
        "SoftmaxCrossEntropy.class_weights: (1.0, -1.0)\n  expected: finite numbers of at least 0, or 'balanced'",
    ),
    "weights of no classes": (
        lambda: SoftmaxCrossEntropy(class_weights=()),
        "SoftmaxCrossEntropy.class_weights: ()\n  expected: finite numbers of at least 0, or 'balanced'",
    ),
    "a single weight of classes": (
        lambda: SoftmaxCrossEntropy(class_weights=1.0),
        "SoftmaxCrossEntropy.class_weights: 1.0\n  expected: finite numbers of at least 0, or 'balanced'",
    ),
    "a reduction that does not exist": (
        lambda: SoftmaxCrossEntropy(reduction="none"),
        "SoftmaxCrossEntropy.reduction: 'none'\n  expected: one of 'mean', 'sum'",
    ),
    "a threshold in words": (
        lambda: Accuracy(threshold="half"),
        "Accuracy.threshold: 'half'\n  expected: a finite number",
    ),
    "a constant that is no number": (
        lambda: Constant(None),
        "Constant.value: None\n  expected: a finite number",
    ),
    "a negative deviation": (
        lambda: Gaussian(deviation=-1),
        "Gaussian.deviation: -1.0\n  expected: a finite number of at least 0",
    ),
    "an interval from its end": (
        lambda: Uniform(1, 0),
        "Uniform.high: 0.0\n  expected: a number of at least low, which is 1.0",
    ),
    "a kind of draw that does not exist": (
        lambda: Glorot("normal"),
        "Glorot.kind: 'normal'\n  expected: one of 'uniform', 'gaussian'",
    ),
    "a record without extent": (
        lambda: Input((8, 0)),
        "Input.shape: (8, 0)\n  expected: positive integers, one for each axis of a record",
    ),
    "a shape in words": (
        lambda: Input("wide"),
        "Input.shape: 'wide'\n  expected: positive integers, one for each axis of a record",
    ),
    "a shape that is a fraction": (
        lambda: Input(1.5),
        "Input.shape: 1.5\n  expected: positive integers, one for each axis of a record",
    ),
    "a dtype by its NumPy name": (
        lambda: Input(4, dtype="int64"),
        "Input.dtype: 'int64'\n  expected: one of 'float', 'integer'",
    ),
    "no epochs": (
        lambda: Epochs(0),
        "Epochs.count: 0\n  expected: an integer of at least 1",
    ),
    "a score that is no identifier": (
        lambda: Patience("validation loss", 5),
        "Patience.value: 'validation loss'\n  expected: the identifier of a score, such as validation.loss",
    ),
    "a goal that does not exist": (
        lambda: Patience("validation.loss", 5, goal="smaller"),
        "Patience.goal: 'smaller'\n  expected: one of 'auto', 'minimum', 'maximum'",
    ),
    "a plateau of one": (
        lambda: Plateau("validation.loss", 1),
        "Plateau.count: 1\n  expected: an integer of at least 2",
    ),
    "a comparison for equality": (
        lambda: Threshold("validation.loss", "=", 1),
        "Threshold.comparison: '='\n  expected: one of '>', '>=', '<', '<='",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_setting_that_makes_no_sense_is_refused(case):
    """A typed error names the component, the field, what it was given and what is allowed."""
    make, message = REFUSED[case]
    with pytest.raises(SettingError) as caught:
        make()
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


def test_numbers_of_any_type_become_plain_ones():
    """NumPy's numbers and integers are taken as what they mean."""
    assert Adam(1) == Adam(1.0)
    assert type(Adam(1).learning_rate) is float
    assert type(Adam(np.float32(0.5)).learning_rate) is float
    assert type(Dense(np.int64(3)).size) is int
    assert SoftmaxCrossEntropy(class_weights=np.array([1, 2])).class_weights == (1.0, 2.0)
    assert Input(4).shape == Input([4]).shape == (4,)


def test_all_refused_settings_of_a_recipe_are_reported_together():
    """Each with the component and its distribution, and with its place."""
    faults = []
    table = {"use": "adam", "learning_rate": -1, "square_decay": 1.0, "epsilon": "small"}
    Composer(ComponentRegistry()).build("optimisers", table, place=("optimiser",), faults=faults)
    origin = f"optimisers 'adam' (sigma-nn {version('sigma-nn')})"
    assert {fault.place: str(fault.error) for fault in faults} == {
        ("optimiser", "learning_rate"): (f"{origin}, learning_rate: -1.0\n  expected: a finite number of at least 0"),
        ("optimiser", "square_decay"): (
            f"{origin}, square_decay: 1.0\n  expected: a finite number of at least 0 and below 1"
        ),
        ("optimiser", "epsilon"): f"{origin}, epsilon: 'small' is a str\n  expected: float",
    }
