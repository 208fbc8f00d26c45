"""`sigma run` and `sigma runs`: a run in another process, steered and listed."""

import io
import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from sigma_core.events import RunStore
from sigma_core.training import load_parameters, load_trained

PARAMETER = "network.layers.dense_1.biases"


@pytest.fixture
def sigma(sigma):
    """Waits for the answers of a run as long as a machine with much to do may take."""

    def patient(*arguments):
        is_command = arguments[0] == "run" and "--timeout" not in arguments
        return sigma(*arguments, *(("--timeout", "60") if is_command else ()))

    return patient


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


def check_what_is_not_taken(sigma):
    """Values of other types and shapes, without end, of any length; of a pattern all or none."""
    assert sigma("run", "set", "mine", "**", "1") == (
        2,
        "",
        "error: Adam.mean_decay: 1.0\n  expected: a finite number of at least 0 and below 1\n",
    )
    for value in ("NaN", "1e400", "true", '"1"', "[1, 2]", "{}", "null", 10_000 * "[", "1" + 5_000 * "0"):
        code, out, err = sigma("run", "set", "mine", PARAMETER, value)
        assert (code, out) == (2, "")
        assert err.startswith(f"error: {PARAMETER}: it cannot be set to ")
        assert err.splitlines()[1:3] == [
            "  expected: a finite number, or finite numbers of shape (3,)",
            "  to do:    give such a value",
        ]
        assert len(err) < 600


def check_predictions(sigma, folder):
    """Of JSON and of arrays; those of no size that fits are refused."""
    (folder / "one.json").write_text("[[5.1, 3.5, 1.4, 0.2]]")
    ((first, *others),) = json.loads(sigma("run", "predict", "mine", "one.json")[1])
    assert first + sum(others) == pytest.approx(1.0, abs=1e-5)
    assert json.loads(sigma("run", "predict", "mine", "one.json", "--json")[1])["result"] == [[first, *others]]
    np.save(folder / "two.npy", np.ones((2, 3)))
    code, out, err = sigma("run", "predict", "mine", "two.npy")
    assert (code, out) == (2, "")
    assert err.startswith("error: inputs, section 'inputs': Standardise does not take an array of shape (2, 3) ")


