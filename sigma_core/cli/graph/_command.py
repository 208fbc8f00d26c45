"""The command."""

import json
from pathlib import Path

import click

from sigma_core.cli._given import chosen, composed
from sigma_core.cli._warnings import warn_of_rejected
from sigma_core.cli.graph._data import as_data
from sigma_core.cli.graph._dot import as_dot
from sigma_core.cli.graph._text import as_text, traced_text
from sigma_core.environment import Environment
from sigma_core.errors import TrainerError
from sigma_core.training import Inspection, Trainer


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--set", "settings", multiple=True, metavar="PLACE=VALUE", help="Change a setting of the recipe.")
@click.option(
    "--program",
    default="step",
    metavar="PROGRAM",
    help="What to show: step (a training step, the default), scoring or prediction.",
)
@click.option("--before", is_flag=True, help="As it was traced, before any pass.")
@click.option(
    "--sort", "dearest_first", is_flag=True, help="The dearest nodes first, instead of in the program's order."
)
@click.option("--source", is_flag=True, help="What the backend has written, instead.")
@click.option("--dot", is_flag=True, help="As a graph for Graphviz: ... --dot | dot -Tsvg > step.svg.")
@click.option("--json", "as_json", is_flag=True, help="As JSON: before and after.")
def graph(  # noqa: PLR0913  # the options of a command
    *,
    recipe: Path,
    settings: tuple[str, ...],
    program: str,
    before: bool,
    dearest_first: bool,
    source: bool,
    dot: bool,
    as_json: bool,
) -> None:
    """Print a program of RECIPE: its nodes after the passes, what runs together, where results lie, what it costs.

    Nothing is trained. Operations are counted in additions; the share of time is an estimate, meant to show which
    parts are worth looking at.
    """
    form = chosen({"--source": source, "--dot": dot, "--json": as_json})
    if before and (source or as_json):
        raise click.UsageError(f"--before and {form} exclude each other: leave one out")
    with Environment() as environment:
        warn_of_rejected(environment)
        inspection = Trainer.from_recipe(composed(recipe, settings), environment=environment).inspect(program)
    if source:
        text = _source(inspection)
    elif dot:
        text = as_dot(inspection, before=before)
    elif as_json:
        text = json.dumps(as_data(inspection), indent=2)
    else:
        text = traced_text(inspection) if before else as_text(inspection, dearest_first=dearest_first)
    click.echo(text)


def _source(inspection: Inspection) -> str:
    if inspection.source is None:
        raise TrainerError(
            f"backend {inspection.backend!r}",
            "it writes no source",
            "a backend that does, as numpy",
            "leave --source out, or add --set backend=numpy",
        )
    return inspection.source.rstrip("\n")
