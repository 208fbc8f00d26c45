"""`sigma recipe`: look at recipes."""

import json
from pathlib import Path

import click

from sigma_core.environment import Environment
from sigma_core.training import Recipe, Trainer


@click.group()
def recipe() -> None:
    """Look at recipes."""


@recipe.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--set", "settings", multiple=True, metavar="PLACE=VALUE", help="Change a setting of the recipe.")
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of TOML.")
def show(*, recipe: Path, settings: tuple[str, ...], as_json: bool) -> None:
    """Check RECIPE and print it as it is understood: every component resolved, defaults left out."""
    with Environment() as environment:
        resolved = Trainer.from_recipe(Recipe.load(recipe).having(settings), environment=environment).recipe()
    click.echo(json.dumps(dict(resolved.values), indent=2) if as_json else resolved.to_toml(), nl=as_json)
