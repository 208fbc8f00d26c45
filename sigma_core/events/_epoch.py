"""Events of one epoch (one pass over the training data) and of validations."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from sigma_core.events._event import Event, scores


@frozen(kw_only=True)
class EpochStarted(Event):
    """An epoch is about to start; epochs count from 1. `iteration` is the number of iterations done so far."""

    epoch: int
    iteration: int
    iterations_per_epoch: int | None


@frozen(kw_only=True)
class EpochEnded(Event):
    """The last iteration of an epoch is done; `scores` sums the epoch up."""

    epoch: int
    iteration: int
    iterations_per_epoch: int | None
    scores: Mapping[str, Any] = scores()


@frozen(kw_only=True)
class ValidationStarted(Event):
    """The network is about to be tried on the validation data called `name`."""

    name: str
    epoch: int
    iteration: int


@frozen(kw_only=True)
class ValidationEnded(Event):
    """The network was tried on the validation data called `name`; `scores` holds its loss and metrics."""

    name: str
    epoch: int
    iteration: int
    scores: Mapping[str, Any] = scores()
