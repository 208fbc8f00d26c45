"""Embedding: what is looked up, what is learnt, and what cannot be looked up."""

import numpy as np
import pytest
from sigma_nn import Embedding, Gaussian

from sigma_core.extend import DataError, Parameter, ShapeError
from sigma_core.testing import ComponentRegistry, Composer

WEIGHTS = np.random.default_rng(6).normal(size=(7, 3))
WORDS = np.array([[0, 6, 6, 2], [1, 0, 6, 5]])


def test_parameters():
    """A vector for each word of the vocabulary, whatever the shape of the records."""
    layer = Composer(ComponentRegistry()).build("layers", Embedding(7, 3))
    for shape in ((), (4,), (4, 2)):
        assert layer.parameters(shape) == {"weights": Parameter((7, 3), Gaussian(), tags={"weights", "embedding"})}


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_words_become_their_vectors(dtype, apply):
    """Of any kind of integer, and any number of axes."""
    assert np.array_equal(apply(Embedding(7, 3), WORDS.astype(dtype), weights=WEIGHTS), WEIGHTS[WORDS])
    assert np.array_equal(apply(Embedding(7, 3), WORDS[:, 0], weights=WEIGHTS), WEIGHTS[WORDS[:, 0]])


def test_derivatives_are_those_of_pytorch(torch, derive):
    """Added up where a word stands more than once."""
    weights = torch.tensor(WEIGHTS, requires_grad=True)
    (torch.nn.functional.embedding(torch.tensor(WORDS), weights) ** 2).sum().backward()

    class Given:
        def __init__(self, weights):
            self.weights = weights

    def forward(weights):
        return Embedding(7, 3).forward(WORDS, parameters=Given(weights), context=None) ** 2

    (found,) = derive(forward, WEIGHTS)
    np.testing.assert_allclose(found, weights.grad.numpy(), rtol=1e-12)


def test_numbers_that_are_no_integers_are_refused(apply):
    """With the setting of the input that leaves them as they are."""
    with pytest.raises(ShapeError) as caught:
        apply(Embedding(7, 3), WORDS.astype(np.float32), weights=WEIGHTS)
    assert str(caught.value) == (
        'Embedding: inputs are float32\n  expected: integers\n  to do:    give the input before it dtype="integer"'
    )


def test_a_word_that_is_not_in_the_vocabulary_is_an_index_error(apply):
    """As it is in NumPy."""
    with pytest.raises(IndexError, match="index 7 is out of bounds"):
        apply(Embedding(7, 3), WORDS + 1, weights=WEIGHTS)


def test_words_are_looked_at_before_a_run():
    """One that is not in the vocabulary is named; what cannot be looked at is left alone."""
    layer = Embedding(7, 3)
    for words in (WORDS, WORDS.astype(np.uint8), WORDS[:0], WORDS * 1.5, None):
        layer.check_data(words)
    for words, count, example in ((WORDS + 1, 3, 7), (WORDS - np.array([[0], [1]]), 1, -1)):
        with pytest.raises(DataError) as caught:
            layer.check_data(words)
        assert str(caught.value) == (
            f"Embedding: {count} of {WORDS.size} integers are out of range, {example} among them\n"
            "  expected: integers from 0 to 6, for a vocabulary of 7\n"
            "  to do:    make the vocabulary larger, or put another word in its place"
        )
