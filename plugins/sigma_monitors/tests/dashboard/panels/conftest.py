"""Runs that networks were trained in, once for all tests, and strokes as somebody draws them."""

import numpy as np
import pytest

from sigma_core import Recipe, Trainer

DIGITS = """
name = "digits"
seed = 1
stop = "12 epochs"
dataset = { use = "digits", split = [0.8, 0.2] }
optimiser = { use = "adam", learning_rate = 2e-3 }
network = [
  { use = "input", shape = [64] },
  { use = "dense", size = 128, activation = "relu" },
  { use = "dense", size = 10 },
  { use = "softmax_cross_entropy" },
]
"""


@pytest.fixture(scope="session")
def compose(environment):
    """A trainer of a recipe, with some of its settings changed."""

    def make(text, *settings):
        return Trainer.from_recipe(Recipe.parse(text).having(settings), environment=environment)

    return make


@pytest.fixture(scope="session")
def digits_recipe():
    return DIGITS


@pytest.fixture(scope="session")
def digits(compose, tmp_path_factory):
    """The directory of a run that has ended."""
    directory = tmp_path_factory.mktemp("runs") / "digits"
    compose(DIGITS).run(directory=directory)
    return directory


def arc(x, y, width, height, start, end):
    angles = np.radians(np.linspace(start, end, 30))
    return np.stack([x + width * np.cos(angles), y + height * np.sin(angles)], 1).tolist()


@pytest.fixture
def written():
    """Each digit as somebody may write it: strokes in the unit square, from its upper left corner."""
    return {
        0: [arc(0.5, 0.5, 0.26, 0.4, -90, 270)],
        1: [[[0.36, 0.28], [0.54, 0.1], [0.54, 0.9]]],
        2: [[*arc(0.5, 0.32, 0.23, 0.22, -170, 40), [0.28, 0.9], [0.76, 0.9]]],
        3: [arc(0.48, 0.3, 0.22, 0.2, -150, 85) + arc(0.48, 0.7, 0.25, 0.21, -85, 150)],
        4: [[[0.6, 0.1], [0.25, 0.6], [0.8, 0.6]], [[0.62, 0.35], [0.62, 0.92]]],
        5: [[[0.72, 0.1], [0.34, 0.1], [0.31, 0.46], *arc(0.48, 0.66, 0.25, 0.24, -130, 150)]],
        6: [arc(0.75, 0.55, 0.47, 0.45, -110, -180) + arc(0.5, 0.68, 0.22, 0.22, 180, -180)],
        7: [[[0.25, 0.1], [0.75, 0.1], [0.42, 0.92]]],
        8: [arc(0.5, 0.3, 0.19, 0.2, 90, 450) + arc(0.5, 0.7, 0.23, 0.2, -90, 270)],
        9: [[*arc(0.5, 0.33, 0.22, 0.22, 0, 360), [0.72, 0.33], [0.68, 0.65], [0.6, 0.92]]],
    }
