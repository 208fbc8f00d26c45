"""Hooks that a hook cannot do without: what a plugin names in `required_hooks` is registered before it, once."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sigma_core.errors import HookOrderError, HookRegistrationError

Build = Callable[[Any], object]
"""Makes a hook of the name of a component or a table with `use`."""


def required_by(plugin: object) -> tuple[Any, ...]:
    """Classes, hooks, names of components and tables with `use`, as the plugin names them; one needs no brackets."""
    given = getattr(plugin, "required_hooks", ())
    return tuple(given) if isinstance(given, list | tuple) else (given,)


def known_as(required: Any, registered: Iterable[tuple[str, object]]) -> str | None:
    """The name under which what is required is registered already."""
    wanted = required.get("use") if isinstance(required, Mapping) else required
    for name, plugin in registered:
        is_that = isinstance(plugin, wanted) if isinstance(wanted, type) else plugin is wanted
        if plugin is not None and (is_that or name == wanted):
            return name
    return None


def made(required: Any, build: Build | None, where: str) -> object:
    """The hook itself. Raises HookRegistrationError for a name where nobody knows of components."""
    if isinstance(required, type):
        return required()
    if not isinstance(required, str | Mapping):
        return required
    if build is None:
        raise HookRegistrationError(
            where,
            f"it requires the hook {required!r}, and here there are no components",
            "a class or an instance",
            "require one, or give the hook to a trainer",
        )
    return build(required)


def check_circle(plugin: object, waiting: tuple[object, ...]) -> None:
    """Raise HookOrderError with the path when a plugin is required while it waits for what it requires itself."""
    kinds = [type(each) for each in waiting]
    if type(plugin) not in kinds:
        return
    ring = [*kinds[kinds.index(type(plugin)) :], type(plugin)]
    raise HookOrderError(
        where="required hooks",
        found=f"hooks require each other: {' -> '.join(kind.__name__ for kind in ring)}",
        expected="requirements without a circle",
        remedy="take one of these out of `required_hooks`",
    )
