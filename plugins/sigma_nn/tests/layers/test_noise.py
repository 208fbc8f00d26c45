"""Noise and spatial dropout: what is random, when, and how much of it."""

import numpy as np
import pytest
from sigma_nn import Noise, SpatialDropout

from sigma_core.extend import ShapeError

ONES = np.ones((200, 3, 2, 50))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_whole_channels_are_dropped_at_the_rate_and_the_others_scaled(rate, apply):
    """So that the mean stays; of pictures as of sequences."""
    for inputs in (ONES, ONES[:, :, 0]):
        result = apply(SpatialDropout(rate), inputs, training=True)
        channels = result.reshape(200, -1, 50)
        assert (channels == channels[:, :1]).all()
        assert set(np.unique(result)) == {0.0, 1 / (1 - rate)}
        assert np.mean(channels[:, 0] == 0) == pytest.approx(rate, abs=0.02)


def test_noise_is_normal(apply):
    """Around what comes in."""
    added = apply(Noise(0.5), 3 * ONES, training=True) - 3
    assert added.mean() == pytest.approx(0, abs=0.02)
    assert added.std() == pytest.approx(0.5, abs=0.02)
    assert np.mean(np.abs(added) < 0.5) == pytest.approx(0.683, abs=0.02)


@pytest.mark.parametrize("layer", [Noise(), SpatialDropout()])
def test_what_is_drawn_is_a_function_of_seed_and_step(layer, apply):
    """Never of hidden state, so that a resumed run draws the same."""
    first = apply(layer, ONES, training=True, seed=1, step=1)
    assert np.array_equal(first, apply(layer, ONES, training=True, seed=1, step=1))
    assert not np.array_equal(first, apply(layer, ONES, training=True, seed=1, step=2))
    assert not np.array_equal(first, apply(layer, ONES, training=True, seed=2, step=1))


@pytest.mark.parametrize(
    ("layer", "training"),
    [(Noise(), False), (Noise(0), True), (SpatialDropout(), False), (SpatialDropout(0), True)],
)
def test_nothing_happens_in_validation_or_without_noise(layer, training, apply):
    """The inputs come out, bit for bit."""
    inputs = np.random.default_rng(1).normal(size=(3, 4, 2))
    assert np.array_equal(apply(layer, inputs, training=training), inputs)


def test_records_without_channels_are_refused(apply):
    """Whether it is training or not, so that it shows at once."""
    for training in (True, False):
        with pytest.raises(ShapeError) as caught:
            apply(SpatialDropout(), ONES[:, 0, 0], training=training)
        assert str(caught.value) == (
            "SpatialDropout: records of shape (50,)\n"
            "  expected: records of shape (..., channels), with at least one axis before the channels\n"
            "  to do:    use Dropout where there are no channels"
        )
