"""Preprocessors, against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sigma_data import Cast, Flatten, Normalise, OneHot, Standardise
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

TABLES = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.floats(-1e3, 1e3, width=32))


def fitted(preprocessor, training, array=None):
    return preprocessor.apply(training if array is None else array, preprocessor.fit([training]))


@given(TABLES)
def test_normalise_by_feature_is_that_of_scikit_learn(table):
    """Also for records that were not seen."""
    # Extents close to the least number there is are taken for none by scikit-learn.
    table = table.round(3)
    scaler = MinMaxScaler((-1, 2)).fit(table)
    ours = fitted(Normalise(to=(-1, 2), per_feature=True), table, table * 3)
    # Where nothing varies, scikit-learn only shifts: there is no extent to divide by.
    varies = table.min(axis=0) < table.max(axis=0)
    np.testing.assert_allclose(ours[:, varies], scaler.transform(table * 3)[:, varies], rtol=1e-9, atol=1e-9)
    assert (ours[:, ~varies] == -1).all()


def test_normalise_takes_one_range_for_all():
    """That of the training records, or one that is known."""
    pixels = np.array([[0, 51], [102, 204]], np.uint8)
    np.testing.assert_allclose(fitted(Normalise(), pixels), [[0, 0.25], [0.5, 1]], rtol=1e-6)
    np.testing.assert_allclose(fitted(Normalise(known=(0, 255)), pixels), [[0, 0.2], [0.4, 0.8]], rtol=1e-6)
    assert fitted(Normalise(), np.full((2, 2), 7.0)).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("scale", [1, 1e-44, 1e38])
def test_normalise_meets_both_ends_exactly(scale):
    """However small or large the values are."""
    values = fitted(Normalise(to=(-1.0, 1.0)), np.array([0.1, 0.2, 0.7], np.float32) * np.float32(scale))
    assert (values[0], values[-1]) == (-1, 1)


@given(TABLES)
def test_standardise_is_that_of_scikit_learn(table):
    """Also for records that were not seen."""
    # Features that hardly vary divide rounding errors by rounding errors.
    table = table[:, (np.ptp(table, axis=0) > 1e-2) | (np.ptp(table, axis=0) == 0)]
    if table.size:
        expected = StandardScaler().fit(table).transform(table + 1)
        varies = np.ptp(table, axis=0) > 0
        ours = fitted(Standardise(), table, table + 1)
        np.testing.assert_allclose(ours[:, varies], expected[:, varies], rtol=1e-6, atol=1e-6)


def test_standardise_leaves_what_never_varies_at_zero():
    """Rounding is not blown up into a value."""
    assert fitted(Standardise(), np.full((10, 1), 0.1)).round(12).tolist() == [[0.0]] * 10


def test_standardise_takes_one_mean_for_all():
    """On request."""
    values = np.array([[1.0, 3.0], [5.0, 7.0]])
    np.testing.assert_allclose(fitted(Standardise(per_feature=False), values), (values - 4) / np.sqrt(5))


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("uint8", "float32"), ("int64", "float64"), ("bool", "float32"), ("float32", "float32"), ("float64", "float64")],
)
@pytest.mark.parametrize("preprocessor", [Normalise(), Standardise()])
def test_floats_keep_their_dtype_and_other_numbers_become_floats(preprocessor, dtype, expected):
    """Of as many bits as they need."""
    assert fitted(preprocessor, np.array([[0], [1]]).astype(dtype)).dtype == expected


@given(arrays(np.int64, array_shapes(max_dims=1), elements=st.integers(-3, 3)))
def test_one_hot_is_that_of_scikit_learn(labels):
    """Classes are those of the training records, sorted."""
    expected = OneHotEncoder(sparse_output=False).fit_transform(labels[:, None])
    vectors = fitted(OneHot(), labels)
    np.testing.assert_array_equal(vectors, expected)
    assert vectors.dtype == np.float32


def test_one_hot_takes_classes_that_are_given():
    """Also those of which there is no record, in any order, and texts."""
    assert fitted(OneHot(3), np.array([1, 0])).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert fitted(OneHot(["yes", "no"]), np.array(["no", "yes"])).tolist() == [[0, 1], [1, 0]]
    assert fitted(OneHot((2, 1)), np.array([[1], [2]])).shape == (2, 1, 2)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            np.array([0, 1, 7]),
            (
                "preprocessor one_hot: record 2 holds 7, which is no class\n"
                "  expected: one of 0, 1, 2\n"
                "  to do:    name all classes by the setting classes"
            ),
        ),
        (
            np.array([0, -1, 7]),
            (
                "preprocessor one_hot: record 1 holds -1, which is no class\n"
                "  expected: one of 0, 1, 2\n"
                "  to do:    name all classes by the setting classes"
            ),
        ),
    ],
)
def test_one_hot_refuses_what_is_no_class(labels, message, refused):
    """Above, below and between the classes."""
    assert refused(fitted, OneHot(3), labels) == ("DataError", message)


def test_flatten_makes_vectors():
    """The last axis runs fastest."""
    array = np.arange(12).reshape(2, 3, 2)
    np.testing.assert_array_equal(fitted(Flatten(), array), np.arange(12).reshape(2, 6))
    assert fitted(Flatten(), np.arange(3)).shape == (3, 1)


def test_cast_changes_the_dtype():
    """And nothing else, unless it must."""
    assert fitted(Cast("float32"), np.array([1, 2])).dtype == np.float32
    assert fitted(Cast("int64"), np.array([1.9])).tolist() == [1]


def test_preprocessors_leave_their_arguments_as_they_are():
    """They are pure."""
    for preprocessor in (Normalise(), Standardise(), OneHot(), Flatten(), Cast("float64")):
        array = np.array([1.0, 2.0])
        fitted(preprocessor, array)
        assert array.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Cast("float23"), "'float23' is no dtype of numbers, such as float32, int64 or bool"),
        (lambda: Cast("str"), "'str' is no dtype of numbers, such as float32, int64 or bool"),
        (lambda: Normalise(to=(1, 0)), "1 to 0 is no range: its first number has to be the smaller one"),
        (lambda: Normalise(known=(2, 2)), "2 to 2 is no range: its first number has to be the smaller one"),
    ],
)
def test_settings_are_checked(make, message):
    """When the preprocessor is made; a recipe adds the place."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole message is compared
        make()
    assert str(caught.value) == message
