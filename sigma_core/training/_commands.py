"""Commands: typed requests to a run, applied between two iterations.

Any thread may send one; the trainer's own thread applies it.
"""

from typing import Any

from attrs import frozen


@frozen
class Command:
    """A request to a run."""


@frozen
class Pause(Command):
    """Hold before the next iteration until `Resume` or `Stop`."""


@frozen
class Resume(Command):
    """Go on after a pause."""


@frozen
class StepOnce(Command):
    """Run one iteration, then pause."""


@frozen
class Stop(Command):
    """End the run before the next iteration; `reason` is what the run says of its end."""

    reason: str = "stopped"


@frozen(eq=False)
class Attach(Command):
    """Register a hook, under a name of its own."""

    hook: Any
    name: str | None = None


@frozen
class Detach(Command):
    """Take the hook of that name away."""

    name: str


@frozen
class SetValue(Command):
    """Set the value of an identifier such as `optimiser.learning_rate`."""

    identifier: str
    value: Any
