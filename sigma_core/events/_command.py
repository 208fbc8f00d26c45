"""Events of the commands to a run, on the bus alone; no hook belongs to them."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from sigma_core.events._event import Event


@frozen(kw_only=True)
class CommandApplied(Event):
    """A command was applied after `iteration` iterations; `command` is the command in JSON's terms.

    `moment` says where between two iterations: "start" before the first one that an epoch still has to come,
    "iteration" behind one, "epoch" behind the end of an epoch. `origin` is who sent it: "hook" from the run's own
    thread, "python" from another one, "monitor", "command line", "signal" or "replay".
    """

    epoch: int
    iteration: int
    moment: str
    origin: str
    command: Mapping[str, Any] = field(factory=dict)
    result: Any = None
    """What came of it: the name of an attached hook, the folder of a saved checkpoint, the checksum of a loaded one."""


@frozen(kw_only=True)
class CommandRefused(Event):
    """A command was not applied, for the reason given; nothing was changed and the run goes on."""

    epoch: int
    iteration: int
    moment: str
    origin: str
    command: Mapping[str, Any] = field(factory=dict)
    reason: str
