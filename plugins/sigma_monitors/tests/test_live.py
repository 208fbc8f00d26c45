"""The picture in a terminal."""

import sys
from io import StringIO

import pytest
from rich.console import Console
from sigma_monitors._live import LiveDisplay

from sigma_core.extend import LogRecorded, RunFailed, RunInfo, RunInterrupted, RunPaused


@pytest.fixture
def file():
    return StringIO()


@pytest.fixture
def console(file):
    return Console(file=file, width=100, force_terminal=True, color_system=None, legacy_windows=False)


@pytest.fixture
def display(console, run, standing):
    return LiveDisplay(console, run, standing)


def lines(console, renderable):
    """What a person sees, without trailing spaces."""
    with console.capture() as capture:
        console.print(renderable)
    return [line.rstrip() for line in capture.get().splitlines()]


def at(display, standing, epoch, iteration, seconds):
    standing.epoch, standing.iteration, standing.seconds = epoch, iteration, seconds
    display._speed.observe(seconds, iteration)


def test_the_bars_show_where_the_run_stands(console, display, standing, started):
    """Iterations in the epoch, rate, and the time that remains of the most the run can take."""
    display.receive([started])
    at(display, standing, 1, 0, 0.0)
    at(display, standing, 7, 295, 5.9)
    epochs, iterations = lines(console, display.picture())
    assert epochs.split("━")[0].strip() == "epochs"
    # How far apart they stand is for rich to say, and differs between its versions.
    assert epochs.split()[-4:] == ["7/12", "4.9", "s", "left"]
    assert iterations.split()[-2:] == ["25/45", "50.0/s"]
    assert epochs.count("━") == pytest.approx(iterations.count("━"), abs=1)


def test_the_scores_come_with_their_curves(console, display, epoch):
    """One value an epoch."""
    for number, loss in enumerate([0.8, 0.4, 0.2], 1):
        display.receive(epoch(number, loss, 1 - loss))
    assert lines(console, display.picture())[2:] == [
        "training.loss        0.2000  █▃▁",
        "validation.accuracy  0.8000  ▁▆█",
        "validation.loss      0.2000  █▃▁",
    ]


def test_the_loss_of_the_moment_does_not_wait_for_an_epoch(console, display, standing):
    """It has a curve of its own, from the first look on; a run that holds adds nothing to it."""
    for iteration, loss in enumerate([0.8, 0.4, 0.2, 0.2], 1):
        standing.scores = {"training.loss": loss}
        standing.iteration = min(iteration, 3)
        display._loss.look()
    assert lines(console, display.picture())[2:] == ["loss now  0.2000  █▃▁"]
    # It begins again.
    standing.iteration, standing.scores = 1, {"training.loss": 0.7}
    display._loss.look()
    assert lines(console, display.picture())[2:] == ["loss now  0.7000"]


def test_what_a_run_does_besides_training_is_said(console, display, standing, started):
    """In place of the rate."""
    at(display, standing, 1, 0, 0.0)
    at(display, standing, 1, 20, 1.0)
    display.receive([started, RunPaused(epoch=1, iteration=20)])
    assert lines(console, display.picture())[1].split()[-2:] == ["20/45", "paused"]


def test_a_run_of_unknown_length_has_counters_and_no_bars(console, standing):
    """A bar would promise an end."""
    display = LiveDisplay(console, RunInfo("stream"), standing)
    at(display, standing, 3, 1234, 65.0)
    epochs, iterations = lines(console, display.picture())
    assert epochs.split() == ["epochs", "3", "1:05"]
    assert iterations.split() == ["iterations", "1,234", "starting"]


def test_a_console_that_knows_ascii_only_gets_ascii(run, standing, epoch):
    """Windows' older code pages, for example."""

    class Ascii(StringIO):
        encoding = "ascii"

    console = Console(file=Ascii(), width=100, force_terminal=True, color_system=None, legacy_windows=False)
    display = LiveDisplay(console, run, standing)
    display.receive([*epoch(1), *epoch(2, 0.1)])
    at(display, standing, 2, 90, 1.0)
    assert all(line.isascii() for line in lines(console, display.picture()))


