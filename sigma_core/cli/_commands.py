"""The commands and where they are; each is imported when it is called, so that `sigma --help` is quick.

Those of plugins are components of kind `commands`; a name that the kernel has is the kernel's.
"""

from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sigma_core.registry import Component, ComponentRegistry

BEGAN = perf_counter()
"""When the command was called, but for the start of the interpreter."""

_HOMES = {
    "components": ("sigma_core.cli._components:components", "List the kinds of component, or what is of one kind."),
    "data": ("sigma_core.cli._data:data", "Look at the data of a recipe, append to it."),
    "explain": ("sigma_core.cli._explain:explain", "List the hooks of a recipe in the order of their calls."),
    "graph": ("sigma_core.cli.graph._command:graph", "Show or draw a program of a recipe."),
    "network": ("sigma_core.cli._network:network", "Show or draw the network of a recipe."),
    "plugins": ("sigma_core.cli._plugins:plugins", "List what is installed, and how it fares."),
    "recipe": ("sigma_core.cli._recipe:recipe", "Look at recipes."),
    "replay": ("sigma_core.cli._replay:replay", "Repeat a run, and compare the ends."),
    "resume": ("sigma_core.cli._resume:resume", "Go on with a run."),
    "run": ("sigma_core.cli._run:run", "Steer a run that goes on, or ask what it has measured."),
    "runs": ("sigma_core.cli._runs:runs", "List, tag and delete runs."),
    "train": ("sigma_core.cli._train:train", "Train the network of a recipe."),
    "watch": ("sigma_core.cli._watch:watch", "Watch a run of another process, or one that has ended."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*_HOMES, *_of_plugins(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _HOMES:
            module, name = _HOMES[cmd_name][0].split(":")
            command: click.Command = getattr(import_module(module), name)
            return command
        return _from_plugin(ctx, cmd_name) if cmd_name in _of_plugins(ctx) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _HOMES and args[0] not in (offered := _of_plugins(ctx)):
            from sigma_core.errors import listed

            ctx.fail(f"there is no command {args[0]!r}; expected: {listed({*_HOMES, *offered}, args[0])}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Without importing any: of those of plugins the metadata tells whose they are."""
        rows = {name: summary for name, (_, summary) in _HOMES.items()}
        for name, component in _of_plugins(ctx).items():
            unusable = f", {component.status.value}" if component.reason else ""
            rows[name] = f"From {component.origin}{unusable}."
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows.items()))


def _registry(context: click.Context) -> "ComponentRegistry":
    """The components that are installed, read once for a command."""
    from sigma_core.registry import ComponentRegistry

    registry: ComponentRegistry = context.meta.setdefault("sigma.components", ComponentRegistry())
    return registry


def _of_plugins(context: click.Context) -> "dict[str, Component]":
    """The commands that installed distributions offer beside those of the kernel; metadata only."""
    return {each.name: each for each in _registry(context).components("commands") if each.name not in _HOMES}


def _from_plugin(context: click.Context, name: str) -> click.Command:
    command = _registry(context).get("commands", name)
    if not isinstance(command, click.Command):
        from sigma_core.errors import PluginFailedError

        where, found = str(_registry(context).find("commands", name)), f"it is of type {type(command).__name__}"
        raise PluginFailedError(where, found, "a command of click", "decorate it with click.command or click.group")
    return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sigma-core", prog_name="sigma")
@click.option("--traceback", is_flag=True, help="Show the whole traceback of an error; may stand anywhere.")
def sigma(*, traceback: bool) -> None:
    """Train networks from recipes, and look at what is installed."""
    # `main` has taken --traceback out already; it is declared here so that --help tells of it.
    del traceback
