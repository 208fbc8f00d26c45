"""Call: a function of your own, now and then."""

from collections.abc import Callable
from typing import Any

from attrs import define

from sigma_nn._functions import called, importable
from sigma_nn.hooks._triggered import TriggeredHook


@define(eq=False)
class Call(TriggeredHook):
    """Call a function of (event, trainer) when the trigger is due.

    `function` is a Python function, or the place of one that can be imported, "package.module:function", by which
    recipes name it. What it returns is ignored; what it raises ends the run. Raises SettingError for a place where no
    function is.
    """

    function: Callable[[Any, Any], Any] | str = importable()

    def act(self, event: Any, trainer: Any) -> None:
        """Call it."""
        called(self.function)(event, trainer)
