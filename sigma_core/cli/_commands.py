"""The commands and where they are; each is imported when it is called, so that `sigma --help` is quick."""

from importlib import import_module
from time import perf_counter

import click

BEGAN = perf_counter()
"""When the command was called, but for the start of the interpreter."""

_HOMES = {
    "components": "sigma_core.cli._components:components",
    "data": "sigma_core.cli._data:data",
    "explain": "sigma_core.cli._explain:explain",
    "graph": "sigma_core.cli.graph._command:graph",
    "network": "sigma_core.cli._network:network",
    "plugins": "sigma_core.cli._plugins:plugins",
    "recipe": "sigma_core.cli._recipe:recipe",
    "replay": "sigma_core.cli._replay:replay",
    "resume": "sigma_core.cli._resume:resume",
    "run": "sigma_core.cli._run:run",
    "runs": "sigma_core.cli._runs:runs",
    "train": "sigma_core.cli._train:train",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # Click's signature
        return sorted(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # Click's signature
        if cmd_name not in _HOMES:
            return None
        module, name = _HOMES[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _HOMES:
            from sigma_core.errors import listed

            ctx.fail(f"there is no command {args[0]!r}; expected: {listed(_HOMES, args[0])}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sigma-core", prog_name="sigma")
@click.option("--traceback", is_flag=True, help="Show the whole traceback of an error; may stand anywhere.")
def sigma(*, traceback: bool) -> None:
    """Train networks from recipes, and look at what is installed."""
    # `main` has taken --traceback out already; it is declared here so that --help tells of it.
    del traceback
