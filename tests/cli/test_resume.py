"""`sigma resume`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

import sigma_core
from sigma_core.training import Checkpoint, RunDirectory


def series(path):
    with sigma_core.RunStore.open(path) as store:
        return {name: store.metrics(name) for name in store.names()}


def parameters(path):
    return {name: array.tobytes() for name, array in sigma_core.load_parameters(path).items()}


def test_a_run_is_gone_on_with(sigma, recipe, tmp_path):
    """In its own directory, from its newest whole checkpoint, to the same end."""
    assert sigma("train", recipe, "--quiet", "--directory", "whole", "--set", "stop=4 epochs")[0] == 0
    assert sigma("train", recipe, "--quiet", "--directory", "runs/part")[0] == 0

    code, out, err = sigma("resume", "part", "--json", "--set", "stop=4 epochs")

    assert (code, err) == (0, "")
    assert json.loads(out)["directory"] == str(tmp_path / "runs" / "part")
    assert json.loads(out)["epochs"] == 4
    part, whole = tmp_path / "runs" / "part", tmp_path / "whole"
    assert parameters(part) == parameters(whole)
    assert series(part) == series(whole)
    with sigma_core.RunStore.open(part) as store:
        assert len(list(store.events("run_started"))) == 2
    assert sorted(path.name for path in part.iterdir()) == ["checkpoints", "plugins.json", "recipe.toml", "run.db"]
    assert "4 epochs" in (part / "recipe.toml").read_text("utf-8")


def test_a_setting_goes_before_that_of_the_checkpoint(sigma, recipe, tmp_path):
    """As with `sigma train --restore`."""
    sigma("train", recipe, "--quiet", "--directory", "run")
    sigma("resume", "run", "--quiet", "--set", "stop=3 epochs", "--set", "optimiser.learning_rate=0.5")

    arrays = Checkpoint.read(tmp_path / "run" / "checkpoints" / "last").arrays
    assert float(arrays["optimiser.learning_rate"]) == 0.5


def test_a_run_that_has_ended_by_itself_says_so(sigma, recipe):
    """Another criterion is needed to go on."""
    sigma("train", recipe, "--quiet", "--directory", "run")

    assert sigma("resume", "run") == (
        2,
        "",
        (
            "error: trainer 'flowers': it has ended: 2 epochs\n"
            "  expected: a criterion that does not hold yet\n"
            "  to do:    give another criterion, run(stop=...) or --set stop=..., or reset() the trainer\n"
        ),
    )


@pytest.mark.filterwarnings("default::UserWarning")
def test_a_damaged_checkpoint_is_passed_over(sigma, recipe, tmp_path):
    """With a warning; without any left the run begins again."""
    settings = ("--set", "checkpoint=1 epochs")
    sigma("train", recipe, "--quiet", "--directory", "run", *settings)
    folder = tmp_path / "run" / "checkpoints"
    assert sorted(path.name for path in folder.iterdir()) == ["last", "previous"]
    data = bytearray((folder / "last" / "state.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "last" / "state.safetensors").write_bytes(data)

    code, _, err = sigma("resume", "run", "--quiet")

    last = (folder / "last").relative_to(tmp_path)
    expected = f"warning: {last}: the checksum of state.safetensors is another than the manifest's"
    assert (code, err) == (0, f"{expected}; it is passed over\n")

    for name in ("last", "previous"):
        (folder / name / "manifest.json").write_text("{")
    code, _, err = sigma("resume", "run", "--quiet")
    assert (code, err.count("is passed over")) == (0, 2)
    assert Checkpoint.read(folder / "last").state["epoch"] == 2


def test_a_checkpoint_of_a_newer_version_is_not_written_over(sigma, recipe, tmp_path):
    """It is as good as any, for whoever can read it."""
    sigma("train", recipe, "--quiet", "--directory", "run", "--set", "checkpoint=1 epochs")
    last = tmp_path / "run" / "checkpoints" / "last"
    manifest = json.loads((last / "manifest.json").read_text("utf-8"))
    (last / "manifest.json").write_text(json.dumps({**manifest, "version": 99}), "utf-8")
    before = {path: path.read_bytes() for path in last.parent.rglob("*") if path.is_file()}

    assert sigma("resume", "run", "--set", "stop=3 epochs") == (
        2,
        "",
        (
            f"error: {last.relative_to(tmp_path)}: it has version 99\n"
            "  expected: versions 1 to 2\n"
            "  to do:    read it with the version of sigma-core that wrote it\n"
        ),
    )
    assert {path: path.read_bytes() for path in last.parent.rglob("*") if path.is_file()} == before


def test_what_is_no_run_is_refused(sigma, recipe, tmp_path):
    """A folder without a recipe, one whose trainer had none, one without a store."""
    (tmp_path / "empty").mkdir()
    code, _, err = sigma("resume", "empty")
    assert (code, err.splitlines()[1:]) == (
        2,
        [
            "  expected: the directory of a run",
            "  to do:    `sigma train` makes one for each run, under runs/",
        ],
    )
    assert err.startswith("error: run directory 'empty': its recipe.toml cannot be read: ")

    (tmp_path / "empty" / "recipe.toml").write_text("# nothing\n")
    assert sigma("resume", "empty")[2] == (
        "error: run directory 'empty': its trainer had no recipe\n"
        "  expected: a run of a recipe\n"
        "  to do:    make the trainer as it was made, and call run(directory=..., resume=True)\n"
    )


@pytest.mark.filterwarnings("default::UserWarning")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_run_that_was_killed_is_gone_on_with(sigma, recipe, tmp_path):
    """While it goes on, nobody else can have its directory; afterwards at once."""
    settings = ["--set", "stop=100000 epochs", "--set", "checkpoint=20 iterations"]
    command = [sys.executable, "-c", "from sigma_core.cli import main; main()"]
    process = subprocess.Popen(
        [*command, "train", str(recipe), "--quiet", "--directory", "run", *settings], cwd=tmp_path
    )
    try:
        last = tmp_path / "run" / "checkpoints" / "last"
        while not last.is_dir():
            assert process.poll() is None
            time.sleep(0.01)
        assert sigma("resume", "run")[2] == (
            f"error: run directory 'run': it is in use by process {process.pid} on {socket.gethostname()}\n"
            "  expected: a directory in which nothing runs\n"
            "  to do:    stop that run first (`sigma run stop`), or choose another directory\n"
        )
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    # It may have been killed while it removed one that it needed no more.
    iteration = Checkpoint.read(RunDirectory.checkpoint_in(tmp_path / "run")).state["iteration"]
    stop = f"stop={iteration + 30} iterations"
    assert sigma("resume", "run", "--quiet", "--set", stop)[0] == 0
    assert sigma("train", recipe, "--quiet", "--directory", "whole", "--set", stop)[0] == 0

    assert parameters(tmp_path / "run") == parameters(tmp_path / "whole")
