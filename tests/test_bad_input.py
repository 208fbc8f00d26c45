"""What a newcomer can get wrong, and what can go wrong: one message each, an exit code, no traceback.

User's faults end with 2, failures with 1. Every message is matched as a whole, as the command line shows it.
"""

import errno
import json
import os
import struct
from pathlib import Path

import pytest

from sigma_core.cli import main
from sigma_core.errors import listed
from sigma_core.registry import ComponentRegistry
from sigma_core.training import recipe as recipes

RECIPE = """stop = "1 epochs"
dataset = {dataset}
optimiser = {{ use = "gradient_descent", learning_rate = 0.1 }}
network = [
  {{ use = "input", shape = [{inputs}] }},
  {{ use = "dense", size = {units} }},
  {{ use = "softmax_cross_entropy" }},
]
"""
DATASETS = listed(ComponentRegistry().names("datasets"))
KEYS = listed(recipes.KEYS)
ELSEWHERE = "  to do:    choose another with --directory, or remove this one\n"


@pytest.fixture
def sigma(capsys, monkeypatch, tmp_path):
    """Runs a command in a folder of its own: exit code and what it writes to both streams."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        return caught.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def train(sigma):
    """Trains a recipe, given as text, that ends in a fault: exit code and what is said of it."""

    def run(text, *arguments):
        Path("mine.toml").write_text(text, "utf-8")
        code, out, err = sigma("train", "mine.toml", "--json", *arguments)
        assert out == ""
        return code, err

    return run


def recipe(dataset='"iris"', inputs=4, units=3, **more):
    text = RECIPE.format(dataset=dataset, inputs=inputs, units=units)
    return "".join(f"{key} = {value}\n" for key, value in more.items()) + text


def fails(outcome, code, message):
    assert outcome == (code, f"error: {message}")


# The recipe


def test_keys_that_are_missing_or_misspelt(train):
    """All of them at once, misspelt ones with their line and what to write."""
    outcome = train('stopp = "1 epochs"\ndataset = "iris"\n[[network]]\nuse = "dense"\nsise = 4\n')

    fails(
        outcome,
        2,
        "mine.toml: 5 faults\n"
        "mine.toml, line 1, stopp: there is no key 'stopp'\n"
        f"  expected: {KEYS}\n"
        "  to do:    write stop\n"
        "mine.toml, line 3, network[0]: the setting 'size' is missing\n"
        "  expected: int\n"
        "mine.toml, line 5, network[0].sise: there is no setting 'sise'\n"
        "  expected: activation, bias, biases_initialiser, name, size, weights_initialiser (nearest: size)\n"
        "mine.toml, stop: it is missing\n"
        "  expected: a value for stop\n"
        '  to do:    add, for example, stop = "20 epochs"\n'
        "mine.toml, optimiser: it is missing\n"
        "  expected: a value for optimiser\n"
        '  to do:    add, for example, optimiser = { use = "adam", learning_rate = 1e-3 }\n',
    )


def test_wrong_types(train):
    """Wherever they stand."""
    outcome = train(recipe(units='"three"', batch_size="16.5", name="true"))

    fails(
        outcome,
        2,
        "mine.toml: 3 faults\n"
        "mine.toml, line 1, batch_size: 16.5\n"
        "  expected: a whole number from 1\n"
        "  to do:    give such a number\n"
        "mine.toml, line 2, name: True\n"
        "  expected: a text\n"
        "  to do:    write it in quotes\n"
        "mine.toml, line 8, network[1].size: 'three' is a str\n"
        "  expected: int\n",
    )


def test_an_unknown_component(train):
    """With those that there are, and the nearest."""
    outcome = train(recipe('"iriss"').replace('"dense"', '"densse"'))

    fails(
        outcome,
        2,
        "mine.toml: 2 faults\n"
        "mine.toml, line 2, dataset: datasets 'iriss': there is no such dataset\n"
        f"  expected: {DATASETS} (nearest: iris)\n"
        "mine.toml, line 6, network[1].use: layers 'densse': there is no such layer\n"
        f"  expected: {listed(ComponentRegistry().names('layers'), 'densse')}\n",
    )


def test_a_recipe_that_is_no_toml(train):
    """With the line."""
    outcome = train("seed = 1\nstop = 20 epochs\n")

    fails(
        outcome,
        2,
        "mine.toml: is no TOML: Expected newline or end of document after a statement (at line 2, column 11)\n"
        "  expected: a TOML document\n"
        "  to do:    put right the line that is named\n",
    )


def test_a_score_that_no_run_has(train):
    """A run that waited for it would never end."""
    outcome = train(recipe().replace("1 epochs", "validation.loss < 1"))

    fails(
        outcome,
        2,
        "criterion 'validation.loss < 1': there is no score 'validation.loss'\n"
        "  expected: training.loss\n"
        "  to do:    split the data, so that there is something to validate with\n",
    )


# Plugins


@pytest.fixture
def broken(install):
    """A distribution with a layer whose module raises."""
    install(
        "sigma-bad", {"sigma.layers": {"odd": "sigma_bad:Odd"}}, modules={"sigma_bad.py": "raise ValueError('ouch')"}
    )


ODD = '"dense", size = 3', '"odd"'


def test_a_plugin_that_raises_on_import(broken, train):
    """A failure, and not the user's: named with its distribution, and with what it raised."""
    fails(
        train(recipe().replace(*ODD)),
        1,
        "mine.toml: 1 fault\n"
        "mine.toml, line 6, network[1].use: layers 'odd' (sigma-bad 1.0): its import raised ValueError: ouch\n",
    )


