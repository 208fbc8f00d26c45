"""Preprocessors of whole records: filters, padding, shuffles and windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_data import Filter, Pad, Shuffle, Standardise, Window

import sigma_core as sigma

RECORDS = {"inputs": np.arange(12.0).reshape(6, 2), "targets": np.array([0, 1, 2, 0, 1, 2])}


def fitted(preprocessor, sections):
    return preprocessor.apply(sections, preprocessor.fit([sections]))


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"section": "targets", "keep": [0, 2]}, [0, 2, 3, 5]),
        ({"section": "targets", "keep": 1}, [1, 4]),
        ({"least": 2, "most": 7}, [1, 2, 3]),
        ({"function": lambda inputs: inputs[:, 0] > 6}, [4, 5]),
        ({"section": "targets", "least": 1, "function": lambda targets: targets < 2}, [1, 4]),
        ({}, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_filter_keeps_what_passes(settings, kept):
    """All of its conditions; the sections stay aligned."""
    made = fitted(Filter(**settings), RECORDS)
    assert made["targets"].tolist() == RECORDS["targets"][kept].tolist()
    assert made["inputs"].tolist() == RECORDS["inputs"][kept].tolist()


def test_filter_drops_missing_values():
    """Unless they are wanted."""
    sections = {"inputs": np.array([[1.0, np.nan], [2.0, 3.0]])}
    assert fitted(Filter(), sections)["inputs"].tolist() == [[2, 3]]
    assert len(fitted(Filter(missing=True), sections)["inputs"]) == 2


def test_a_dataset_filters_its_training_records_alone():
    """Those to validate on and to predict for stay."""
    dataset = sigma.InMemory(
        RECORDS,
        split=(4, 2),
        shuffle=False,
        preprocess={"*": Filter(section="targets", keep=(0, 1)), "inputs": Standardise()},
    )
    data = dataset.prepare(sigma.Environment(), 0)
    assert data.training["targets"].tolist() == [0, 1, 0]
    assert data.validation["validation"]["targets"].tolist() == [1, 2]
    assert len(data.preprocess({"inputs": RECORDS["inputs"]})["inputs"]) == 6


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), min_size=1, max_size=6))
def test_pad_gives_sequences_back(sequences):
    """The mask says where they are."""
    column = np.empty(len(sequences), object)
    column[:] = [np.array(sequence) for sequence in sequences]
    made = fitted(Pad(value=-1, mask="here"), {"inputs": column})
    longest = max(map(len, sequences))
    assert made["inputs"].shape == made["here"].shape == (len(sequences), longest)
    assert [row[here].tolist() for row, here in zip(made["inputs"], made["here"], strict=True)] == sequences
    assert (made["inputs"][~made["here"]] == -1).all()


def test_pad_knows_the_length_of_training():
    """Records to validate on are brought to it; what is longer is refused, or cut on request."""
    state = Pad().fit([{"inputs": [[1, 2], [3]]}, {"inputs": [[1, 2, 3]]}])
    assert state == {"length": 3}
    assert Pad().apply({"inputs": [[7]]}, state)["inputs"].tolist() == [[7, 0, 0]]
    assert Pad(longer="cut").apply({"inputs": [[1, 2, 3, 4]]}, state)["inputs"].tolist() == [[1, 2, 3]]


@given(st.integers(0, 3))
def test_shuffle_keeps_sections_aligned(seed):
    """A record is the same record elsewhere."""
    made = fitted(Shuffle(seed=seed), RECORDS)
    assert sorted(made["inputs"][:, 0]) == sorted(RECORDS["inputs"][:, 0])
    for inputs, target in zip(made["inputs"], made["targets"], strict=True):
        assert RECORDS["targets"][int(inputs[0] // 2)] == target


def test_shuffle_has_one_order_for_the_axes_of_records():
    """In training and afterwards, also where only some of the sections are there."""
    shuffle = Shuffle(axis=1, sections=("inputs", "further"), seed=3)
    inputs = np.arange(20).reshape(2, 10)
    made = fitted(shuffle, {"inputs": inputs, "further": inputs * 10, "targets": np.array([1, 2])})
    assert (made["inputs"] * 10 == made["further"]).all()
    assert made["targets"].tolist() == [1, 2]
    assert made["inputs"][0].tolist() != inputs[0].tolist()
    assert (fitted(shuffle, {"inputs": inputs[1:]})["inputs"][0] == made["inputs"][1]).all()
    assert (shuffle.is_for_training_only, Shuffle().is_for_training_only) == (False, True)


@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2))
def test_windows_are_those_of_a_loop(length, stride, ahead):
    """And what is to be foretold stands as far ahead as it should."""
    made = fitted(Window(length=length, stride=stride, ahead=ahead), RECORDS)
    starts = range(0, 6 - length - ahead + 1, stride)
    assert made["inputs"].tolist() == [RECORDS["inputs"][start : start + length].tolist() for start in starts]
    assert made["targets"].tolist() == [RECORDS["targets"][start + length - 1 + ahead] for start in starts]


def test_windows_to_predict_for_need_nothing_ahead():
    """Only the inputs are there."""
    assert len(fitted(Window(length=3, ahead=2), {"inputs": np.arange(4)})["inputs"]) == 2


def test_windows_do_not_cross_parts():
    """Each part has windows of its own."""
    dataset = sigma.InMemory(RECORDS, split=(3, 3), shuffle=False, preprocess={"*": Window(length=2, ahead=1)})
    data = dataset.prepare(sigma.Environment(), 0)
    assert data.training["inputs"].tolist() == [[[0, 1], [2, 3]]]
    assert data.validation["validation"]["targets"].tolist() == [2]


@pytest.mark.parametrize(
    ("preprocessor", "sections", "message"),
    [
        (
            Filter(section="target"),
            RECORDS,
            (
                "preprocessor filter: there is no section 'target'\n"
                "  expected: one of inputs, targets (nearest: targets)\n"
                "  to do:    name one of these"
            ),
        ),
        (
            Filter(most=3),
            {"inputs": np.array(["a", "b"])},
            (
                "preprocessor filter: section 'inputs' holds <U1 values, which are neither small nor great\n"
                "  expected: numbers, for least and most\n"
                "  to do:    name the values that may occur: keep"
            ),
        ),
        (
            Filter(function=len),
            RECORDS,
            (
                "preprocessor filter: the function gave int64 of shape ()\n"
                "  expected: a boolean for each of 6 records\n"
                "  to do:    give whether each record is kept"
            ),
        ),
        (
            Shuffle(axis=1, sections=("inputs", "targets")),
            RECORDS,
            (
                "preprocessor shuffle: section 'targets' of shape (6,) has no axis 1\n"
                "  expected: an axis from 0 to 0\n"
                "  to do:    name another axis, or other sections"
            ),
        ),
        (
            Shuffle(axis=1, sections=("inputs", "further")),
            {"inputs": np.zeros((2, 3)), "further": np.zeros((2, 4))},
            (
                "preprocessor shuffle: sections differ along axis 1: inputs 3, further 4\n"
                "  expected: sections of one length\n"
                "  to do:    name sections that share the axis"
            ),
        ),
        (
            Shuffle(axis=1, sections=("input",)),
            RECORDS,
            ("preprocessor shuffle: there is no section 'input'\n  expected: one of inputs, targets (nearest: inputs)"),
        ),
        (
            Window(length=6),
            RECORDS,
            (
                "preprocessor window: there are 6 records\n"
                "  expected: at least the 7 of one window, 1 of them ahead\n"
                "  to do:    give more records, or shorter windows"
            ),
        ),
        (
            Pad(section="words"),
            RECORDS,
            "preprocessor pad: there is no section 'words'\n  expected: one of inputs, targets",
        ),
        (
            Pad(length=2),
            {"inputs": [[1], [1, 2, 3]]},
            (
                "pad_sequences: sequence 1 has 3 steps\n"
                "  expected: from 1 to 2 steps\n"
                "  to do:    leave out what is empty, and cut off or split what is too long"
            ),
        ),
    ],
)
def test_records_that_do_not_fit_are_refused(preprocessor, sections, message, refused):
    """With what is there."""
    assert refused(fitted, preprocessor, sections) == ("DataError", message)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Filter(least=2, most=1),
            "Filter.most: 1\n  expected: a number of at least 2, which is the least",
        ),
        (lambda: Window(length=0), "Window.length: 0\n  expected: an integer of at least 1"),
        (lambda: Shuffle(axis=-1), "Shuffle.axis: -1\n  expected: an integer of at least 0"),
        (lambda: Pad(longer="crop"), "Pad.longer: 'crop'\n  expected: one of 'error', 'cut'"),
    ],
)
def test_settings_are_checked(make, message, refused):
    """When the preprocessor is made."""
    assert refused(make) == ("SettingError", message)
