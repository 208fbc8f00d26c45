"""Rate and remaining time."""

import pytest
from sigma_monitors._speed import Speed


def test_the_rate_is_unknown_until_something_has_happened():
    """One sample, or two of the same iteration, say nothing."""
    speed = Speed()
    assert speed.rate is None
    speed.observe(1.0, 10)
    speed.observe(2.0, 10)
    assert speed.rate is None
    assert speed.remaining(5) is None


def test_the_rate_is_that_of_the_last_seconds():
    """A run that becomes faster is soon seen to."""
    speed = Speed(window=10)
    for second in range(100):
        speed.observe(float(second), second)
    for second in range(20):
        speed.observe(100.0 + second, 100 + 5 * second)
    assert speed.rate == pytest.approx(5.0)
    assert speed.remaining(50) == pytest.approx(10.0)


def test_iterations_longer_than_the_window_have_a_rate():
    """The last sample before the window counts."""
    speed = Speed(window=10)
    speed.observe(0.0, 0)
    speed.observe(60.0, 1)
    speed.observe(120.0, 2)
    assert speed.rate == pytest.approx(1 / 60)


def test_a_restored_checkpoint_starts_anew():
    """Going back is no negative rate."""
    speed = Speed()
    speed.observe(0.0, 0)
    speed.observe(1.0, 100)
    speed.observe(2.0, 50)
    assert speed.rate is None
    speed.observe(3.0, 60)
    assert speed.rate == pytest.approx(10.0)


def test_nothing_remains_of_a_run_that_is_past_its_end():
    """Never a negative time."""
    speed = Speed()
    speed.observe(0.0, 0)
    speed.observe(1.0, 10)
    assert speed.remaining(-3) == 0.0
