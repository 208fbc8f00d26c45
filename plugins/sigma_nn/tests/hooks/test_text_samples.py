"""What a language model writes while it learns; the run is the one without."""

import numpy as np
import pytest
from sigma_data import TextCorpus
from sigma_nn import TextSamples, sample_text, vocabulary_of

import sigma_core as sigma
from sigma_core.extend import HookFailedError, LogRecorded, Policy, RunStore, SettingError, ValuesPublished
from sigma_core.testing import message

TEXT = b"the cat sat on the mat. " * 12
UNTIMELY = (
    "TextSamples: this network predicts no text\n"
    "  expected: one section of inputs that a vocabulary numbers, and a prediction of which of its texts comes next\n"
    "  to do:    use it with a text, such as the dataset text_corpus"
)


def make(*hooks, classes=12, **settings):
    """A network that sees one letter, and has learnt what mostly comes next after some epochs."""
    corpus = TextCorpus(TEXT, length=4, split=[0.8, 0.2], shuffle=False)
    network = [
        {"use": "input", "shape": [4], "dtype": "integer"},
        {"use": "embedding", "vocabulary": 20, "size": 8},
        {"use": "dropout", "rate": 0.2},
        {"use": "dense", "size": classes},
        "softmax_cross_entropy",
    ]
    made = {"hooks": hooks, "batch_size": 4, "seed": 3, **settings}
    return sigma.Trainer(network, corpus, {"use": "adam", "learning_rate": 0.05}, "8 epochs", **made)


def heard(trainer, kinds=ValuesPublished, **arguments):
    """What a run publishes."""
    found = []
    listening = trainer.environment.bus.listen("test", found.extend, [kinds], policy=Policy.KEEP_ALL)
    trainer.run(**arguments)
    listening.close()
    return found


def refused(trainer):
    with pytest.raises(HookFailedError) as caught:
        trainer.run()
    return message(caught.value.__cause__)


def test_a_network_writes_what_it_has_learnt(tmp_path):
    """As it would with its own answers, at each of the moments, and in the store."""
    trainer = make(TextSamples("the", length=12, temperature=0.5, seed=4, when="4 epochs"))
    found = heard(trainer, directory=tmp_path / "run")
    assert [(event.source, event.epoch) for event in found] == [("text_samples", 4), ("text_samples", 8)]
    assert found[1].values["prompt"] == "the"
    expected = sample_text(trainer.predict, vocabulary_of(trainer.data), "the", 12, 0.5, 4, window=4)
    assert found[1].values["text"] == expected
    assert expected.startswith("the")
    assert len(expected) == 15
    with RunStore.open(tmp_path / "run") as store:
        assert store.last("values_published").payload["values"] == {"text": expected, "prompt": "the"}


def test_a_run_that_writes_ends_as_one_that_does_not():
    """To the last bit."""
    plain, writing = make(), make(TextSamples("cat", length=20, when="3 iterations"))
    assert plain.run().scores == writing.run().scores
    for name, array in plain.team.pull().items():
        assert array.tobytes() == writing.team.pull()[name].tobytes()


def test_a_network_that_has_diverged_writes_nothing():
    """The run goes on, and the log says why."""
    trainer = make(TextSamples("cat", when="8 epochs"))
    trainer.build()
    parameters = trainer.team.pull(["parameters"])["parameters"]
    parameters[:] = np.nan
    trainer.team.push({"parameters": parameters})
    told = heard(trainer, LogRecorded)
    assert [event.text for event in told if "text" in event.text] == ["no text was written"]


def test_a_prompt_without_a_text():
    """Refused before the first iteration."""
    assert refused(make(TextSamples(""))) == (
        "sample_text, prompt: ''\n  expected: a text to go on from\n  to do:    give at least one character"
    )


def test_networks_that_predict_no_text():
    """Without a vocabulary, or with other classes than it has."""
    assert refused(make(TextSamples("a"), classes=13)) == UNTIMELY
    numbers = np.ones((4, 3)), np.ones((4, 1))
    network = [{"use": "input", "shape": [3]}, {"use": "dense", "size": 1}, "squared_difference"]
    assert refused(sigma.Trainer(network, numbers, "adam", "1 epochs", hooks=[TextSamples("a")])) == UNTIMELY


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"length": 0}, "TextSamples.length: 0\n  expected: an integer of at least 1"),
        ({"temperature": -1}, "TextSamples.temperature: -1.0\n  expected: a finite number of at least 0"),
        ({"seed": -1}, "TextSamples.seed: -1\n  expected: an integer of at least 0"),
    ],
)
def test_settings(settings, told):
    """Numbers out of range."""
    with pytest.raises(SettingError) as caught:
        TextSamples("a", **settings)
    assert message(caught.value) == told
