"""Hooks of a run, and forms for those that may be attached."""

import threading

import pytest
from sigma_monitors.dashboard.panels._hooks import FIRST, Attached, attached, offered, settings_of, table

from sigma_core.extend import SigmaError, StoredEvent, send_command


class Begun:
    """Tells when a run has done an iteration."""

    def __init__(self):
        self.event = threading.Event()

    def sigma_iteration_ended(self):
        self.event.set()


def event(kind, result=None, **command):
    payload = {"command": command, "result": result}
    return StoredEvent(id=1, kind=kind, time=0.0, schema=1, epoch=0, iteration=0, payload=payload)


def test_hooks_are_those_of_the_start_and_what_came_since():
    described = {
        "hooks": [
            {"plugin": "early_stop", "when": "every 1 epochs", "distribution": "sigma-nn"},
            {"plugin": "early_stop", "when": "", "distribution": "sigma-nn"},
            {"plugin": "regular_checkpoints", "when": "every 60 seconds", "distribution": ""},
        ]
    }
    start = [Attached("early_stop", ""), Attached("regular_checkpoints", "every 60 seconds", is_of_the_run=True)]
    assert attached(described, []) == start
    log = [
        event("command_applied", "histograms_2", command="attach", hook={"use": "histograms", "when": "2 epochs"}),
        event("command_applied", command="detach", name="early_stop"),
        event("command_refused", command="detach", name="histograms_2"),
        event("command_applied", command="pause"),
    ]
    assert attached(described, log) == [start[1], Attached("histograms_2", "2 epochs")]
    assert attached(described, [*log, event("run_started")]) == start
    assert attached({}, []) == []


def test_hooks_that_show_something_are_offered_first(environment):
    names = offered(environment)
    assert names[: len(FIRST)] == list(FIRST)
    assert names[len(FIRST) :] == sorted(names[len(FIRST) :])


def test_a_form_has_the_settings_of_a_hook(environment):
    summary, settings = settings_of(environment, "target_maximisation")
    assert summary.startswith("Climb from zeros to an input")
    target = next(setting for setting in settings if setting.identifier == "target")
    assert (target.type, target.minimum, target.is_required, target.value) == ("int", 0, True, None)
    with pytest.raises(SigmaError, match="no_such_hook"):
        settings_of(environment, "no_such_hook")


def test_a_form_is_read_as_a_recipe_is_written(environment):
    """What is as it would be anyway is left out."""
    _, settings = settings_of(environment, "histograms")
    texts = {setting.identifier: setting.text(setting.value) for setting in settings}
    assert table("histograms", settings, texts) == {"use": "histograms"}
    given = {**texts, "bins": "12", "values": "network.**, activations.**"}
    made = {"use": "histograms", "bins": 12, "values": ["network.**", "activations.**"]}
    assert table("histograms", settings, given) == made
    with pytest.raises(ValueError, match=r"^bins$"):
        table("histograms", settings, {**texts, "bins": "many"})
    _, settings = settings_of(environment, "target_maximisation")
    with pytest.raises(ValueError, match=r"^target$"):
        table("target_maximisation", settings, {"target": ""})


@pytest.mark.parametrize("name", ["histograms", "pictures", "target_maximisation"])
def test_what_a_form_says_a_run_takes(environment, compose, digits_recipe, recorded, tmp_path, name):
    """Attached by a command that is recorded, it is among the hooks of the run."""
    _, settings = settings_of(environment, name)
    texts = {setting.identifier: setting.text(setting.value) for setting in settings}
    texts = {**texts, "target": "3"} if "target" in texts else texts
    trainer, begun = compose(digits_recipe, 'stop="1000000 epochs"'), Begun()
    trainer.attach(begun)
    thread = threading.Thread(target=trainer.run, kwargs={"directory": tmp_path})
    thread.start()
    try:
        assert begun.event.wait(60)
        hook = {**table(name, settings, texts), "when": "10 iterations"}
        assert send_command(tmp_path, {"command": "attach", "hook": hook}, 60)["result"] == name
    finally:
        send_command(tmp_path, {"command": "stop"}, 60)
        thread.join(60)
    run = recorded(tmp_path)
    assert Attached(name, "10 iterations") in attached(run.described, list(run.log))
