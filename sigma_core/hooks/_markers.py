"""The decorator that says when and in which order an implementation of a hook runs."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from attrs import asdict, evolve, field, frozen

from sigma_core.hooks._budget import Budget
from sigma_core.hooks._trigger import Trigger

PHASES = ("modify", "score", "schedule", "persist", "observe")
"""The parts of one event, in order: so a checkpoint sees this step's scores and a reporter sees all of it."""

SCOPES = ("run", "worker")
"""Where an implementation runs: once in the run, or in each of its workers."""

BACKGROUNDS = ("keep", "newest")
"""What becomes of events that come while a background hook is busy: it sees all of them, or the newest alone."""

MARK = "__sigma_hook__"

Function = TypeVar("Function", bound=Callable[..., Any])


def _names(value: Any) -> Any:
    if callable(value):
        return value
    # A lone name is a name, not its letters.
    return (value,) if isinstance(value, str) else tuple(value)


def _background(value: Any) -> Any:
    return {True: "keep", False: ""}.get(value, value) if isinstance(value, bool) else value


@frozen(kw_only=True)
class Options:
    """What `hookimpl` was given; checked when the plugin is registered, all of it together."""

    when: Trigger | str | None = None
    phase: str = "observe"
    before: tuple[str, ...] = field(default=(), converter=_names)
    after: tuple[str, ...] = field(default=(), converter=_names)
    scope: str = "run"
    requires: tuple[str, ...] = field(default=(), converter=_names)
    budget: Budget | str | None = None
    background: str = field(default="", converter=_background)

    def of(self, plugin: object) -> "Options":
        """The options of one plugin: those that are functions are asked."""
        given = asdict(self, recurse=False)
        return evolve(self, **{name: value(plugin) for name, value in given.items() if callable(value)})


@overload
def hookimpl(function: Function, /) -> Function: ...


@overload
def hookimpl(
    *,
    when: Trigger | str | Callable[[Any], Trigger | str | None] | None = None,
    phase: str | Callable[[Any], str] = "observe",
    before: str | Iterable[str] | Callable[[Any], str | Iterable[str]] = (),
    after: str | Iterable[str] | Callable[[Any], str | Iterable[str]] = (),
    scope: str | Callable[[Any], str] = "run",
    requires: str | Iterable[str] | Callable[[Any], str | Iterable[str]] = (),
    budget: str | Callable[[Any], str | None] | None = None,
    background: bool | str | Callable[[Any], bool | str] = False,
) -> Callable[[Function], Function]: ...


def hookimpl(function: Any = None, /, **options: Any) -> Any:
    """Mark a function as the implementation of the hook of its name; needed only where it says something more.

    `when` is a trigger or its text (default: each time). `phase` is one of PHASES. `before` and `after` name plugins
    that this one must run before or after; one that is not there is no fault. `scope` is "run" or "worker".
    `requires` names values that the hook reads, which the step then computes. `budget` says how long a call may take on
    average, "50 us", or which share of the running time all may, "2 %"; a run tells of one that takes longer. With
    `background` it runs in a thread of its plugin's own while the training goes on, and may take a further argument,
    `snapshot`, with the values that it requires: True or "keep" for all events, "newest" to skip those that others have
    overtaken. Any option may be a function of the plugin, which is asked when it is registered:
    `when=lambda hook: hook.when`. The function itself is returned.
    """
    marked = Options(**options)

    def mark(function: Any) -> Any:
        setattr(function, MARK, marked)
        return function

    return mark if function is None else mark(function)