def test_a_plugin_that_raises_beside_a_users_fault(broken, train):
    """What the user can put right comes first, so the exit code is that of a user's fault."""
    code, message = train(recipe(seed="-1").replace(*ODD))

    assert (code, message.splitlines()[0]) == (2, "error: mine.toml: 2 faults")


def test_a_plugin_that_raises_and_is_not_used(broken, sigma):
    """Nobody notices."""
    Path("mine.toml").write_text(recipe(), "utf-8")

    code, out, err = sigma("train", "mine.toml", "--json", "--no-directory")

    assert (code, err) == (0, "")
    assert json.loads(out)["epochs"] == 1


def test_hooks_that_raise_on_import(install, sigma):
    """The run goes on without them; the list of plugins says why."""
    install("sigma-bad", {"sigma.plugins": {"bad": "sigma_bad"}}, modules={"sigma_bad.py": "raise ValueError('ouch')"})
    Path("mine.toml").write_text(recipe(), "utf-8")

    assert sigma("train", "mine.toml", "--json", "--no-directory")[0] == 0
    code, out, err = sigma("plugins")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "sigma-bad is failed: its import raised ValueError: ouch"


def test_two_plugins_with_one_name(install, train):
    """Both are named; neither is taken."""
    for name in ("sigma-one", "sigma-two"):
        module = name.replace("-", "_")
        install(name, {"sigma.layers": {"odd": f"{module}:Odd"}}, modules={f"{module}.py": "Odd = object"})

    fails(
        train(recipe().replace(*ODD)),
        2,
        "mine.toml: 1 fault\n"
        "mine.toml, line 6, network[1].use: layers 'odd': "
        "it is offered more than once, by sigma-one 1.0 and sigma-two 1.0\n"
        "  expected: one component for each name\n"
        "  to do:    uninstall one of the distributions, or block one by its name\n",
    )


# Data


def csv(more=""):
    source = 'use = "csv", source = "flowers.csv", sections = { inputs = "0-1", targets = "2" }'
    return f'{{ use = "extracted", extractor = {{ {source}{more} }} }}'


def test_a_dataset_file_that_is_missing(train):
    """With where it was looked for."""
    fails(
        train(recipe(csv(), inputs=2)),
        2,
        "file 'flowers.csv': there is no such file in folder '.'\n  expected: the path of a file that exists\n",
    )


