"""From records to data: check, shuffle, split, preprocess."""

import numpy as np
import pytest
from attrs import frozen

from sigma_core.data import (
    Data,
    Dataset,
    InMemory,
    Preprocessor,
    RecordsPreprocessor,
    as_dataset,
    joined,
    joined_sections,
)
from sigma_core.errors import DataError


@frozen
class Centre(Preprocessor):
    """Subtract the mean of the training records."""

    def fit(self, blocks):
        return {"mean": joined(blocks).mean(axis=0)}

    def apply(self, array, state):
        return array - state["mean"]


@frozen
class Double(Preprocessor):
    """Twice the values; learns nothing."""

    def apply(self, array, state):
        return array * 2


@frozen
class Reciprocal(Preprocessor):
    """One over the values, infinite for zero."""

    def apply(self, array, state):
        with np.errstate(divide="ignore"):
            return 1 / array


@frozen
class Filled(Preprocessor):
    """Zeros for what is missing."""

    takes_missing_values = True

    def apply(self, array, state):
        return np.nan_to_num(array)


@frozen
class Lengths(RecordsPreprocessor):
    """The sum of the inputs as a section of its own, less the mean sum of the training records."""

    def fit(self, blocks):
        return {"mean": joined_sections(blocks)["inputs"].sum(axis=1).mean()}

    def apply(self, sections, state):
        return {**sections, "sums": sections["inputs"].sum(axis=1) - state["mean"]}


@frozen
class Even(RecordsPreprocessor):
    """Training records of even targets alone."""

    is_for_training_only = True

    def apply(self, sections, state):
        kept = sections["targets"] % 2 == 0
        return {name: array[kept] for name, array in sections.items()}


def numbers(count=10):
    return {"inputs": np.arange(2.0 * count).reshape(count, 2), "targets": np.arange(count)}


def test_without_a_split_every_record_trains():
    """There is no validation unless asked for."""
    data = InMemory(numbers()).prepare(None, 0)
    assert data.records == 10
    assert dict(data.validation) == {}
    assert sorted(data.training["targets"]) == list(range(10))


def test_sections_stay_aligned_and_parts_disjoint():
    """Each record keeps its target and is in one part."""
    data = InMemory(numbers(), split=(0.6, 0.3, 0.1)).prepare(None, 3)
    parts = [data.training, data.validation["validation"], data.validation["test"]]
    assert [len(part["targets"]) for part in parts] == [6, 3, 1]
    assert sorted(np.concatenate([part["targets"] for part in parts])) == list(range(10))
    for part in parts:
        np.testing.assert_array_equal(part["inputs"][:, 0], 2.0 * part["targets"])


