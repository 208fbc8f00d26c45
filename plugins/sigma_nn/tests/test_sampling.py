"""Text that is drawn from probabilities: how often, from what, and what is refused."""

import collections

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_data import TextCorpus
from sigma_nn import sample_text, vocabulary_of

import sigma_core as sigma
from sigma_core.extend import SettingError, ShapeError, UserError
from sigma_core.testing import message

UNKNOWN = "the vocabulary does not have\n  expected: 'a', 'b', 'c'\n  to do:    write it with these"
LETTERS = ["", "a", "b", "c"]
# What comes behind an a, a b, a c.
CHAIN = {"a": [0.0, 0.1, 0.9, 0.0], "b": [0.0, 0.0, 0.2, 0.8], "c": [0.9, 0.06, 0.0, 0.04], "": [0.25] * 4}


def chain(records):
    """What comes next depends on the last letter alone."""
    return np.array([[CHAIN[text if text in CHAIN else ""] for text in record] for record in records])


def last(records):
    """One answer for all."""
    return chain(records)[:, -1]


@given(st.text("abcx", min_size=1), st.integers(0, 30), st.floats(0, 5), st.integers(0, 2**63), st.integers(1, 9))
def test_what_is_written_can_come_next(prompt, length, temperature, seed, window):
    """The prompt comes first; then nothing that is unknown, and nothing that is impossible."""
    text = sample_text(chain, LETTERS, prompt, length, temperature, seed, window=window)
    assert text == sample_text(chain, LETTERS, prompt, length, temperature, seed, window=window)
    assert text == sample_text(last, LETTERS, prompt, length, temperature, seed, window=window)
    assert text.startswith(prompt)
    assert len(text) == len(prompt) + length
    for before, after in zip(text[len(prompt) - 1 :], text[len(prompt) :], strict=False):
        assert after in "abc"
        assert CHAIN[before if before in CHAIN else ""][LETTERS.index(after)] > 0


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_letters_come_as_often_as_they_are_probable(temperature):
    """To the power of one by the temperature, without what is unknown: within four deviations."""
    drawn = sample_text(lambda _: np.array([[0.4, 0.1, 0.2, 0.3]]), LETTERS, "a", 4000, temperature)[1:]
    expected = np.array([0.1, 0.2, 0.3]) ** (1 / temperature)
    expected /= expected.sum()
    count = collections.Counter(drawn)
    shares = np.array([count[letter] for letter in "abc"]) / len(drawn)
    assert (np.abs(shares - expected) < 4 * np.sqrt(expected * (1 - expected) / len(drawn))).all()


def test_the_most_probable_one_at_a_temperature_of_nothing():
    """Next to nothing does the same, without dividing by it."""
    assert sample_text(chain, LETTERS, "a", 6, 0) == sample_text(chain, LETTERS, "a", 6, 1e-300) == "abcabca"
    tiny = np.array([[0, 1e-300, 1e-310, 0]])
    assert sample_text(lambda _: tiny, LETTERS, "a", 3, 0.01) == "aaaa"


def test_what_the_network_sees():
    """The last of what is written, filled up behind it, or before it where one answer comes for all."""
    seen = []

    def remember(records, answers):
        seen.append(list(records[0]))
        return answers(records)

    sample_text(lambda records: remember(records, chain), LETTERS, "ab", 2, 0, window=3)
    assert [record[:2] for record in seen[:1]] == [["a", "b"]]
    assert [len(record) for record in seen] == [3, 3]
    assert seen[1] == ["a", "b", "c"]
    seen.clear()
    sample_text(lambda records: remember(records, last), LETTERS, "ab", 1, 0, window=3)
    assert seen[-1][1:] == ["a", "b"]
    seen.clear()
    sample_text(lambda records: remember(records, chain), LETTERS, "ab", 2, 0)
    assert [len(record) for record in seen] == [2, 3]


