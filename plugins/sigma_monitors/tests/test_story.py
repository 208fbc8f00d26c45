"""What a console knows of a run."""

import numpy as np
import pytest
from sigma_monitors._story import Story, identified

from sigma_core.extend import (
    CheckpointSaved,
    RunFailed,
    RunInterrupted,
    RunPaused,
    RunResumed,
    SubscriberFailed,
    ValidationEnded,
    ValidationStarted,
)


@pytest.fixture
def story(run):
    return Story(run)


def tell(story, events):
    for event in events:
        story.take(event)


def test_scores_are_told_by_identifier():
    """Within a validation they have its name; what is no single number (a confusion matrix) is left out."""
    scores = {"loss": np.float32(0.5), "test.loss": 0.25, "confusion": np.eye(2)}
    assert identified(scores, "validation") == {"validation.loss": 0.5, "test.loss": 0.25}


def test_the_latest_scores_are_shown_sorted(story, epoch):
    """Training first, as it happens."""
    tell(story, [*epoch(1, 0.8, 0.6), *epoch(2, 0.4, 0.7)])
    assert list(story.scores.items()) == [
        ("training.loss", 0.4),
        ("validation.accuracy", 0.7),
        ("validation.loss", 0.4),
    ]
    assert story.finished == 2


def test_a_curve_has_one_value_an_epoch(story, epoch):
    """Though a score comes with the validation and again with the end of the epoch."""
    tell(story, [*epoch(1, 0.8), *epoch(2, 0.4)])
    assert story.curve("validation.loss") == [0.8, 0.4]


def test_a_curve_is_no_longer_than_what_is_drawn(story, epoch):
    """A run may have a hundred thousand epochs; one that begins again goes on with its curve."""
    for number in (*range(1, 101), 1, 2):
        tell(story, epoch(number, float(number)))
    assert story.curve("validation.loss") == [*map(float, range(79, 101)), 1.0, 2.0]
    assert story.scores["training.loss"] == 2.0


def test_the_state_follows_the_run(story, started, ended):
    """In the words of the design."""
    place = {"epoch": 1, "iteration": 3}
    events = [
        started,
        RunPaused(**place),
        RunResumed(**place),
        ValidationStarted(name="validation", **place),
        ValidationEnded(name="validation", **place),
        CheckpointSaved(path="x", **place),
        ended,
    ]
    states = [story.state]
    for event in events:
        story.take(event)
        states.append(story.state)
    assert states == ["starting", "training", "paused", "training", "validating", "training", "training", "ended"]
    assert story.ended is ended


@pytest.mark.parametrize(
    ("event", "trouble"),
    [
        (RunFailed(epoch=1, iteration=3, error=ValueError("no")), "failed"),
        (RunInterrupted(epoch=1, iteration=3, signal="SIGINT"), "interrupted"),
    ],
)
def test_a_run_that_breaks_off_is_in_trouble(story, ended, event, trouble):
    """Its end does not make it good."""
    tell(story, [event, ended])
    assert story.trouble == trouble


def test_a_subscriber_that_failed_is_a_notice(story):
    """People must know that, say, their run store no longer writes."""
    story.take(SubscriberFailed(subscriber="store", reason="OSError: disk full"))
    assert story.notices == ["warning: store failed and is switched off: OSError: disk full"]
