"""`sigma run` and `sigma runs`: a run in another process, steered and listed."""

import json
import signal
import subprocess
import sys
import time

import pytest

from sigma_core.events import RunStore

PARAMETER = "network.layers.dense_1.biases"


@pytest.fixture
def live(recipe, tmp_path):
    """Starts a run without an end in a process of its own, and waits until it listens."""
    processes = []

    def start(name):
        command = [sys.executable, "-m", "sigma_core", "train", str(recipe), "--quiet", "--directory", f"runs/{name}"]
        process = subprocess.Popen([*command, "--set", "stop=100000000 epochs"], cwd=tmp_path)
        processes.append(process)
        deadline = time.monotonic() + 60
        while not (tmp_path / "runs" / name / "commands.db").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_a_live_run_is_steered(sigma, live, tmp_path):
    """Every command from outside, its answer, its record; what is wrong is refused, and the run goes on."""
    process = live("mine")

    assert sigma("run", "pause", "mine", "--timeout", 60)[0] == 0
    (listed,) = json.loads(sigma("runs", "--json")[1])
    assert (listed["name"], listed["status"], listed["process"]) == ("mine", "running", process.pid) or (
        listed["status"] == "paused"
    )
    first = json.loads(sigma("run", "get", "mine", PARAMETER, "--json")[1])
    assert len(first["result"]) == 3
    code, out, err = sigma("run", "step", "mine")
    assert (code, err) == (0, "")
    assert out.startswith("mine: takes one step, after ")
    assert json.loads(sigma("run", "get", "mine", "optimiser.learning_rate")[1]) == 0.01
    assert sigma("run", "set", "mine", "optimiser.learning_rate", "0.5")[0] == 0
    assert json.loads(sigma("run", "get", "mine", "optimiser.learning_rate")[1]) == 0.5
    assert list(json.loads(sigma("run", "get", "mine", "network.**.weights")[1])) == ["network.layers.dense_1.weights"]
    assert sigma("run", "set", "mine", PARAMETER, "[1, 2, 3]")[0] == 0
    assert json.loads(sigma("run", "get", "mine", PARAMETER)[1]) == [1, 2, 3]

    code, out, err = sigma("run", "set", "mine", "optimiser.learning_rat", "0.5")
    assert (code, out) == (2, "")
    assert err.startswith("error: optimiser.learning_rat: there is no such value\n")
    assert "nearest: optimiser.learning_rate" in err
    code, _, err = sigma("run", "set", "mine", "optimiser.learning_rate", "quick")
    assert (code, err) == (
        2,
        (
            "error: optimiser.learning_rate: it cannot be set to 'quick'\n"
            "  expected: a finite number\n"
            "  to do:    give such a value\n"
        ),
    )

    assert sigma("run", "save", "mine")[0] == 0
    assert (tmp_path / "runs" / "mine" / "checkpoints" / "saved").is_dir()
    assert sigma("run", "resume", "mine")[1].startswith("mine: goes on")
    assert sigma("run", "stop", "mine", "--reason", "enough")[1].startswith("mine: stopped")
    assert process.wait(60) == 0

    (listed,) = json.loads(sigma("runs", "--json")[1])
    assert (listed["status"], listed["ended_because"], listed["process"]) == ("ended", "enough", None)
    assert "mine  ended" in sigma("runs")[1]
    with RunStore.open(tmp_path / "runs" / "mine") as store:
        applied = [event.payload["command"]["command"] for event in store.events("command_applied")]
        refused = [event.payload["command"]["identifier"] for event in store.events("command_refused")]
    assert applied == ["pause", "step_once", "set_value", "set_value", "save", "resume", "stop"]
    assert refused == ["optimiser.learning_rat", "optimiser.learning_rate"]

    code, out, err = sigma("replay", "mine", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["same"]
    assert json.loads(out)["commands"] == 6

    code, _, err = sigma("run", "pause", "mine")
    assert (code, err) == (
        2,
        (
            "error: run 'runs/mine': it has ended: enough\n"
            "  expected: a run that goes on\n"
            "  to do:    `sigma runs` lists runs and how they fare\n"
        ),
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL and no SIGSTOP")
def test_a_run_that_hangs_or_was_killed_is_told(sigma, live):
    """Neither keeps whoever asks waiting for ever."""
    process = live("mine")
    process.send_signal(signal.SIGSTOP)
    code, _, err = sigma("run", "pause", "mine", "--timeout", "0.2")
    assert (code, err) == (
        2,
        (
            "error: run 'runs/mine': it has not answered within 0.2 seconds; the command is withdrawn\n"
            "  expected: a run that takes commands\n"
            "  to do:    try again, perhaps with a longer --timeout\n"
        ),
    )
    process.kill()
    process.wait()

    (listed,) = json.loads(sigma("runs", "--json")[1])
    assert (listed["status"], listed["process"]) == ("stale", process.pid)
    code, _, err = sigma("run", "pause", "mine")
    assert code == 2
    assert f"it does not run: process {process.pid} on " in err


def test_a_run_that_is_not_there_is_told(sigma, recipe):
    """With those that are."""
    assert sigma("runs")[1] == "no runs in runs\n"
    sigma("train", recipe, "--quiet")

    assert sigma("run", "pause", "flower-1") == (
        2,
        "",
        (
            "error: run 'flower-1': there is no such run\n"
            "  expected: flowers-1 (nearest: flowers-1)\n"
            "  to do:    give one of these, or the path of its directory\n"
        ),
    )
