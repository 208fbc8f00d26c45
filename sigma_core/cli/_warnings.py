"""How a command says what it warns of: a line on standard error, so that what is printed beside it stays whole."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from sigma_core.environment import Environment


def warn_of_rejected(environment: Environment) -> None:
    """A line for each plugin that is not used, for a command that shows no log."""
    for event in environment.rejected:
        origin = f"plugin {event.plugin!r} (distribution {event.distribution!r})"
        click.echo(f"warning: {origin} is not used: {event.status}: {event.reason}", err=True)


@contextmanager
def warnings_in_words() -> Iterator[None]:
    """What a plugin warns the user of is said without the place in its source, which is not the user's business."""
    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(message: Any, category: type[Warning], *place: Any, **keywords: Any) -> None:
            if issubclass(category, UserWarning):
                click.echo(f"warning: {message}", err=True)
            else:
                others(message, category, *place, **keywords)

        warnings.showwarning = show
        yield