def test_the_seed_decides_the_split():
    """Same seed, same parts; another seed, others."""
    first, again, other = (
        InMemory(numbers(50), split=(0.5, 0.5)).prepare(None, seed).training["targets"] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert list(first) != list(other)


def test_unshuffled_parts_follow_the_records_and_are_not_copied():
    """Slices of what was loaded."""
    dataset = InMemory(numbers(), split=(8, 2), shuffle=False)
    data = dataset.prepare(None, 0)
    assert list(data.validation["validation"]["targets"]) == [8, 9]
    assert np.shares_memory(data.training["inputs"], dataset.sections["inputs"])


def test_preprocessors_learn_from_training_records_alone():
    """Validation records are treated with the training records' numbers."""
    data = InMemory(numbers(), split=(5, 5), shuffle=False, preprocess={"inputs": (Centre(), Double())}).prepare(
        None, 0
    )
    np.testing.assert_array_equal(data.training["inputs"].mean(axis=0), [0, 0])
    np.testing.assert_array_equal(data.validation["validation"]["inputs"][0], [12, 12])
    np.testing.assert_array_equal(data.preprocessing["inputs"][0].state["mean"], [4, 5])


def test_preprocessors_of_all_sections_add_sections_and_drop_records():
    """In the order of the mapping: what they add can be preprocessed by its name; validation records are all kept."""
    preprocess = {"*": (Even(), Lengths()), "sums": (Double(),)}
    data = InMemory(numbers(), split=(5, 5), shuffle=False, preprocess=preprocess).prepare(None, 0)
    np.testing.assert_array_equal(data.training["targets"], [0, 2, 4])
    np.testing.assert_array_equal(data.training["sums"], [-16, 0, 16])
    np.testing.assert_array_equal(data.validation["validation"]["targets"], [5, 6, 7, 8, 9])
    raw = data.preprocess({"inputs": np.array([[1.0, 2.0]])})
    np.testing.assert_array_equal(raw["sums"], [-12])


def test_missing_values_are_left_to_those_that_take_them():
    """Whoever comes first decides."""
    missing = {"inputs": np.array([1.0, np.nan])}
    data = InMemory(missing, preprocess={"inputs": (Filled(), Double())}).prepare(None, 0)
    assert list(data.training["inputs"]) == [2, 0]
    with pytest.raises(DataError, match="section 'inputs' is not finite in 1 of 2 records"):
        InMemory(missing, preprocess={"inputs": (Double(), Filled())}).prepare(None, 0)


def test_parts_keep_the_order_of_the_data():
    """Chance decides the part alone."""
    data = InMemory(numbers(40), split=(0.5, 0.5)).prepare(None, 5)
    for part in (data.training, data.validation["validation"]):
        assert list(part["targets"]) == sorted(part["targets"]) != list(range(20))


def test_data_preprocesses_raw_records_as_it_was_preprocessed():
    """What is predicted for later goes the same way."""
    data = InMemory(numbers(), preprocess={"inputs": (Centre(),)}).prepare(None, 0)
    processed = data.preprocess({"inputs": np.array([[9.0, 10.0]]), "targets": np.array([3])})
    np.testing.assert_array_equal(processed["inputs"], [[0, 0]])
    np.testing.assert_array_equal(processed["targets"], [3])


def test_prepared_arrays_are_contiguous_and_native():
    """Iterators gather straight out of them."""
    columns = np.asfortranarray(np.arange(6, dtype=">f4").reshape(3, 2))
    prepared = InMemory({"inputs": columns}, shuffle=False).prepare(None, 0).training["inputs"]
    assert prepared.flags.c_contiguous
    assert prepared.dtype == np.dtype("=f4")


def test_validation_records_of_their_own_are_preprocessed():
    """They stand beside the parts of the split under their name."""
    dataset = InMemory(numbers(), validation={"later": numbers(2)}, preprocess={"inputs": (Double(),)})
    np.testing.assert_array_equal(dataset.prepare(None, 0).validation["later"]["inputs"], [[0, 2], [4, 6]])


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (
            InMemory({"inputs": [[1.0], [np.nan]]}),
            (
                "dataset InMemory: section 'inputs' is not finite in 1 of 2 records; "
                "the first is record 1, column 0: nan\n"
                "  expected: finite numbers\n"
                "  to do:    leave those records out or fill the values in before training"
            ),
        ),
        (
            InMemory({"inputs": [0.0, 1.0]}, shuffle=False, preprocess={"inputs": (Reciprocal(),)}),
            (
                "dataset InMemory, training after preprocessing: section 'inputs' is not finite in 1 of 2 records; "
                "the first is record 0: inf\n"
                "  expected: finite numbers\n"
                "  to do:    leave those records out or fill the values in before training"
            ),
        ),
        (
            InMemory({"inputs": ["a"]}),
            (
                "dataset InMemory, training: section 'inputs' holds <U1 values\n"
                "  expected: numbers or booleans\n"
                "  to do:    preprocess 'inputs' into numbers, as one_hot does with categories"
            ),
        ),
        (
            InMemory(numbers(), preprocess={"inputs": (Even(),)}),
            (
                "dataset InMemory, preprocess.inputs: Even is no Preprocessor\n"
                "  expected: preprocessors of one section\n"
                "  to do:    put those of all sections under the key *, those of one under its name"
            ),
        ),
        (
            InMemory(numbers(), preprocess={"*": (Double(),)}),
            (
                'dataset InMemory, preprocess."*": Double is no RecordsPreprocessor\n'
                "  expected: preprocessors of all sections at once\n"
                "  to do:    put those of all sections under the key *, those of one under its name"
            ),
        ),
        (
            InMemory(numbers(), preprocess={"input": (Double(),)}),
            (
                "dataset InMemory, preprocess: there is no section 'input'\n"
                "  expected: one of inputs, targets (nearest: inputs)"
            ),
        ),
        (
            InMemory(numbers(), split=(0.5, 0.5), validation={"validation": numbers(2)}),
            (
                "dataset InMemory: 'validation' names both a part of the split and records given apart\n"
                "  expected: a name that is not taken"
            ),
        ),
        (
            InMemory(numbers(), validation={"later": {"inputs": np.zeros((2, 2))}}),
            "dataset InMemory, later: there is no section 'targets'\n  expected: one of inputs",
        ),
        (
            InMemory(numbers(), split=(20, 5)),
            "dataset InMemory: split (20, 5) asks for 25 records\n  expected: at most the 10 that there are",
        ),
    ],
)
def test_faults_are_reported_with_their_place(dataset, message):
    """Dataset, part, section and record are named."""
    with pytest.raises(DataError) as caught:
        dataset.prepare(None, 0)
    assert str(caught.value) == message


