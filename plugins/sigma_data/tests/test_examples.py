"""The recipes of the built-in datasets learn what there is to learn, in seconds; what would be downloaded is made."""

from pathlib import Path

import pytest

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
    "tic_tac_toe-moves": (LOSS, 0.9, {"stop": "4 epochs"}),
    "wine": (ACCURACY, 0.93, {}),
    "xor": (LOSS, 0.001, {}),
}
MADE = {"connect_4": 2_000, "heart_disease": 303}
NEEDED = {"mnist": "mnist", "text_corpus": "text"}


def test_each_dataset_has_a_recipe():
    """Of its name."""
    readme = (ROOT / "plugins" / "sigma_data" / "README.md").read_text("utf-8")
    names = {line.split("`")[1] for line in readme.splitlines() if line.startswith("| datasets |")}
    assert names - {"extracted"} == {name.partition("-")[0] for name in BOUNDS}
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
