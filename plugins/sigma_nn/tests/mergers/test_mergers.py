"""Mergers against their formulas."""

import numpy as np
import pytest
from sigma_nn import MaxMerger, WeightedMerger

ARRAYS = np.random.default_rng(3).normal(size=(3, 4, 5))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_is_its_formula(dtype):
    """In the dtype of the parameters."""
    given = [*ARRAYS.astype(dtype)]
    expected = {
        WeightedMerger(): (2 * given[0] + 0 * given[1] + 6 * given[2]) / 8,
        MaxMerger(): np.maximum(np.maximum(given[0], given[1]), given[2]),
    }
    for merger, merged in expected.items():
        found = merger.merge(given, [2.0, 0.0, 6.0])
        assert found.dtype == dtype
        np.testing.assert_allclose(found, merged, rtol=1e-6)


def test_equal_weights_are_the_mean():
    """And a NaN is not hidden."""
    np.testing.assert_allclose(WeightedMerger().merge([*ARRAYS], [3.0] * 3), ARRAYS.mean(0))
    assert np.isnan(MaxMerger().merge([np.array([np.nan]), np.array([1.0])], [1.0, 1.0])).all()
