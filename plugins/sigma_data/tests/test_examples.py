"""The recipes of the built-in datasets learn what there is to learn, in seconds; what would be downloaded is made."""

from pathlib import Path

import numpy as np
import pytest
from sigma_data import TicTacToe
from sigma_data.datasets.tic_tac_toe import CELLS, FULL, has_won

import sigma_core as sigma

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "data"
ACCURACY, LOSS = "validation.accuracy", "training.loss"
# By recipe: a score, the least or the most that it has to be, and what makes the run short or its data small.
BOUNDS = {
    "and": (LOSS, 0.05, {}),
    "breast_cancer": (ACCURACY, 0.94, {}),
    "connect_4": (ACCURACY, 0.65, {"stop": "6 epochs"}),
    "digits": (ACCURACY, 0.9, {"stop": "3 epochs"}),
    "heart_disease": (ACCURACY, 0.85, {}),
    "iris": (ACCURACY, 0.9, {}),
    "mnist": (ACCURACY, 0.8, {"stop": "60 iterations", "dataset.download": "false"}),
    "text_corpus": (LOSS, 3.2, {"stop": "40 iterations", "batch_size": "8", "backend": "numpy"}),
    "tic_tac_toe": (ACCURACY, 0.95, {}),
    "wine": (ACCURACY, 0.93, {}),
    "xor": (LOSS, 0.001, {}),
}
MADE = {"connect_4": 2_000, "heart_disease": 303}
NEEDED = {"mnist": "mnist", "text_corpus": "text"}


def test_each_dataset_has_a_recipe():
    """Of its name, but for those that have no records of their own."""
    readme = (ROOT / "plugins" / "sigma_data" / "README.md").read_text("utf-8")
    names = {line.split("`")[1] for line in readme.splitlines() if line.startswith("| datasets |")}
    assert names - {"extracted", "growing"} == set(BOUNDS)
    assert [name for name in BOUNDS if not (ROOT / "examples" / f"{name}.toml").is_file()] == []


@pytest.mark.parametrize("name", BOUNDS)
def test_a_recipe_learns(name, environment, published, monkeypatch):
    """To a score that nobody gets by guessing."""
    if name in NEEDED and not (SHARED / NEEDED[name]).is_dir():
        pytest.skip(f"no ../shared/data/{NEEDED[name]} here")
    if name in MADE:
        published(environment.paths.cache / name, name, MADE[name])
    monkeypatch.chdir(ROOT)
    score, bound, settings = BOUNDS[name]
    recipe = sigma.Recipe.load(ROOT / "examples" / f"{name}.toml")
    recipe = recipe.having(f"{key}={value}" for key, value in settings.items())
    scores = sigma.Trainer.from_recipe(recipe, environment=environment).run(directory=None).scores
    assert (scores[score] >= bound) if score == ACCURACY else (scores[score] <= bound), scores


def test_the_network_that_plays_tic_tac_toe_never_loses(environment):
    """Whoever begins, and whatever its opponent does."""
    trainer = sigma.Trainer.from_recipe(ROOT / "examples" / "tic_tac_toe-moves.toml", environment=environment)
    assert trainer.run().scores[LOSS] < 0.005
    boards = TicTacToe("move").load(environment)["inputs"]
    own, other, _ = boards.reshape(-1, 9, 3).transpose(2, 0, 1) @ np.array(CELLS)
    free = boards.reshape(-1, 9, 3)[:, :, 2]
    choices = np.where(free, trainer.predict(boards), -1).argmax(axis=1)
    answer = {(int(mine), int(its)): CELLS[cell] for mine, its, cell in zip(own, other, choices, strict=True)}
    assert len(answer) == 4520
    # It begins, or its opponent does, anywhere.
    waiting = [(0, 0), *((0, cell) for cell in CELLS)]
    games = 0
    while waiting:
        mine, its = waiting.pop()
        mine |= answer[mine, its]
        replies = [its | cell for cell in CELLS if not (mine | its) & cell and not has_won(mine)]
        assert not any(has_won(reply) for reply in replies)
        waiting += [(mine, reply) for reply in replies if mine | reply != FULL]
        games += not replies or mine | replies[0] == FULL
    assert games > 100
