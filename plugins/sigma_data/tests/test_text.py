"""Text, and windows of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_data import CSV, Extracted, Filter, Filtered, Memory, Shifted, Text, Vocabulary

import sigma_core as sigma
from sigma_core.extend import joined_sections


def text(content, **settings):
    return Text(Memory(content), **settings)


@given(st.text(min_size=1), st.sampled_from(["utf-8", "utf-16", "utf-32"]), st.integers(1, 5))
def test_characters_are_those_of_the_text(content, encoding, records):
    """In whatever encoding, however many at a time."""
    try:
        encoded = content.encode(encoding)
    except UnicodeEncodeError:
        return
    blocks = list(text(encoded, encoding=encoding).blocks(records=records))
    # An array of texts drops NUL at their ends.
    assert "".join(joined_sections(blocks)["inputs"]) == content.replace("\0", "")
    assert max(len(block["inputs"]) for block in blocks) <= records


def test_words_and_lines():
    """Marks are words of their own; ends of lines are no part of them, blank lines are none."""
    content = "It's one.\r\n\n  Two, three\nlast"
    words = ["It", "'", "s", "one", ".", "Two", ",", "three", "last"]
    assert text(content, unit="words").extract()["inputs"].tolist() == words
    assert text(content, unit="lines").extract()["inputs"].tolist() == ["It's one.", "  Two, three", "last"]
    assert text("ÄB", lowercase=True).extract()["inputs"].tolist() == ["ä", "b"]


def test_one_long_line_does_not_make_all_as_long():
    """Texts of a block take as much memory as the longest."""
    content = "\n".join(["short"] * 2_000 + ["x" * 100_000] + ["short"] * 2_000)
    blocks = list(text(content, unit="lines").blocks(records=4_001))
    assert sum(len(block["inputs"]) for block in blocks) == 4_001
    assert max(block["inputs"].nbytes for block in blocks) <= 4 * (1 << 22)


@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 7), st.integers(1, 3), st.integers(1, 4))
def test_shifted_windows_are_those_of_a_loop(count, length, stride, offset, records):
    """However many are asked for at a time."""
    content = "".join(chr(97 + number % 26) for number in range(count))
    windows = Shifted(text(content), length, stride, offset)
    starts = range(0, count - length - offset + 1, stride)
    if not starts:
        return
    for size in (None, records):
        blocks = list(windows.blocks(records=size))
        made = joined_sections(blocks)
        assert ["".join(window) for window in made["inputs"]] == [content[start : start + length] for start in starts]
        assert ["".join(window) for window in made["targets"]] == [
            content[start + offset : start + offset + length] for start in starts
        ]
        assert size is None or max(len(block["inputs"]) for block in blocks) <= size


def test_a_language_model_has_one_vocabulary():
    """For what it reads and what it foretells, learnt in training alone."""
    windows = Shifted(text("abcabcabcabx"), length=3, stride=3)
    dataset = Extracted(windows, preprocess={"*": Vocabulary()}, shuffle=False)
    data = dataset.prepare(sigma.Environment(), 0)
    assert data.training["inputs"].tolist() == [[0, 1, 2]] * 3
    assert data.training["targets"].tolist() == [[1, 2, 0]] * 3
    assert data.preprocess({"inputs": np.array([["c", "a", "b"]])})["inputs"].tolist() == [[2, 0, 1]]


def test_a_vocabulary_may_be_limited():
    """To what is most frequent; 0 is what is unknown."""
    vocabulary = Vocabulary(size=2, unknown=True)
    sections = {"inputs": np.array(["b", "a", "b", "c", "c", "d"])}
    state = vocabulary.fit([sections])
    assert state["classes"].tolist() == ["", "b", "c"]
    assert vocabulary.apply(sections, state)["inputs"].tolist() == [1, 0, 1, 2, 2, 0]


def test_filtered_leaves_records_out_before_the_split():
    """Of every part."""
    table = CSV(Memory("1,0\n2,1\n3,0\n"), {"inputs": "0", "targets": "1"})
    kept = Filtered(table, by=Filter(section="targets", keep=0))
    assert kept.extract()["inputs"].tolist() == [1, 3]


FAULTS = {
    "no text": (
        lambda: text(b"").extract(),
        ("memory: there are no characters in it\n  expected: a text with characters\n  to do:    give another"),
    ),
    "another encoding": (
        lambda: text(b"one\ntwo\xff\n").extract(),
        (
            "memory, line 2: it is no utf-8: invalid start byte\n"
            "  expected: text in utf-8\n"
            '  to do:    name its encoding, such as encoding = "latin-1"'
        ),
    ),
    "an encoding that does not know where it is": (
        lambda: text(b"a", encoding="utf-16").extract(),
        (
            "memory, line 1: it is no utf-16: truncated data\n"
            "  expected: text in utf-16\n"
            '  to do:    name its encoding, such as encoding = "latin-1"'
        ),
    ),
    "too short": (
        lambda: Shifted(text("abc"), length=3).extract(),
        (
            "extractor shifted: there are 3 records in a row\n"
            "  expected: at least the 4 of one window of 3 and its targets\n"
            "  to do:    give a longer sequence, or shorter windows"
        ),
    ),
    "no such section": (
        lambda: Shifted(text("abc"), section="input").extract(),
        "extractor shifted: there is no section 'input'\n  expected: one of inputs (nearest: inputs)",
    ),
    "nothing passes": (
        lambda: Filtered(CSV(Memory("1\n2\n")), by=Filter(least=3)).extract(),
        (
            "extractor filtered: none of 2 records passes\n"
            "  expected: at least one\n"
            "  to do:    filter less, or other records"
        ),
    ),
    "a vocabulary that is too small": (
        lambda: Vocabulary(size=1).fit([text("abc").extract()]),
        (
            "preprocessor vocabulary: there are 3 texts for a vocabulary of 1\n"
            "  expected: a number for those that are left out\n"
            "  to do:    set unknown = true, or leave out the size"
        ),
    ),
    "a text that is unknown": (
        lambda: Vocabulary().apply({"inputs": np.array(["a", "x"])}, {"classes": np.array(["a", "b"])}),
        (
            "preprocessor vocabulary, section 'inputs': record 1 holds 'x', which is no class\n"
            "  expected: one of a, b\n"
            "  to do:    set unknown = true"
        ),
    ),
    "no section of texts": (
        lambda: Vocabulary().fit([{"words": np.array(["a"])}]),
        "preprocessor vocabulary: there is no section 'inputs'\n  expected: one of words",
    ),
}


@pytest.mark.parametrize(("action", "message"), FAULTS.values(), ids=FAULTS)
def test_texts_that_do_not_do_are_refused(action, message, refused):
    """With the line."""
    assert refused(action) == ("DataError", message)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: text("a", encoding="utf-9"),
            "Text.encoding: 'utf-9'\n  expected: an encoding, such as utf-8, utf-16 or latin-1",
        ),
        (lambda: text("a", unit="word"), "Text.unit: 'word'\n  expected: one of 'characters', 'words', 'lines'"),
        (lambda: Shifted(text("a"), 0), "Shifted.length: 0\n  expected: an integer of at least 1"),
        (lambda: Vocabulary(size=0), "Vocabulary.size: 0\n  expected: an integer of at least 1"),
    ],
)
def test_settings_are_checked(make, message, refused):
    """When the extractor is made."""
    assert refused(make) == ("SettingError", message)
