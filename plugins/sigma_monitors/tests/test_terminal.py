"""What `sigma train` and `sigma watch` draw in a terminal: a real one, where the system has such a thing."""

import os
import re
import select
import subprocess
import sys
import time

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals", allow_module_level=True)

import fcntl
import struct
import termios

from sigma_core.extend import summary

RECIPE = """
seed = 1
stop = "2 epochs"
batch_size = 1
dataset = { use = "iris", split = [0.8, 0.2] }
optimiser = { use = "adam", learning_rate = 0.01 }
network = [
  { use = "input", shape = [4] },
  { use = "dense", size = 3 },
  { use = "softmax_cross_entropy" },
]
"""
# A program that is started in a session of its own has no terminal yet that could interrupt it.
TAKE = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
HEADLINE = "15 parameters, backend numpy, at most 1,000,000 epochs, 120 iterations an epoch"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


class Terminal:
    """A command at work in a terminal of 24 lines of 100 characters, and what it has written so far."""

    def __init__(self, folder, arguments):
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
        self._process = subprocess.Popen(
            [sys.executable, "-c", TAKE, sys.executable, "-m", "sigma_core", *arguments],
            cwd=folder,
            env={**kept, "TERM": "xterm-256color"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.written = ""

    def read(self):
        """What has come meanwhile; False at the end."""
        if not select.select([self._ours], [], [], 1)[0]:
            return True
        try:
            # A character may be cut in two; none that is looked for is.
            part = os.read(self._ours, 65536).decode(errors="replace")
        except OSError:
            # That is how Linux says that nobody is left who writes.
            return False
        self.written += part
        return bool(part)

    def read_until(self, text):
        """Wait until it has written that."""
        deadline = time.monotonic() + 120
        while not re.search(text, self.plain):
            assert self.read()
            assert time.monotonic() < deadline

    def press(self, key):
        """As on the keyboard."""
        os.write(self._ours, key)

    def end(self):
        """Wait for it; its exit code."""
        while self.read():
            pass
        return self._process.wait(60)

    def close(self):
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    @property
    def plain(self):
        """All that was written, without colours and movements."""
        return CONTROL.sub("", self.written).replace("\r", "")


@pytest.fixture
def terminal(tmp_path):
    """Runs the command in a terminal."""
    (tmp_path / "flowers.toml").write_text(RECIPE, "utf-8")
    opened = []

    def run(*arguments):
        opened.append(Terminal(tmp_path, arguments))
        return opened[-1]

    yield run
    for each in opened:
        each.close()


def await_moving(terminal):
    """Bars with rate and remaining time, the loss and the scores with their curves; the cursor is hidden meanwhile."""
    curve = "[▁▂▃▄▅▆▇█]{2,24} *\n"
    for line in (
        r"epochs +━+.* +\d+/1,000,000 +[\d.:]+( s)? left",
        r"iterations +━+.* +\d+/120 +[\d,.]+/s",
        rf"loss now +[\d.e-]+ +{curve}",
        rf"training\.loss +\d\.\d+ +{curve}",
        rf"validation\.accuracy +\d\.\d+ +{curve}",
    ):
        terminal.read_until(line)
    assert HIDE in terminal.written


def check_given_back(terminal):
    """The cursor is there again, and colours are those of the terminal."""
    assert terminal.written.rindex(SHOW) > terminal.written.rindex(HIDE)
    assert not re.search(r"\x1b\[(?!0m)[0-9;]*m[^\x1b]*$", terminal.written)


def check_results(terminal, ended_because):
    """A table takes the place of the bars."""
    results = terminal.plain[terminal.plain.index("╭") :]
    assert re.search(r"│ training\.loss +│ [\d.e-]+ +│", results)
    assert re.search(rf"│ ended because +│ {ended_because} +│", results)
    assert re.search(r"│ iterations +│ [\d,]+ +│", results)
    assert "━" not in results


ENDLESS = ("--set", "stop=1000000 epochs")


def await_commands(run):
    """Until a run takes commands."""
    deadline = time.monotonic() + 120
    while not (run / "commands.db").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_run_is_shown_where_it_is_trained(terminal):
    """While it goes on, and at its end."""
    shown = terminal("train", "flowers.toml", *ENDLESS)
    await_moving(shown)
    assert shown.plain.startswith(f"flowers-1: {HEADLINE}")
    assert terminal("run", "stop", "flowers-1", "--timeout", "60").end() == 0
    assert shown.end() == 0
    check_results(shown, "stopped")
    check_given_back(shown)


def test_a_run_that_goes_on_is_shown_where_it_is_watched(terminal, tmp_path):
    """As in its own terminal; Ctrl-C gives that of whoever watches back, and leaves the run alone."""
    terminal("train", "flowers.toml", "--quiet", "--directory", "runs/mine", *ENDLESS)
    await_commands(tmp_path / "runs" / "mine")
    watched = terminal("watch")
    await_moving(watched)
    assert watched.plain.startswith(f"mine: {HEADLINE}")
    watched.press(b"\x03")
    assert watched.end() == 130
    assert watched.plain.rstrip().splitlines()[-1].endswith("mine is watched no longer; it goes on")
    check_given_back(watched)
    assert summary(tmp_path / "runs" / "mine").status == "running"


def test_a_run_that_has_ended_is_shown_where_it_is_watched(terminal):
    """What its own terminal has shown was quiet."""
    trained = terminal("train", "flowers.toml", "--quiet", "--directory", "runs/mine")
    assert trained.end() == 0
    assert "━" not in trained.plain
    assert trained.plain.startswith("mine ended: 2 epochs; 2 epochs, 240 iterations, ")
    watched = terminal("watch", "mine")
    assert watched.end() == 0
    check_results(watched, "2 epochs")
    check_given_back(watched)


@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_nothing_is_drawn_where_that_is_not_wanted(terminal, option):
    """In training and in watching."""
    for arguments in (("train", "flowers.toml"), ("watch",)):
        shown = terminal(*arguments, option)
        assert shown.end() == 0
        assert HIDE not in shown.written
        assert "━" not in shown.plain
        if option == "--json":
            assert shown.plain.startswith("{")
