"""`sigma train`: a run from the command line."""

import json
import os
import signal
import subprocess
import sys

import pytest

import sigma_core

# What can be sent to a process alone, the signal that arrives there and the exit code. On Windows that is Ctrl-Break,
# to a process in a group of its own, in which Ctrl-C is switched off.
SIGNALS = (
    [(signal.CTRL_BREAK_EVENT, "SIGBREAK", 143)]
    if sys.platform == "win32"
    else [(signal.SIGINT, "SIGINT", 130), (signal.SIGTERM, "SIGTERM", 143)]
)


def test_a_run_is_trained_and_kept(sigma, recipe, tmp_path):
    """Named after the recipe, in the folder of runs, with the console looking on."""
    code, out, err = sigma("train", recipe)

    folder = tmp_path / "runs" / "flowers-1"
    assert (code, err) == (0, "")
    assert "2 epochs" in out
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoints", "plugins.json", "recipe.toml", "run.db"]
    assert sigma("train", recipe, "--quiet")[0] == 0
    assert (tmp_path / "runs" / "flowers-2").is_dir()


def test_json_ends_with_one_object(sigma, recipe):
    """On the last line, with these keys; no monitor writes between."""
    code, out, err = sigma("train", recipe, "--json", "--directory", "mine")

    assert (code, err, len(out.splitlines())) == (0, "", 1)
    run = json.loads(out)
    assert list(run) == ["run", "directory", "ended_because", "epochs", "iterations", "seconds", "scores"]
    assert (run["run"], run["directory"], run["ended_because"]) == ("mine", "mine", "2 epochs")
    assert (run["epochs"], run["iterations"]) == (2, 6)
    assert list(run["scores"]) == ["training.loss", "validation.loss", "validation.accuracy"]
    assert run["seconds"] > 0


@pytest.mark.parametrize("option", ["--json", "--quiet"])
def test_a_plugin_that_is_not_used_is_told_where_no_monitor_does(install, sigma, recipe, option):
    """On standard error, in one line; the run goes on without it."""
    install("deaf", {"sigma.plugins": {"deaf": "part_d"}}, modules={"part_d.py": "def sigma_run_endet(): pass\n"})
    code, _, err = sigma("train", recipe, option, "--no-directory")

    assert (code, err) == (
        0,
        (
            "warning: plugin 'deaf' (distribution 'deaf') is not used: failed: "
            "hook 'sigma_run_endet' of plugin 'deaf': there is no such hook\n"
        ),
    )
    assert sigma("explain", recipe)[2] == err


def test_a_number_that_json_has_not_is_null(sigma, recipe):
    """Whoever reads the object may be strict; whoever trains is told how to find out why."""
    import warnings

    with warnings.catch_warnings(action="ignore"):
        code, out, err = sigma(
            "train", recipe, "--json", "--no-directory",
            "--set", "optimiser={ use = 'gradient_descent', learning_rate = 1e38 }",
            "--set", "network=[{ use = 'input', shape = 4 }, { use = 'dense', size = 9, repeat = 4 }, "
            "{ use = 'dense', size = 3 }, 'softmax_cross_entropy']",
        )  # fmt: skip

    assert code == 0
    assert json.loads(out, parse_constant=pytest.fail)["scores"]["training.loss"] is None
    assert err == ("warning: not finite: training.loss, validation.loss; `--set backend=debug` names where it begins\n")


def test_without_monitor_the_end_is_told(sigma, recipe):
    """In a few lines."""
    code, out, _ = sigma("train", recipe, "--quiet", "--no-directory", "--set", "monitors=['console']")

    lines = out.splitlines()
    assert code == 0
    assert lines[0].startswith("flowers ended: 2 epochs; 2 epochs, 6 iterations, ")
    assert [line.split(":")[0] for line in lines[1:]] == [
        "  training.loss",
        "  validation.loss",
        "  validation.accuracy",
    ]
    assert "kept in" in sigma("train", recipe, "--quiet", "--directory", "kept")[1]


def test_a_score_that_is_an_array_is_told(sigma, recipe):
    """As nested lists, in words and in JSON."""
    settings = ("--no-directory", "--set", "metrics=['confusion_matrix']")
    _, out, err = sigma("train", recipe, "--quiet", *settings)
    matrix = json.loads(sigma("train", recipe, "--json", *settings)[1])["scores"]["validation.confusion_matrix"]

    assert err == ""
    assert [len(row) for row in matrix] == [3, 3, 3]
    rows = ", ".join(f"[{', '.join(f'{count:.4g}' for count in row)}]" for row in matrix)
    assert f"  validation.confusion_matrix: [{rows}]" in out.splitlines()