def test_a_run_that_has_ended_predicts_too(sigma, recipe, tmp_path, monkeypatch):
    """By its newest checkpoint, whatever the records come in."""
    assert sigma("train", recipe, "--quiet", "--directory", "runs/mine")[0] == 0
    records = np.random.default_rng(8).normal(size=(3, 4))
    expected = load_trained(tmp_path / "runs" / "mine").predict(records).tolist()
    np.save(tmp_path / "three.npy", records)
    np.savez(tmp_path / "three.npz", inputs=records)
    (tmp_path / "three.json").write_text(json.dumps({"inputs": records.tolist()}))
    for name in ("three.npy", "three.npz", "three.json"):
        assert json.loads(sigma("run", "predict", "mine", name)[1]) == expected
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(records.tolist()).encode())))
    code, out, err = sigma("run", "predict", "mine", "-", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"result": expected, "iteration": 6}


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.json", b"{", "Expecting property name"),
        ("a.json", b"\xff", "'utf-8' codec can't decode byte"),
        ("a.npy", b"none", ""),
        ("a.npy", b"", "No data left in file"),
        ("a.npz", b"PK\x03\x04", ""),
        ("a.npz", None, "No such file"),
        ("a.json", None, "No such file"),
    ],
)
def test_a_file_without_records_is_told(sigma, recipe, tmp_path, name, content, found):
    """With what would be one."""
    assert sigma("train", recipe, "--quiet", "--directory", "runs/mine", "--set", "stop=1 iterations")[0] == 0
    if content is not None:
        (tmp_path / name).write_bytes(content)
    code, out, err = sigma("run", "predict", "mine", name)
    assert (code, out) == (2, "")
    first, *others = err.splitlines()
    assert first.startswith(f"error: file '{name}': it cannot be read: {found}")
    assert others[:2] == [
        "  expected: records as JSON, in a list or by section, or an array (.npy, .npz)",
        "  to do:    give such a file",
    ]


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

    check_what_is_not_taken(sigma)
    assert json.loads(sigma("run", "get", "mine", "optimiser.learning_rate")[1]) == 0.5
    assert json.loads(sigma("run", "get", "mine", PARAMETER)[1]) == [1, 2, 3]

    code, out, err = sigma("run", "set", "mine", "network.**.<dense>", "0")
    assert (code, err) == (0, "")
    assert out.startswith("mine: network.**.<dense> is 0 (2 values), after ")
    assert json.loads(sigma("run", "get", "mine", PARAMETER)[1]) == [0, 0, 0]

    check_predictions(sigma, tmp_path)
    assert sigma("run", "save", "mine")[0] == 0
    assert (tmp_path / "runs" / "mine" / "checkpoints" / "saved").is_dir()
    assert sigma("run", "resume", "mine")[1].startswith("mine: goes on")
    assert sigma("run", "stop", "mine", "--reason", "enough\n\x1b ")[1].startswith("mine: stopped")
    assert process.wait(60) == 0

    (listed,) = json.loads(sigma("runs", "--json")[1])
    assert (listed["status"], listed["ended_because"], listed["process"]) == ("ended", "enough", None)
    assert "mine  ended" in sigma("runs")[1]
    with RunStore.open(tmp_path / "runs" / "mine") as store:
        applied = [event.payload["command"]["command"] for event in store.events("command_applied")]
        refused = [event.payload["command"]["identifier"] for event in store.events("command_refused")]
    refused = [name for name in refused if name not in ("**", PARAMETER)]
    assert applied == ["pause", "step_once", "set_value", "set_value", "set_value", "save", "resume", "stop"]
    assert refused == ["optimiser.learning_rat", "optimiser.learning_rate"]

    code, out, err = sigma("replay", "mine", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["same"]
    assert json.loads(out)["commands"] == 7

    code, _, err = sigma("run", "pause", "mine")
    assert (code, err) == (
        2,
        (
            "error: run 'runs/mine': it has ended: enough\n"
            "  expected: a run that goes on\n"
            "  to do:    `sigma runs` lists runs and how they fare\n"
        ),
    )


def test_hooks_and_states_of_a_live_run_are_exchanged(sigma, live, tmp_path):
    """Hooks come and go, checkpoints are gone on from or taken from, it begins again; all of it is repeated."""
    process = live("mine")
    folder = tmp_path / "runs" / "mine" / "checkpoints" / "saved"

    def said(*arguments):
        code, out, err = sigma("run", *arguments)
        # How far the run has come is chance.
        return code, out.rpartition(", after ")[0] + err

    sigma("run", "pause", "mine", "--timeout", 60)
    settings = ("--set", "mean=true", "--set", 'when="2 epochs"')
    assert said("attach", "mine", "report", *settings) == (0, "mine: has the hook report")
    assert said("attach", "mine", "early_stop", "--set", "value=validation.loss", "--as", "enough") == (
        0,
        "mine: has the hook enough",
    )
    assert said("detach", "mine", "enough") == (0, "mine: is without enough")
    assert said("detach", "mine", "accumulator") == (
        2,
        (
            "error: trainer 'flowers': the hook 'accumulator' is required by 'report'\n"
            "  expected: a hook that no other requires\n"
            "  to do:    detach 'report' first\n"
        ),
    )
    assert said("detach", "mine", "reports") == (
        2,
        (
            "error: trainer 'flowers': it has no hook 'reports'\n"
            "  expected: accumulator, regular_checkpoints, report (nearest: report)\n"
            "  to do:    give one of these names\n"
        ),
    )
    code, told = said("attach", "mine", "early_stop", "--set", "vlue=1")
    assert (code, told.splitlines()[:2]) == (
        2,
        ["error: hooks: 2 faults", "hooks 'early_stop' (sigma-nn 0.1.0): there is no setting 'vlue'"],
    )
    assert said("save", "mine") == (0, f"mine: saved in {folder}")
    part = folder.parent / "part"
    assert said("save", "mine", part, "--pattern", "**.biases") == (0, f"mine: saved in {part}")
    assert {name.rpartition(".")[2] for name in load_parameters(part)} == {"biases"}
    assert said("save", "mine", part, "--pattern", "**.biase")[0] == 2
    assert said("step", "mine") == (0, "mine: takes one step")
    assert said("load", "mine", "mine") == (0, f"mine: goes on from {folder}")
    assert said("load", "mine", folder, "--pattern", "network.layers.dense_1.biases", "--pattern", "**.weights") == (
        0,
        "mine: has taken over network.layers.dense_1.biases and **.weights",
    )
    assert said("load", "mine", folder, "--pattern", "network.layers.dense_2.*") == (
        2,
        (
            "error: transfer, pattern 'network.layers.dense_2.*': it matches nothing in the source\n"
            "  expected: network.layers.dense_1.biases, network.layers.dense_1.weights"
            " (nearest: network.layers.dense_1.biases)\n"
            "  to do:    write a pattern that matches one of these\n"
        ),
    )
    assert said("load", "mine", "nowhere")[0] == 2
    assert sigma("run", "reset", "mine") == (0, "mine: begins again, after 0 iterations\n", "")
    sigma("run", "step", "mine")
    sigma("run", "stop", "mine")
    assert process.wait(60) == 0

    code, out, err = sigma("replay", "mine", "--json")
    assert (code, err) == (0, "")
    assert (json.loads(out)["same"], json.loads(out)["iterations"]) == (True, 1)


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


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1"])
def test_seconds_to_wait_are_a_number(sigma, seconds):
    """A wait that never ends is none."""
    code, out, err = sigma("run", "pause", "mine", "--timeout", seconds)
    assert (code, out) == (2, "")
    assert err.endswith(f"Error: Invalid value for '--timeout': {float(seconds)} is not in the range 0<=x<=86400.\n")


def test_names_that_the_system_does_not_take_are_no_runs(sigma, recipe):
    """Whoever asks for one is told as with any other."""
    name = 5_000 * "n"
    known = "  expected: nothing\n  to do:    give one of these, or the path of its directory\n"
    for command in (("run", "pause"), ("replay",)):
        assert sigma(*command, name) == (2, "", f"error: run {name!r}: there is no such run\n{known}")
    code, _, err = sigma("resume", name)
    assert code == 2
    assert "its recipe.toml cannot be read: " in err
    code, _, err = sigma("train", recipe, "--no-directory", "--restore", name)
    assert (code, err.splitlines()[1:]) == (
        2,
        ["  expected: the folder of a checkpoint", "  to do:    give the folder that was saved"],
    )


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


def test_runs_are_tagged_searched_and_removed(sigma, recipe, tmp_path, monkeypatch):
    """Each by its name; what is removed is asked about first."""
    for _ in range(2):
        sigma("train", recipe, "--quiet")
    assert sigma("runs", "tag", "flowers-1") == (0, "flowers-1: no tags\n", "")
    assert sigma("runs", "tag", "flowers-1", "good", "small") == (0, "flowers-1: good, small\n", "")
    assert sigma("runs", "tag", "flowers-1", "-good", "kept") == (0, "flowers-1: small, kept\n", "")
    assert sigma("runs", "tag", "flowers-1", "a\nb")[::2] == (
        2,
        (
            "error: run 'runs/flowers-1', tags: 'a\\nb'\n"
            "  expected: a text of 1 to 64 characters that can be seen, without space around it\n"
            "  to do:    write it so\n"
        ),
    )

    def names(*options):
        return [run["name"] for run in json.loads(sigma("runs", *options, "--json")[1])]

    assert names() == ["flowers-2", "flowers-1"]
    assert names("--tag", "small", "--tag", "kept") == names("--search", "KEPT") == ["flowers-1"]
    assert names("--search", "2 epochs") == ["flowers-2", "flowers-1"]
    assert sigma("runs", "--tag", "good") == (0, "no such runs among the 2 in runs\n", "")
    (listed,) = (line for line in sigma("runs")[1].splitlines() if "small, kept" in line)
    assert listed.startswith("flowers-1  ended   2       6 ")

    for answer in ("n\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        assert sigma("runs", "delete", "flowers-1")[0] == 130
    assert sigma("runs", "delete", "flowers-1", "--yes") == (0, "flowers-1: removed\n", "")
    assert names() == ["flowers-2"]
    assert sigma("runs", "delete", "flowers-1", "--yes")[0] == 2
    assert sigma("runs", "--folder", tmp_path / "gone")[::2] == (
        2,
        (
            f"error: folder of runs {str(tmp_path / 'gone')!r}: it is not there\n"
            "  expected: a folder that holds the directories of runs\n"
            "  to do:    `sigma train` makes one, runs/, for those that it keeps\n"
        ),
    )
