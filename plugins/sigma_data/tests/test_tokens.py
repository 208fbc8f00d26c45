"""Texts as sequences of words or characters, numbered and padded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_data import Memory, Pad, Text, Tokens, Vocabulary
from sklearn.feature_extraction.text import CountVectorizer

import sigma_core as sigma

TEXTS = np.array(["It's one.", "two, three two", "One\n\nTWO"])


def cut(*texts, **settings):
    return [tokens.tolist() for tokens in Tokens(**settings).apply(np.array(texts), {})]


def test_words_and_characters_are_those_of_a_text():
    """The same as the extractor's, of each record by itself."""
    assert cut(*TEXTS) == [["It", "'", "s", "one", "."], ["two", ",", "three", "two"], ["One", "TWO"]]
    assert cut(*TEXTS, lowercase=True, most=2) == [["it", "'"], ["two", ","], ["one", "two"]]
    assert cut("ab", "cd", unit="characters") == [["a", "b"], ["c", "d"]]
    assert cut("a\0b", unit="characters") == [["a", "b"]]
    for text in TEXTS.tolist():
        assert cut(text) == [Text(Memory(text), unit="words").extract()["inputs"].tolist()]


def test_sequences_of_one_length_stay_sequences():
    """As do texts that are objects, such as a column of a table."""
    made = Tokens().apply(np.array(["a b", "c d"], object), {})
    assert (made.shape, made.dtype) == ((2,), np.dtype(object))


@given(st.lists(st.text("ab cd", min_size=1).filter(str.strip), min_size=1, max_size=8), st.integers(1, 8))
def test_a_vocabulary_numbers_sequences_as_scikit_learn_does(texts, records):
    """However many come at a time; words that are numbered are the words that there were."""
    sequences = Tokens().apply(np.array(texts), {})
    vocabulary = Vocabulary()
    blocks = ({"inputs": sequences[start : start + records]} for start in range(0, len(texts), records))
    state = vocabulary.fit(blocks)
    expected = CountVectorizer(analyzer=str.split).fit(texts).vocabulary_
    assert dict(zip(state["classes"].tolist(), range(len(expected)), strict=True)) == expected
    made = vocabulary.apply({"inputs": sequences}, state)["inputs"]
    assert [state["classes"][numbers].tolist() for numbers in made] == [text.split() for text in texts]
    assert {numbers.dtype for numbers in made} == {np.dtype(np.int64)}


def test_a_vocabulary_of_columns_that_are_objects_is_one_of_texts():
    """As pandas has them."""
    sections = {"inputs": np.array(["bc", "a", "bc"], object)}
    state = Vocabulary().fit([sections])
    assert state["classes"].tolist() == ["a", "bc"]
    assert Vocabulary().apply(sections, state)["inputs"].tolist() == [1, 0, 1]


@pytest.mark.parametrize("cache", ["memory", "disk"])
def test_texts_become_padded_numbers(cache, environment):
    """Learnt in training; what is not known there is 0."""
    dataset = sigma.InMemory(
        {"inputs": np.array(["b a", "a", "a c b d e"]), "targets": np.arange(3)},
        split=(2, 1),
        shuffle=False,
        cache=cache,
        preprocess={"inputs": Tokens(most=3), "*": (Vocabulary(("inputs",), unknown=True), Pad(length=3))},
    )
    data = dataset.prepare(environment, 0)
    assert data.training["inputs"].tolist() == [[2, 1, 0], [1, 0, 0]]
    assert data.training["mask"].tolist() == [[True, True, False], [True, False, False]]
    assert data.validation["validation"]["inputs"].tolist() == [[1, 0, 2]]
    assert data.preprocess({"inputs": np.array(["b b"])})["inputs"].tolist() == [[2, 2, 0]]


UNKNOWN = {"classes": np.array(["a", "b"])}
FAULTS = {
    "numbers": (
        lambda: Tokens().apply(np.zeros((3, 2)), {}),
        (
            "preprocessor tokens: it gets float64 of shape (3, 2)\n"
            "  expected: texts, of shape (records,)\n"
            "  to do:    put it under the name of a section of texts"
        ),
    ),
    "no text": (
        lambda: Tokens().apply(np.array(["a", None], object), {}),
        (
            "preprocessor tokens: record 1 is None\n"
            "  expected: a text with words\n"
            "  to do:    leave such records out of the data"
        ),
    ),
    "a text without words": (
        lambda: cut("a", " \n"),
        (
            "preprocessor tokens: record 1 is ' \\n'\n"
            "  expected: a text with words\n"
            "  to do:    leave such records out of the data"
        ),
    ),
    "a word that is unknown": (
        lambda: Vocabulary().apply({"inputs": Tokens().apply(np.array(["a b", "b x"]), {})}, UNKNOWN),
        (
            "preprocessor vocabulary, section 'inputs': record 1 holds 'x', which is no class\n"
            "  expected: one of a, b\n"
            "  to do:    set unknown = true"
        ),
    ),
}


@pytest.mark.parametrize(("action", "message"), FAULTS.values(), ids=FAULTS)
def test_texts_that_do_not_do_are_refused(action, message, refused):
    """With the record."""
    assert refused(action) == ("DataError", message)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Tokens("lines"), "Tokens.unit: 'lines'\n  expected: one of 'words', 'characters'"),
        (lambda: Tokens(most=0), "Tokens.most: 0\n  expected: an integer of at least 1"),
    ],
)
def test_settings_are_checked(make, message, refused):
    """When the preprocessor is made."""
    assert refused(make) == ("SettingError", message)
