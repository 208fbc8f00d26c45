"""Checks of sections."""

import numpy as np
import pytest

from sigma_core.data._finite import check_finite
from sigma_core.data._sections import check_aligned, check_known, check_numeric
from sigma_core.errors import DataError


def refused(check, *arguments):
    with pytest.raises(DataError) as caught:
        check(*arguments)
    return str(caught.value)


def test_sections_of_unequal_length_are_refused():
    """All lengths are named."""
    sections = {"inputs": np.zeros((3, 2)), "targets": np.zeros(4)}
    assert refused(check_aligned, sections, "d") == (
        "d: its sections differ in their number of records: inputs 3, targets 4\n"
        "  expected: arrays whose first axes have the same length"
    )


def test_no_sections_are_refused():
    """There has to be something to train on."""
    assert refused(check_aligned, {}, "d") == (
        "d: it has no sections\n  expected: at least one named array, such as inputs"
    )


def test_no_records_are_refused():
    """Empty arrays are no data."""
    assert refused(check_aligned, {"inputs": np.zeros((0, 2))}, "d") == (
        "d: it has no records\n  expected: at least one record"
    )


def test_scalars_are_refused():
    """A section has an axis of records."""
    assert refused(check_aligned, {"inputs": np.float64(1)}, "d") == (
        "d: section 'inputs' is a single number\n  expected: an array of shape (records, ...)"
    )


@pytest.mark.parametrize(
    ("array", "place"),
    [
        (np.array([0.0, np.nan, np.inf]), "2 of 3 records; the first is record 1: nan"),
        (np.array([[0.0, 1.0], [2.0, -np.inf]]), "1 of 2 records; the first is record 1, column 1: -inf"),
        (np.array([[[0.0], [np.nan]]]), "1 of 1 records; the first is record 0, column 1, 0: nan"),
    ],
)
def test_values_that_are_not_finite_are_placed(array, place):
    """Section, count, first record and its column are named."""
    assert refused(check_finite, {"inputs": array}, "d") == (
        f"d: section 'inputs' is not finite in {place}\n"
        "  expected: finite numbers\n"
        "  to do:    leave those records out or fill the values in before training"
    )


def test_finite_values_whose_sum_is_infinite_pass():
    """The quick check by the sum never refuses good data."""
    check_finite({"inputs": np.full(4, 3e38, np.float32), "words": np.array(["a"] * 4)}, "d")


def test_unknown_sections_are_refused():
    """The nearest name is given."""
    assert refused(check_known, ["target"], {"inputs": 1, "targets": 2}, "d") == (
        "d: there is no section 'target'\n  expected: one of inputs, targets (nearest: targets)"
    )


def test_text_is_refused_as_numbers():
    """Categories have to be turned into numbers first."""
    assert refused(check_numeric, {"targets": np.array(["yes"])}, "d") == (
        "d: section 'targets' holds <U3 values\n"
        "  expected: numbers or booleans\n"
        "  to do:    preprocess 'targets' into numbers, as one_hot does with categories"
    )


def test_complex_numbers_are_refused():
    """No network computes with them."""
    assert refused(check_numeric, {"targets": np.zeros(2, complex)}, "d") == (
        "d: section 'targets' holds complex128 values\n"
        "  expected: real numbers\n"
        "  to do:    give the real and the imaginary part of 'targets' an element each"
    )


@pytest.mark.parametrize("name", ["", 1])
def test_a_section_without_a_name_is_refused(name):
    """Layers could not name it."""
    assert refused(check_aligned, {name: np.zeros(3)}, "d") == (
        f"d: a section is called {name!r}\n  expected: a text, such as inputs\n  to do:    rename it"
    )


def test_an_object_that_is_no_array_is_refused():
    """With its type: NumPy makes an array of one object of it."""
    assert refused(check_aligned, {"inputs": np.asarray(x for x in range(3))}, "d") == (
        "d: section 'inputs' is no array: an object of type generator\n"
        "  expected: an array of shape (records, ...)\n"
        "  to do:    give an array or a list"
    )
