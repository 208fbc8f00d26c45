"""Events about where the time of a run went; no hook belongs to them."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from sigma_core.events._event import Event


@frozen(kw_only=True)
class RunProfiled(Event):
    """Where the time went of a run that is about to end: a `Profile` in JSON's terms, which `from_dict` takes back."""

    epoch: int
    iteration: int
    profile: Mapping[str, Any]


@frozen(kw_only=True)
class BudgetExceeded(Event):
    """A hook or the hooks of a plugin took longer than their budget: what was `found`, what is `allowed`, what to do.

    Published before the run ends, once for each budget that was exceeded.
    """

    epoch: int
    iteration: int
    name: str
    plugin: str
    found: str
    allowed: str
    remedy: str
