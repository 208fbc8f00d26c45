"""`sigma watch`: runs of other processes, to their end or as far as they have come."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from attrs import asdict

from sigma_core.events import RunStore
from sigma_core.training import holder_of
from sigma_core.training._presence import Presence

RESULTS = "  ended because        2 epochs\n"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@pytest.fixture
def processes(tmp_path):
    """Starts the command in a process of its own; what is left of it at the end is killed."""
    started = []

    def start(*arguments, **settings):
        command = [sys.executable, "-m", "sigma_core", *map(str, arguments)]
        process = subprocess.Popen(command, cwd=tmp_path, text=True, stderr=subprocess.PIPE, **settings)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def live(processes, recipe, tmp_path):
    """Starts a run without an end in a process of its own, and waits until it listens."""

    def start(name):
        process = processes(
            *("train", recipe, "--quiet", "--directory", f"runs/{name}"),
            *("--set", "stop=100000000 epochs", "--set", "batch_size=1"),
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while not (tmp_path / "runs" / name / "commands.db").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return process

    return start


@pytest.fixture
def done(sigma, recipe):
    """A run of two epochs that has ended."""
    assert sigma("train", recipe, "--quiet", "--directory", "runs/mine")[0] == 0


def test_a_run_that_has_ended_is_told_as_it_was(sigma, recipe):
    """Line by line as by `sigma train`, but for what only the process of a run has to tell."""
    _, expected, _ = sigma("train", recipe, "--directory", "runs/mine")
    code, out, err = sigma("watch", "mine")
    assert (code, err) == (0, "")

    def words(text):
        # Times are read off at other moments.
        return [line.rsplit("  ", 1)[0] for line in text.splitlines() if line.startswith("epoch")]

    assert words(out) == words(expected)
    assert out.splitlines()[0] == expected.splitlines()[0]
    assert out[out.index("mine: results") :] == expected[expected.index("mine: results") :]


def test_the_newest_run_is_watched_where_none_is_named(sigma, recipe, done):
    """By name under runs/, and by path."""
    sigma("train", recipe, "--quiet", "--directory", "runs/other")
    assert sigma("watch")[1].startswith("other: ")
    assert sigma("watch", "mine")[1].startswith("mine: ")
    assert sigma("watch", "runs/mine")[1].startswith("mine: ")


def test_events_are_printed_as_json(sigma, done, tmp_path):
    """As the store has them, one in each line."""
    code, out, err = sigma("watch", "--json")
    with RunStore.open(tmp_path / "runs" / "mine") as store:
        assert [json.loads(line) for line in out.splitlines()] == [asdict(event) for event in store.events()]
    assert (code, err) == (0, "")


def test_quietly_the_end_alone_is_told(sigma, recipe):
    """As `sigma train --quiet` does."""
    _, expected, _ = sigma("train", recipe, "--quiet", "--directory", "runs/mine")
    assert sigma("watch", "--quiet") == (0, expected, "")


def test_a_run_without_an_end_is_told_as_far_as_it_has_come(sigma, done, tmp_path):
    """Its process ended without a word, or it goes on and nobody is to wait."""
    path = tmp_path / "runs" / "mine"
    with closing(sqlite3.connect(path / "run.db", isolation_level=None)) as connection:
        connection.execute("DELETE FROM events WHERE kind = 'run_ended'")
    code, out, err = sigma("watch", "--quiet")
    assert (code, out) == (0, "mine is stale: 2 epochs, 6 iterations so far\n")
    assert err == "warning: run 'runs/mine': its process ended without a word\n"
    presence = Presence.take(path)
    assert sigma("watch", "--quiet", "--no-follow") == (0, "mine is running: 2 epochs, 6 iterations so far\n", "")
    presence.release()


def test_a_monitor_is_named_and_set(sigma, done, tmp_path):
    """In place of the console, also several."""
    assert sigma("watch", "mine", "--monitor", "csv", "--set", "path=table.csv") == (0, "", "")
    assert (tmp_path / "table.csv").read_text().splitlines()[0].startswith("iteration,epoch,training.loss")
    code, out, err = sigma("watch", "mine", "--monitor", "console", "--set", "quiet=true")
    assert (code, out.splitlines()[0], err) == (0, "mine: results", "")
    code, out, err = sigma("watch", "mine", "--monitor", "console", "--monitor", "json_lines")
    assert (code, RESULTS in out, err) == (0, True, "")
    assert (tmp_path / "runs" / "mine" / "events.jsonl").exists()


def test_a_monitor_that_fails_is_reported(sigma, done, tmp_path):
    """With exit code 1; the others have told all."""
    (tmp_path / "file").touch()
    code, out, err = sigma("watch", "mine", "--monitor", "csv", "--set", "path=file/table.csv")
    assert (code, out) == (1, "")
    assert err.startswith("warning: monitor 'csv' failed and has ended: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--json", "--quiet"), "--quiet and --json exclude each other: leave one out"),
        (("--json", "--monitor", "csv"), "--monitor and --json exclude each other: leave one out"),
        (
            ("--json", "--monitor", "csv", "--quiet"),
            "--monitor and --quiet and --json exclude each other: leave two out",
        ),
        (("--set", "a=1"), "--set is for one monitor: give --monitor once"),
        (
            ("--monitor", "csv", "--monitor", "console", "--set", "a=1"),
            "--set is for one monitor: give --monitor once",
        ),
    ],
)
def test_options_that_exclude_each_other_are_refused(sigma, done, arguments, said):
    """As a fault of usage."""
    code, out, err = sigma("watch", "mine", *arguments)
    assert (code, out, err.splitlines()[-1]) == (2, "", f"Error: {said}")


def test_what_cannot_be_watched_is_told(sigma, done):
    """No such run, no such monitor, no such setting."""
    assert sigma("watch", "min") == (
        2,
        "",
        (
            "error: run 'min': there is no such run\n"
            "  expected: mine (nearest: mine)\n"
            "  to do:    give one of these, or the path of its directory\n"
        ),
    )
    code, out, err = sigma("watch", "mine", "--monitor", "consol")
    assert (code, out) == (2, "")
    assert err.startswith("error: monitors 'consol': there is no such monitor\n  expected: console, ")
    assert err.endswith("(nearest: console)\n")
    code, out, err = sigma("watch", "mine", "--monitor", "console", "--set", "quite=true")
    assert (code, out) == (2, "")
    assert "quite" in err
    assert "nearest: quiet" in err


def test_where_there_is_no_run_that_is_told(sigma, tmp_path):
    """Also where the folder is there."""
    told = (
        2,
        "",
        (
            "error: folder of runs 'runs': there is no run in it\n"
            "  expected: a run to watch\n"
            "  to do:    `sigma train` makes one; one that lies elsewhere is named by its path\n"
        ),
    )
    assert sigma("watch") == told
    (tmp_path / "runs").mkdir()
    assert sigma("watch") == told


@pytest.fixture
def watching(processes, tmp_path):
    """Starts watching, and waits for the first line that is printed: by then it has seen the run live."""

    def start(*arguments):
        printed = tmp_path / f"printed{len(list(tmp_path.glob('printed*')))}"
        # Not a pipe, which would be full in a moment.
        with printed.open("w") as file:
            process = processes("watch", *arguments, stdout=file)
        deadline = time.monotonic() + 60
        while "\n" not in printed.read_text("utf-8"):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return process, printed

    return start


def ended(process):
    """What it says on standard error, and its exit code."""
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_a_run_is_followed_to_its_end(sigma, watching, live):
    """By several at once; it ends with the run."""
    run = live("mine")
    (console, told), (lines, events) = watching("mine"), watching("--json")
    assert sigma("run", "stop", "mine", "--reason", "seen", "--timeout", 60)[0] == 0
    assert ended(console) == ended(lines) == (0, "")
    assert told.read_text().startswith("mine: 15 parameters")
    assert "  ended because        seen\n" in told.read_text()
    found = [json.loads(line) for line in events.read_text().splitlines()]
    assert [event["id"] for event in found] == list(range(1, len(found) + 1))
    assert found[-1]["payload"]["ended_because"] == "seen"
    assert run.wait(60) == 0


@POSIX
@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_ctrl_c_ends_the_watching_alone(watching, live, tmp_path, arguments):
    """The run goes on, which is said."""
    live("mine")
    process, _ = watching("mine", *arguments)
    process.send_signal(signal.SIGINT)
    assert ended(process) == (130, "mine is watched no longer; it goes on\n")
    assert holder_of(tmp_path / "runs" / "mine").is_alive


@POSIX
@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_where_nobody_reads_on_it_ends_without_a_word(processes, live, arguments):
    """As `sigma watch | head` has it."""
    live("mine")
    process = processes("watch", "mine", *arguments, stdout=subprocess.PIPE)
    assert process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == -signal.SIGPIPE
    assert process.stderr.read() == ""


@POSIX
def test_sigterm_ends_the_watching_alone(watching, live, tmp_path):
    """With the exit code that a shell has for it."""
    live("mine")
    process, _ = watching("mine")
    process.terminate()
    assert ended(process) == (143, "")
    assert holder_of(tmp_path / "runs" / "mine").is_alive


def test_a_run_that_is_killed_and_resumed_is_followed(sigma, watching, live):
    """That its process ended is said at once; then it goes on, to the end."""
    run = live("mine")
    console, told = watching("mine")
    run.kill()
    said = console.stderr.readline()
    assert said.startswith(f"warning: run 'runs/mine': process {run.pid} on ")
    assert said.endswith(" ended without a word; if it is resumed, that is watched too\n")
    assert sigma("resume", "mine", "--quiet", "--set", "stop=0.2 seconds")[0] == 0
    assert ended(console) == (0, "")
    assert "mine: results\n" in told.read_text()
