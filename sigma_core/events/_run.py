"""Events of a whole run. RunEnded is always the last one, exactly once for each RunStarted."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from sigma_core.events._event import Event, scores


@frozen(kw_only=True)
class RunDescribed(Event):
    """What a run is that is about to start, in JSON's terms, for whoever looks at it from outside; once for each start.

    What could not be described is empty. No hook belongs to it.
    """

    name: str
    total_epochs: int | None
    """The most that it can take, the last perhaps in part; None where the criterion does not tell."""
    total_iterations: int | None
    iterations_per_epoch: int
    seconds: float
    """Running time before this start."""
    parameters: int
    """Elements of all parameters of the network."""
    backend: str
    network: Mapping[str, Any]
    """Layers, shapes and parameters, as `sigma network --json` has them."""
    hooks: Sequence[Mapping[str, Any]]
    """Their calls in effective order, as `sigma explain --json` has them."""
    data: Mapping[str, Any]
    """By part, such as training: `records`, and by section `shape`, `dtype` and `labels`, which may be None."""
    settings: Sequence[Mapping[str, Any]]
    """What can be set while it runs: `identifier`, `type`, `value`, `minimum`, `maximum`, whether these are excluded,
    `choices`."""


@frozen(kw_only=True)
class RunStarted(Event):
    """Everything is compiled and the first iteration is about to start.

    `commands` is how many had been applied up to the checkpoint from which a run goes on in its directory.
    """

    run: str
    directory: str | None
    epoch: int
    iteration: int
    commands: int = 0


@frozen(kw_only=True)
class RunPaused(Event):
    """The run waits between two iterations."""

    epoch: int
    iteration: int


@frozen(kw_only=True)
class RunResumed(Event):
    """The run goes on after a pause."""

    epoch: int
    iteration: int


@frozen(kw_only=True)
class RunReset(Event):
    """All is as before the first iteration, in a run or between two; `iteration` is how many were forgotten."""

    epoch: int
    iteration: int


@frozen(kw_only=True)
class RunInterrupted(Event):
    """Somebody asked the process to end: `signal` is "SIGINT" (Ctrl-C), "SIGTERM" or "SIGBREAK" (Windows)."""

    epoch: int
    iteration: int
    signal: str


@frozen(kw_only=True)
class RunFailed(Event):
    """An exception ended the run."""

    epoch: int
    iteration: int
    error: BaseException


@frozen(kw_only=True)
class RunEnded(Event):
    """The run is over, for whatever reason: `ended_because` says which; `scores` are the last ones by identifier.

    `epoch` is the one that ran when it ended, `epochs` is how many were completed.
    """

    run: str
    directory: str | None
    epoch: int
    epochs: int
    iteration: int
    seconds: float
    ended_because: str
    scores: Mapping[str, Any] = scores()
