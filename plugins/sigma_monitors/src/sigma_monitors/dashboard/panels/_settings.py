"""Settings as editors show them: how far a slider goes, what a text means, and which value stands."""

import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import frozen

from sigma_core.extend import StoredEvent

_STEPS = 1000
"""Places of a slider."""
_DECADES = 3
"""Powers of ten that a slider without ends of its own goes up and down from where the value stands."""


@frozen
class Scale:
    """The places of a slider: numbers from `low` to `high`, or their logarithms to base ten."""

    low: float
    high: float
    step: float
    is_logarithmic: bool

    def place(self, value: float) -> float:
        """Where a value stands, at one of the ends if it is beyond."""
        if self.is_logarithmic:
            value = math.log10(value) if value > 0 else self.low
        return min(self.high, max(self.low, value))

    def value(self, place: float) -> float:
        """What a place stands for, with no more digits than the places can tell apart."""
        found = 10**place if self.is_logarithmic else place
        return float(f"{found:.{3 if self.is_logarithmic else 6}g}")

    def holds(self, value: float) -> bool:
        """Whether a value has a place of its own."""
        return self.value(self.low) <= value <= self.value(self.high)


@frozen(kw_only=True)
class Setting:
    """Something that can be set: its type in words, and what it may be as far as that is known."""

    identifier: str
    type: str
    value: Any = None
    minimum: float | None = None
    maximum: float | None = None
    excludes_minimum: bool = False
    excludes_maximum: bool = False
    choices: tuple[Any, ...] | None = None
    is_required: bool = False

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> "Setting":
        """One of `settings` of a run's description."""
        choices = described.get("choices")
        return cls(
            **{name: described[name] for name in ("identifier", "type", "value", "minimum", "maximum")},
            excludes_minimum=bool(described.get("excludes_minimum")),
            excludes_maximum=bool(described.get("excludes_maximum")),
            choices=None if choices is None else tuple(choices),
        )

    def scale(self, value: Any) -> Scale | None:
        """That of its slider, where it stands at a value; None where it has no slider.

        Numbers that are never negative and have no end, such as learning rates, have a logarithmic one around it.
        """
        if not _is_number(value) or self.type not in ("float", "int"):
            return None
        low, high = self.minimum, self.maximum
        if low is not None and high is not None and high > low:
            step = (high - low) / _STEPS if self.type == "float" else 1.0
            low, high = low + step * self.excludes_minimum, high - step * self.excludes_maximum
            return Scale(low, high, step, is_logarithmic=False)
        if self.type == "int" or low is None or low < 0 or value <= 0:
            return None
        middle = math.floor(math.log10(value))
        return Scale(middle - _DECADES, middle + _DECADES, 0.01, is_logarithmic=True)

    def text(self, value: Any) -> str:
        """A value as it is written and read."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, float):
            # What a network has kept in 32 bits is shown as it was meant.
            return f"{value:.6g}"
        if isinstance(value, list | tuple):
            return ", ".join(map(str, value))
        return "" if value is None else str(value)

    def read(self, text: str) -> Any:
        """What a text means. Raises ValueError for a number that is none, and an int that has a fraction."""
        text = text.strip()
        return _READERS.get(self.type, _any)(text)


def _float(text: str) -> float:
    value = float(text.replace(",", "."))
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _texts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _any(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


_READERS: Mapping[str, Callable[[str], Any]] = {
    "int": int,
    "float": _float,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "str": str,
    "choice": str,
    "tuple of str": _texts,
}
"""What a text means, by the type that is wanted."""


def patterns(identifiers: Iterable[str]) -> list[str]:
    """Few patterns that mean all of these, and little else."""
    return sorted({f"{identifier.rpartition('.')[0]}.*" for identifier in identifiers})


def values_set(event: StoredEvent) -> dict[str, Any]:
    """What a command has set, by identifier or pattern; nothing if it is another one."""
    command = event.payload.get("command", {})
    match command.get("command"):
        case "set_value":
            return {command["identifier"]: command["value"]}
        case "set_values":
            return dict(command["values"])
    return {}


def last_values(settings: Iterable[Setting], log: Iterable[StoredEvent]) -> dict[str, Any]:
    """The values that stand by what a run has told, which are those of its start and what was set since."""
    settings = list(settings)
    values = {setting.identifier: setting.value for setting in settings}
    for event in log:
        if event.kind == "run_started":
            # What was set before is in what the run says of itself then.
            values = {setting.identifier: setting.value for setting in settings}
        elif event.kind == "command_applied":
            values |= {name: value for name, value in values_set(event).items() if name in values}
    return values


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
