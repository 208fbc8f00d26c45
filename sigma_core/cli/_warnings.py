"""What a command that shows no log says of plugins that are not used."""

import click

from sigma_core.environment import Environment


def warn_of_rejected(environment: Environment) -> None:
    """A line for each on standard error, so that what is printed beside it stays what was asked for."""
    for event in environment.rejected:
        origin = f"plugin {event.plugin!r} (distribution {event.distribution!r})"
        click.echo(f"warning: {origin} is not used: {event.status}: {event.reason}", err=True)
