"""Reductions, masks and settings of costs, against PyTorch's losses of single elements, reduced by hand."""

import numpy as np
import pytest
from scipy import special
from sigma_nn import (
    AbsoluteDifference,
    BinaryCrossEntropy,
    Hinge,
    Huber,
    SoftmaxCrossEntropy,
    SquaredDifference,
)

from sigma_core.extend import DataError, ShapeError
from sigma_core.testing import check_grads, message

random = np.random.default_rng(11)
# Five records of four elements, each with three scores.
SCORES = random.normal(0, 2, (5, 4, 3))
NUMBERS = random.normal(0, 2, (5, 4, 3))
CLASSES = random.integers(0, 3, (5, 4))
SHARES = special.softmax(random.normal(size=(5, 4, 3)), axis=-1)
YES = random.integers(0, 2, (5, 4, 3))
MASK = np.array([[1, 1, 0, 1], [0, 0, 0, 1], [1, 1, 1, 1], [1, 0, 1, 0], [0, 1, 1, 1]], bool)
WEIGHTS = (0.5, 2.0, 0.0)


def by_classes(functional, scores, targets, **settings):
    """PyTorch has the classes on the second axis."""
    targets = targets.movedim(-1, 1) if targets.ndim == 3 else targets
    return functional.cross_entropy(scores.movedim(-1, 1), targets, reduction="none", **settings)


def multi_margin(functional, scores, targets, **settings):
    losses = functional.multi_margin_loss(scores.reshape(-1, 3), targets.reshape(-1), reduction="none", **settings)
    return losses.reshape(targets.shape)


# Each cost with targets and PyTorch's losses of the elements, (torch, scores, targets) -> (batch, ...).
CASES = {
    "classes": (
        SoftmaxCrossEntropy,
        {},
        CLASSES,
        lambda torch, s, t: by_classes(torch.nn.functional, s, t),
    ),
    "weights of classes": (
        SoftmaxCrossEntropy,
        {"class_weights": WEIGHTS},
        CLASSES,
        lambda torch, s, t: by_classes(torch.nn.functional, s, t, weight=torch.tensor(WEIGHTS).double()),
    ),
    "label smoothing": (
        SoftmaxCrossEntropy,
        {"label_smoothing": 0.2},
        CLASSES,
        lambda torch, s, t: by_classes(torch.nn.functional, s, t, label_smoothing=0.2),
    ),
    "label smoothing with weights": (
        SoftmaxCrossEntropy,
        {"label_smoothing": 0.2, "class_weights": WEIGHTS},
        CLASSES,
        lambda torch, s, t: by_classes(
            torch.nn.functional, s, t, label_smoothing=0.2, weight=torch.tensor(WEIGHTS).double()
        ),
    ),
    "shares with weights": (
        SoftmaxCrossEntropy,
        {"label_smoothing": 0.2, "class_weights": WEIGHTS},
        SHARES,
        lambda torch, s, t: by_classes(
            torch.nn.functional, s, t, label_smoothing=0.2, weight=torch.tensor(WEIGHTS).double()
        ),
    ),
    "binary": (
        BinaryCrossEntropy,
        {},
        YES,
        lambda torch, s, t: torch.nn.functional.binary_cross_entropy_with_logits(s, t.double(), reduction="none"),
    ),
    "binary with a weight": (
        BinaryCrossEntropy,
        {"positive_weight": 3.0},
        YES,
        lambda torch, s, t: torch.nn.functional.binary_cross_entropy_with_logits(
            s, t.double(), reduction="none", pos_weight=torch.tensor(3.0).double()
        ),
    ),
    "squared": (
        SquaredDifference,
        {},
        NUMBERS,
        lambda torch, s, t: torch.nn.functional.mse_loss(s, t, reduction="none"),
    ),
    "absolute": (
        AbsoluteDifference,
        {},
        NUMBERS,
        lambda torch, s, t: torch.nn.functional.l1_loss(s, t, reduction="none"),
    ),
    "huber": (
        Huber,
        {"delta": 1.5},
        NUMBERS,
        lambda torch, s, t: torch.nn.functional.huber_loss(s, t, reduction="none", delta=1.5),
    ),
    "hinge of classes": (
        Hinge,
        {"margin": 1.5},
        CLASSES,
        lambda torch, s, t: multi_margin(torch.nn.functional, s, t, margin=1.5),
    ),
    "squared hinge of classes": (
        Hinge,
        {"squared": True},
        CLASSES,
        lambda torch, s, t: multi_margin(torch.nn.functional, s, t, p=2),
    ),
    "hinge of 0 and 1": (
        Hinge,
        {},
        YES,
        lambda torch, s, t: torch.clamp(1.0 - (2 * t - 1) * s, min=0),
    ),
    "squared hinge of -1 and 1": (
        Hinge,
        {"squared": True},
        2.0 * YES - 1,
        lambda torch, s, t: torch.clamp(1.0 - t * s, min=0) ** 2,
    ),
}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("case", CASES)
def test_losses_are_those_of_pytorch_reduced_over_what_counts(case, reduction, masked, torch, run, derive):
    """Values and derivatives in float64; what does not count has a derivative of 0."""
    kind, settings, targets, oracle = CASES[case]
    cost = kind(**settings, reduction=reduction)
    x = torch.tensor(SCORES, requires_grad=True)
    elements = oracle(torch, x, torch.tensor(targets))
    elements = elements.reshape(5, 4, -1)
    counts = torch.tensor(MASK if masked else np.ones_like(MASK))[..., None].double()
    expected = (elements * counts).sum((1, 2))
    if reduction == "mean":
        expected = expected / (counts.sum((1, 2)) * elements.shape[-1])
    expected.sum().backward()
    mask = (MASK,) if masked else ()
    np.testing.assert_allclose(run(cost.losses, SCORES, targets, *mask), expected.detach().numpy(), rtol=1e-10)
    (derivative,) = derive(lambda scores: cost.losses(scores, targets, *mask), SCORES)
    np.testing.assert_allclose(derivative, x.grad.numpy(), rtol=1e-10, atol=1e-12)
    if masked:
        assert not derivative[~MASK].any()


