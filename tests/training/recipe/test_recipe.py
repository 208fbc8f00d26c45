"""Recipes as values: read, changed, written."""

import pytest

import sigma_core as sigma
from sigma_core.errors import RecipeError, SettingError
from sigma_core.training import Recipe

TEXT = """seed = 3
stop = "2 epochs"
optimiser = "adam"
[dataset]
use = "digits"
split = [0.8, 0.2]
[[network]]
use = "input"
shape = [64]
[[network]]
use = "dense"
size = 8
"""


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def test_a_recipe_is_read_from_a_file(tmp_path):
    """Its source is the path, its base the folder."""
    path = tmp_path / "digits.toml"
    path.write_text(TEXT, "utf-8")

    recipe = Recipe.load(path)

    assert recipe == Recipe.parse(TEXT) == Recipe.load(str(path))
    assert recipe.source == str(path)
    assert recipe.values["network"][1] == {"use": "dense", "size": 8}


def test_a_file_that_is_not_there_is_told_with_the_nearest(tmp_path):
    """In the folder in which it was looked for."""
    (tmp_path / "digits.toml").write_text("")
    wrong, elsewhere = tmp_path / "digit.toml", tmp_path / "nowhere" / "digits.toml"

    assert refused(RecipeError, lambda: Recipe.load(wrong)) == (
        f"{wrong}: there is no such file\n"
        f"  expected: a recipe (nearest: {tmp_path / 'digits.toml'})\n"
        "  to do:    give the path of a recipe"
    )
    assert refused(RecipeError, lambda: Recipe.load(elsewhere)) == (
        f"{elsewhere}: there is no such file\n  expected: a recipe\n  to do:    give the path of a recipe"
    )


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    """A folder, or bytes that are no text."""
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")

    assert refused(RecipeError, lambda: Recipe.load(binary)) == (
        f"{binary}: cannot be read: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte\n"
        "  expected: a TOML file in UTF-8\n"
        "  to do:    give the path of a recipe"
    )
    message = refused(RecipeError, lambda: Recipe.load(tmp_path))
    assert message.startswith(f"{tmp_path}: cannot be read: [Errno ")


def test_a_text_that_is_no_toml_is_refused():
    """With the line that the reader names."""
    assert refused(RecipeError, lambda: Recipe.parse("seed = 3\nstop = 20 epochs\n", source="mine.toml")) == (
        "mine.toml: is no TOML: Expected newline or end of document after a statement (at line 2, column 11)\n"
        "  expected: a TOML document\n"
        "  to do:    put right the line that is named"
    )


def test_what_is_written_reads_as_the_same():
    """A recipe is its values, wherever they came from."""
    recipe = Recipe.parse(TEXT, source="one")

    assert Recipe.parse(recipe.to_toml(), source="two") == recipe
    assert recipe != recipe.without("seed")


def test_a_recipe_keeps_values_of_its_own():
    """Changing what it was made of, or one made from it, changes nothing."""
    values = {"dataset": {"use": "digits"}}
    recipe = Recipe(values)
    values["dataset"]["use"] = "iris"
    other = recipe.having(["dataset.split=[0.5, 0.5]"])

    assert recipe.values == {"dataset": {"use": "digits"}}
    assert other.values == {"dataset": {"use": "digits", "split": [0.5, 0.5]}}


@pytest.mark.parametrize(
    ("setting", "place", "value"),
    [
        ("seed=4", ["seed"], 4),
        ("stop = 3 epochs", ["stop"], "3 epochs"),
        ('stop="3 epochs"', ["stop"], "3 epochs"),
        ("network.1.size=16", ["network", 1, "size"], 16),
        ("network.1.activation=relu", ["network", 1, "activation"], "relu"),
        ("optimiser.learning_rate=1e-2", ["optimiser"], {"use": "adam", "learning_rate": 0.01}),
        ("dataset.split=[100, 20]", ["dataset", "split"], [100, 20]),
        ('optimiser={ use = "momentum" }', ["optimiser"], {"use": "momentum"}),
        ("name=a=b", ["name"], "a=b"),
        ("initialisers={}", ["initialisers"], {}),
        ("initialisers.**=he", ["initialisers"], {"**": "he"}),
        ('initialisers."**.weights"="he"', ["initialisers", "**.weights"], "he"),
        ("dataset.preprocess.inputs=normalise", ["dataset", "preprocess"], {"inputs": "normalise"}),
    ],
)
def test_a_setting_takes_the_place_of_the_recipes_own(setting, place, value):
    """Values are TOML, and what is none is text; a component that was a name becomes a table."""
    found = Recipe.parse(TEXT).having([setting]).values
    for key in place:
        found = found[key]

    assert found == value


