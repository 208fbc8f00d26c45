"""Costs against loops over single numbers, and against PyTorch; and the targets that they refuse."""

from math import exp, log

import numpy as np
import pytest
from scipy import special
from sigma_nn import BinaryCrossEntropy, SoftmaxCrossEntropy, SquaredDifference

from sigma_core.extend import ShapeError
from sigma_core.testing import check_grads

random = np.random.default_rng(7)
LOGITS = random.normal(0, 2, (5, 3))
CLASSES = np.array([0, 2, 1, 1, 0])
ONE_HOT = np.eye(3)[CLASSES]
SHARES = special.softmax(random.normal(size=(5, 3)), axis=-1)
YES_OR_NO = (random.random((5, 3)) > 0.5).astype(float)
# Records of four steps with three logits each.
SEQUENCE = random.normal(0, 2, (5, 4, 3))
SEQUENCE_CLASSES = random.integers(0, 3, (5, 4))


def softmax_loss(logits, target):
    total = sum(exp(logit) for logit in logits)
    return -sum(share * log(exp(logit) / total) for logit, share in zip(logits, target, strict=True))


def binary_loss(logit, target):
    probability = 1 / (1 + exp(-logit))
    return -target * log(probability) - (1 - target) * log(1 - probability)


CASES = {
    "classes": (
        SoftmaxCrossEntropy(),
        LOGITS,
        CLASSES,
        [softmax_loss(*pair) for pair in zip(LOGITS, ONE_HOT, strict=True)],
    ),
    "classes in a column": (
        SoftmaxCrossEntropy(),
        LOGITS,
        CLASSES[:, None].astype(np.uint8),
        [softmax_loss(*pair) for pair in zip(LOGITS, ONE_HOT, strict=True)],
    ),
    "one-hot": (
        SoftmaxCrossEntropy(),
        LOGITS,
        ONE_HOT.astype(np.int64),
        [softmax_loss(*pair) for pair in zip(LOGITS, ONE_HOT, strict=True)],
    ),
    "shares": (
        SoftmaxCrossEntropy(),
        LOGITS,
        SHARES,
        [softmax_loss(*pair) for pair in zip(LOGITS, SHARES, strict=True)],
    ),
    "sequences of classes": (
        SoftmaxCrossEntropy(),
        SEQUENCE,
        SEQUENCE_CLASSES,
        [
            sum(softmax_loss(logits, np.eye(3)[each]) for logits, each in zip(*pair, strict=True)) / 4
            for pair in zip(SEQUENCE, SEQUENCE_CLASSES, strict=True)
        ],
    ),
    "squared": (
        SquaredDifference(),
        LOGITS,
        SHARES,
        [sum((p - t) ** 2 for p, t in zip(*pair, strict=True)) / 3 for pair in zip(LOGITS, SHARES, strict=True)],
    ),
    "squared, one number": (
        SquaredDifference(),
        LOGITS[:, :1],
        CLASSES,
        [(p - t) ** 2 for p, t in zip(LOGITS[:, 0], CLASSES, strict=True)],
    ),
    "squared, numbers without an axis": (
        SquaredDifference(),
        LOGITS[:, 0],
        SHARES[:, 0],
        [(p - t) ** 2 for p, t in zip(LOGITS[:, 0], SHARES[:, 0], strict=True)],
    ),
    "squared, pictures": (
        SquaredDifference(),
        SEQUENCE,
        SEQUENCE[::-1],
        [
            sum((p - t) ** 2 for p, t in zip(a.ravel(), b.ravel(), strict=True)) / 12
            for a, b in zip(SEQUENCE, SEQUENCE[::-1], strict=True)
        ],
    ),
    "binary": (
        BinaryCrossEntropy(),
        LOGITS,
        YES_OR_NO,
        [sum(map(binary_loss, *pair)) / 3 for pair in zip(LOGITS, YES_OR_NO, strict=True)],
    ),
    "binary, one question": (
        BinaryCrossEntropy(),
        LOGITS[:, :1],
        YES_OR_NO[:, 0].astype(bool),
        list(map(binary_loss, LOGITS[:, 0], YES_OR_NO[:, 0])),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_losses(case, run):
    """One per record, by the formula of the docstring."""
    cost, predictions, targets, expected = CASES[case]
    losses = run(cost.losses, predictions, targets)
    np.testing.assert_allclose(losses, expected, rtol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_derivatives(case):
    """Against finite differences, both modes, second order."""
    cost, predictions, targets, _ = CASES[case]
    check_grads(lambda predictions: cost.losses(predictions, targets), [predictions])


@pytest.mark.parametrize("case", CASES)
def test_the_dtype_of_the_network_stays(case, run):
    """Targets in float64 or int64 do not widen float32 predictions."""
    cost, predictions, targets, expected = CASES[case]
    losses = run(cost.losses, predictions.astype(np.float32), targets)
    assert losses.dtype == np.float32
    np.testing.assert_allclose(losses, expected, rtol=1e-4, atol=1e-6)
    assert run(cost.predict, predictions.astype(np.float32)).dtype == np.float32


def torch_losses(functional, cost, predictions, targets):
    """PyTorch's losses, one per record."""
    match cost:
        case SquaredDifference():
            losses = functional.mse_loss(predictions, targets.reshape(predictions.shape).double(), reduction="none")
        case BinaryCrossEntropy():
            targets = targets.reshape(predictions.shape).double()
            losses = functional.binary_cross_entropy_with_logits(predictions, targets, reduction="none")
        case SoftmaxCrossEntropy():
            if targets.shape == predictions.shape:
                targets = targets.double()
            elif targets.ndim == predictions.ndim:
                targets = targets.reshape(targets.shape[:-1]).long()
            # PyTorch has the classes on the second axis.
            losses = functional.cross_entropy(predictions.movedim(-1, 1), targets, reduction="none")
    return losses.reshape(len(losses), -1).mean(1)


@pytest.mark.parametrize("case", CASES)
def test_losses_and_derivatives_are_those_of_pytorch(case, torch, run, derive):
    """In float64."""
    cost, predictions, targets, _ = CASES[case]
    x = torch.tensor(predictions, requires_grad=True)
    expected = torch_losses(torch.nn.functional, cost, x, torch.tensor(targets.copy()))
    expected.sum().backward()
    np.testing.assert_allclose(run(cost.losses, predictions, targets), expected.detach().numpy(), rtol=1e-9)
    (derivative,) = derive(lambda predictions: cost.losses(predictions, targets), predictions)
    np.testing.assert_allclose(derivative, x.grad.numpy(), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(
    ("cost", "targets", "losses"),
    [
        (SoftmaxCrossEntropy(), np.array([0, 1]), [0.0, 2e4]),
        (SoftmaxCrossEntropy(), np.eye(2), [0.0, 2e4]),
        (BinaryCrossEntropy(), np.array([[1, 0], [1, 1]]), [0.0, 5e3]),
        (SquaredDifference(), np.zeros((2, 2)), [1e8, 1e8]),
    ],
    ids=["classes", "one-hot", "binary", "squared"],
)
def test_large_logits_do_not_overflow(cost, targets, losses, run, derive):
    """Neither losses nor derivatives."""
    logits = np.array([[1e4, -1e4], [1e4, -1e4]], np.float32)
    np.testing.assert_allclose(run(cost.losses, logits, targets), losses, rtol=1e-5, atol=1e-6)
    assert np.isfinite(derive(lambda logits: cost.losses(logits, targets), logits)[0]).all()


def test_predictions(run):
    """Probabilities from logits; the predictions themselves where there are no logits."""
    np.testing.assert_allclose(run(SoftmaxCrossEntropy().predict, LOGITS), special.softmax(LOGITS, axis=-1))
    np.testing.assert_allclose(run(BinaryCrossEntropy().predict, LOGITS), special.expit(LOGITS))
    assert np.array_equal(run(SquaredDifference().predict, LOGITS), LOGITS)


def test_a_cost_in_a_network_is_the_mean_of_its_losses(run):
    """Of shape ()."""
    cost = SquaredDifference()
    value = run(lambda p, t: cost.forward(p, t, parameters=None, context=None), LOGITS, SHARES)
    np.testing.assert_allclose(value, np.mean((LOGITS - SHARES) ** 2))


CLASSES_EXPECTED = "integer classes with records of shape (), or probabilities of shape (3,)"
CLASSES_REMEDY = "give the last layer a unit for each class, and the targets one of these forms"
REFUSED = {
    "too many one-hot columns": (
        SoftmaxCrossEntropy(),
        LOGITS,
        np.eye(4)[CLASSES],
        (
            "SoftmaxCrossEntropy: targets are float64 with records of shape (4,)\n"
            f"  expected: {CLASSES_EXPECTED}\n  to do:    {CLASSES_REMEDY}"
        ),
    ),
    "classes as floats": (
        SoftmaxCrossEntropy(),
        LOGITS,
        CLASSES.astype(float),
        (
            "SoftmaxCrossEntropy: targets are float64 with records of shape ()\n"
            f"  expected: {CLASSES_EXPECTED}\n  to do:    {CLASSES_REMEDY}"
        ),
    ),
    "one logit": (
        SoftmaxCrossEntropy(),
        LOGITS[:, :1],
        CLASSES,
        (
            "SoftmaxCrossEntropy: logits have records of shape (1,)\n"
            "  expected: at least two logits, one for each class\n"
            "  to do:    give the last layer a unit for each class, or use BinaryCrossEntropy with one unit"
        ),
    ),
    "logits without an axis": (
        SoftmaxCrossEntropy(),
        LOGITS[:, 0],
        CLASSES,
        (
            "SoftmaxCrossEntropy: logits have records of shape ()\n"
            "  expected: at least two logits, one for each class\n"
            "  to do:    give the last layer a unit for each class, or use BinaryCrossEntropy with one unit"
        ),
    ),
    "targets that would broadcast": (
        SquaredDifference(),
        LOGITS,
        LOGITS[:, :1],
        (
            "SquaredDifference: predictions have records of shape (3,), targets of shape (1,)\n"
            "  expected: the same shape of both\n"
            "  to do:    give the last layer as many units as a target has numbers"
        ),
    ),
    "targets of another width": (
        BinaryCrossEntropy(),
        LOGITS,
        CLASSES,
        (
            "BinaryCrossEntropy: predictions have records of shape (3,), targets of shape ()\n"
            "  expected: the same shape of both\n"
            "  to do:    give the last layer as many units as a target has numbers"
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_targets_that_do_not_fit_are_refused(case, run):
    """Before anything runs, naming both shapes."""
    cost, predictions, targets, message = REFUSED[case]
    with pytest.raises(ShapeError) as caught:
        run(cost.losses, predictions, targets)
    assert str(caught.value) == message
