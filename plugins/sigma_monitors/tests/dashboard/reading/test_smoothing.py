"""Smoothing: the exponential moving average without its bias, beside that of pandas."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from sigma_monitors.dashboard._curve import smoothed


@given(st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), max_size=60), st.floats(0.01, 0.99))
def test_smoothing_is_the_adjusted_moving_average_of_pandas(values, weight):
    found = smoothed(np.array(values, np.float64), weight)
    # Ours passes over what is missing and leaves it there, theirs repeats the average.
    expected = pd.Series(values, dtype=np.float64).ewm(alpha=1 - weight, adjust=True, ignore_na=True).mean()
    np.testing.assert_allclose(found, expected.where(pd.Series(values).notna()), rtol=1e-9, atol=1e-6)


def test_infinities_are_passed_over_and_weight_zero_smooths_nothing():
    values = np.array([1.0, np.inf, 3.0, -np.inf])
    np.testing.assert_allclose(smoothed(values, 0.5), [1.0, np.inf, (0.5 * 1 + 3) / 1.5, -np.inf])
    assert smoothed(values, 0.0) is values
