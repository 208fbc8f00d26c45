"""What is said of data, against NumPy on the whole of it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sigma_core.data import Data, FittedPreprocessor, InMemory, in_short, sliced
from sigma_core.data._description import described

FLOATS = arrays(
    np.float64, array_shapes(min_dims=1, max_dims=3, max_side=9), elements=st.floats(-1e6, 1e6) | st.just(np.nan)
)


@given(FLOATS, st.integers(1, 12))
def test_ranges_and_moments_are_those_of_the_whole(array, records):
    """Whatever the size of the blocks; what is missing is counted and left out."""
    section = described({"all": sliced({"x": array}, records)}).parts["all"].sections["x"]
    there = array[~np.isnan(array)]
    assert (section.shape, section.dtype, section.missing) == (array.shape[1:], "float64", array.size - there.size)
    if there.size:
        found = [section.minimum, section.maximum, section.mean, section.deviation]
        np.testing.assert_allclose(found, [there.min(), there.max(), there.mean(), there.std()], rtol=1e-9, atol=1e-6)
    assert section.classes is None


@given(st.lists(st.sampled_from(["a", "bb", ""]), min_size=1, max_size=30), st.integers(1, 12))
def test_classes_are_counted(words, records):
    """Texts, whole numbers and truth values; empty texts are missing."""
    numbers = np.array([len(word) for word in words])
    sections = {"words": np.array(words), "numbers": numbers, "flags": numbers > 0}
    found = described({"all": sliced(sections, records)}).parts["all"].sections
    for name, array in sections.items():
        values, counts = np.unique(array, return_counts=True)
        assert found[name].classes == {str(value): count for value, count in zip(values.tolist(), counts, strict=True)}
    assert found["words"].missing == words.count("")


def test_many_values_and_long_records_are_no_classes():
    """Identifiers and pixels, for example."""
    sections = {"identifiers": np.arange(101), "pixels": np.zeros((101, 4), np.uint8), "objects": np.array([{}] * 101)}
    assert [each.classes for each in described({"all": [sections]}).parts["all"].sections.values()] == [None] * 3


def test_data_says_what_is_in_it():
    """As a text, and as JSON for each part."""
    data = Data.from_arrays(
        {"inputs": np.array([[1.0], [2.0], [3.0]]), "targets": np.array([0, 1, 1])},
        {"validation": {"inputs": np.array([[4.0]]), "targets": np.array([1])}},
    )
    assert str(data.describe()) == (
        "records: training 3, validation 1\n"
        "inputs: (1,) float64, 1 to 3, mean 2, deviation 0.8165\n"
        "targets: () int64, 0 to 1, mean 0.6667, deviation 0.4714, 2 classes: 0 1, 1 2"
    )
    told = json.loads(json.dumps(data.describe().as_data()))
    assert told["validation"]["sections"]["inputs"] == {
        "shape": [1],
        "dtype": "float64",
        "minimum": 4.0,
        "maximum": 4.0,
        "mean": 4.0,
        "deviation": 0.0,
        "missing": 0,
        "classes": None,
    }


def test_a_dataset_says_what_it_reads():
    """Before anything is split, filled in or made a number."""
    sections = {"inputs": np.array([1.0, np.nan, 3.0]), "words": np.array(["a", "b", "a"]), "x": np.arange(9) % 9}
    sections["x"] = np.arange(3)
    dataset = InMemory(sections, validation={"later": {"inputs": np.zeros(2)}})
    described = dataset.describe()
    assert str(described) == (
        "records: records 3, later 2\n"
        "inputs: () float64, 1 to 3, mean 2, deviation 1, 1 missing\n"
        "words: () <U1, 2 classes: a 2, b 1\n"
        "x: () int64, 0 to 2, mean 1, deviation 0.8165, 3 classes: 0 1, 1 1, 2 1"
    )
    assert described.as_data()["records"]["sections"]["words"]["mean"] is None


def test_of_many_classes_some_are_written():
    """The rest is in the object."""
    text = str(described({"all": [{"x": np.arange(9)}]}))
    assert text.endswith("9 classes: 0 1, 1 1, 2 1, 3 1, 4 1, 5 1, 6 1, 7 1, ...")


@pytest.mark.parametrize("cache", ["memory", "disk"])
def test_mapped_data_is_described_as_any_other(cache):
    """Bit for bit."""
    data = InMemory({"inputs": np.linspace(0, 1, 50), "targets": np.arange(50) % 3}, cache=cache).prepare(None, 0)
    assert str(data.describe()) == (
        "records: training 50\n"
        "inputs: () float64, 0 to 1, mean 0.5, deviation 0.2945\n"
        "targets: () int64, 0 to 2, mean 0.98, deviation 0.8122, 3 classes: 0 17, 1 17, 2 16"
    )


def test_what_whole_numbers_stand_for_is_what_preprocessors_have_learnt():
    """Of one section, of those that one of all sections names, of all where it names none; the last one counts."""

    class Of:
        def __init__(self, *sections):
            if sections:
                self.sections = sections

    numbers = np.zeros((1, 1), np.int64)
    learnt = np.array(["a", "b"])
    chains = {
        "targets": [FittedPreprocessor(Of(), {"mean": 1.0}), FittedPreprocessor(Of(), {"classes": [3, 5]})],
        "gone": [FittedPreprocessor(Of(), {"classes": learnt})],
        "*": [FittedPreprocessor(Of("inputs", "gone"), {"classes": learnt})],
    }
    data = Data({"inputs": numbers, "targets": numbers, "others": numbers}, preprocessing=chains)
    assert {name: classes.tolist() for name, classes in data.classes.items()} == {
        "targets": [3, 5],
        "inputs": ["a", "b"],
    }
    every = Data(data.training, preprocessing={"*": [FittedPreprocessor(Of(), {"classes": learnt})]})
    assert list(every.classes) == ["inputs", "targets", "others"]
    assert Data(data.training).classes == {}


@pytest.mark.parametrize(
    ("record", "text"), [([1, 2], "1 2"), ([[1 / 3, 2.0], [3, 4]], "0.3333 2 3 ..."), ("word", "word"), (7, "7")]
)
def test_a_record_in_short(record, text):
    """Whatever its shape."""
    assert in_short(np.array(record), 3) == text