def idx(name, shape, size):
    Path("digits").mkdir(exist_ok=True)
    header = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
    Path("digits", name).write_bytes(header + bytes(size))


MNIST = '{ use = "mnist", path = "digits" }'
IMAGES = Path("digits", "train-images-idx3-ubyte")


def test_a_dataset_file_that_is_truncated(train):
    """With how much there is and how much there should be."""
    idx("train-images-idx3-ubyte", (2, 28, 28), 1000)
    idx("train-labels-idx1-ubyte", (2,), 2)

    fails(
        train(recipe(MNIST, inputs=784)),
        2,
        f"file {str(IMAGES)!r}: it holds 1000 bytes of numbers\n"
        "  expected: 1568 bytes, for the shape (2, 28, 28) of uint8 that its header states\n"
        "  to do:    copy or download it again\n",
    )


def test_a_dataset_file_of_the_wrong_shape(train):
    """With both shapes."""
    idx("train-images-idx3-ubyte", (2, 14, 14), 392)
    idx("train-labels-idx1-ubyte", (2,), 2)

    fails(
        train(recipe(MNIST, inputs=784)),
        2,
        f"file {str(IMAGES)!r}: it holds uint8 of shape (2, 14, 14)\n  expected: uint8 of shape (records, 28, 28)\n",
    )


@pytest.mark.parametrize(
    ("text", "more", "message"),
    [
        (
            "1,2,0\n3,4\n",
            "",
            (
                "file 'flowers.csv', line 2: it has 2 columns\n"
                "  expected: 3 columns, as in line 1\n"
                "  to do:    mend the line, or set the delimiter\n"
            ),
        ),
        (
            "1,2,0\n3,,1\n5,6,2\n",
            "",
            (
                "file 'flowers.csv', line 2: the value of column 1 is missing\n"
                "  expected: a value in each cell\n"
                '  to do:    leave such rows out with missing = "drop", or give a number to put there\n'
            ),
        ),
        (
            "1,2,0\n3,nan,1\n5,6,2\n",
            ", missing_marks = []",
            (
                "dataset Extracted: section 'inputs' is not finite in 1 of 3 records; "
                "the first is record 1, column 1: nan\n"
                "  expected: finite numbers\n"
                "  to do:    leave those records out or fill the values in before training\n"
            ),
        ),
    ],
)
def test_values_that_are_missing_or_no_numbers(train, text, more, message):
    """With the line or the record of the first."""
    Path("flowers.csv").write_text(text, "utf-8")

    fails(train(recipe(csv(more), inputs=2)), 2, message)


def test_classes_that_the_network_has_no_unit_for(train):
    """Before the first step."""
    fails(
        train(recipe(units=2)),
        2,
        "training data, section 'targets', for network.layers.softmax_cross_entropy_1: there is a class 2\n"
        "  expected: classes from 0 to 1, one for each unit of the last layer\n"
        "  to do:    number the classes from 0, and give the last layer a unit for each\n",
    )


# The network


def test_shapes_that_do_not_fit_the_data(train):
    """With the layer and both shapes."""
    fails(
        train(recipe(inputs=5)),
        2,
        "network.layers.input_1: section 'inputs' holds records of shape (4,)\n"
        "  expected: records of shape (5,)\n"
        "  to do:    give the input the shape (4,)\n",
    )


def test_shapes_that_do_not_fit_each_other(train):
    """With the layer and what comes into it."""
    fails(
        train(recipe().replace("softmax_cross_entropy", "squared_difference")),
        2,
        "network.layers.squared_difference_1: with inputs of shape (batch, 3), (batch,): "
        "predictions have records of shape (3,), targets of shape ()\n"
        "  expected: the same shape of both\n"
        "  to do:    give the last layer as many units as a target has numbers\n",
    )


# The disk


