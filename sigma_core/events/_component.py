"""Events of the parts of a run: networks, compiled steps, plugins."""

from typing import Any

from attrs import frozen

from sigma_core.events._event import Event


@frozen(kw_only=True)
class NetworkBuilt(Event):
    """A network was checked and its parameters have shapes."""

    network: Any


@frozen(kw_only=True)
class StepCompiled(Event):
    """The step was compiled for a batch signature it had not met, in `seconds`, to a program of `nodes` nodes."""

    signature: str
    seconds: float
    nodes: int


@frozen(kw_only=True)
class PluginRejected(Event):
    """An installed plugin is not used: its `status` (a word of the component registry) and the reason."""

    plugin: str
    distribution: str
    status: str
    reason: str
