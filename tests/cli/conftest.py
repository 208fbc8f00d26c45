"""The `sigma` command, run in this process."""

import pytest

RECIPE = """seed = 1
stop = "2 epochs"
batch_size = 50
dataset = { use = "iris", split = [0.8, 0.2] }
optimiser = { use = "adam", learning_rate = 0.01 }
network = [
  { use = "input", shape = [4] },
  { use = "dense", size = 3 },
  { use = "softmax_cross_entropy" },
]
"""


@pytest.fixture
def recipe(tmp_path):
    """A recipe that trains in a moment."""
    path = tmp_path / "flowers.toml"
    path.write_text(RECIPE, "utf-8")
    return path


@pytest.fixture
def sigma(capsys, monkeypatch, tmp_path):
    """Runs the command in a folder of its own; returns its exit code and what it wrote to both streams."""
    from sigma_core.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return caught.value.code, written.out, written.err

    return run
