"""Lines for files and pipes."""

from io import BytesIO, StringIO, TextIOWrapper

import pytest
from attrs import evolve
from rich.console import Console
from sigma_monitors._plain import PlainDisplay

from sigma_core.extend import LogRecorded, RunInfo


@pytest.fixture
def file():
    return StringIO()


@pytest.fixture
def display(file, run, standing):
    return PlainDisplay(Console(file=file, width=40), run, standing, quiet=False)


def warning(text):
    return LogRecorded(level="warning", text=text, time=0.0, logger="sigma")


def test_a_run_is_a_headline_a_line_an_epoch_and_a_block(file, display, standing, started, epoch, ended):
    """None of them is wrapped, however narrow the console."""
    display.open()
    display.receive([started, *epoch(1, 0.8, 0.6)])
    standing.seconds = 0.5
    display.receive(epoch(2, 0.4, 0.7))
    standing.seconds = 1.0
    display.receive([warning("loss is [bold]high[/bold]"), ended])
    display.refresh()
    display.close()
    assert file.getvalue().splitlines() == [
        "digits: 25,450 parameters, backend numpy, at most 12 epochs, 45 iterations an epoch, in runs/digits-3",
        "epoch  1/12  training.loss 0.8000  validation.accuracy 0.6000  validation.loss 0.8000  0.5 s",
        "warning: loss is [bold]high[/bold]",
        "epoch  2/12  training.loss 0.4000  validation.accuracy 0.7000  validation.loss 0.4000  1.0 s",
        "digits-3: results",
        "  training.loss        0.09960",
        "  validation.accuracy  0.9853",
        "  validation.loss      0.1430",
        "  ended because        12 epochs",
        "  epochs               12",
        "  iterations           540",
        "  seconds              3.12",
        "  directory            runs/digits-3",
    ]


def test_the_last_epoch_is_told_even_without_an_end(file, display, epoch):
    """A monitor may be taken away from a run that goes on."""
    display.receive(epoch(1))
    assert file.getvalue() == ""
    display.close()
    assert file.getvalue().startswith("epoch  1/12  training.loss 0.5000")


def test_a_run_of_unknown_length_has_no_total(file, standing, epoch):
    """The epochs are just counted."""
    display = PlainDisplay(Console(file=file), RunInfo("stream"), standing, quiet=False)
    display.receive(epoch(7))
    display.close()
    assert file.getvalue().startswith("epoch 7  training.loss")


def test_a_file_in_an_old_encoding_gets_escapes(standing, epoch):
    """A pipe on Windows, for example."""
    written = BytesIO()
    file = TextIOWrapper(written, encoding="cp1252", newline="\n")
    display = PlainDisplay(Console(file=file), RunInfo("名"), standing, quiet=False)
    display.open()
    file.flush()
    assert written.getvalue() == b"\\u540d\n"


def test_a_quiet_display_shows_warnings_and_results_only(file, run, standing, started, epoch, ended):
    """No headline, no epochs."""
    display = PlainDisplay(Console(file=file), run, standing, quiet=True)
    display.open()
    display.receive([started, *epoch(1), warning("loss is high"), ended])
    display.close()
    lines = file.getvalue().splitlines()
    assert lines[:2] == ["warning: loss is high", "digits-3: results"]
    assert lines[-1] == "  directory            runs/digits-3"


def test_an_interrupted_run_inside_an_epoch_tells_no_epoch_twice(file, display, epoch, ended):
    """The line of epoch 1 is written once."""
    display.receive([*epoch(1), *epoch(2)[:1], ended])
    display.close()
    assert file.getvalue().count("epoch  1/12") == 1
    assert "epoch  2/12" not in file.getvalue()


def test_a_score_that_is_an_array_is_shown_in_the_end_only(file, display, started, epoch, ended):
    """Below the numbers, a row to a line."""
    matrix = [[8.0, 1.0], [0.0, 10.0]]
    *others, last = epoch(1)
    display.receive([started, *others, evolve(last, scores={**last.scores, "validation.matrix": matrix})])
    display.receive([evolve(ended, scores={**ended.scores, "validation.matrix": matrix})])
    lines = file.getvalue().splitlines()
    assert "matrix" not in lines[0]
    place = lines.index("  validation.matrix     8   1")
    assert lines[place - 1].startswith("  validation.loss  ")
    assert lines[place + 1] == "                        0  10"


def refresh(display, standing, iteration, seconds):
    standing.epoch, standing.iteration, standing.seconds = 1 + iteration // 45, iteration, seconds
    display.refresh()


def test_a_long_epoch_is_told_of_once_a_minute(file, display, standing, epoch):
    """With the loss of the moment, the pace and what remains; lines of epochs count as well."""
    standing.scores = {"training.loss": 0.25}
    for seconds in range(0, 150, 2):
        refresh(display, standing, seconds // 10, float(seconds))
    assert file.getvalue().splitlines() == [
        "  in epoch 1/12: iteration 6/45, loss now 0.2500, 10.0 s each, 1:29:00 left",
        "  in epoch 1/12: iteration 12/45, loss now 0.2500, 10.0 s each, 1:28:00 left",
    ]
    display.receive([*epoch(1), *epoch(2)])
    refresh(display, standing, 50, 170.0)
    assert len(file.getvalue().splitlines()) == 3


def test_of_a_run_of_unknown_length_the_time_is_told(file, standing):
    """Nothing is known of what remains, nor of the loss."""
    display = PlainDisplay(Console(file=file, width=40), RunInfo("stream"), standing, quiet=False)
    refresh(display, standing, 1, 61.0)
    assert file.getvalue() == "  in epoch 1: iteration 1, 1:01\n"


def test_a_quiet_display_says_nothing_of_a_long_epoch(file, run, standing):
    """As of everything else."""
    display = PlainDisplay(Console(file=file, width=40), run, standing, quiet=True)
    refresh(display, standing, 1, 1000.0)
    assert file.getvalue() == ""
