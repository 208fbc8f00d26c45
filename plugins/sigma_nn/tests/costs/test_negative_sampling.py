"""Negative sampling: what it draws, what it expects, and what it learns."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import special
from sigma_nn import Adam, Embedding, Flatten, Input, NegativeSampling

import sigma_core as sigma
from sigma_core.extend import Context, DataError, ShapeError
from sigma_core.testing import message

random = np.random.default_rng(5)
HIDDEN, WEIGHTS = random.normal(size=(6, 3)), random.normal(size=(8, 3))
WORDS = random.integers(0, 8, 6)
ZIPF = np.log((np.arange(8) + 2) / (np.arange(8) + 1)) / np.log(9)


@pytest.fixture
def losses(run):
    """The losses of hidden vectors, with the weights above."""

    def losses(cost, hidden, words, *mask, training=True, step=1, weights=WEIGHTS):
        def score(hidden, words, weights, key, *mask):
            context = Context("network.layers.tested", training=training, dtype=hidden.dtype, key=key)
            parameters = SimpleNamespace(weights=weights)
            return cost.losses_with(hidden, words, *(mask or (None,)), parameters=parameters, context=context)

        return run(score, hidden, words, weights, np.array([1, step], np.uint64), *mask)

    return losses


@pytest.mark.parametrize(("noise", "shares"), [("zipf", ZIPF), ("uniform", np.full(8, 1 / 8))])
def test_a_pass_that_does_not_train_is_the_expectation(noise, shares, losses):
    """By the formula of the paper; many draws come near it."""
    cost = NegativeSampling(8, negatives=4, noise=noise)
    products = HIDDEN @ WEIGHTS.T
    right = -special.log_expit(products[np.arange(6), WORDS])
    expected = right - 4 * special.log_expit(-products) @ shares
    np.testing.assert_allclose(losses(cost, HIDDEN, WORDS, training=False), expected, rtol=1e-12)
    drawn = losses(NegativeSampling(8, negatives=40000, noise=noise), HIDDEN, WORDS)
    np.testing.assert_allclose((drawn - right) / 10000 + right, expected, rtol=0.02)


def test_draws_differ_from_step_to_step_and_are_the_same_again(losses):
    """They are a function of the seed and the step."""
    cost = NegativeSampling(8)
    assert np.array_equal(losses(cost, HIDDEN, WORDS, step=2), losses(cost, HIDDEN, WORDS, step=2))
    assert not np.array_equal(losses(cost, HIDDEN, WORDS, step=2), losses(cost, HIDDEN, WORDS, step=3))
    assert losses(cost, HIDDEN.astype(np.float32), WORDS, weights=WEIGHTS.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint64"])
def test_noise_is_drawn_from_all_words_whatever_the_dtype_of_targets(dtype, losses):
    """Also where that has no room for all numbers of the vocabulary."""
    weights, words = np.random.default_rng(6).normal(size=(300, 3)), WORDS.astype(dtype)
    cost = NegativeSampling(300, noise="uniform")
    expected = losses(cost, HIDDEN, WORDS, weights=weights)
    np.testing.assert_array_equal(losses(cost, HIDDEN, words, weights=weights), expected)


def test_sequences_have_a_loss_for_each_word_that_counts(losses):
    """Reduced within the record."""
    hidden, words = HIDDEN.reshape(2, 3, 3), WORDS.reshape(2, 3)
    single = losses(NegativeSampling(8), HIDDEN, WORDS, training=False).reshape(2, 3)
    mask = np.array([[1, 0, 1], [1, 1, 1]])
    masked = losses(NegativeSampling(8, reduction="sum"), hidden, words, mask, training=False)
    np.testing.assert_allclose(masked, (single * mask).sum(1), rtol=1e-12)
    assert losses(NegativeSampling(8), hidden, words, mask).shape == (2,)


@pytest.mark.parametrize("noise", ["zipf", "uniform"])
def test_it_learns_which_words_follow_which(noise):
    """Its predictions are probabilities of the vocabulary, near those of the data."""
    following = np.array([[1, 2], [2, 2], [0, 1], [3, 0]])
    words = np.repeat(np.arange(4), 2)[:, None]
    network = Input(1, dtype="integer") + Embedding(4, 8) + Flatten() + NegativeSampling(4, noise=noise)
    data = {"inputs": words, "targets": following.ravel()}
    trainer = sigma.Trainer(network, data, Adam(0.02), "600 epochs", batch_size=8, seed=2, validation=data)
    run = trainer.run()
    expected = np.array([np.bincount(each, minlength=4) / 2 for each in following])
    np.testing.assert_allclose(trainer.predict(words)[::2], expected, atol=0.2)
    assert run.scores["validation.accuracy"] == 5 / 8


def test_words_out_of_range_are_refused():
    """With the vocabulary; where there are no words, none is."""
    NegativeSampling(8).check_targets(np.zeros(0, int), (3,))
    with pytest.raises(DataError) as caught:
        NegativeSampling(8).check_targets(np.array([0, 8]), (3,))
    assert str(caught.value) == (
        "NegativeSampling: there is a word 8\n"
        "  expected: words from 0 to 7\n"
        "  to do:    number the words from 0, or enlarge the vocabulary"
    )


def test_targets_without_words_are_left_to_other_checks():
    """Those of another kind are refused by their dtype when the network is built; no records hold no word."""
    NegativeSampling(8).check_targets(np.array([0.5, np.nan]), (3,))
    NegativeSampling(8).check_targets(np.zeros(0, np.int64), (3,))


def test_hidden_numbers_are_refused():
    """A product needs vectors."""
    with pytest.raises(ShapeError) as caught:
        NegativeSampling(8).parameters((), ())
    assert str(caught.value) == (
        "NegativeSampling: predictions have records of shape ()\n"
        "  expected: a hidden vector for each target\n"
        "  to do:    end the layers before it with one that gives vectors"
    )


def test_targets_of_another_shape_are_refused(losses):
    """As they are by other costs of classes."""
    with pytest.raises(ShapeError) as caught:
        losses(NegativeSampling(8), HIDDEN, WORDS.astype(float))
    assert message(caught.value) == (
        "NegativeSampling: targets are float64 with records of shape ()\n"
        "  expected: integer classes with records of shape ()\n"
        "  to do:    give the last layer a unit for each class, and the targets one of these forms"
    )
