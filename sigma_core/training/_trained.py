"""Trained networks from what a run kept, without the data that they were trained on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, frozen
from numpy.typing import DTypeLike

from sigma_core.data import Data, Dataset, Sections, fitted_from
from sigma_core.environment import Environment
from sigma_core.errors import CheckpointError
from sigma_core.training._checkpoint import Checkpoint
from sigma_core.training._directory import RunDirectory
from sigma_core.training._inputs import not_there
from sigma_core.training._keeping import checkpoint_in
from sigma_core.training._trainer import Trainer
from sigma_core.training.recipe import Recipe


def load_trained(directory: Path | str, *, environment: Environment | None = None) -> Trainer:
    """The trainer of a run as its newest whole checkpoint has it, to predict and to evaluate records that are given.

    Its data is not read: what preprocessors learnt of it, and the form of its records, are in the checkpoint. It cannot
    train on; for that there is `from_recipe` and `restore`. Raises RunDirectoryError for a run without a recipe,
    CheckpointError for one that has no whole checkpoint or one that says nothing of the data.
    """
    place = checkpoint_in(directory)
    state = Checkpoint.read(place).state
    if not isinstance(state.get("data"), Mapping):
        raise CheckpointError(
            str(place),
            "it says nothing of the data that was trained on",
            "a checkpoint with what preprocessors learnt",
            "compose the trainer from its recipe, with its data, and restore the checkpoint",
        )
    recipe = Recipe.load(RunDirectory.recipe_in(Path(directory))).without("monitors")
    trainer = Trainer.from_recipe(recipe, environment=environment)
    dataset = _Remembered(state["data"], preprocess=trainer.setup.dataset.preprocess)
    trainer.setup = evolve(trainer.setup, dataset=dataset)
    trainer.transfer(place)
    return trainer


@frozen
class _Remembered(Dataset):
    """The form of records that were there once."""

    told: Mapping[str, Any]

    def load(self, environment: Any) -> Sections:  # noqa: ARG002
        raise not_there()

    def prepare(self, environment: Any, seed: int, dtype: DTypeLike | None = None) -> Data:  # noqa: ARG002
        """One record of each part, of the right form, which stands for all."""
        record = {name: np.ones((1, *form["shape"]), form["dtype"]) for name, form in self.told["sections"].items()}
        fitted = fitted_from(self.preprocess, self.told["preprocessing"])
        return Data(record, dict.fromkeys(self.told["validation"], record), fitted, is_stand_in=True)