@pytest.mark.parametrize("setting", ["seed", "=4", " = 4", ""])
def test_a_setting_without_place_or_value_is_refused(setting):
    """With the form that it should have."""
    assert refused(SettingError, lambda: Recipe.parse(TEXT).having([setting])) == (
        f"--set {setting}: it has no place or no value\n"
        "  expected: PLACE=VALUE\n"
        "  to do:    write optimiser.learning_rate=0.01"
    )


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            "seed.deep=1",
            (
                "seed is 3, which has no settings\n"
                "  expected: the place of a table or list\n"
                "  to do:    leave out what comes after it"
            ),
        ),
        (
            "seed.deep.deeper=1",
            (
                "seed is 3, which has no settings\n"
                "  expected: the place of a table or list\n"
                "  to do:    leave out what comes after it"
            ),
        ),
        (
            "network.2.size=1",
            ("2 is no element of a list of 2\n  expected: a number from 0 to 1\n  to do:    count the elements from 0"),
        ),
        (
            "network.dense.size=1",
            (
                "'dense' is no element of a list of 2\n"
                "  expected: a number from 0 to 1\n"
                "  to do:    count the elements from 0"
            ),
        ),
        (
            "dataset.split.5=1",
            ("5 is no element of a list of 2\n  expected: a number from 0 to 1\n  to do:    count the elements from 0"),
        ),
    ],
)
def test_a_setting_that_cannot_be_reached_is_refused(setting, message):
    """The place is named, and where it ends."""
    assert refused(SettingError, lambda: Recipe.parse(TEXT).having([setting])) == f"--set {setting}: {message}"


def test_what_was_set_stands_on_no_line():
    """All else does, and what is missing stands where it should be."""
    recipe = Recipe.parse(TEXT, source="digits.toml").having(["network.1.size=16"])

    assert recipe.place(("seed",)) == "digits.toml, line 1, seed"
    assert recipe.place(("network", 0, "shape", 0)) == "digits.toml, line 9, network[0].shape[0]"
    assert recipe.place(("network", 1, "activation")) == "digits.toml, line 10, network[1].activation"
    assert recipe.place(("dataset", "preprocess", "inputs")) == "digits.toml, line 4, dataset.preprocess.inputs"
    assert recipe.place(("backend",)) == "digits.toml, backend"
    assert recipe.having(["seed=1"]).place(("seed",)) == "--set seed=1, seed"
    assert recipe.place(()) == "digits.toml"


def test_the_door_offers_it():
    """For people who compose trainers."""
    assert sigma.Recipe is Recipe


def test_a_mark_of_the_encoding_is_no_part_of_a_recipe(tmp_path):
    """Some editors on Windows begin a file with one."""
    path = tmp_path / "mine.toml"
    path.write_text(TEXT, "utf-8-sig")
    assert Recipe.load(path) == Recipe.parse(TEXT)


FLATTER = ": it is nested too deeply\n  expected: some dozens of levels at most\n  to do:    write it flatter"


def test_what_is_nested_by_the_thousands_is_refused():
    """In a file, and on the command line; in values, in keys and in headers."""
    assert refused(RecipeError, lambda: Recipe.parse("seed = " + 5000 * "[" + 5000 * "]")) == "recipe" + FLATTER
    assert refused(RecipeError, lambda: Recipe.parse(f"[{'a.' * 5000}b]\nc = 1")) == "recipe" + FLATTER
    assert refused(RecipeError, lambda: Recipe({}).having(["seed=" + 5000 * "[" + 5000 * "]"])) == (
        f"--set ...={20 * '['}..." + FLATTER
    )


def test_numbers_of_thousands_of_digits_are_refused():
    """Python reads none of them."""
    assert refused(RecipeError, lambda: Recipe.parse("seed = " + 5000 * "9")).splitlines()[1:] == [
        "  expected: numbers of some digits",
        "  to do:    write smaller numbers",
    ]
