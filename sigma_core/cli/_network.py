"""`sigma network`: the network of a recipe."""

import json
import shutil
import sys
from pathlib import Path

import click

from sigma_core.cli._given import STANDARD_OUTPUT, chosen, composed, write_picture
from sigma_core.cli._warnings import warn_of_rejected
from sigma_core.environment import Environment
from sigma_core.network import Network
from sigma_core.training import Trainer, groundwork


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--set", "settings", multiple=True, metavar="PLACE=VALUE", help="Change a setting of the recipe.")
@click.option("--no-data", is_flag=True, help="Load no data: shapes are those that the inputs declare.")
@click.option("--dot", is_flag=True, help="As a graph for Graphviz.")
@click.option(
    "--svg",
    metavar="[FILE]",
    is_flag=False,
    flag_value=STANDARD_OUTPUT,
    help="As a picture, into this file or else to standard output; put it behind RECIPE.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def network(  # noqa: PLR0913  # the options of a command
    *,
    recipe: Path,
    settings: tuple[str, ...],
    no_data: bool,
    dot: bool,
    svg: str | None,
    as_json: bool,
) -> None:
    """Print the network of RECIPE: layers, shapes, parameters, memory, operations; or draw it.

    Nothing is trained. What training would refuse before its first step is refused here too: data that does not fit,
    targets that a cost cannot score, a criterion that waits for a score that nobody reports.
    """
    chosen({"--dot": dot, "--svg": svg is not None, "--json": as_json})
    with Environment() as environment:
        warn_of_rejected(environment)
        setup = Trainer.from_recipe(composed(recipe, settings), environment=environment).setup
        shown = (
            Network.build(setup.network, composer=environment.composer, dtype=setup.dtype)
            if no_data
            else groundwork(setup, environment, None)[1]
        )
    if svg is not None:
        write_picture(shown.svg(recipe.stem), svg)
    elif dot:
        click.echo(shown.dot(recipe.stem))
    elif as_json:
        click.echo(json.dumps(shown.as_data(), indent=2))
    else:
        click.echo(shown.summary(shutil.get_terminal_size().columns if sys.stdout.isatty() else None))
