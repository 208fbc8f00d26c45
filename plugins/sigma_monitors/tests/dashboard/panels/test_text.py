"""Texts of language models."""

from itertools import pairwise

import pytest
from sigma_monitors.dashboard.panels.text import window_of, written

from sigma_core.extend import SettingError

RECIPE = """
seed = 1
stop = "20 epochs"
optimiser = { use = "adam", learning_rate = 0.02 }
network = [
  { use = "input", shape = [8], dtype = "integer" },
  { use = "embedding", vocabulary = 12, size = 8 },
  { use = "gru", size = 32 },
  { use = "dense", size = 12 },
  { use = "softmax_cross_entropy" },
]
dataset = { use = "text_corpus", source = "PATH", length = 8, stride = 1, split = [0.8, 0.2] }
"""


@pytest.fixture(scope="session")
def wrote(compose, tmp_path_factory):
    """The directory of a run whose network knows a sentence."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "cat.txt").write_text("the cat sat on the mat. " * 20, "utf-8")
    compose(RECIPE.replace("PATH", (folder / "cat.txt").as_posix())).run(directory=folder / "run")
    return folder / "run"


def test_a_text_is_written_on_piece_by_piece(networks, wrote, recorded):
    """Each time the whole of it; a low temperature says what has been learnt."""
    run = recorded(wrote)
    assert window_of(run.described) == 8
    texts = list(written(networks, run, "the cat", 17, 0.0, 1))
    assert [len(text) for text in texts] == [15, 23, 24]
    assert all(later.startswith(text) for text, later in pairwise(texts))
    assert texts[-1] == "the cat sat on the mat. "
    assert list(written(networks, run, "the cat", 0, 0.0, 1)) == []
    assert list(written(networks, run, "the", 30, 2.0, 1)) == list(written(networks, run, "the", 30, 2.0, 1))
    assert list(written(networks, run, "the", 30, 2.0, 1)) != list(written(networks, run, "the", 30, 2.0, 2))


def test_a_text_has_a_beginning(networks, wrote, recorded):
    """Of nothing, nothing is written on."""
    with pytest.raises(SettingError) as caught:
        list(written(networks, recorded(wrote), "", 8, 1.0, 1))
    assert str(caught.value) == (
        "sample_text, prompt: ''\n  expected: a text to go on from\n  to do:    give at least one character"
    )


def test_other_networks_write_nothing(digits, recorded):
    """They have no window."""
    assert window_of(recorded(digits).described) is None
    assert window_of({}) is None
