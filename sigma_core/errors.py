"""Every exception the kernel raises.

An error has four parts: where it happened, what was found, what is allowed (or nearest), what to do. Each is an
attribute, and the message is made of them, so that a command line, a test and a dashboard can all use the data.

`UserError` is a fault that the user can put right in what was given (exit code 2); every other error is a failure of
the machine, a plugin or Sigma itself (exit code 1).
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar, Self

from attrs import define, field

# More options than this are not read but searched.
_MOST_LISTED = 24
_MOST_WRITTEN = 100


def nearest(word: str, options: Iterable[str]) -> str | None:
    """The option most like `word`, or None when none is alike."""
    # What stands where a name should may be anything.
    matches = get_close_matches(str(word), list(options), n=1, cutoff=0.6)
    return matches[0] if matches else None


def nearest_hint(word: str, options: Iterable[str]) -> str:
    """` (nearest: adam)`, to stand behind what is expected; nothing when no option is alike."""
    close = nearest(word, options) if word else None
    return f" (nearest: {close})" if close else ""


def listed(options: Iterable[str], word: str = "") -> str:
    """Options in one line, sorted; the one nearest to `word` is named last.

    Of more than can be read at a glance, those that are like the word, or else the first ones, and how many there are.
    """
    names = sorted(options)
    shown = names
    if len(names) > _MOST_LISTED:
        shown = sorted(get_close_matches(str(word), names, n=5, cutoff=0.4)) or names[:_MOST_LISTED]
    text = ", ".join(shown) if names else "nothing"
    if shown is not names:
        text += f" and {len(names) - len(shown)} more"
    return text + nearest_hint(word, names)


def said(error: BaseException) -> str:
    """`ValueError: what it says`; an error that says nothing is its class."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def brief(value: object) -> str:
    """A value as it would be written, or the beginning and the end of it: what was given may be of any length."""
    text = repr(value)
    return text if len(text) <= 2 * _MOST_WRITTEN else f"{text[:_MOST_WRITTEN]} ... {text[-_MOST_WRITTEN:]}"


class Place(str):
    """Where a fault is, with the line of source that led there."""

    __slots__ = ("line",)

    line: str

    def __new__(cls, where: str, line: str) -> Self:
        """A place in words, and a line; empty where there is none to name."""
        place = super().__new__(cls, where)
        place.line = line
        return place


@define(slots=False, eq=False, str=False)
class SigmaError(Exception):
    """A fault with its place, what was found, what is expected and what to do."""

    where: str
    found: str
    expected: str = ""
    remedy: str = ""
    line: str = field(kw_only=True)
    """The line of the user's own source, as `model.py:12: return x @ w`; empty where there is none to name."""

    exit_code: ClassVar[int] = 1

    @line.default
    def _line(self) -> str:
        return self.where.line if isinstance(self.where, Place) else ""

    def __str__(self) -> str:
        """Where and what in the first line, then the line of source, what is expected and what to do."""
        lines = [f"{self.where}: {self.found}"]
        if self.line:
            lines.append(f"  at:       {self.line}")
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.remedy:
            lines.append(f"  to do:    {self.remedy}")
        return "\n".join(lines)


class UserError(SigmaError):
    """Something that was given is wrong and can be put right by whoever gave it."""

    exit_code: ClassVar[int] = 2


@define(slots=False, eq=False, str=False)
class FaultsError(UserError):
    """Several faults in one report; `faults` holds them in order of their places."""

    faults: tuple[SigmaError, ...] = ()

    def __str__(self) -> str:
        """The base message, then each fault."""
        return "\n".join([super().__str__(), *(str(fault) for fault in self.faults)])


# Components and plugins


class ComponentError(UserError):
    """A component is unknown, offered twice, or was given settings it does not have."""


class UnknownComponentError(ComponentError):
    """No installed distribution offers a component of that kind and name."""


class DuplicateComponentError(ComponentError):
    """Two distributions offer a component of the same kind and name."""


class SettingError(ComponentError):
    """A setting of a component is unknown, missing, or of the wrong type or value."""


class PluginError(SigmaError):
    """A plugin that was asked for by name cannot be used."""


class PluginFailedError(PluginError):
    """The plugin, or a component of it, raised, or returned what its contract does not allow."""


class PluginUnavailableError(PluginError):
    """The plugin needs an optional dependency that is not installed."""

    exit_code: ClassVar[int] = 2


