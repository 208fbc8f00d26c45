"""What several commands are given: a recipe with settings, and forms of output, of which one can be chosen."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import click
from attrs import evolve

from sigma_core.errors import UserError
from sigma_core.training import Recipe

STANDARD_OUTPUT = "-"
"""In place of a file."""


def composed(recipe: Path, settings: Iterable[str]) -> Recipe:
    """The recipe with its settings; a run without a name is called after the file."""
    given = Recipe.load(recipe).having(settings)
    return given if "name" in given.values else evolve(given, values={**given.values, "name": recipe.stem})


def chosen(forms: Mapping[str, bool]) -> str | None:
    """The form of output that is asked for, by its option. Raises UsageError for several."""
    asked = [name for name, is_asked in forms.items() if is_asked]
    if len(asked) > 1:
        raise click.UsageError(
            f"{' and '.join(asked)} exclude each other: leave {'one' if len(asked) == 2 else 'two'} out"
        )
    return asked[0] if asked else None


def write_picture(picture: str, place: str) -> None:
    """Write a picture into a file or to standard output. Raises UserError where the file cannot be written."""
    if place == STANDARD_OUTPUT:
        click.echo(picture, nl=False)
        return
    try:
        Path(place).write_text(picture, "utf-8", newline="\n")
    except OSError as error:
        raise UserError(
            f"--svg {place}", error.strerror or str(error), "a file that can be written", "choose another place"
        ) from error
