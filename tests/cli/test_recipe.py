"""`sigma recipe show`: a recipe as it is understood."""

import json

from sigma_core.errors import listed
from sigma_core.registry import ComponentRegistry
from sigma_core.training import Recipe

SHOWN = {
    "seed": 1,
    "batch_size": 50,
    "stop": "2 epochs",
    "dataset": {"use": "iris", "split": [0.8, 0.2]},
    "optimiser": {"use": "adam", "learning_rate": 0.01},
    "network": [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, {"use": "softmax_cross_entropy"}],
}


def test_a_recipe_is_shown_as_one(sigma, recipe):
    """What is by default or usual is left out; reading it gives the same."""
    code, out, err = sigma("recipe", "show", recipe)

    assert (code, err) == (0, "")
    assert Recipe.parse(out).values == SHOWN
    recipe.write_text(out, "utf-8")
    assert sigma("recipe", "show", recipe) == (0, out, "")


def test_a_recipe_is_shown_as_json(sigma, recipe):
    """One value."""
    code, out, _ = sigma("recipe", "show", recipe, "--json")

    assert code == 0
    assert json.loads(out) == SHOWN


def test_settings_take_their_place_before(sigma, recipe):
    """As they would for training."""
    code, out, _ = sigma("recipe", "show", recipe, "--set", "network.1.size=5", "--set", "stop=3 epochs", "--json")

    assert code == 0
    shown = json.loads(out)
    assert (shown["network"][1]["size"], shown["stop"]) == (5, "3 epochs")


def test_faults_are_told(sigma, recipe):
    """With their lines; a setting of the command line stands on none."""
    recipe.write_text(recipe.read_text("utf-8").replace("dense", "dens"), "utf-8")

    assert sigma("recipe", "show", recipe, "--set", "optimiser.learning_rate=fast") == (
        2,
        "",
        (
            f"error: {recipe}: 2 faults\n"
            "--set optimiser.learning_rate=fast, optimiser.learning_rate: 'fast' is a str\n"
            "  expected: float\n"
            f"{recipe}, line 8, network[1].use: layers 'dens': there is no such layer\n"
            f"  expected: {listed(ComponentRegistry().names('layers'), 'dens')}\n"
        ),
    )


def test_a_setting_must_have_a_value(sigma, recipe):
    """A fault of the user's."""
    assert sigma("recipe", "show", recipe, "--set", "seed") == (
        2,
        "",
        (
            "error: --set seed: it has no place or no value\n"
            "  expected: PLACE=VALUE\n"
            "  to do:    write optimiser.learning_rate=0.01\n"
        ),
    )
