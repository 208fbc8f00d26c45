"""The log of a run, a line each."""

import json
import threading
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_monitors.dashboard._language import language
from sigma_monitors.dashboard._recording import ENTRIES, Recording
from sigma_monitors.dashboard.panels._entries import _SAID, CATEGORIES, called, row

import sigma_core as sigma
from sigma_core.errors import HookFailedError
from sigma_core.extend import RunStore, SetValue, StoredEvent

SAY = language("en")
RECIPE = {
    "seed": 1,
    "stop": "2 epochs",
    "dataset": {"use": "iris", "split": [0.8, 0.2]},
    "optimiser": "adam",
    "network": [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, {"use": "softmax_cross_entropy"}],
}


class Talks:
    """Says something, steers, and breaks."""

    @sigma.hookimpl
    def sigma_epoch_ended(self, trainer, event):
        trainer.environment.log.warning("high <b>loss</b>", loss=1.5)
        trainer.send(SetValue(identifier="optimiser.learning_rate", value=0.5))
        if event.epoch == 2:
            raise ValueError("broken\nfor ever")


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A run that said something, was steered, and failed."""
    directory = tmp_path_factory.mktemp("runs") / "talks"
    with pytest.raises(HookFailedError):
        sigma.Trainer.from_recipe({**RECIPE, "hooks": [Talks()]}).run(directory=directory)
    return directory


@pytest.fixture
def recording(directory):
    """What pages know of it."""
    found = Recording(directory)
    found.refresh()
    yield found
    found.close()


def event(kind, **payload):
    """As a store has it."""
    return StoredEvent(id=7, time=1.5, kind=kind, schema=1, epoch=1, iteration=3, payload=payload)


def paused(number):
    """One of many."""
    return StoredEvent(id=number, time=0.0, kind="run_paused", schema=1, epoch=1, iteration=1, payload={})


def test_what_happened_is_told_in_order(recording):
    lines = [row(event, SAY) for event in recording.entries()]
    assert [line[0] for line in lines] == sorted(line[0] for line in lines)
    told = [(line[2], line[3], line[6]) for line in lines if line[2] != "debug"]
    assert told[:3] == [
        ("run", "info", "The run started"),
        ("warning", "warning", "high <b>loss</b> loss=1.5"),
        ("command", "info", "set_value optimiser.learning_rate = 0.5"),
    ]
    category, grade, text = next(each for each in told if each[2].startswith("The run failed"))
    assert (category, grade) == ("failure", "failure")
    assert text == "The run failed: hook 'sigma_epoch_ended' of plugin 'talks', iteration 8: raised ValueError: broken"
    assert {line[2] for line in lines} <= set(CATEGORIES)
    assert json.dumps(lines)


def test_only_what_is_new_is_taken(recording):
    every = recording.entries()
    assert recording.entries(after=every[2].id) == every[3:]
    assert recording.entries(after=every[-1].id) == []


def test_entries_may_be_taken_while_more_are_read(tmp_path):
    """Pages and the reading of the store are in different threads."""
    recording = Recording(tmp_path)
    for number in range(ENTRIES):
        recording.log.append(paused(number + 1))
    done = threading.Event()
    failed = []

    def take():
        try:
            while not done.is_set():
                assert len(recording.entries(after=10)) > 0
        except RuntimeError as error:
            failed.append(error)

    thread = threading.Thread(target=take)
    thread.start()
    for number in range(300):
        # As what is read is put in place of what was known.
        recording.log = deque([*recording.log, paused(ENTRIES + number + 1)], maxlen=ENTRIES)
    done.set()
    thread.join()
    assert failed == []


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ({"command": "pause"}, "pause"),
        ({"command": "set_value", "identifier": "optimiser.learning_rate", "value": 0.1}, None),
        ({"command": "set_values", "values": {"a.b": 1, "c": True}, "patterns": []}, "set_values a.b = 1, c = true"),
        ({"command": "save", "path": "runs/a/checkpoints/b", "patterns": None}, "save path = runs/a/checkpoints/b"),
        ({"command": "attach", "hook": {"use": "histograms"}, "name": "h"}, None),
        ({"command": "set_value", "identifier": "x", "value": "y" * 100}, f"set_value x = {'y' * 80}..."),
        ({}, "?"),
    ],
)
def test_a_command_is_a_line(command, line):
    expected = {
        "set_value": "set_value optimiser.learning_rate = 0.1",
        "attach": 'attach hook = {"use": "histograms"}, name = h',
    }
    assert called(command) == (line or expected[command["command"]])


def test_a_refusal_says_why_and_who():
    refused = event(
        "command_refused",
        epoch=1,
        iteration=3,
        moment="iteration",
        origin="command line",
        command={"command": "load", "path": "x"},
        reason="x: there is no checkpoint\n  to do: name another",
    )
    line = row(refused, SAY)
    assert line[2:7] == ["refused", "failure", 3, "command line", "Refused: load path = x: x: there is no checkpoint"]
    assert "to do: name another" in line[7]
    assert row(refused, language("de"))[5:7] == ["Befehlszeile", "Abgelehnt: load path = x: x: there is no checkpoint"]


SEVERAL = {
    "subscriber_failed": ({"subscriber": "csv", "reason": "disk full"}, "csv failed and is switched off: disk full"),
    "plugin_rejected": (
        {"plugin": "p", "distribution": "d", "status": "broken", "reason": "no module"},
        "The plugin p is not used: no module",
    ),
    "run_interrupted": ({"signal": "SIGTERM"}, "The run was interrupted by SIGTERM"),
    "run_ended": ({"ended_because": "3 epochs"}, "The run ended: 3 epochs"),
    "checkpoint_saved": ({"path": "runs/a"}, "A checkpoint was saved: runs/a"),
    "checkpoint_failed": (
        {"path": "runs/a", "error": "disk full"},
        "No checkpoint could be written to runs/a: disk full",
    ),
    "checkpoint_restored": ({"path": "runs/a"}, "The run went on from the checkpoint runs/a"),
    "step_compiled": (
        {"signature": "", "seconds": 0.123, "nodes": 1234},
        "A step of 1,234 nodes was compiled in 0.12 s",
    ),
    "budget_exceeded": (
        {"name": "report", "plugin": "sigma_nn", "found": "9 %", "allowed": "2 %", "remedy": "less often"},
        "report took 9 %, allowed are 2 %",
    ),
    "run_paused": ({}, "The run was paused"),
    "never_heard_of": ({"a": 1}, "never heard of"),
}


@pytest.mark.parametrize("kind", SEVERAL)
def test_each_kind_of_event_has_words(kind):
    payload, text = SEVERAL[kind]
    assert row(event(kind, **payload), SAY)[6] == text


def test_what_is_long_is_cut():
    """A command may hold the parameters of a whole layer."""
    line = row(event("log_recorded", level="info", text="x" * 9999, logger="here", fields={"y": [1] * 9999}), SAY)
    assert len(line[6]) == 303
    assert len(line[7]) == 4000


def test_every_kind_that_is_held_is_told(recording, directory):
    """What the recording lists is what the store has of these kinds."""
    with RunStore.open(directory) as store:
        stored = [each.id for each in store.events() if each.kind in {line.kind for line in recording.log}]
    assert [line.id for line in recording.entries()] == stored


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = ("command", "error", "fields", "level", "nodes", "origin", "path", "reason", "result", "seconds", "text")


@given(
    kind=st.sampled_from(sorted(_SAID)),
    payload=JSON | st.dictionaries(st.sampled_from(NAMES), JSON, max_size=len(NAMES)),
)
def test_a_damaged_entry_is_a_line_too(kind, payload):
    """The lines around it are shown all the same."""
    found = row(StoredEvent(id=7, time=1.5, kind=kind, schema=1, epoch=1, iteration=3, payload=payload), SAY)
    assert [type(value) for value in found] == [int, float, str, str, int, str, str, str]
