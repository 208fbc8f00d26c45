"""Initialisers against the distributions that they stand for (SciPy), with fixed seeds."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats
from sigma_nn import Constant, Gaussian, Glorot, He, Uniform, Zeros

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


@pytest.mark.parametrize("initialiser", [Uniform(1, 3), Glorot(), He("uniform")], ids=str)
def test_uniform_kinds_keep_within_their_bounds(initialiser, random):
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
    assert np.array_equal(random.bit_generator.state["state"]["counter"], before)


def test_kernels_count_their_extent(random):
    """A kernel (3, 3, 64 inputs, 32 units) has 576 inputs to each unit."""
    values = He().fill((3, 3, 64, 32), random)
    assert values.std() == pytest.approx(sqrt(2 / 576), rel=0.02)


@pytest.mark.parametrize("initialiser", [Glorot(), Glorot("gaussian"), He(), He("uniform")], ids=str)
@pytest.mark.parametrize("shape", [(), (4,), (0, 3), (0, 0)], ids=str)
def test_odd_shapes_are_filled(initialiser, shape, random):
    """Scalars, vectors and arrays without elements divide nothing by zero."""
    values = np.asarray(initialiser.fill(shape, random))
    assert values.shape == shape
    assert np.isfinite(values).all()