def test_ragged_lists_are_refused():
    """Records of unequal shapes are no array."""
    with pytest.raises(DataError) as caught:
        InMemory({"inputs": [[1, [2]], [3, 4]]})
    assert str(caught.value).startswith("data: section 'inputs' is no array: setting an array element")
    assert str(caught.value).endswith(
        "\n  expected: an array, or lists of equal lengths\n  to do:    give records of one shape"
    )


def test_data_from_arrays_is_checked():
    """Arrays that need no preparation are still not trusted."""
    data = Data.from_arrays({"inputs": [1.0, 2.0]}, {"validation": {"inputs": [3.0]}})
    assert data.records == 2
    assert data.sections == ("inputs",)
    with pytest.raises(DataError) as caught:
        Data.from_arrays({"inputs": [1.0]}, {"late": {"inputs": []}})
    assert str(caught.value) == "late data: it has no records\n  expected: at least one record"


def test_data_casts_floats_alone():
    """Targets that are whole numbers stay so."""
    data = Data.from_arrays(numbers(), {"validation": numbers(2)}).cast(np.float32)
    assert data.dtypes == {"inputs": np.dtype(np.float32), "targets": np.dtype(np.int64)}
    assert data.validation["validation"]["inputs"].dtype == np.float32
    assert data.shapes == {"inputs": (2,), "targets": ()}
    assert data.cast(np.float32).training["inputs"] is data.training["inputs"]


def test_values_become_datasets():
    """A dataset stays; mappings, pairs and arrays are held in memory."""
    dataset = InMemory(numbers())
    assert as_dataset(dataset) is dataset
    assert set(as_dataset(numbers()).load(None)) == {"inputs", "targets"}
    assert set(as_dataset(([[1.0]], [1])).load(None)) == {"inputs", "targets"}
    assert set(as_dataset(np.zeros((2, 2))).load(None)) == {"inputs"}


def test_other_values_are_no_datasets():
    """The type that was found is named."""
    with pytest.raises(DataError) as caught:
        as_dataset(3)
    assert str(caught.value) == (
        "data: an object of type int is no dataset\n"
        "  expected: a dataset, arrays by section, a pair (inputs, targets), an array, a table or indexed records"
    )


def test_a_dataset_needs_only_load():
    """What else there is to a dataset comes with the base."""

    @frozen
    class Squares(Dataset):
        count: int

        def load(self, environment):
            return {"inputs": np.arange(self.count), "targets": np.arange(self.count) ** 2}

    assert Squares(4, split=(0.5, 0.5)).prepare(None, 0).records == 2


def test_a_class_is_no_dataset():
    """The parentheses are missing."""
    with pytest.raises(DataError) as caught:
        as_dataset(InMemory)

    assert str(caught.value) == (
        "data: InMemory is a class\n"
        "  expected: a dataset, arrays by section, a pair (inputs, targets), an array, a table or indexed records\n"
        "  to do:    call it: InMemory(...)"
    )


def test_masked_values_are_refused():
    """They are missing; what lies under the mask must not be trained on."""
    with pytest.raises(DataError) as caught:
        InMemory({"inputs": np.ma.masked_array([1.0, 2.0], [True, False])})
    assert str(caught.value) == (
        "data: section 'inputs' is a masked array, of which values are masked\n"
        "  expected: an array without missing values\n"
        "  to do:    leave those records out or fill the values in, as filled() does"
    )


def test_numbers_that_a_dtype_cannot_hold_are_refused():
    """They would become infinite, without a word."""
    data = Data.from_arrays({"inputs": np.array([1.0, 1e300])})
    with pytest.raises(DataError) as caught:
        data.cast(np.float32)
    assert str(caught.value) == (
        "training data, section 'inputs': it holds 1e+300, which is too large for float32\n"
        "  expected: numbers up to 3.403e+38\n"
        "  to do:    scale them, as normalise does, or train in float64"
    )
    assert data.cast(np.float64).training["inputs"][1] == 1e300
