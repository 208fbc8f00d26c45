"""`sigma explain`: which hooks a recipe runs, in which order and why."""

import json
from pathlib import Path

import click
from attrs import asdict

from sigma_core.cli._table import table
from sigma_core.cli._warnings import warn_of_rejected
from sigma_core.environment import Environment
from sigma_core.hooks import Row
from sigma_core.training import Recipe, Trainer


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--set", "settings", multiple=True, metavar="PLACE=VALUE", help="Change a setting of the recipe.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def explain(*, recipe: Path, settings: tuple[str, ...], as_json: bool) -> None:
    """Print every hook implementation of RECIPE in the order in which they are called, and why it is this order."""
    with Environment() as environment:
        warn_of_rejected(environment)
        rows = Trainer.from_recipe(Recipe.load(recipe).having(settings), environment=environment).explain()
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
    elif not rows:
        click.echo("no hooks: neither the recipe nor an installed plugin has any")
    else:
        header = ("hook", "#", "plugin", "distribution", "phase", "scope", "when", "why here")
        click.echo(table(header, [_cells(row) for row in rows]))


def _cells(row: Row) -> tuple[str, ...]:
    """A line of the table: a hook in the background says so where others say their scope."""
    scope = f"background ({row.background})" if row.background else row.scope
    shown = (row.hook, row.position, row.plugin, row.distribution, row.phase, scope, row.when, row.reason)
    return tuple(map(str, shown))
