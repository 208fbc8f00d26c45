"""Initialisers against the distributions that they stand for (SciPy), with fixed seeds."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats
from sigma_nn import (
    Constant,
    Convolution,
    CustomInitialiser,
    Dense,
    FromArray,
    Gaussian,
    Glorot,
    He,
    Identity,
    IdentityInitialiser,
    Input,
    LeCun,
    Ones,
    Orthogonal,
    SquaredDifference,
    TruncatedGaussian,
    Uniform,
    Zeros,
)

import sigma_core as sigma
from sigma_core import testing
from sigma_core.extend import DataError, NetworkError, SettingError, ShapeError
from sigma_core.testing import ComponentRegistry, Composer

SHAPE = (300, 200)

# Of each: the distribution of its numbers for weights of shape (300 inputs, 200 units).
DISTRIBUTIONS = {
    Gaussian(): stats.norm(0, 0.05),
    Gaussian(0.3, 2): stats.norm(0.3, 2),
    Uniform(): stats.uniform(-0.05, 0.1),
    Uniform(1, 3): stats.uniform(1, 2),
    Glorot(): stats.uniform(-sqrt(6 / 500), 2 * sqrt(6 / 500)),
    Glorot("gaussian"): stats.norm(0, sqrt(2 / 500)),
    Glorot(gain=5 / 3): stats.uniform(-5 / 3 * sqrt(6 / 500), 10 / 3 * sqrt(6 / 500)),
    He(): stats.norm(0, sqrt(2 / 300)),
    He("uniform"): stats.uniform(-sqrt(6 / 300), 2 * sqrt(6 / 300)),
    He(slope=0.2): stats.norm(0, sqrt(2 / (1.04 * 300))),
    LeCun(): stats.norm(0, sqrt(1 / 300)),
    LeCun("uniform", gain=2): stats.uniform(-2 * sqrt(3 / 300), 4 * sqrt(3 / 300)),
    TruncatedGaussian(): stats.truncnorm(-2, 2, 0, 0.05),
    TruncatedGaussian(0.3, 2, bound=0.75): stats.truncnorm(-0.75, 0.75, 0.3, 2),
    TruncatedGaussian(bound=1): stats.truncnorm(-1, 1, 0, 0.05),
    TruncatedGaussian(1, 1, bound=0.001): stats.truncnorm(-0.001, 0.001, 1, 1),
    TruncatedGaussian(bound=50): stats.norm(0, 0.05),
}


@pytest.fixture
def random():
    return np.random.Generator(np.random.Philox(key=[1, 2]))


@pytest.mark.parametrize("initialiser", DISTRIBUTIONS, ids=str)
def test_numbers_follow_the_distribution(initialiser, random):
    """By the Kolmogorov-Smirnov test, and by mean and deviation."""
    expected = DISTRIBUTIONS[initialiser]
    values = initialiser.fill(SHAPE, random)
    assert stats.kstest(values.ravel(), expected.cdf).pvalue > 0.01
    assert abs(values.mean() - expected.mean()) < 5 * expected.std() / sqrt(values.size)
    assert values.std() == pytest.approx(expected.std(), rel=0.02)


@pytest.mark.parametrize(
    "initialiser",
    [Uniform(1, 3), Glorot(), He("uniform"), LeCun("uniform", gain=2), TruncatedGaussian(0.3, 2, bound=0.75)],
    ids=str,
)
def test_bounded_kinds_keep_within_their_bounds(initialiser, random):
    """And come close to them."""
    low, high = DISTRIBUTIONS[initialiser].support()
    values = initialiser.fill(SHAPE, random)
    assert low <= values.min() < low + 0.001 * (high - low)
    assert high - 0.001 * (high - low) < values.max() <= high


def test_constants(random):
    """One number everywhere, drawn from nothing."""
    before = random.bit_generator.state["state"]["counter"].copy()
    assert np.array_equal(Constant(1.5).fill((2, 3), random), np.full((2, 3), 1.5))
    assert np.array_equal(Zeros().fill((2, 3), random), np.zeros((2, 3)))
    assert np.array_equal(Ones().fill((2, 3), random), np.ones((2, 3)))
    assert np.array_equal(random.bit_generator.state["state"]["counter"], before)


def test_kernels_count_their_extent(random):
    """A kernel (3, 3, 64 inputs, 32 units) has 576 inputs to each unit."""
    values = He().fill((3, 3, 64, 32), random)
    assert values.std() == pytest.approx(sqrt(2 / 576), rel=0.02)


@pytest.mark.parametrize(
    "initialiser",
    [Glorot(), Glorot("gaussian"), He(), He("uniform"), LeCun(), Orthogonal(), TruncatedGaussian()],
    ids=str,
)
@pytest.mark.parametrize("shape", [(), (4,), (0, 3), (0, 0)], ids=str)
def test_odd_shapes_are_filled(initialiser, shape, random):
    """Scalars, vectors and arrays without elements divide nothing by zero."""
    values = np.asarray(initialiser.fill(shape, random))
    assert values.shape == shape
    assert np.isfinite(values).all()


def test_the_deviation_of_what_is_left_is_as_stated():
    """In the docstring of the truncated Gaussian."""
    for bound in (0.5, 2.0, 3.0):
        stated = sqrt(1 - 2 * bound * stats.norm.pdf(bound) / (2 * stats.norm.cdf(bound) - 1))
        assert stats.truncnorm(-bound, bound).std() == pytest.approx(stated)
    assert stats.truncnorm(-2, 2).std() == pytest.approx(0.880, abs=5e-4)


# Orthogonal


def unrolled(values):
    """As a matrix of as many columns as the last axis has elements, upright."""
    matrix = values.reshape(-1, values.shape[-1])
    return matrix if len(matrix) >= len(matrix.T) else matrix.T


@pytest.mark.parametrize("shape", [(6, 6), (20, 3), (3, 20), (3, 3, 2, 8), (2, 1, 30), (7,)], ids=str)
@pytest.mark.parametrize("gain", [1.0, 1.5])
def test_the_fewer_of_rows_and_columns_are_orthogonal(shape, gain, random):
    """And of length gain; kernels as PyTorch's are: all axes of an output as one."""
    matrix = unrolled(Orthogonal(gain).fill(shape, random))
    np.testing.assert_allclose(matrix.T @ matrix, gain**2 * np.eye(len(matrix.T)), atol=1e-12)


