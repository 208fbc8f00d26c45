"""Events of checkpoints."""

from attrs import frozen

from sigma_core.events._event import Event


@frozen(kw_only=True)
class CheckpointSaved(Event):
    """A whole checkpoint lies at `path`; `commands` is how many the run had been given when its state was this."""

    path: str
    epoch: int
    iteration: int
    commands: int = 0


@frozen(kw_only=True)
class CheckpointFailed(Event):
    """A checkpoint could not be written in the background; the run goes on, and what lay at `path` is whole."""

    path: str
    epoch: int
    iteration: int
    error: Exception


@frozen(kw_only=True)
class CheckpointRestored(Event):
    """The state of the run is that of the checkpoint at `path`."""

    path: str
    epoch: int
    iteration: int
