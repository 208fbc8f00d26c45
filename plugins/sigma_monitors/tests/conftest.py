"""A run that is told, not trained."""

import pytest
from attrs import define, field

from sigma_core.extend import (
    EpochEnded,
    EpochStarted,
    RunEnded,
    RunInfo,
    RunStarted,
    ValidationEnded,
    ValidationStarted,
)


@define
class Standing:
    """A run's progress, moved by the test."""

    epoch: int = 0
    iteration: int = 0
    seconds: float = 0.0
    scores: dict = field(factory=dict)


@pytest.fixture
def standing():
    return Standing()


@pytest.fixture
def run():
    return RunInfo("digits", "runs/digits-3", 45, 540, 25450, "numpy")


@pytest.fixture
def epoch():
    """All events of an epoch, as a trainer publishes them: its end repeats what validation found."""

    def tell(number, loss=0.5, accuracy=0.9):
        scores = {"training.loss": loss, "validation.loss": loss, "validation.accuracy": accuracy}
        place = {"epoch": number, "iteration": 45 * number}
        return [
            EpochStarted(epoch=number, iteration=45 * (number - 1), iterations_per_epoch=45),
            ValidationStarted(name="validation", **place),
            ValidationEnded(name="validation", scores={"loss": loss, "accuracy": accuracy}, **place),
            EpochEnded(iterations_per_epoch=45, scores=scores, **place),
        ]

    return tell


@pytest.fixture
def started():
    return RunStarted(run="digits-3", directory="runs/digits-3", epoch=0, iteration=0)


@pytest.fixture
def ended():
    return RunEnded(
        run="digits-3",
        directory="runs/digits-3",
        epoch=12,
        epochs=12,
        iteration=540,
        seconds=3.1234,
        ended_because="12 epochs",
        scores={"training.loss": 0.0996, "validation.loss": 0.143, "validation.accuracy": 0.9853},
    )
