"""Commands: typed requests to a run, applied between two iterations.

Any thread may send one, and other processes by way of the run's directory; the trainer's own thread applies it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import field, fields, frozen

from sigma_core.errors import SettingError, SigmaError, listed
from sigma_core.events import plain
from sigma_core.registry import Composer, snake_case


def _in_one_line(text: str) -> str:
    """Of characters that can be seen, as it stands in tables and on terminals."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in str(text)).split())


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

    reason: str = field(default="stopped", converter=_in_one_line)


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
    """Set the value of an identifier such as `optimiser.learning_rate`, or those of a pattern."""

    identifier: str
    value: Any


@frozen
class SetValues(Command):
    """Set several at once, by identifier or pattern: all of them or none."""

    values: Mapping[str, Any]


@frozen
class GetValue(Command):
    """Tell the value of an identifier, or those of a pattern; changes nothing and is not recorded."""

    identifier: str


@frozen(eq=False)
class Predict(Command):
    """Tell what the network says of raw inputs, an array or arrays by section; changes nothing and is not recorded."""

    inputs: Any


def _listed(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(given)


@frozen
class Save(Command):
    """Write a checkpoint to a folder; with patterns, only the values that match, for `transfer` and `Load`."""

    path: str
    patterns: tuple[str, ...] = field(default=(), converter=_listed)


@frozen
class Load(Command):
    """Go on from a checkpoint, exactly; with patterns, only take the parameters over that match, and go on."""

    path: str
    patterns: tuple[str, ...] = field(default=(), converter=_listed)


@frozen
class Reset(Command):
    """Go on from before the first iteration."""


@frozen(eq=False)
class Request:
    """A command on its way, who sent it, and who is to be told what came of it: the result, or the error."""

    command: Command
    origin: str
    answer: Callable[[Any, SigmaError | None], None] | None = None


_KINDS: Mapping[str, type[Command]] = {
    snake_case(kind.__name__): kind
    for kind in (
        Attach,
        Detach,
        GetValue,
        Load,
        Pause,
        Predict,
        Reset,
        Resume,
        Save,
        SetValue,
        SetValues,
        StepOnce,
        Stop,
    )
}


_TYPES: Mapping[Any, tuple[str, Callable[[Any], bool]]] = {
    str: ("a text", lambda value: isinstance(value, str)),
    str | None: ("a text", lambda value: isinstance(value, str | None)),
    tuple[str, ...]: (
        "a list of texts",
        lambda value: isinstance(value, list | tuple) and all(isinstance(each, str) for each in value),
    ),
}
"""What a command in JSON may hold where it says that type."""


def leads_elsewhere(command: Command) -> bool:
    """Whether the run goes on from another state than it had."""
    return isinstance(command, Reset) or (isinstance(command, Load) and not command.patterns)


def table_of(hook: Any, composer: Composer) -> dict[str, Any]:
    """A hook as its table, or where it is not registered by its class."""
    try:
        return dict(plain(composer.table(hook)))
    except SigmaError:
        return {"unregistered": f"{type(hook).__module__}.{type(hook).__qualname__}"}


def written(command: Command, composer: Composer) -> dict[str, Any]:
    """A command in JSON's terms."""
    values = {attribute.name: getattr(command, attribute.name) for attribute in fields(type(command))}
    if isinstance(command, Attach):
        values["hook"] = table_of(command.hook, composer)
    return {"command": snake_case(type(command).__name__), **{name: plain(value) for name, value in values.items()}}


def read(values: Mapping[str, Any], composer: Composer) -> Command:
    """A command out of JSON's terms. Raises SettingError for what is none, ComponentError for a hook that is none."""
    values = dict(values) if isinstance(values, Mapping) else {}
    name = values.pop("command", None)
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise SettingError("command", f"there is no command {name!r}", listed(_KINDS), "use one of these")
    wanted = {attribute.name: attribute for attribute in fields(kind)}
    for key, value in values.items():
        if key not in wanted:
            raise SettingError(f"command {name}", f"it has no {key!r}", listed(wanted, key), "use one of these")
        says, is_that = _TYPES.get(wanted[key].type, ("anything", lambda _: True))
        if not is_that(value):
            raise SettingError(f"command {name}, {key}", repr(value), says, f"give {says}")
    if kind is Attach and "hook" in values:
        values["hook"] = composer.build("hooks", values["hook"])
    try:
        return kind(**values)
    except TypeError as error:
        raise SettingError(f"command {name}", str(error), listed(wanted), "give these") from error