def test_an_old_console_of_windows_gets_no_curves(run, standing, epoch):
    """Its fonts have none of their blocks."""
    console = Console(file=StringIO(), width=100, force_terminal=True, color_system=None, legacy_windows=True)
    display = LiveDisplay(console, run, standing)
    display.receive([*epoch(1), *epoch(2, 0.1)])
    assert "validation.accuracy  0.9000" in lines(console, display.picture())


def test_a_line_is_never_full(file, run, standing, epoch):
    """Or the ^C that a terminal shows would begin another, which nobody takes back."""
    console = Console(file=file, width=60, force_terminal=True, color_system=None, legacy_windows=False)
    display = LiveDisplay(console, run, standing)
    display.receive([*epoch(1), *epoch(2, 0.1)])
    at(display, standing, 2, 90, 1.0)
    assert max(len(line) for line in lines(console, display.picture())) <= 56


def test_the_results_are_a_table(console, display, ended):
    """Scores by identifier, then the facts."""
    assert lines(console, display.results(ended)) == [
        "digits-3",
        "╭─────────────────────┬───────────────╮",
        "│ training.loss       │ 0.09960       │",
        "│ validation.accuracy │ 0.9853        │",
        "│ validation.loss     │ 0.1430        │",
        "├─────────────────────┼───────────────┤",
        "│ ended because       │ 12 epochs     │",
        "│ epochs              │ 12            │",
        "│ iterations          │ 540           │",
        "│ seconds             │ 3.12          │",
        "│ directory           │ runs/digits-3 │",
        "╰─────────────────────┴───────────────╯",
    ]


@pytest.mark.parametrize(
    ("events", "colour"),
    [
        ([], "32"),
        ([RunInterrupted(epoch=1, iteration=3, signal="SIGINT")], "33"),
        ([RunFailed(epoch=1, iteration=3, error=ValueError("no"))], "31"),
    ],
)
def test_the_end_has_the_colour_of_its_cause(file, run, standing, ended, events, colour):
    """Green, or yellow for an interruption, or red for a failure."""
    console = Console(file=file, width=100, force_terminal=True, color_system="standard", legacy_windows=False)
    display = LiveDisplay(console, run, standing)
    display.receive(events)
    console.print(display.results(ended))
    assert f"\x1b[1;{colour}m12 epochs" in file.getvalue()


def test_the_picture_makes_way_for_the_results(file, display, standing, started, epoch, ended):
    """The headline, notices and results stay; the cursor is given back."""
    display.open()
    display.receive([started, *epoch(1), LogRecorded(level="error", text="[a]", time=0.0, logger="sigma")])
    at(display, standing, 1, 20, 1.0)
    display.refresh()
    display.receive([ended])
    display.refresh()
    display.close()
    written = file.getvalue()
    assert written.startswith("digits: 25,450 parameters, backend numpy")
    assert "error: [a]" in written
    assert written.index("20/45") < written.index("\x1b[?25h") < written.index("ended because")


def test_a_picture_without_an_end_leaves_nothing(file, display, started):
    """A monitor may be taken away from a run that goes on."""
    display.open()
    display.receive([started])
    display.refresh()
    display.close()
    assert "ended because" not in file.getvalue()


def test_streams_that_go_to_a_file_are_left_alone(monkeypatch, console, run, standing):
    """Only what would garble the picture is led above it."""

    class Terminal(StringIO):
        def isatty(self):
            return True

    errors = StringIO()
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(sys, "stderr", errors)
    display = LiveDisplay(console, run, standing)
    display.open()
    assert not isinstance(sys.stdout, Terminal)
    assert sys.stderr is errors
    display.close()
    assert isinstance(sys.stdout, Terminal)
