"""`sigma train`: run a recipe."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import numpy as np

from sigma_core.cli._commands import BEGAN
from sigma_core.cli._given import composed
from sigma_core.cli._warnings import warn_of_rejected
from sigma_core.environment import Environment
from sigma_core.errors import SigmaError, listed
from sigma_core.training import Recipe, Run, RunDirectory, Trainer


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--set", "settings", multiple=True, metavar="PLACE=VALUE", help="Change a setting of the recipe.")
@click.option("--directory", type=click.Path(path_type=Path), help="Where to keep the run (default: runs/NAME-N).")
@click.option("--no-directory", is_flag=True, help="Keep nothing of the run.")
@click.option("--restore", type=click.Path(path_type=Path), help="Go on from this checkpoint, or from this run's last.")
@click.option("--quiet", is_flag=True, help="No monitor, only how the run ended.")
@click.option("--profile", is_flag=True, help="Tell where the time went, by plugin.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object; no monitor unless the recipe has one.")
def train(  # noqa: PLR0913  # the options of a command
    *,
    recipe: Path,
    settings: tuple[str, ...],
    directory: Path | None,
    no_directory: bool,
    restore: Path | None,
    quiet: bool,
    profile: bool,
    as_json: bool,
) -> None:
    """Train the network of RECIPE, a TOML file, until its criterion holds.

    `--set optimiser.learning_rate=0.01` changes a setting; elements of lists are counted from 0, as in
    `--set network.1.size=64`. Exit code 0 when the run has ended by itself.
    """
    if directory is not None and no_directory:
        raise click.UsageError("--directory and --no-directory exclude each other: leave one out")
    with Environment() as environment:
        given = composed(recipe, settings)
        if quiet:
            given = given.without("monitors")
        trainer = Trainer.from_recipe(given, environment=environment)
        monitors = watching(trainer, is_quiet=quiet or as_json)
        if restore is not None:
            trainer.restore(RunDirectory.checkpoint_in(restore), monitors=monitors)
            set_again(trainer, given)
        path = None if no_directory else directory or RunDirectory.next(environment.paths.runs, trainer.setup.name)
        with told_profile(trainer, as_json=as_json):
            run = trainer.run(monitors=monitors, directory=path, profile=profile or None)
    tell(run, as_json=as_json, is_told=bool(monitors))


def watching(trainer: Trainer, *, is_quiet: bool) -> list[str]:
    """The monitors that a command adds to those of a recipe."""
    environment = trainer.environment
    monitors = [] if is_quiet or trainer.setup.monitors else installed_console(environment)
    if not (monitors or trainer.setup.monitors):
        # Nobody else listens who could show them.
        warn_of_rejected(environment)
    return monitors


def tell(run: Run, *, as_json: bool, is_told: bool) -> None:
    """How a run ended, unless a monitor has told that already."""
    if as_json:
        click.echo(json.dumps(run.to_dict()))
    elif not is_told:
        click.echo(told(run))
    bad = [name for name, value in run.scores.items() if not np.isfinite(value).all()]
    if bad:
        click.echo(f"warning: not finite: {listed(bad)}; `--set backend=debug` names where it begins", err=True)


@contextmanager
def told_profile(trainer: Trainer, *, as_json: bool) -> Iterator[None]:
    """Tell of the profile of a run, if it has one, also where it fails; JSON holds that of a run that does not."""
    before = perf_counter() - BEGAN
    has_failed = True
    try:
        yield
        has_failed = False
    finally:
        if trainer.profile is not None and (has_failed or not as_json):
            click.echo(trainer.profile.table(), err=has_failed)
            click.echo(f"before the run, {before:.3f} s went on imports and on reading the recipe", err=has_failed)


def set_again(trainer: Trainer, recipe: Recipe) -> None:
    """Hyperparameters that were asked for on the command line go before those that a checkpoint holds."""
    for room, *names in recipe.settings:
        value = getattr(trainer.setup.optimiser, str(names[0]), None) if names and room == "optimiser" else None
        if isinstance(value, float):
            trainer.set(f"optimiser.{names[0]}", value)


def installed_console(environment: Environment) -> list[str]:
    """The console monitor, where one is installed and works; nobody asked for it, so a run does without otherwise."""
    try:
        environment.components.get("monitors", "console")
    except SigmaError:
        return []
    return ["console"]


def told(run: Run) -> str:
    """How a run ended, in words."""
    scores = "".join(f"\n  {name}: {_worded(value)}" for name, value in run.scores.items())
    kept = f"\n  kept in {run.directory}" if run.directory else ""
    return (
        f"{run.name} ended: {run.ended_because}; {run.epochs} epochs, {run.iterations} iterations, "
        f"{run.seconds:.1f} s{scores}{kept}"
    )


def _worded(score: Any) -> str:
    """A number with four digits, an array as nested lists of them."""
    return f"[{', '.join(map(_worded, score))}]" if isinstance(score, list) else f"{score:.4g}"