def test_words():
    """A vocabulary of words writes words, and marks of punctuation without a space before them."""
    words = ["", ",", "cat", "sat", "the"]
    following = {"the": 2, "cat": 3, "sat": 1, ",": 4}

    def predict(records):
        return np.eye(5)[[[following[text] for text in record] for record in records]]

    assert sample_text(predict, words, "the cat", 5) == "the cat sat, the cat sat"


def test_a_trainer_writes(tmp_path):
    """What it has learnt by heart; also once more from the run that was kept."""
    corpus = TextCorpus(b"abcabcabc" * 20 + b"abc", length=6, split=[0.9, 0.1], shuffle=False)
    network = [
        {"use": "input", "shape": [6], "dtype": "integer"},
        {"use": "embedding", "vocabulary": 4, "size": 8},
        {"use": "dense", "size": 4},
        "softmax_cross_entropy",
    ]
    trainer = sigma.Trainer(network, corpus, {"use": "adam", "learning_rate": 0.1}, "20 epochs", batch_size=4, seed=1)
    trainer.run()
    vocabulary = vocabulary_of(trainer.data)
    assert vocabulary == ("", "a", "b", "c")
    assert sample_text(trainer.predict, vocabulary, "b", 5, 0.1, window=6) == "bcabca"
    assert vocabulary_of(sigma.Trainer(network, (np.ones((4, 6), int),) * 2, "adam", "1 epochs").data) == ()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("", 1), "sample_text, prompt: ''\n  expected: a text to go on from\n  to do:    give at least one character"),
        (("abd", 1), f"sample_text, prompt: 'd', which {UNKNOWN}"),
        (("a", -1), "sample_text, length: -1\n  expected: an integer of at least 0"),
        (("a", 1.5), "sample_text, length: 1.5\n  expected: an integer of at least 0"),
        (("a", 1, -0.5), "sample_text, temperature: -0.5\n  expected: a finite number of at least 0"),
        (("a", 1, float("nan")), "sample_text, temperature: nan\n  expected: a finite number of at least 0"),
        (("a", 1, 1.0, -1), "sample_text, seed: -1\n  expected: an integer of at least 0"),
        (("a", 1, 1.0, None), "sample_text, seed: None\n  expected: an integer of at least 0"),
    ],
)  # fmt: skip
def test_arguments_that_are_refused(arguments, told):
    """With what is allowed."""
    with pytest.raises(SettingError) as caught:
        sample_text(chain, LETTERS[1:], *arguments)
    assert message(caught.value) == told


def test_a_window_of_nothing():
    """Nothing could be seen in it."""
    with pytest.raises(SettingError) as caught:
        sample_text(chain, LETTERS, "a", 1, window=0)
    assert message(caught.value) == "sample_text, window: 0\n  expected: an integer of at least 1"


def test_predictions_of_another_shape():
    """As of a network with other classes, or of one that tells numbers."""
    with pytest.raises(ShapeError) as caught:
        sample_text(lambda _: np.ones((1, 3)), LETTERS, "ab", 1, window=5)
    assert message(caught.value) == (
        "sample_text: predictions of shape (1, 3) for 5 texts and a vocabulary of 4\n"
        "  expected: probabilities, (1, 5, 4) or (1, 4)\n"
        "  to do:    use it with a network that predicts what comes next"
    )


@pytest.mark.parametrize("answers", [[np.nan] * 4, [1.0, 0, 0, 0], [0.0, 0.5, np.inf, 0]])
def test_predictions_that_are_no_probabilities(answers):
    """Of a network that has diverged, or that knows of nothing but what is unknown."""
    with pytest.raises(UserError) as caught:
        sample_text(lambda _: np.array([answers]), LETTERS, "ab", 3)
    assert message(caught.value) == (
        "sample_text: what comes as number 1 behind 'ab' has no probabilities\n"
        "  expected: finite numbers from 0, of which one is more\n"
        "  to do:    look whether the training has diverged"
    )
