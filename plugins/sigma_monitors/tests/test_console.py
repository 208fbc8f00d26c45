"""The component: which display it chooses, and a whole run over a real bus."""

import pytest
from rich.console import Console as RichConsole
from sigma_monitors import Console
from sigma_monitors._live import LiveDisplay
from sigma_monitors._plain import PlainDisplay

from sigma_core.extend import Bus, attach


@pytest.fixture
def play(run, standing, started, epoch, ended):
    """A whole run with a monitor attached; how the attachment fared."""

    def play(monitor):
        bus = Bus()
        attachment = attach(monitor, bus, run, standing)
        for event in [started, *epoch(1), *epoch(2), ended]:
            bus.publish(event)
        assert attachment.close()
        return attachment

    return play


@pytest.fixture
def terminal(monkeypatch):
    """Make standard output pass for a terminal."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(RichConsole, "is_terminal", True)


def test_a_pipe_gets_plain_lines(play, capsys):
    """Everything on standard output, in order."""
    assert play(Console()).failed is None
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert [line.split("  ")[0] for line in lines[:4]] == [
        "digits: 25,450 parameters, backend numpy, at most 12 epochs, 45 iterations an epoch, in runs/digits-3",
        "epoch",
        "epoch",
        "digits-3: results",
    ]
    assert "\x1b" not in out
    assert err == ""


def test_output_may_be_standard_error(play, capsys):
    """So that standard output is left to what a program prints."""
    play(Console(output="stderr"))
    out, err = capsys.readouterr()
    assert out == ""
    assert "digits-3: results" in err


def test_quiet_leaves_warnings_and_results(play, capsys):
    """The first line is that of the results."""
    play(Console(quiet=True))
    assert capsys.readouterr().out.startswith("digits-3: results\n")


def test_a_terminal_gets_the_live_display(play, capsys, terminal):
    """With its table at the end, in colour."""
    monitor = Console()
    assert play(monitor).failed is None
    assert isinstance(monitor._display, LiveDisplay)
    out = capsys.readouterr().out
    assert "ended because" in out
    assert "\x1b[1;32m12 epochs" in out


def test_no_color_is_respected(play, capsys, terminal, monkeypatch):
    """The bars move still; nothing has a colour. See no-color.org."""
    monkeypatch.setenv("NO_COLOR", "1")
    monitor = Console()
    play(monitor)
    assert isinstance(monitor._display, LiveDisplay)
    assert "\x1b[1m12 epochs" in capsys.readouterr().out


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(play, terminal, monkeypatch):
    """An editor's shell, for example."""
    monkeypatch.setenv("TERM", "dumb")
    monitor = Console()
    play(monitor)
    assert isinstance(monitor._display, PlainDisplay)


def test_a_quiet_terminal_gets_plain_lines(play, terminal):
    """There is nothing to move."""
    monitor = Console(quiet=True)
    play(monitor)
    assert isinstance(monitor._display, PlainDisplay)


def test_a_console_serves_one_run_after_another(play, capsys):
    """Nothing of the first run is left in the second."""
    monitor = Console()
    play(monitor)
    first = capsys.readouterr().out
    play(monitor)
    assert capsys.readouterr().out == first


def test_a_closed_pipe_ends_the_console_not_the_run(play, monkeypatch):
    """`sigma train | head`."""

    def refuse(*arguments, **settings):
        raise BrokenPipeError

    monkeypatch.setattr(RichConsole, "print", refuse)
    assert play(Console()).failed == "BrokenPipeError: "


def test_before_its_start_a_console_does_nothing():
    """Its methods may be called all the same."""
    monitor = Console()
    monitor.receive([])
    monitor.refresh()
    monitor.stop()
