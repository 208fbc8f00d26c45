"""What the manager knows of one implementation of one hook."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from sigma_core.hooks._budget import Budget
from sigma_core.hooks._trigger import Trigger


@frozen(kw_only=True, eq=False)
class Implementation:
    """One plugin's function for one hook, with its arguments in their order and its checked options.

    `order` counts registrations of this hook's manager from 1; `background` is empty for a hook of the foreground.
    """

    hook: str
    plugin: str
    distribution: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]
    phase: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    scope: str
    when: Trigger | None
    requires: tuple[str, ...]
    budget: Budget | None = None
    background: str = ""
    order: int

    def __str__(self) -> str:
        origin = f" (distribution {self.distribution!r})" if self.distribution else ""
        return f"hook {self.hook!r} of plugin {self.plugin!r}{origin}"


Timed = Callable[[Implementation, Callable[..., object]], Callable[..., object]]
"""Gives what is called in place of a function of an implementation: itself, or one that also looks at the time."""
