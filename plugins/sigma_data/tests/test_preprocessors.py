"""Preprocessors, against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sigma_data import (
    Cast,
    Categories,
    Fill,
    Flatten,
    Map,
    Normalise,
    OneHot,
    Permute,
    Reshape,
    RunningNormalise,
    RunningStandardise,
    Standardise,
)
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler

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
                "  expected: one of 0, 1, 2 (nearest: 1)\n"
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


@pytest.mark.parametrize("half_life", [None, 3.0])
@pytest.mark.parametrize("per_feature", [True, False])
def test_running_standardise_goes_on_as_if_all_had_come_at_once(half_life, per_feature):
    """Whatever the blocks are; with a half-life, older records weigh less."""
    table = np.random.default_rng(0).normal(3, 2, (20, 4))
    running = RunningStandardise(per_feature, half_life=half_life)
    state = running.update(running.fit([table[:3], table[3:9]]), [table[9:10], table[10:]])
    weights = np.ones(20) if half_life is None else 0.5 ** (np.arange(20)[::-1] / half_life)
    values = table if per_feature else table.reshape(-1, 1)
    weights = weights if per_feature else weights.repeat(4)
    mean = np.average(values, axis=0, weights=weights)
    deviation = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weights))
    np.testing.assert_allclose(state["mean"], mean if per_feature else mean[0], rtol=1e-12)
    np.testing.assert_allclose(state["deviation"], deviation if per_feature else deviation[0], rtol=1e-12)
    np.testing.assert_allclose(running.apply(table, state), (table - mean) / deviation, rtol=1e-12)


def test_running_normalise_widens_its_range():
    """It never narrows."""
    running = RunningNormalise(per_feature=True)
    state = running.fit([np.array([[0.0, 1.0], [2.0, 3.0]])])
    state = running.update(state, [np.array([[1.0, 7.0]])])
    assert running.apply(np.array([[2.0, 4.0]]), state).tolist() == [[1.0, 0.5]]


@given(st.lists(st.sampled_from(["red", "green", "blue"]), min_size=1, max_size=9))
def test_categories_are_those_of_scikit_learn(colours):
    """Sorted, and numbered from 0."""
    column = np.array(colours)
    expected = OrdinalEncoder().fit_transform(column[:, None])[:, 0]
    assert fitted(Categories(), column).tolist() == expected.tolist()


def test_categories_may_be_unknown():
    """If they are told what those become; else they are refused with the nearest that there is."""
    column = np.array(["red", "gren"])
    assert fitted(Categories(("green", "red"), unknown=-1), column).tolist() == [1, -1]


def test_categories_that_are_unknown_are_refused(refused):
    """With the nearest one."""
    assert refused(fitted, Categories(("green", "red")), np.array(["red", "gren"])) == (
        "DataError",
        (
            "preprocessor categories: record 1 holds 'gren', which is no class\n"
            "  expected: one of green, red (nearest: green)\n"
            "  to do:    name all classes by the setting classes, or give a number for others: unknown = -1"
        ),
    )


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_fill_is_that_of_scikit_learn(strategy):
    """For each feature, from the training records alone."""
    table = np.random.default_rng(1).integers(0, 4, (12, 3)).astype(float)
    table[[0, 3, 5], [0, 1, 2]] = np.nan
    further = np.array([[np.nan, 1.0, np.nan]])
    imputer = SimpleImputer(strategy=strategy).fit(table)
    np.testing.assert_allclose(fitted(Fill(strategy), table), imputer.transform(table))
    np.testing.assert_allclose(fitted(Fill(strategy), table, further), imputer.transform(further))


def test_fill_takes_a_number():
    """And leaves whole numbers, of which none is missing, as they are."""
    assert fitted(Fill(7), np.array([1.0, np.nan], np.float32)).tolist() == [1, 7]
    assert fitted(Fill(), np.array([1, 2])).dtype == np.int64


def test_fill_needs_a_value_to_learn_from(refused):
    """At least one of each feature."""
    table = np.array([[1.0, np.nan], [2.0, np.nan]])
    for strategy in ("mean", "median"):
        assert refused(fitted, Fill(strategy), table) == (
            "DataError",
            (
                "preprocessor fill: 1 features have no value in any training record, the first of them 1\n"
                "  expected: a value in at least one\n"
                "  to do:    leave the feature out, or give a number: value = 0"
            ),
        )


def test_map_applies_functions_and_tables():
    """By name, as a table whose keys may be texts, or any in Python."""
    assert fitted(Map("square"), np.array([2.0, 3.0])).tolist() == [4, 9]
    assert fitted(Map({"yes": 1, "no": 0}), np.array(["no", "yes"])).tolist() == [0, 1]
    assert fitted(Map({"3": 0.5, "4": 1.5}), np.array([[3, 4]])).tolist() == [[0.5, 1.5]]
    assert fitted(Map(lambda array: array[:, ::-1]), np.array([[1, 2]])).tolist() == [[2, 1]]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            {"yes": 1},
            (
                "preprocessor map: record 1 holds 'no', which is not in the table\n"
                "  expected: one of yes\n"
                "  to do:    add it to the table"
            ),
        ),
        (
            lambda array: array[:1],
            (
                "preprocessor map: of 2 records the function made an array of shape (1,)\n"
                "  expected: as many records as before\n"
                "  to do:    filter records by filter, which stands under *"
            ),
        ),
    ],
)
def test_map_refuses_what_does_not_fit(function, message, refused):
    """With the record."""
    assert refused(fitted, Map(function), np.array(["yes", "no"])) == ("DataError", message)


def test_permute_and_reshape_are_those_of_numpy():
    """Of records."""
    array = np.arange(24).reshape(2, 3, 4)
    np.testing.assert_array_equal(fitted(Permute((1, 0)), array), array.transpose(0, 2, 1))
    np.testing.assert_array_equal(fitted(Reshape((2, -1)), array), array.reshape(2, 2, 6))


@pytest.mark.parametrize(
    ("preprocessor", "message"),
    [
        (
            Permute((0,)),
            (
                "preprocessor permute: records of shape (3, 4) for axes (0,)\n"
                "  expected: records of 1 axes\n"
                "  to do:    name each axis of a record once"
            ),
        ),
        (
            Reshape((5, -1)),
            (
                "preprocessor reshape: records of shape (3, 4) have 12 elements\n"
                "  expected: a multiple of 5, for (5, -1)\n"
                "  to do:    give another shape"
            ),
        ),
        (
            Reshape((13,)),
            (
                "preprocessor reshape: records of shape (3, 4) have 12 elements\n"
                "  expected: as many as (13,) has\n"
                "  to do:    give another shape"
            ),
        ),
    ],
)
def test_axes_have_to_fit(preprocessor, message, refused):
    """The records' shape."""
    assert refused(fitted, preprocessor, np.zeros((2, 3, 4))) == ("DataError", message)


