"""Hooks in which a trainer differs from its recipe: attached, or taken away; kept with its state."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sigma_core.registry import Composer
from sigma_core.training._commands import table_of

if TYPE_CHECKING:
    from sigma_core.training._trainer import Trainer

NO_CHANGES: Mapping[str, Any] = {"attached": {}, "detached": []}


def hook_changes(trainer: "Trainer") -> dict[str, Any]:
    """What was attached, tables by name in order, and the names of what was detached, in JSON's terms."""
    composer, hooks = trainer.environment.composer, trainer.hooks
    here = {name: plugin for name, plugin in hooks.list_name_plugin() if plugin is not None}
    attached = {
        name: table_of(plugin, composer)
        for name, plugin in here.items()
        # Whoever requires a hook brings it.
        if not (trainer.given_hooks.get(name) is plugin or is_of_a_run(plugin) or hooks.requiring(name))
    }
    return {"attached": attached, "detached": [name for name in trainer.given_hooks if name not in here]}


def change_hooks(
    trainer: "Trainer", changes: Mapping[str, Any], given: Mapping[str, Any] | None = None
) -> tuple[list[str], list[str]]:
    """Attach and detach what was; the names of what has come, and those of hooks that nobody can make, with their kind.

    `given` holds hooks by name to take for these. Raises ComponentError for a hook that is offered no more.
    """
    come, missing = [], []
    changes = {**NO_CHANGES, **changes}
    for name in changes["detached"]:
        if trainer.hooks.has_plugin(name):
            trainer.hooks.unregister(name=name)
    for name, table in changes["attached"].items():
        if trainer.hooks.has_plugin(name):
            continue
        hook = made(name, table, trainer.environment.composer, given or {})
        if hook is None:
            missing.append(f"{name!r} ({table['unregistered']})")
        else:
            trainer.register(trainer.hooks, hook, name)
            come.append(name)
    return come, missing


def made(name: str | None, table: Any, composer: Composer, given: Mapping[str, Any]) -> Any:
    """The hook of a table, or None where it has no name by which it could be made; one that is given goes first."""
    if name in given:
        return given[str(name)]
    if isinstance(table, Mapping) and "unregistered" in table:
        return None
    return composer.build("hooks", table)


def is_of_a_run(plugin: object) -> bool:
    """Whether whoever begins a run brings this hook, and takes it away in the end."""
    return bool(getattr(plugin, "is_of_a_run", False))