@pytest.mark.parametrize("shape", [(20, 3), (3, 20), (3, 3, 2, 8)], ids=str)
def test_pytorch_makes_arrays_of_the_same_kind(shape, random, torch):
    """Which has the outputs first: the same products of rows or columns, of another draw."""
    oracle = torch.nn.init.orthogonal_(torch.empty(shape[-1], *shape[:-1], dtype=torch.float64), gain=2.0).numpy()
    expected, found = unrolled(np.moveaxis(oracle, 0, -1)), unrolled(Orthogonal(2.0).fill(shape, random))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.T @ found, expected.T @ expected, atol=1e-12)


def test_all_rotations_are_as_likely(random):
    """Elements, traces and determinants of many are those of the Haar measure (SciPy), reflections included."""
    found = np.array([Orthogonal().fill((3, 3), random) for _ in range(2000)])
    expected = stats.ortho_group.rvs(3, size=2000, random_state=1)
    quantities = (
        lambda each: each[0, 0],
        lambda each: each[2, 1],
        np.trace,
        lambda each: round(np.linalg.det(each)),
    )
    for quantity in quantities:
        samples = [quantity(each) for each in found], [quantity(each) for each in expected]
        assert stats.ks_2samp(*samples).pvalue > 0.01


# Identity


def test_identity_passes_on_what_comes_in(random):
    """Inputs of a dense layer by number; what is left over is 0."""
    for shape in ((3, 3), (2, 4), (4, 2)):
        assert np.array_equal(IdentityInitialiser().fill(shape, random), np.eye(*shape))
    assert np.array_equal(IdentityInitialiser(0.5).fill((3, 3), random), np.eye(3) / 2)