def test_preprocessors_leave_their_arguments_as_they_are():
    """They are pure."""
    for preprocessor in (
        Normalise(),
        Standardise(),
        RunningStandardise(half_life=2.0),
        RunningNormalise(),
        OneHot(),
        Categories(),
        Fill(),
        Map("negative"),
        Flatten(),
        Reshape((1,)),
        Cast("float64"),
    ):
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


NAMES = "the names of the classes, each once"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Permute((0, 0)), "Permute.axes: (0, 0)\n  expected: each axis of a record once, counted from 0"),
        (
            lambda: Fill("mode"),
            "Fill.value: 'mode'\n  expected: a finite number, or one of mean, median, most_frequent",
        ),
        (lambda: Map({}), "Map.function: {}\n  expected: a table with at least one value"),
        (
            lambda: Map("lgo"),
            (
                "Map.function: 'lgo'\n"
                "  expected: one of abs, cbrt, ceil, cos, exp, expm1, floor, invert, log, log10, log1p, log2, "
                "logical_not, negative, positive, rint, sign, sin, sqrt, square, tanh, trunc (nearest: log)"
            ),
        ),
        *(
            (lambda classes=classes: Categories(classes), f"Categories.classes: {classes!r}\n  expected: {NAMES}")
            for classes in ((), ("a", "b", "a"), "ab")
        ),
        *(
            (lambda classes=classes: OneHot(classes), f"OneHot.classes: {classes!r}\n  expected: {expected}")
            for classes, expected in (
                (0, "a positive number of classes, or their names, each once"),
                (-3, "a positive number of classes, or their names, each once"),
                ((), NAMES),
                ((1, 1), NAMES),
                (True, NAMES),
            )
        ),
        (
            lambda: RunningStandardise(half_life=0),
            "RunningStandardise.half_life: 0.0\n  expected: a finite number above 0",
        ),
    ],
)
def test_settings_of_others_are_checked(make, message, refused):
    """As typed errors."""
    assert refused(make) == ("SettingError", message)
