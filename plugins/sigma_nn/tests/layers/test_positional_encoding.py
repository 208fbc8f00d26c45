"""PositionalEncoding: the formula, what is learnt, and what is refused."""

from math import cos, sin

import numpy as np
import pytest
from sigma_nn import Gaussian, PositionalEncoding

from sigma_core.extend import Parameter, SettingError, ShapeError
from sigma_core.testing import ComponentRegistry, Composer

INPUTS = np.random.default_rng(5).normal(size=(2, 7, 6))


@pytest.mark.parametrize("features", [6, 5, 1])
def test_sines_and_cosines_are_added(features, apply):
    """Pair by pair, each slower than the one before; an odd feature at the end is a sine."""
    inputs = INPUTS[..., :features]
    expected = inputs.copy()
    for position in range(7):
        for feature in range(features):
            angle = position / 10000 ** ((feature - feature % 2) / features)
            expected[:, position, feature] += cos(angle) if feature % 2 else sin(angle)
    np.testing.assert_allclose(apply(PositionalEncoding(), inputs), expected, rtol=1e-12, atol=1e-15)
    assert PositionalEncoding().parameters(inputs.shape[1:]) == {}


def test_learnt_vectors_are_added(apply):
    """One for each position."""
    layer = Composer(ComponentRegistry()).build("layers", PositionalEncoding("learned"))
    tags = {"weights", "positional_encoding"}
    assert layer.parameters((7, 6)) == {"weights": Parameter((7, 6), Gaussian(), tags=tags)}
    weights = np.random.default_rng(6).normal(size=(7, 6))
    assert np.array_equal(apply(layer, INPUTS, weights=weights), INPUTS + weights)


def test_the_dtype_stays(apply):
    """Waves do not widen it."""
    assert apply(PositionalEncoding(), INPUTS.astype(np.float32), dtype=np.float32).dtype == np.float32


def test_what_makes_no_sense_is_refused():
    """Records that are no sequences, and a kind that does not exist."""
    with pytest.raises(ShapeError) as caught:
        PositionalEncoding().parameters((6,))
    assert str(caught.value) == (
        "PositionalEncoding: records of shape (6,)\n"
        "  expected: records of shape (time, features)\n"
        "  to do:    give the input two axes, or put an Embedding layer before it"
    )
    with pytest.raises(SettingError) as caught:
        PositionalEncoding("rotary")
    assert str(caught.value) == "PositionalEncoding.kind: 'rotary'\n  expected: one of 'sinusoidal', 'learned'"