@pytest.mark.parametrize("window", [1, 3, 4, (3, 5), (2, 3)], ids=str)
def test_a_kernel_that_is_the_identity_passes_pictures_on(window, random, apply):
    """Whether it has a middle or not."""
    layer = Convolution(3, window, activation=Identity(), bias=False)
    pictures = random.normal(size=(2, 6, 3) if isinstance(window, int) else (2, 6, 5, 3))
    (weights,) = layer.parameters(pictures.shape[1:]).values()
    values = IdentityInitialiser().fill(weights.shape, random)
    np.testing.assert_allclose(apply(layer, pictures, weights=values), pictures, rtol=1e-15)


@pytest.mark.parametrize("shape", [(3, 2, 4), (5, 3, 4, 2)], ids=str)
def test_kernels_of_odd_extent_are_those_of_pytorch(shape, random, torch):
    """Which calls them Dirac's, and has outputs and inputs first."""
    oracle = torch.nn.init.dirac_(torch.empty(shape[-1], shape[-2], *shape[:-2])).numpy()
    assert np.array_equal(IdentityInitialiser().fill(shape, random), np.moveaxis(oracle, (1, 0), (-2, -1)))


@pytest.mark.parametrize("shape", [(), (4,)], ids=str)
def test_what_has_no_diagonal_has_no_identity(shape, random):
    """Biases, above all."""
    with pytest.raises(ShapeError) as caught:
        IdentityInitialiser().fill(shape, random)
    assert str(caught.value) == (
        f"IdentityInitialiser: a parameter of shape {shape}\n"
        "  expected: two axes, inputs and outputs, or more of which these are the last\n"
        "  to do:    choose it by a pattern that matches weights alone"
    )


# From an array

NUMBERS = [[1.0, -2.5], [0.0, 1e-3], [3.0, 4.0]]


@pytest.mark.parametrize(
    "given",
    [np.array(NUMBERS), np.array(NUMBERS, order="F"), NUMBERS, tuple(map(tuple, NUMBERS)), list(np.array(NUMBERS))],
)
def test_numbers_are_filled_in_as_they_are_given(given, random):
    """By arrays or lists, which make equal components."""
    values = FromArray(given).fill((3, 2), random)
    assert values.dtype == np.float64
    assert np.array_equal(values, NUMBERS)
    assert FromArray(given) == FromArray(NUMBERS)
    assert hash(FromArray(given)) == hash(FromArray(NUMBERS))


def test_an_array_that_changes_later_changes_nothing(random):
    """Neither that which is given, nor that which has been filled in."""
    given = np.array(NUMBERS)
    initialiser = FromArray(given)
    given += 1
    initialiser.fill((3, 2), random)[...] = 7
    assert np.array_equal(initialiser.fill((3, 2), random), NUMBERS)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_a_file_of_numbers_is_read(dtype, tmp_path, random):
    """By its path, as text or otherwise; the component is that of the path."""
    path, expected = tmp_path / "weights.npy", np.array(NUMBERS).astype(dtype)
    np.save(path, expected)
    for each in (path, str(path)):
        values = FromArray(each).fill((3, 2), random)
        assert values.dtype == np.float64
        assert np.array_equal(values, expected)
    assert FromArray(path) == FromArray(str(path))


