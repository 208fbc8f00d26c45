"""Confusion matrices, whatever the form of the labels, against scikit-learn; and in all that looks at scores."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_nn import Adam, ConfusionMatrix, Dense, EarlyStop, Input, Report, SoftmaxCrossEntropy, TimeSeries
from sklearn.metrics import confusion_matrix

import sigma_core as sigma
from sigma_core.extend import IdentifierError, Policy, RunStore, ShapeError, ValidationEnded, summary
from sigma_core.testing import evaluate, message, trace
from sigma_core.training import replay

RANDOM = np.random.default_rng(2)
INPUTS = RANDOM.normal(size=(40, 3))
# Class 3 of the four never occurs.
TARGETS = RANDOM.integers(0, 3, 40)


def matrix(predictions, targets, mask, batch):
    """Over a pass whose last batch is smaller."""
    metric, total = ConfusionMatrix(), 0
    for start in range(0, len(targets), batch):
        given = [each[start : start + batch] for each in (predictions, targets, mask) if each is not None]
        (part,) = evaluate(trace(metric.measure, *given), *given)
        total = total + part.astype(np.float64)
    return metric.result({"matrix": total})


@given(
    st.integers(1, 30),
    st.lists(st.integers(1, 4), max_size=2),
    st.integers(2, 6),
    st.sampled_from(["integers", "column", "one-hot", "probabilities", "floats"]),
    st.sampled_from(["none", "truth", "counts", "nothing"]),
    st.integers(1, 12),
    st.integers(0, 2**32),
)
def test_counts_are_those_of_scikit_learn(records, steps, classes, form, masked, batch, seed):
    """Of records or of sequences, with labels as they may come, some of them masked, and classes that never occur."""
    random = np.random.default_rng(seed)
    predictions = random.random((records, *steps, classes)).astype(np.float32)
    # Not all classes occur.
    right = random.integers(0, max(1, classes - 1), (records, *steps))
    targets = {
        "integers": right,
        "column": right[..., None],
        "one-hot": np.eye(classes)[right],
        "probabilities": np.eye(classes)[right] * 0.8 + 0.2 / classes,
        "floats": right.astype(np.float32),
    }[form]
    counts = random.random(right.shape) < 0.6 if masked in ("truth", "counts") else np.zeros(right.shape, bool)
    mask = None if masked == "none" else counts if masked == "truth" else counts.astype(np.int64)
    kept = np.ones(right.shape, bool) if mask is None else mask != 0
    found = matrix(predictions, targets, mask, batch)
    guesses = predictions.argmax(-1)
    if kept.any():
        expected = confusion_matrix(right[kept], guesses[kept], labels=range(classes))
    else:
        expected = np.zeros((classes, classes))
    np.testing.assert_array_equal(found, expected)
    assert found.sum() == kept.sum()


def test_labels_of_another_shape_are_refused():
    """Naming both."""
    with pytest.raises(ShapeError) as caught:
        matrix(np.ones((4, 3)), np.ones((4, 2)), None, 4)
    assert message(caught.value) == (
        "ConfusionMatrix: predictions have records of shape (3,), targets of shape (2,)\n"
        "  expected: targets with records of shape () or (3,)\n"
        "  to do:    give the data targets of one of these shapes"
    )


def make(**settings):
    """Of four classes, one of which never occurs."""
    network = Input(3) + Dense(4) + SoftmaxCrossEntropy()
    made = {"validation": (INPUTS[30:], TARGETS[30:]), "batch_size": 6, "seed": 1, **settings}
    metrics = {"accuracy": "accuracy", "matrix": "confusion_matrix"}
    return sigma.Trainer(network, (INPUTS[:30], TARGETS[:30]), Adam(0.05), "6 epochs", metrics=metrics, **made)


def test_a_score_that_is_a_matrix_goes_everywhere(tmp_path):
    """Nested lists in scores, events, the store, summaries and checkpoints; a run goes on with it and is replayed."""
    trainer, found = make(), []
    listening = trainer.environment.bus.listen("test", found.extend, [ValidationEnded], policy=Policy.KEEP_ALL)
    whole = trainer.run()
    listening.close()
    expected = confusion_matrix(TARGETS[30:], trainer.predict(INPUTS[30:]).argmax(1), labels=range(4)).tolist()
    assert whole.scores["validation.matrix"] == found[-1].scores["matrix"] == expected
    assert trainer.evaluate()["matrix"] == expected
    assert expected[3] == [0, 0, 0, 0]

    part = make()
    part.run(directory=tmp_path / "run", stop="9 iterations")
    resumed = make()
    assert resumed.run(directory=tmp_path / "run", resume=True).scores == whole.scores
    with RunStore.open(tmp_path / "run") as store:
        assert store.last("validation_ended").payload["scores"]["matrix"] == expected
        assert store.last("run_ended").payload["scores"]["validation.matrix"] == expected
        assert "validation.matrix" not in store.names()
    assert summary(tmp_path / "run").scores["validation.matrix"] == expected
    assert json.loads(json.dumps(dict(resumed.scores)))["validation.matrix"] == expected
    assert replay(tmp_path / "run", trainer=make()).differences == ()


@pytest.mark.parametrize(
    ("hook", "who"),
    [(Report("validation.matrix"), "report"), (TimeSeries("validation.matrix"), "time_series")],
)
def test_hooks_that_want_numbers_refuse_it(hook, who):
    """Before the run."""
    with pytest.raises(IdentifierError) as caught:
        make(hooks=[hook]).run()
    assert message(caught.value) == (
        f"plugin {who!r}: 'validation.matrix' is no number, but an array\n"
        "  expected: optimiser.epsilon, optimiser.learning_rate, optimiser.mean_decay, optimiser.square_decay, "
        "training.loss, validation.accuracy, validation.loss (nearest: validation.accuracy)\n"
        "  to do:    use one of these"
    )


def test_what_looks_at_a_score_refuses_it():
    """A hook that waits for a better one."""
    with pytest.raises(IdentifierError) as caught:
        make(hooks=[EarlyStop("validation.matrix", 2)]).run()
    assert message(caught.value) == (
        "plugin 'early_stop': the score 'validation.matrix' is no number, but an array\n"
        "  expected: training.loss, validation.accuracy, validation.loss\n"
        "  to do:    use one of these"
    )
