"""The dashboard as a monitor of a run."""

import re
import socket
import time

import pytest
from sigma_monitors.dashboard._monitor import Dashboard

import sigma_core as sigma
from sigma_core.extend import RunInfo, SettingError


class Progress:
    """Of a run that has not begun."""

    epoch = iteration = 0
    seconds = 0.0


def until(holds):
    """Wait for something that another process does; the test's own time limit is that of the suite."""
    while not holds():
        time.sleep(0.02)


def trainer():
    return sigma.Trainer.from_recipe(
        {
            "seed": 1,
            "stop": "3 epochs",
            "dataset": {"use": "iris", "split": [0.8, 0.2]},
            "optimiser": {"use": "adam", "learning_rate": 0.01},
            "network": [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, {"use": "softmax_cross_entropy"}],
        }
    )


def test_it_opens_beside_a_run_and_ends_with_it(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    trainer().run(directory=tmp_path / "runs" / "flowers")
    monitor = Dashboard(open=False, port=0)
    said = ""

    def has_said():
        nonlocal said
        said += capfd.readouterr().err
        return re.search(r"http://127\.0\.0\.1:\d+/run/flowers\?token=\S+", said)

    monitor.start(RunInfo("flowers", str(tmp_path / "runs" / "flowers")), Progress(), lambda command: None)
    process = monitor._process
    until(has_said)
    monitor.refresh()
    monitor.stop()

    assert process.returncode == 0
    assert "Traceback" not in said


def test_a_run_that_keeps_nothing_is_told(capsys):
    with pytest.raises(
        SettingError,
        match=re.escape(
            "monitor dashboard: the run has no directory\n"
            "  expected: a run that is kept\n"
            "  to do:    give it one: trainer.run(directory=...), or sigma train without --no-directory"
        ),
    ):
        Dashboard(open=False).start(RunInfo("flowers"), Progress(), lambda command: None)


def test_one_that_cannot_start_ends_the_monitor_and_not_the_run(tmp_path, capfd):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monitor = Dashboard(open=False, port=taken.getsockname()[1])
        monitor.start(RunInfo("flowers", str(tmp_path / "flowers")), Progress(), lambda command: None)
        until(lambda: monitor._process.poll() is not None)
    with pytest.raises(
        SettingError,
        match=re.escape(
            "monitor dashboard: its process ended with exit code 2\n"
            "  expected: a dashboard that can start; what it has said stands above\n"
            "  to do:    try `sigma dashboard` by hand"
        ),
    ):
        monitor.refresh()
    monitor.stop()
