"""A recipe: the plain values of a TOML file from which a trainer is composed."""

import tomllib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Self

from attrs import field, frozen

from sigma_core.errors import RecipeError, SettingError, nearest
from sigma_core.training.recipe._lines import Place, line_at, lines_of
from sigma_core.training.recipe._toml import document


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return deepcopy(dict(values))
    except RecursionError as error:
        raise _unreadable("recipe", error) from error


@frozen
class Recipe:
    """Settings by key, as TOML has them; where they came from, so that a fault can name its line."""

    values: Mapping[str, Any] = field(converter=_plain)
    source: str = field(default="recipe", eq=False)
    lines: Mapping[Place, int] = field(factory=dict, eq=False, repr=False)
    settings: Mapping[Place, str] = field(factory=dict, eq=False, repr=False)
    """What was set on the command line, by place."""

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """The recipe in a file. Raises RecipeError where there is none or it is no TOML, with the line."""
        path = Path(path)
        try:
            # Some editors on Windows begin a file with a mark of its encoding.
            text = path.read_text("utf-8-sig")
        except FileNotFoundError:
            raise _missing(path) from None
        except (OSError, ValueError) as error:
            raise RecipeError(
                str(path), f"cannot be read: {error}", "a TOML file in UTF-8", "give the path of a recipe"
            ) from error
        return cls.parse(text, source=str(path))

    @classmethod
    def parse(cls, text: str, *, source: str = "recipe") -> Self:
        """The recipe in a text. Raises RecipeError, with the line, where it is no TOML."""
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise RecipeError(
                source, f"is no TOML: {error}", "a TOML document", "put right the line that is named"
            ) from error
        except (RecursionError, ValueError) as error:
            raise _unreadable(source, error) from error
        return cls(values, source, _lines(text, source))

    def place(self, place: Place) -> str:
        """Where a value stands, for a message: `digits.toml, line 7, network[1].size`, or `--set seed=x, seed`."""
        dotted = ""
        for key in place:
            dotted += f"[{key}]" if isinstance(key, int) else f".{key}" if dotted else key
        for length in range(len(place), 0, -1):
            if place[:length] in self.settings:
                return f"--set {self.settings[place[:length]]}, {dotted}"
        line = self.line(place)
        return ", ".join(part for part in (self.source, f"line {line}" if line else "", dotted) if part)

    def line(self, place: Place) -> int | None:
        """The line of a value, or of what is around it; None where it stands on none."""
        return line_at(self.lines, place)

    def having(self, settings: Iterable[str]) -> Self:
        """The recipe with settings such as `optimiser.learning_rate=0.01` in place of its own.

        Values are TOML; what is none is taken as a string. Raises SettingError for a setting without `=` or a place
        that cannot be reached.
        """
        values = deepcopy(dict(self.values))
        lines, places = dict(self.lines), dict(self.settings)
        for setting in settings:
            path, equals, text = setting.partition("=")
            if not equals or not path.strip():
                raise SettingError(
                    f"--set {setting}",
                    "it has no place or no value",
                    "PLACE=VALUE",
                    "write optimiser.learning_rate=0.01",
                )
            keys = _keys(path.strip())
            _put(values, keys, _value(text.strip()), setting)
            # What was set on the command line stands on no line of the file.
            lines = {place: line for place, line in lines.items() if place[: len(keys)] != tuple(keys)}
            places[tuple(keys)] = setting
        return type(self)(values, self.source, lines, places)

    def without(self, key: str) -> Self:
        """The recipe without one of its keys, which is then as by default."""
        values = {name: value for name, value in self.values.items() if name != key}
        return type(self)(values, self.source, self.lines, self.settings)

    def to_toml(self) -> str:
        """The recipe as a TOML document, a line for each layer; reading it gives an equal recipe."""
        return document(self.values)


def _lines(text: str, source: str) -> dict[Place, int]:
    try:
        return lines_of(text)
    except RecursionError as error:
        raise _unreadable(source, error) from error


def _unreadable(where: str, error: Exception) -> RecipeError:
    """For what TOML allows and Python does not: tables inside each other by the hundreds, numbers of 5,000 digits."""
    if isinstance(error, RecursionError):
        return RecipeError(where, "it is nested too deeply", "some dozens of levels at most", "write it flatter")
    return RecipeError(where, f"cannot be read: {error}", "numbers of some digits", "write smaller numbers")


def _missing(path: Path) -> RecipeError:
    folder = path.parent
    names = sorted(other.name for other in folder.glob("*.toml")) if folder.is_dir() else []
    close = nearest(path.name, names)
    expected = f"a recipe (nearest: {folder / close})" if close else "a recipe"
    return RecipeError(str(path), "there is no such file", expected, "give the path of a recipe")


def _keys(path: str) -> list[str | int]:
    """A dotted key as TOML has it, where `initialisers."**.weights"` is one of two parts."""
    try:
        inner: Any = tomllib.loads(f"{path} = 0")
        parts = []
        while isinstance(inner, dict):
            ((part, inner),) = inner.items()
            parts.append(part)
    except tomllib.TOMLDecodeError:
        parts = path.split(".")
    return [int(part) if part.isdecimal() else part for part in parts]


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    except (RecursionError, ValueError) as error:
        raise _unreadable(f"--set ...={text[:20]}...", error) from error


def _put(values: dict[str, Any], keys: list[str | int], value: Any, setting: str) -> None:
    """Set a value deep inside; a component given by name alone becomes a table, so that it can take the setting."""
    inner: Any = values
    for number, key in enumerate(keys[:-1]):
        known = _known_key(inner, key, keys[:number], setting)
        if isinstance(inner, dict):
            inner.setdefault(known, {})
        if isinstance(inner[known], str):
            inner[known] = {"use": inner[known]}
        inner = inner[known]
    inner[_known_key(inner, keys[-1], keys[:-1], setting)] = value


def _known_key(inner: Any, key: str | int, before: list[str | int], setting: str) -> Any:
    """The key as `inner` takes it: any name in a table, the number of an element in a list."""
    if isinstance(inner, dict):
        return str(key)
    if not isinstance(inner, list):
        raise SettingError(
            f"--set {setting}",
            f"{'.'.join(str(part) for part in before)} is {inner!r}, which has no settings",
            "the place of a table or list",
            "leave out what comes after it",
        )
    if not isinstance(key, int) or key >= len(inner):
        raise SettingError(
            f"--set {setting}",
            f"{key!r} is no element of a list of {len(inner)}",
            f"a number from 0 to {len(inner) - 1}",
            "count the elements from 0",
        )
    return key