def test_a_run_directory_that_exists(train):
    """What is in it is left alone."""
    Path("old").mkdir()
    Path("old", "thesis.txt").write_text("mine", "utf-8")

    fails(
        train(recipe(), "--directory", "old"),
        2,
        "run directory 'old': it exists and is not empty\n  expected: a new or empty folder\n" + ELSEWHERE,
    )
    assert [path.name for path in Path("old").iterdir()] == ["thesis.txt"]


def test_a_run_directory_that_is_a_file(train):
    """It is left alone, too."""
    Path("old").write_text("mine", "utf-8")

    fails(
        train(recipe(), "--directory", "old"),
        2,
        "run directory 'old': a file has this name\n  expected: a new or empty folder\n" + ELSEWHERE,
    )


def test_a_run_directory_below_a_file(train):
    """The system refuses, each in its own words: a failure."""
    Path("old").write_text("mine", "utf-8")

    code, message = train(recipe(), "--directory", "old/run")

    first, *rest = message.splitlines(keepends=True)
    assert code == 1
    assert first.startswith(f"error: run directory {os.path.join('old', 'run')!r}: cannot be made: [")  # noqa: PTH118
    assert rest == ["  expected: a folder that can be written\n", "  to do:    choose another with --directory\n"]


@pytest.fixture
def read_only(monkeypatch):
    """Makes the disk read only as one of the calls that write finds it, for all files or those of a name."""

    def refuse(owner, call, name=None):
        allowed = getattr(owner, call)

        def refused(path, *arguments, **named):
            if name is not None and path.name != name:
                return allowed(path, *arguments, **named)
            raise OSError(errno.EROFS, "Read-only file system")

        monkeypatch.setattr(owner, call, refused)

    return refuse


ROOM = "  expected: a folder that can be written, with room left\n"
RUN = Path("run")


@pytest.mark.parametrize(
    ("owner", "call", "name", "message"),
    [
        (
            Path,
            "mkdir",
            "run",
            (
                "run directory 'run': cannot be made: [Errno 30] Read-only file system\n"
                "  expected: a folder that can be written\n"
                "  to do:    choose another with --directory\n"
            ),
        ),
        *(
            (
                Path,
                "write_text",
                f".{name}.partial",
                (
                    f"{RUN / name}: cannot be written: [Errno 30] Read-only file system\n{ROOM}"
                    "  to do:    free some space or choose another with --directory\n"
                ),
            )
            for name in ("plugins.json", "recipe.toml")
        ),
        (
            Path,
            "open",
            "run.db",
            (
                f"run store {str(RUN / 'run.db')!r}: cannot be written: [Errno 30] Read-only file system\n"
                "  expected: a directory that can be written, with room left\n"
                "  to do:    free some space or choose another directory for runs; "
                "the training itself is not affected\n"
            ),
        ),
        (
            Path,
            "open",
            "state.safetensors",
            (
                f"{RUN / 'checkpoints' / 'last'}: cannot be written: [Errno 30] Read-only file system\n{ROOM}"
                "  to do:    free some space or choose another folder\n"
            ),
        ),
    ],
    ids=["its folder", "plugins.json", "recipe.toml", "run.db", "the last checkpoint"],
)
def test_a_read_only_disk(train, read_only, owner, call, name, message):
    """Whatever it is that cannot be written; the superuser writes anywhere, so the refusal is made up."""
    Path("mine.toml").touch()
    read_only(owner, call, name)

    fails(train(recipe(), "--directory", "run"), 1, message)


# Checkpoints


def test_a_checkpoint_that_is_damaged(train):
    """It is not gone on from."""
    Path("last").mkdir()
    Path("last", "manifest.json").write_text("{", "utf-8")
    Path("last", "state.safetensors").touch()

    fails(
        train(recipe(), "--restore", "last"),
        2,
        "last: manifest.json is no JSON: "
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)\n"
        "  expected: a whole checkpoint\n"
        "  to do:    use another checkpoint of the run\n",
    )