@pytest.mark.parametrize("given", ["weights.npy", NUMBERS, 0.5])
def test_a_recipe_holds_the_numbers_or_the_path(given):
    """Written and read again."""
    composer = Composer(ComponentRegistry())
    table = {"use": "from_array", "values": given}
    assert composer.table(composer.build("initialisers", table)) == table


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ([[1.0, 2.0], [3.0]], "lists of different lengths"),
        ([[1.0, "2"]], "an array of <U32"),
        ([True, False], "an array of bool"),
        ([None], "an array of object"),
        (None, "an array of object"),
        ([1.0, float("nan")], "an array of shape (2,) with numbers that are not finite"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(given, found):
    """When it is given."""
    with pytest.raises(SettingError) as caught:
        FromArray(given)
    assert str(caught.value) == (
        f"FromArray.values: {found}\n"
        "  expected: finite numbers, as lists within lists or an array, or the path of a .npy file of them"
    )


def as_text(path):
    path.write_text("1, 2", encoding="utf-8")


FILES = {
    "missing": (lambda path: None, "it cannot be read: No such file or directory"),
    "folder": (lambda path: path.mkdir(), "it cannot be read: Is a directory"),
    "text": (as_text, "it cannot be read: EOF: reading magic string, expected 8 bytes got 4"),
    "objects": (
        lambda path: np.save(path, np.array([None])),
        "it cannot be read: Object arrays cannot be loaded when allow_pickle=False",
    ),
    "words": (lambda path: np.save(path, np.array(["a"])), "it holds an array of <U1"),
    "infinite": (
        lambda path: np.save(path, np.array([np.inf])),
        "it holds an array of shape (1,) with numbers that are not finite",
    ),
}


@pytest.mark.parametrize("content", FILES)
def test_a_file_that_holds_no_numbers_is_refused(content, tmp_path, random):
    """When it is read; what would run code is never unpickled."""
    path = tmp_path / "weights.npy"
    make, found = FILES[content]
    make(path)
    with pytest.raises(DataError) as caught:
        FromArray(path).fill((2,), random)
    assert str(caught.value) == (
        f"FromArray, file '{path}': {found}\n  expected: a file of finite numbers\n  to do:    write one by numpy.save"
    )


# A function of one's own


def ramp(shape, random):
    """From 0 up, with a little noise."""
    return np.arange(np.prod(shape)).reshape(shape) + random.uniform(0, 0.5, shape)


def test_a_function_fills_by_shape_and_generator(random):
    """By itself, or by its place, which makes the same component."""
    values = CustomInitialiser(ramp).fill((2, 3), random)
    assert np.array_equal(np.floor(values), np.arange(6).reshape(2, 3))
    assert CustomInitialiser(ramp) == CustomInitialiser(f"{__name__}:ramp")
    assert CustomInitialiser(lambda shape, random: [1, 2]).fill((2,), random).tolist() == [1, 2]


def test_a_recipe_names_the_place_of_a_function():
    """The name `custom` is that of an activation too: the kind tells them apart."""
    composer = Composer(ComponentRegistry())
    table = {"use": "custom", "function": f"{__name__}:ramp"}
    assert composer.build("initialisers", table) == CustomInitialiser(ramp)
    assert composer.table(CustomInitialiser(ramp)) == table


# In a network


def trainer(**initialisers):
    network = Input(2) + Dense(2, name="first") + Dense(2) + Dense(1, name="head") + SquaredDifference()
    return sigma.Trainer(network, "xor", "adam", "1 epochs", initialisers=initialisers)


@pytest.mark.parametrize("order", [1, -1])
def test_of_three_patterns_that_match_the_most_specific_fills(order):
    """Everything, what has a tag, one layer: each beats those before it, whatever their order."""
    patterns = {
        "**": Constant(1.0),
        "network.layers.*.<weights>": IdentityInitialiser(2.0),
        "network.layers.head.weights": FromArray([[0.5], [-3.0]]),
    }
    made = trainer(**dict(list(patterns.items())[::order]))
    for layer in ("first", "dense_1"):
        assert np.array_equal(made.get(f"network.layers.{layer}.weights"), 2 * np.eye(2))
    assert np.array_equal(made.get("network.layers.head.weights"), [[0.5], [-3.0]])
    for layer, size in (("first", 2), ("dense_1", 2), ("head", 1)):
        assert np.array_equal(made.get(f"network.layers.{layer}.biases"), np.ones(size))


@pytest.mark.parametrize("initialiser", [FromArray(NUMBERS), CustomInitialiser(lambda shape, random: NUMBERS)])
def test_another_shape_than_the_parameters_is_refused(initialiser):
    """Nothing is broadcast or cut."""
    with pytest.raises(NetworkError) as caught:
        trainer(**{"**.first.weights": initialiser}).build()
    assert testing.message(caught.value) == (
        "network.layers.first.weights: its initialiser made an array of shape (3, 2)\n"
        "  expected: shape (2, 2)\n"
        "  to do:    return an array of the shape that `fill` is given"
    )
