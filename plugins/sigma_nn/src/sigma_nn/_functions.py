"""A field that holds a function of the user's own, or the place where it can be imported, which a recipe can write.

    function: Callable[..., Any] | str = importable()

`called(self.function)` is the function itself, and `told(self.function)` its name for messages.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from attrs import Attribute, field

from sigma_nn._settings import refusal


def importable() -> Any:
    """A field that holds a function, or its place as text: "package.module:function".

    A function that can be imported from its place is kept as that text, so that a recipe can be written of the
    component and equal functions make equal components. Any other, such as a lambda, is kept as it is.
    """
    return field(converter=_as_place, validator=_check)


def called(function: Callable[..., Any] | str) -> Callable[..., Any]:
    """The function; raises whatever its import does, which the field has tried."""
    if not isinstance(function, str):
        return function
    module, _, path = function.partition(":")
    found: Any = import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found  # type: ignore[no-any-return]  # the field has seen that it can be called


def told(function: Callable[..., Any] | str) -> str:
    """What the function is called in messages: its place, or its name."""
    return function if isinstance(function, str) else getattr(function, "__qualname__", repr(function))


def _as_place(value: Any) -> Any:
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    # What a script defines that is run itself is not there for whoever reads its recipe.
    if not callable(value) or not module or not name or module == "__main__":
        return value
    place = f"{module}:{name}"
    try:
        return place if called(place) is value else value
    except (ImportError, AttributeError):
        return value


def _check(instance: Any, attribute: "Attribute[Any]", value: Any) -> None:
    expected = "a function, or the place of one as 'package.module:function'"
    if callable(value):
        return
    if not isinstance(value, str) or ":" not in value:
        raise refusal(instance, attribute, value, expected)
    try:
        found = called(value)
    except (Exception, SystemExit) as error:  # a module runs when it is imported: it can raise anything
        raise refusal(instance, attribute, value, expected, f"{type(error).__name__}: {error}") from error
    if not callable(found):
        raise refusal(instance, attribute, value, expected, "it cannot be called")
