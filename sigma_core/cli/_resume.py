"""`sigma resume`: go on with a run."""

from pathlib import Path

import click

from sigma_core.cli._runs import exists
from sigma_core.cli._train import set_again, tell, told_profile, watching
from sigma_core.environment import Environment
from sigma_core.training import Recipe, RunDirectory, Trainer


class _Setting:
    """Hyperparameters that are asked for go before those of the checkpoint."""

    is_of_a_run = True

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe

    def sigma_checkpoint_restored(self, trainer: Trainer) -> None:
        """Set them."""
        set_again(trainer, self._recipe)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--set", "settings", multiple=True, metavar="PLACE=VALUE", help="Change a setting of the recipe.")
@click.option("--quiet", is_flag=True, help="No monitor, only how the run ended.")
@click.option("--profile", is_flag=True, help="Tell where the time went, by plugin.")
@click.option("--json", "as_json", is_flag=True, help="End with one JSON object; no monitor unless the recipe has one.")
def resume(*, run: Path, settings: tuple[str, ...], quiet: bool, profile: bool, as_json: bool) -> None:
    """Go on with RUN, the directory of a run or its name under runs/, from its newest whole checkpoint.

    The run ends as it would have without the interruption, to the last bit, also after a power cut or kill -9; what
    happens is written behind what has happened. One that was ended before its first checkpoint begins again. `--set
    "stop=30 epochs"` trains a run longer that has ended by itself.
    """
    with Environment() as environment:
        path = run if exists(run) else environment.paths.runs / run
        recipe = Recipe.load(RunDirectory.recipe_in(path)).having(settings)
        if quiet:
            recipe = recipe.without("monitors")
        trainer = Trainer.from_recipe(recipe, environment=environment)
        trainer.hooks.register(_Setting(recipe), "settings of the command line")
        monitors = watching(trainer, is_quiet=quiet or as_json)
        with told_profile(trainer, as_json=as_json):
            ended = trainer.run(monitors=monitors, directory=path, resume=True, profile=profile or None)
    tell(ended, as_json=as_json, is_told=bool(monitors))