def test_nothing_is_kept_where_nothing_should_be(sigma, recipe, tmp_path):
    """No folder at all."""
    assert sigma("train", recipe, "--json", "--no-directory")[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["flowers.toml"]


def test_settings_take_the_place_of_the_recipes(sigma, recipe):
    """Several, the last one of a place."""
    settings = ("--set", "stop=1 epochs", "--set", "name=mine", "--set", "stop=3 iterations")
    run = json.loads(sigma("train", recipe, "--json", "--no-directory", *settings)[1])

    assert (run["run"], run["iterations"]) == ("mine", 3)


def test_a_file_may_be_called_as_it_likes(sigma, recipe):
    """A name is text, also where TOML would take it for something else."""
    recipe = recipe.rename(recipe.with_name("2024.toml"))

    assert json.loads(sigma("train", recipe, "--json", "--no-directory")[1])["run"] == "2024"


def test_without_the_console_a_run_does_without(sigma, recipe, monkeypatch):
    """Nobody asked for it."""
    from sigma_core.errors import UnknownComponentError
    from sigma_core.registry import ComponentRegistry

    get = ComponentRegistry.get

    def without(self, kind, name):
        if kind == "monitors":
            raise UnknownComponentError("monitors", "there is none")
        return get(self, kind, name)

    monkeypatch.setattr(ComponentRegistry, "get", without)

    assert sigma("train", recipe, "--no-directory")[1].startswith("flowers ended: 2 epochs;")


def test_a_run_goes_on_from_a_checkpoint(sigma, recipe):
    """Trained longer, it is what it would have been at once."""
    whole = json.loads(sigma("train", recipe, "--json", "--directory", "whole", "--set", "stop=4 epochs")[1])
    sigma("train", recipe, "--json", "--directory", "first")
    code, out, _ = sigma(
        "train",
        recipe,
        "--json",
        "--directory",
        "second",
        "--set",
        "stop=4 epochs",
        "--restore",
        "first/checkpoints/last",
    )

    second = json.loads(out)
    assert code == 0
    assert (second["scores"], second["epochs"]) == (whole["scores"], 4)
    assert sigma("train", recipe, "--restore", "first/checkpoints/last")[::2] == (
        2,
        (
            "error: trainer 'flowers': it has ended: 2 epochs\n"
            "  expected: a criterion that does not hold yet\n"
            "  to do:    give another criterion, run(stop=...) or --set stop=..., or reset() the trainer\n"
        ),
    )


def test_a_run_is_gone_on_from_its_last_checkpoint(sigma, recipe, tmp_path):
    """The directory of a run stands for it; a hyperparameter that is set goes before the checkpoint's."""
    sigma("train", recipe, "--quiet", "--directory", "first")
    told = ("train", recipe, "--json", "--no-directory", "--restore", "first", "--set", "stop=3 epochs")

    _, same, _ = sigma(*told)
    _, slower, _ = sigma(*told, "--set", "optimiser.learning_rate=1e-9")

    assert json.loads(same)["epochs"] == 3
    assert json.loads(slower)["scores"]["validation.loss"] != json.loads(same)["scores"]["validation.loss"]


def test_a_failed_hook_ends_with_one(install, sigma, recipe, tmp_path):
    """It is named with its plugin; what was kept of the run is whole."""
    module = "class Bad:\n    def sigma_epoch_ended(self):\n        raise ValueError('on purpose')\n"
    install("bad", {"sigma.hooks": {"bad": "bad_hook:Bad"}}, modules={"bad_hook.py": module})

    code, out, err = sigma("train", recipe, "--json", "--set", "hooks=['bad']", "--directory", "failed")

    assert (code, out) == (1, "")
    assert err == (
        "error: hook 'sigma_epoch_ended' of plugin 'bad' (distribution 'bad'), iteration 3: "
        "raised ValueError: on purpose\n"
        "  to do:    correct the plugin, or leave it out of this run\n"
        "  (--traceback shows where)\n"
    )
    store = sigma_core.RunStore.open(tmp_path / "failed")
    assert [event.kind for event in store.events()][-2:] == ["run_failed", "run_ended"]
    store.close()


TELLING = """
class Tell:
    def sigma_iteration_ended(self, event):
        if event.iteration == 5:
            print("it runs", flush=True)
"""


@pytest.mark.parametrize(("sent", "name", "code"), SIGNALS, ids=[name for _, name, _ in SIGNALS])
def test_a_signal_ends_a_run_in_order(install, site, recipe, tmp_path, sent, name, code):
    """With the exit code that shells have for it; events and the last checkpoint are kept, nothing is traced back."""
    install("telling", {"sigma.hooks": {"tell": "telling:Tell"}}, modules={"telling.py": TELLING})
    settings = ["--set", "stop=1000000 epochs", "--set", "hooks=['tell']", "--directory", "run"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sigma_core", "train", str(recipe), "--json", *settings],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    with process:
        assert process.stdout.readline() == "it runs\n"
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)

    assert (process.returncode, out) == (code, "")
    assert "Traceback" not in err
    store = sigma_core.RunStore.open(tmp_path / "run")
    *_, interrupted, saved, ended = store.events()
    store.close()
    assert (interrupted.kind, saved.kind, ended.kind) == ("run_interrupted", "checkpoint_saved", "run_ended")
    assert interrupted.payload["signal"] == name
    assert ended.payload["ended_because"] == f"interrupted by {name}"
    assert (
        sigma_core.training.Checkpoint.read(tmp_path / "run" / "checkpoints" / "last").state["iteration"]
        == ended.iteration
    )


def test_a_directory_and_none_exclude_each_other(sigma, recipe):
    """Neither wins in silence."""
    code, _, err = sigma("train", recipe, "--directory", "x", "--no-directory")

    assert code == 2
    assert err.splitlines()[-1] == "Error: --directory and --no-directory exclude each other: leave one out"
