"""Dropout: what is kept, how it is scaled, and when nothing happens at all."""

import numpy as np
import pytest
from sigma_nn import Dropout

ONES = np.ones((200, 100))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_elements_are_dropped_at_the_rate_and_the_others_scaled(rate, apply):
    """So that the mean stays."""
    result = apply(Dropout(rate), ONES, training=True)
    assert set(np.unique(result)) == {0.0, 1 / (1 - rate)}
    assert np.mean(result == 0) == pytest.approx(rate, abs=0.01)
    assert result.mean() == pytest.approx(1, abs=0.05)


def test_what_is_dropped_is_a_function_of_seed_and_step(apply):
    """Never of hidden state, so that a resumed run drops the same."""
    first = apply(Dropout(), ONES, training=True, seed=1, step=1)
    assert np.array_equal(first, apply(Dropout(), ONES, training=True, seed=1, step=1))
    assert not np.array_equal(first, apply(Dropout(), ONES, training=True, seed=1, step=2))
    assert not np.array_equal(first, apply(Dropout(), ONES, training=True, seed=2, step=1))


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0.0, True)])
def test_nothing_happens_in_validation_or_at_a_rate_of_zero(rate, training, apply):
    """The inputs come out, bit for bit."""
    inputs = np.random.default_rng(1).normal(size=(3, 4))
    assert np.array_equal(apply(Dropout(rate), inputs, training=training), inputs)


def test_the_dtype_stays(apply):
    """The scale does not widen it."""
    assert apply(Dropout(0.3), ONES.astype(np.float32), training=True, dtype=np.float32).dtype == np.float32
