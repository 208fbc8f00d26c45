"""Long work on the console: bars before and during a run, lines where there is no terminal."""

from io import StringIO

import pytest
from rich.console import Console as RichConsole
from sigma_monitors import Console
from sigma_monitors._live import LiveDisplay
from sigma_monitors._plain import PlainDisplay
from sigma_monitors._preparation import Preparation
from sigma_monitors._wording import amount

from sigma_core.extend import TaskProgressed


def progress(done, seconds, *, total=40_000_000, state="running", task=1, unit="bytes"):
    return TaskProgressed(
        task=task, name="download of a.gz", done=done, total=total, unit=unit, seconds=seconds, state=state
    )


DOWNLOAD = [
    progress(0, 0.0),
    progress(10_000_000, 1.5),
    progress(20_000_000, 3.0),
    progress(30_000_000, 33.0),
    progress(40_000_000, 40.0, state="done"),
]


@pytest.fixture
def file():
    return StringIO()


@pytest.fixture
def console(file):
    return RichConsole(file=file, width=100, force_terminal=True, color_system=None, legacy_windows=False)


@pytest.mark.parametrize(
    ("done", "total", "unit", "text"),
    [
        (3, 1200, "records", "3/1,200 records"),
        (3, None, "", "3"),
        (999, None, "bytes", "999 bytes"),
        (3_140_000, 12_300_000, "bytes", "3.1/12.3 MB"),
        (1500, None, "bytes", "1.5 kB"),
        (0, 2_500_000_000, "bytes", "0.0/2.5 GB"),
        (7_000_000_000_000, None, "bytes", "7.0 TB"),
    ],
)
def test_amounts_read_well(done, total, unit, text):
    """Bytes in the unit that suits the total."""
    assert amount(done, total, unit) == text


def test_tasks_before_a_run_are_bars_in_a_terminal(file, console):
    """With count and remaining time; they vanish, and the cursor is given back."""
    preparation = Preparation(console, is_live=True)
    for event in DOWNLOAD:
        preparation.receive([event])
    (row,) = (line for line in file.getvalue().splitlines() if "10.0/40.0 MB" in line)
    assert row.split()[1:3] == ["of", "a.gz"]
    assert row.split()[-5:] == ["10.0/40.0", "MB", "4.5", "s", "left"]
    assert file.getvalue().rindex("\x1b[?25h") > file.getvalue().rindex("30.0/40.0 MB")


def test_a_task_of_unknown_length_has_a_rate_and_no_bar(file, console):
    """A bar would promise an end."""
    preparation = Preparation(console, is_live=True)
    preparation.receive([progress(0, 0.0, total=None), progress(3_000_000, 1.5, total=None)])
    preparation.close()
    assert "━" not in file.getvalue()
    assert file.getvalue().split("a.gz")[1].split()[:4] == ["3.0", "MB", "2.0", "MB/s"]


def test_tasks_before_a_run_are_lines_elsewhere(file):
    """One after a second, then no more than two a minute, one at the end."""
    preparation = Preparation(RichConsole(file=file, width=40), is_live=False)
    preparation.receive(DOWNLOAD)
    assert file.getvalue().splitlines() == [
        "download of a.gz: 10.0/40.0 MB, 4.5 s left",
        "download of a.gz: 30.0/40.0 MB, 30.0 s left",
        "download of a.gz: 40.0 MB in 40.0 s",
    ]


def test_a_task_of_a_moment_is_no_line(file):
    """One that took longer is, also when it failed."""
    preparation = Preparation(RichConsole(file=file), is_live=False)
    preparation.receive([progress(0, 0.0), progress(9, 0.9, state="done")])
    preparation.receive([progress(0, 0.0, task=2), progress(9, 1.2, task=2, state="failed")])
    assert file.getvalue().splitlines() == ["download of a.gz: given up after 1.2 s"]


def test_tasks_in_a_run_are_below_its_scores(console, run, standing, started):
    """As long as they last."""
    display = LiveDisplay(console, run, standing)
    display.receive([started, progress(3, 0.0, total=12, unit="records"), progress(6, 1.0, total=12, unit="records")])
    with console.capture() as capture:
        console.print(display.picture())
    *_, row = capture.get().splitlines()
    assert row.split()[-5:] == ["6/12", "records", "2.0", "s", "left"]
    display.receive([progress(12, 2.0, state="done")])
    with console.capture() as capture:
        console.print(display.picture())
    assert "download" not in capture.get()


def test_tasks_in_a_run_are_lines_elsewhere(file, run, standing):
    """Unless the console is quiet."""
    for quiet in (False, True):
        display = PlainDisplay(RichConsole(file=file, width=40), run, standing, quiet=quiet)
        display.receive(DOWNLOAD[-1:])
    assert file.getvalue() == "download of a.gz: 40.0 MB in 40.0 s\n"


def test_the_console_shows_what_makes_a_run_ready(capsys, run, standing):
    """Then the run; with `quiet` the run alone."""
    for monitor in (Console(), Console(quiet=True)):
        monitor.prepare(DOWNLOAD[-1:])
        monitor.start(run, standing, None)
        monitor.stop()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "download of a.gz: 40.0 MB in 40.0 s"
    assert lines[1].startswith("digits: ")
    assert len(lines) == 2