class PluginIncompatibleError(PluginError):
    """The plugin's requirement on sigma-core is not met."""

    exit_code: ClassVar[int] = 2


class PluginBlockedError(PluginError):
    """The plugin is blocked in this environment."""

    exit_code: ClassVar[int] = 2


# Hooks, triggers and criteria


class HookRegistrationError(FaultsError):
    """An object cannot be registered: unknown hooks, wrong arguments, a class in place of an instance."""


class HookOrderError(UserError):
    """`before` and `after` of some implementations form a cycle."""


@define(slots=False, eq=False, str=False)
class HookFailedError(SigmaError):
    """A hook implementation raised during a run; the cause is chained.

    When several raised in a teardown, where all are called, `failures` holds them in order.
    """

    hook: str = ""
    plugin: str = ""
    failures: "tuple[HookFailedError, ...]" = ()

    def __str__(self) -> str:
        """The base message, then each failure."""
        return "\n".join([super().__str__(), *(str(failure) for failure in self.failures)])


@define(slots=False, eq=False, str=False)
class WorkerFailedError(SigmaError):
    """Something other than an error of Sigma was raised in a worker; the cause is chained."""

    worker: int = 0
    """Its number, counted from 1."""


@define(slots=False, eq=False, str=False)
class ExpressionError(UserError):
    """A trigger, criterion, pattern or range in text form does not parse; `column` counts from 0."""

    text: str = ""
    column: int = 0

    def __str__(self) -> str:
        """The base message with the text and a caret under the fault."""
        head, *rest = super().__str__().splitlines()
        return "\n".join([head, f"    {self.text}", f"    {' ' * self.column}^", *rest])


# Graphs and networks


class TraceError(UserError):
    """Something that a symbolic value cannot do: branch on itself, be assigned to, an unsupported function."""


class AbsentError(TraceError, AttributeError):
    """A value has no such attribute; an `AttributeError` too, as `hasattr` wants it."""


class ShapeError(UserError):
    """Shapes or dtypes do not fit an operation."""


class DerivativeError(UserError):
    """A derivative was asked of something that has none."""


@define(slots=False, eq=False, str=False)
class NodeError(SigmaError):
    """A node of a program went wrong when it ran, under the debug backend."""

    operation: str = ""
    layer: str = ""
    """Path of the layer, empty outside of any."""
    node: int | None = None
    """Its number in the program as it was traced."""
    operands: tuple[str, ...] = ()
    """How they looked: dtype, shape, smallest and largest number, what is not finite."""
    loop: tuple[int, ...] = ()
    """Steps of the loops in which it stands, the outermost first."""
    iteration: int | None = None
    """Counted from 1; None outside of a training."""

    def __str__(self) -> str:
        """The base message, its first line with the iteration."""
        iteration = "" if self.iteration is None else f", iteration {self.iteration}"
        return f"{self.where}{iteration}{super().__str__().removeprefix(self.where)}"


class NumericalError(NodeError, UserError):
    """A node gave NaN or infinities, which reached an output."""


class OperationError(NodeError):
    """What computes an operation failed, or gave another shape, dtype or number than it should."""


class NetworkError(UserError):
    """Layers do not form a network: cycle, missing or unused input, duplicate name, shapes that do not fit."""


# Registry of parameters


class IdentifierError(UserError):
    """An identifier or pattern is malformed or matches nothing."""


class UnknownIdentifierError(IdentifierError, KeyError):
    """There is nothing of that identifier; a `KeyError` too, as mappings have it."""


# Data


class DataError(UserError):
    """Data is missing, damaged, of the wrong shape or not finite."""


# Trainer


class RecipeError(FaultsError):
    """A recipe has faults; all of them are reported at once, each with its line."""


class TrainerError(UserError):
    """A trainer was asked for something that its state does not allow."""


class AnswerTimeoutError(TrainerError, TimeoutError):
    """The thread of a run has not come to a question of another thread in time."""


class RunDirectoryError(UserError):
    """The directory of a run exists already or is not a run."""


class StorageError(SigmaError):
    """The operating system refused to read or write: read-only, full, no permission."""


class DownloadError(SigmaError):
    """A file could not be fetched, whole and right, from any of its addresses."""


class CheckpointError(UserError):
    """A checkpoint is damaged, of another version or of another architecture."""


class CheckpointVersionError(CheckpointError):
    """A checkpoint is of a newer version, and as whole as any: it is not to be passed over, nor written over."""