@pytest.mark.parametrize("case", CASES)
def test_derivatives_of_any_order(case):
    """Against finite differences, both modes, with a mask."""
    kind, settings, targets, _ = CASES[case]
    check_grads(lambda scores: kind(**settings).losses(scores, targets, MASK), [SCORES])


@pytest.mark.parametrize("case", CASES)
def test_float32_stays_float32(case, run):
    """Whatever the dtype of targets, weights and mask."""
    kind, settings, targets, _ = CASES[case]
    losses = run(kind(**settings).losses, SCORES.astype(np.float32), targets, MASK.astype(np.int64))
    assert losses.dtype == np.float32
    np.testing.assert_allclose(losses, run(kind(**settings).losses, SCORES, targets, MASK), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_large_scores_do_not_overflow(case, run, derive):
    """Neither losses nor derivatives, whether they count or not."""
    kind, settings, targets, _ = CASES[case]
    extreme = np.where(SCORES > 0, 1e4, -1e4)
    assert np.isfinite(run(kind(**settings).losses, extreme, targets, MASK)).all()
    assert np.isfinite(derive(lambda scores: kind(**settings).losses(scores, targets, MASK), extreme)[0]).all()


def test_what_does_not_count_may_be_anything(run, derive):
    """Not even NaN gets from a masked element into the losses or derivatives of others."""
    scores = np.where(MASK[..., None], SCORES, np.nan)
    cost = SquaredDifference()
    assert np.array_equal(run(cost.losses, scores, NUMBERS, MASK), run(cost.losses, SCORES, NUMBERS, MASK))
    (derivative,) = derive(lambda scores: cost.losses(scores, NUMBERS, MASK), scores)
    assert np.isfinite(derivative[MASK]).all()


def test_a_mask_may_speak_for_records_or_for_single_numbers(run):
    """It has any number of the leading axes; a record of which nothing counts costs nothing."""
    squares = (SCORES - NUMBERS) ** 2
    records = np.array([1, 0, 1, 1, 0])
    losses = run(SquaredDifference().losses, SCORES, NUMBERS, records)
    np.testing.assert_allclose(losses, squares.mean((1, 2)) * records)
    single = YES.astype(bool)
    losses = run(SquaredDifference().losses, SCORES, NUMBERS, single)
    np.testing.assert_allclose(losses, [each[counts].mean() for each, counts in zip(squares, single, strict=True)])


REFUSED = {
    "a mask of classes": (
        lambda run: run(SoftmaxCrossEntropy().losses, SCORES, CLASSES, YES),
        ShapeError,
        (
            "mask: records of the mask have 2 axes; there are losses with 1\n"
            "  expected: no axis of classes: an element for each loss\n"
            "  to do:    leave out the last axis of the mask"
        ),
    ),
    "too few weights": (
        lambda run: run(SoftmaxCrossEntropy(class_weights=[1, 2]).losses, SCORES, CLASSES),
        ShapeError,
        (
            "SoftmaxCrossEntropy.class_weights: there are 2, and 3 classes\n"
            "  expected: one weight for each class\n"
            "  to do:    give as many weights as the last layer has units"
        ),
    ),
    "hinge targets of another shape": (
        lambda run: run(Hinge().losses, SCORES, NUMBERS[:, :2]),
        ShapeError,
        (
            "Hinge: targets are float64 with records of shape (2, 3)\n"
            "  expected: integer classes with records of shape (4,), or -1 and 1 of shape (4, 3)\n"
            "  to do:    give the last layer a unit for each class, and the targets one of these forms"
        ),
    ),
    "answers that are neither yes nor no": (
        lambda run: Hinge().check_targets(np.array([[2.0], [0.0], [1.0]]), (1,)),
        DataError,
        (
            "Hinge: the targets are 0, 1, 2\n"
            "  expected: either -1 and 1 or 0 and 1\n"
            "  to do:    give a no one of these numbers, and a yes 1"
        ),
    ),
    "two kinds of no": (
        lambda run: Hinge().check_targets(np.array([-1, 0, 1, 0.5, 7]), (1,)),
        DataError,
        (
            "Hinge: the targets are -1, 0, 0.5, 1, ...\n"
            "  expected: either -1 and 1 or 0 and 1\n"
            "  to do:    give a no one of these numbers, and a yes 1"
        ),
    ),
    "hinge classes out of range": (
        lambda run: Hinge().check_targets(np.array([0, 3, 1]), (3,)),
        DataError,
        (
            "Hinge: there is a class 3\n"
            "  expected: classes from 0 to 2, one for each unit of the last layer\n"
            "  to do:    number the classes from 0, and give the last layer a unit for each"
        ),
    ),
    "no probability": (
        lambda run: BinaryCrossEntropy().check_targets(np.array([[1.0], [-1.0]]), (1,)),
        DataError,
        (
            "BinaryCrossEntropy: there is a target -1.0\n"
            "  expected: 0 for no, 1 for yes, or a probability between them\n"
            "  to do:    bring the targets into [0, 1]"
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused(case, run):
    """With what there is, what is allowed and what to do."""
    act, error, expected = REFUSED[case]
    with pytest.raises(error) as caught:
        act(run)
    assert message(caught.value) == expected


def test_targets_that_fit_pass():
    """As classes, as answers of either kind, as probabilities."""
    Hinge().check_targets(np.array([0, 2, 1]), (3,))
    Hinge().check_targets(np.array([[True], [False]]), (1,))
    Hinge().check_targets(np.array([-1, 1]), (1,))
    BinaryCrossEntropy().check_targets(np.array([0.0, 0.3, 1.0]), (1,))
    SoftmaxCrossEntropy().check_targets(np.zeros(0, np.int64), (3,))
